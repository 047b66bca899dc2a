"""What somebody typed into the search box, and beside it, as a question."""

from collections.abc import Iterable
from dataclasses import dataclass

from beacon_node.beacon_v2.parse import parse_post
from beacon_node.beacon_v2.received import Parsed, Rules, Target
from beacon_node.beacon_v2.wording import parameters_of
from beacon_node.errors import InvalidRequest
from beacon_node.model.entries import EntryType, parse_scope
from beacon_node.model.genome import Assembly, parse_assembly
from beacon_node.model.notation import Understood, understand
from beacon_node.model.query import Granularity, VariationIdQuery, Within

USUAL_ASSEMBLY = Assembly.GRCH38  # of a position for which nobody names one
_PARAMETERS = frozenset({"q", "assembly", "granularity", "entry", "filter", "test"})
_MANY = frozenset({"filter"})
_MOST = 200


@dataclass(frozen=True, slots=True)
class Typed:
    """A question as typed: texts, empty where nothing was said."""

    text: str = ""
    assembly: str = ""
    filters: tuple[str, ...] = ()
    granularity: str = ""
    entry: str = ""
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what of it was understood, in words for whoever typed it."""

    parsed: Parsed
    words: str
    is_assembly_assumed: bool = False


def read_typed(pairs: Iterable[tuple[str, str]]) -> Typed:
    """Return what the parameters of `/ask` say. Raises InvalidRequest naming the parameter."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in _PARAMETERS:
            known = ", ".join(sorted(_PARAMETERS))
            raise InvalidRequest(f"{name[:60]!r} is no parameter here; known are {known}")
        found.setdefault(name, []).append(value.strip())
    for name, values in found.items():
        if len(values) > (_MOST if name in _MANY else 1):
            raise InvalidRequest(f"{name} is given too often")
    single = {name: values[0] for name, values in found.items() if name not in _MANY}
    return Typed(
        text=single.get("q", ""),
        assembly=single.get("assembly", ""),
        filters=tuple(filter(None, found.get("filter", []))),
        granularity=single.get("granularity", ""),
        entry=single.get("entry", ""),
        is_test=_flag("test", single.get("test", "")),
    )


def _flag(name: str, text: str) -> bool:
    words = {"": False, "true": True, "1": True, "false": False, "0": False}
    if text.lower() not in words:
        raise InvalidRequest(f"{name}: true or false is expected")
    return words[text.lower()]


def question_of(typed: Typed, rules: Rules) -> Question:
    """Return the question that was typed. Raises InvalidRequest, with examples where it helps.

    Without an entry type it is about individuals: how many people, not how many variations.
    """
    if not typed.text and not typed.filters:
        raise InvalidRequest(
            "there is nothing to ask: a variation, gene, region or filter is needed"
        )
    assembly = parse_assembly(typed.assembly) if typed.assembly else None
    understood, is_assumed = _understood(typed.text, assembly)
    entry_type = _entry_type(typed.entry)
    body: dict = {
        "filters": list(typed.filters),
        "requestedGranularity": typed.granularity or Granularity.COUNT.word,
        "testMode": typed.is_test,
    }
    parameters = parameters_of(understood) if understood else None
    if parameters:
        listed = {n: list(v) if isinstance(v, tuple) else v for n, v in parameters.items()}
        body["requestParameters"] = {"g_variant": listed}
    target = _target(entry_type, understood)
    parsed = parse_post(target, {"query": body}, rules)
    return Question(parsed, _words(parsed, understood), is_assumed)


def _understood(text: str, assembly: Assembly | None) -> tuple[Understood | None, bool]:
    """Return what a text asks for, and whether the assembly was assumed because it names none.

    A gene or a name means the same on every assembly, so that none is assumed for it.
    """
    if not text:
        return None, False
    try:
        return understand(text, assembly), False
    except InvalidRequest:
        if assembly:
            raise
    return understand(text, USUAL_ASSEMBLY), True


def _entry_type(text: str) -> EntryType:
    if not text:
        return EntryType.INDIVIDUAL
    found = parse_scope(text)
    if found is None:
        known = ", ".join(one.path for one in EntryType)
        raise InvalidRequest(f"entry: one of {known} is expected, not {text[:60]!r}")
    return found


def _target(entry_type: EntryType, understood: Understood | None) -> Target:
    """Return what is asked about: a variation typed by its public id is where to look."""
    if understood is None or not isinstance(understood.variation, VariationIdQuery):
        return Target(entry_type)
    id = understood.variation.id.text
    if entry_type is EntryType.GENOMIC_VARIANT:
        return Target(entry_type, entry_id=id)
    return Target(entry_type, within=Within(EntryType.GENOMIC_VARIANT, id))


def _words(parsed: Parsed, understood: Understood | None) -> str:
    said = [understood.words] if understood else []
    said += [f"with {text}" for text in parsed.received.filters]
    counted = parsed.query.entry_type.counts
    if parsed.query.granularity is Granularity.BOOLEAN:
        return f"{', '.join(said)}: yes or no, over {counted}"
    return f"{', '.join(said)}: how many {counted}"

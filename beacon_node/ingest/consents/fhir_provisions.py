"""What the nested provisions of a FHIR consent permit and deny."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from beacon_node.errors import InvalidInput
from beacon_node.ingest.consents.fhir_mapping import MAY_IGNORE, Code, Concept, FhirMapping
from beacon_node.ingest.consents.fhir_resource import (
    codings,
    listed,
    mapping_of,
    policy_codes,
    when,
)
from beacon_node.model.consent import When
from beacon_node.model.data_use import ConsentTerm
from beacon_node.model.duo_terms import CC, DS, DUO_TERMS, DuoKind, canonical_term

_DUO = "http://purl.obolibrary.org/obo/duo.owl"
_DEPTH = 20  # no form nests further; a file that does is broken or hostile

Meaning = Code | ConsentTerm  # a code of the site, or a DUO term itself
Period = tuple[When | None, When | None]  # first and last day or moment


@dataclass(slots=True, repr=False)
class Provisions:
    """What one consent says, before several of one signature are put together."""

    permitted: dict[Meaning, list[Period]] = field(default_factory=dict)
    denied: set[Meaning] = field(default_factory=set)
    bare_permit: list[Period] | None = None  # a permit that names no code
    denies_all: bool = False

    @property
    def is_about_us(self) -> bool:
        """Whether anything was said that the mapping gives a meaning to."""
        said = self.permitted or self.denied or self.denies_all
        return bool(said) or self.bare_permit is not None


@dataclass(frozen=True, slots=True)
class _Above:
    """What a provision has from those it is nested in."""

    periods: tuple[Period, ...] = ()
    conditions: frozenset[str] = frozenset()
    depth: int = 0


def read_provisions(body: Mapping, mapping: FhirMapping, *, is_active: bool) -> Provisions:
    """Return what a consent permits and denies. Raises InvalidInput, naming the field, for what
    restricts a permission in a way that the mapping does not speak of."""
    reader = _Reader(mapping, is_active)
    root = body.get("provision")
    if root is not None:
        reader.read(_with_type(mapping_of(root, "provision"), body), "provision", _Above())
    said, policy = reader.said, policy_codes(body)
    if root is None and "OPTIN" in policy and is_active:
        said.bare_permit = []
    elif root is None or "OPTOUT" in policy:
        said.denies_all = True
    if said.denies_all and is_active and (said.permitted or said.bare_permit is not None):
        problem = "one rule denies everything and another permits something"
        raise InvalidInput(problem, field="provision")
    return said


def _with_type(root: Mapping, body: Mapping) -> Mapping:
    """Return the outermost rule with its type, which the base policy states where it is absent."""
    if root.get("type") or listed(root.get("code")):
        return root
    return {**root, "type": "permit" if "OPTIN" in policy_codes(body) else "deny"}


class _Reader:
    def __init__(self, mapping: FhirMapping, is_active: bool) -> None:
        self.mapping, self.is_active, self.said = mapping, is_active, Provisions()

    def read(self, provision: Mapping, place: str, above: _Above) -> None:
        kind = provision.get("type")
        if kind not in ("permit", "deny"):
            raise InvalidInput("permit or deny is expected", field=f"{place}.type")
        if provision.get("modifierExtension") or above.depth > _DEPTH:
            problem = "it may change the meaning of the rule and is not understood"
            raise InvalidInput(problem, field=f"{place}.modifierExtension")
        here = self._here(provision, place, above)
        if kind == "permit":
            self._permit(provision, place, here)
        else:
            self._deny(provision, place, here)
        for number, nested in enumerate(listed(provision.get("provision"))):
            name = f"{place}.provision[{number}]"
            self.read(mapping_of(nested, name), name, here)

    def _here(self, provision: Mapping, place: str, above: _Above) -> _Above:
        period = provision.get("period")
        periods = above.periods if period is None else (*above.periods, _period(period, place))
        own = {key for key in MAY_IGNORE if provision.get(key)}
        if not provision.get("code"):
            own.discard("purpose")  # then it is the purpose that holds the codes
        return _Above(periods, above.conditions | own - self.mapping.ignore, above.depth + 1)

    def _permit(self, provision: Mapping, place: str, here: _Above) -> None:
        concepts = list(_concepts(provision))
        meanings = {meaning for one in concepts for meaning in self._meanings(one, place)}
        if (meanings or not concepts) and here.conditions and self.is_active:
            problem = "it restricts what is permitted, and accept.ignore of the mapping lacks it"
            raise InvalidInput(problem, field=f"{place}.{min(here.conditions)}")
        periods = list(here.periods)
        for meaning in meanings:
            self.said.permitted.setdefault(meaning, []).extend(periods)
        if not concepts:
            self.said.bare_permit = [*(self.said.bare_permit or ()), *periods]

    def _deny(self, provision: Mapping, place: str, here: _Above) -> None:
        concepts = list(_concepts(provision))
        for concept in concepts:
            meanings = self._meanings(concept, place)
            if not meanings and self.is_active and not self.mapping.irrelevant & set(concept):
                name = " or ".join(code for _, code in concept) or "without a code"
                problem = f"denies {name[:80]}, which the mapping does not name"
                raise InvalidInput(problem, field=f"{place}.code")
            self.said.denied |= meanings
        is_root = here.depth == 1
        if not concepts and not (is_root and listed(provision.get("provision"))):
            self.said.denies_all = True

    def _meanings(self, concept: list[Concept], place: str) -> set[Meaning]:
        found: set[Meaning] = {
            self.mapping.meanings[one] for one in concept if one in self.mapping.meanings
        }
        term = _duo_term(concept)
        found |= {term} if term and not found else set()
        if len(found) > 1:
            problem = "one concept has codes that the mapping gives two meanings"
            raise InvalidInput(problem, field=f"{place}.code")
        return found


def _concepts(provision: Mapping) -> Iterator[list[Concept]]:
    """Yield the codes of each concept; of the purpose where there is no code."""
    if listed(provision.get("code")):
        found = [one for one in provision["code"] if isinstance(one, Mapping)]
    else:
        found = [{"coding": [one]} for one in listed(provision.get("purpose"))]
    yield from map(codings, found)


def _duo_term(concept: list[Concept]) -> ConsentTerm | None:
    """Return the DUO term that a concept is itself, DS with the Mondo codes beside it."""
    ids = {canonical_term(_curie(system, code)) for system, code in concept}
    terms = {term for term in ids if term in DUO_TERMS or term.startswith("DUO:")}
    if len(terms) != 1:
        return None
    (term,) = terms
    diseases = {code for _, code in concept if code.startswith("MONDO:")}
    return ConsentTerm(term, diseases=frozenset(diseases) if term == DS else frozenset())


def _curie(system: str, code: str) -> str:
    if system == _DUO and not code.startswith(("DUO:", "http")):
        return code.replace("_", ":") if code.startswith("DUO_") else f"DUO:{code}"
    return code


def _period(period: object, place: str) -> Period:
    found, field = mapping_of(period, f"{place}.period"), f"{place}.period"
    start, end = (
        when(found[key], f"{field}.{key}") if found.get(key) else None for key in ("start", "end")
    )
    return start, end


def check_denied_terms(permitted: set[ConsentTerm], denied: set[ConsentTerm]) -> None:
    """Raises InvalidInput where a DUO term is denied and some permission is left: nothing in the
    ontology says how much of GRU a denied HMB takes away."""
    is_left = any(_is_permission(term) for term in permitted - denied)
    if is_left and any(term.id != CC for term in denied):
        problem = "denies a DUO term beside others that it permits; map it as a code of the site"
        raise InvalidInput(problem, field="provision")


def _is_permission(term: ConsentTerm) -> bool:
    return term.id in DUO_TERMS and DUO_TERMS[term.id].kind is DuoKind.PERMISSION

"""What a clinical record states, as terms and measures that filters find.

Paths are those of the Beacon v2 default model without array positions: `diseases.diseaseCode`.
An object whose only key chooses a spelling (`age`, `ageRange`, `ageGroup`, `gestationalAge`,
`ontologyClass`, `quantity`, `timestamp`, `interval`) adds nothing to a path, so that
`diseases.ageOfOnset.iso8601duration` is one field however the age was written; a gestational age is
a duration at `….gestationalAge`.

A measurement is a measure whose field is the assay's CURIE (a typed quantity: the quantity type's,
an exposure with a value: the exposure code), and its assay is a term at `measures.assayCode`:
"was measured". A measurement whose value is an ontology term is a term at `measures.<assay CURIE>`
and a measure whose text is the term's label. Taxa of a microbiome and wearables' readings are
measurements like any other.

Left out, because they say nothing true of the record itself: features and diseases that were looked
for and not found (`excluded`), units, reference ranges, evidence and references, other members of
pedigrees, exclusion criteria, ids, free text, and what stands under `info`.
"""

import math
import re
from collections.abc import Iterator

from beacon_node.model.entries import Document, Measure, Term
from beacon_node.model.measures import parse_value

_CURIE = re.compile(r"\w[^:\s]*:\S.*")
_LONGEST_TEXT = 100  # characters; longer strings are prose, not values
_WRAPPERS = frozenset(
    "age ageRange ageGroup gestationalAge ontologyClass quantity timestamp interval".split()  # noqa: SIM905
)
_MEASUREMENTS = frozenset({"measures", "measurements"})
_SILENT = frozenset(
    {
        *("id", "ids", "individualId", "biosampleId", "runId", "individualIds", "biosampleIds"),
        *("excluded", "negated", "unit", "units", "referenceRange", "evidence"),
        *(
            "reference",
            "externalReferences",
            "pedigrees",
            "exclusionCriteria",
            "distribution",
            "info",
        ),
        *("notes", "description", "externalUrl", "$schema", "_id"),
    }
)


def characteristics(document: Document) -> Iterator[Term | Measure]:
    """Yield every term and measure of a record; the same one may come more than once."""
    yield from _children(document.body, "")


def _children(body: dict, path: str) -> Iterator[Term | Measure]:
    for key, value in body.items():
        if key in _SILENT:
            continue
        if key in _MEASUREMENTS and isinstance(value, list):
            for measurement in value:
                yield from _measurement(measurement, _join(path, key))
        elif key in _WRAPPERS and path and len(body) == 1:
            yield from _walk(value, path)
        else:
            yield from _walk(value, _join(path, key))


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _walk(value: object, path: str) -> Iterator[Term | Measure]:
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, path)
    elif isinstance(value, dict):
        yield from _object(value, path)
    else:
        yield from _plain(value, path)


def _object(value: dict, path: str) -> Iterator[Term | Measure]:
    if value.get("excluded") is True or value.get("negated") is True:
        return
    if is_term(value):
        yield Term(path, value["id"].strip(), _label(value))
        rest = {key: child for key, child in value.items() if key != "label"}
        yield from _children(rest, path)
    elif _is_quantity(value):
        yield from _quantity(value, *_code_of(value, path))
        yield from _children({k: v for k, v in value.items() if k != "value"}, path)
    elif isinstance(value.get("weeks"), int):
        yield _gestational_age(value, path)
    else:
        yield from _children(value, path)


def is_term(value: object) -> bool:
    """Say whether a JSON value is an ontology object: an id that is a CURIE, or an id and a label.

    >>> is_term({"id": "NCIT:C20197"}), is_term({"id": "blood", "label": "Blood"}), is_term({})
    (True, True, False)
    """
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return False
    if "reference" in value or "description" in value:
        return False  # an external reference: PMID:… is a paper, not a statement
    id = value["id"].strip()
    return bool(id) and ("label" in value or (set(value) == {"id"} and bool(_CURIE.fullmatch(id))))


def _label(value: object) -> str:
    label = value.get("label") if isinstance(value, dict) else None
    return label.strip() if isinstance(label, str) else ""


def _plain(value: object, path: str) -> Iterator[Measure]:
    if isinstance(value, bool):
        yield Measure(path, None, "true" if value else "false")
    elif isinstance(value, int | float):
        yield Measure(path, _finite(value), _number_text(value))
    elif isinstance(value, str) and _is_value(value):
        parsed = parse_value(value)
        yield Measure(path, parsed.amount, parsed.text, unit_label=parsed.unit)


def _is_value(text: str) -> bool:
    return bool(text.strip()) and len(text) <= _LONGEST_TEXT and "://" not in text


def _finite(value: int | float) -> float | None:
    try:
        amount = float(value)
    except OverflowError:
        return None
    return amount if math.isfinite(amount) else None


def _number_text(value: int | float) -> str:
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return str(int(value)) if whole else str(value)


def _gestational_age(value: dict, path: str) -> Measure:
    days = value.get("days")
    text = f"P{value['weeks']}W" + (f"{days}D" if isinstance(days, int) and days else "")
    return Measure(_join(path, "gestationalAge"), parse_value(text).amount, text)


# ---- measurements ------------------------------------------------------------------------------


def _is_quantity(value: dict) -> bool:
    return "value" in value and not isinstance(value["value"], dict | list)


def _code_of(value: dict, path: str) -> tuple[str, str]:
    """Return (field, label) of a quantity: the exposure that has it, else where it stands."""
    code = value.get("exposureCode")
    return (code["id"].strip(), _label(code)) if is_term(code) else (path, "")


def _measurement(value: object, path: str) -> Iterator[Term | Measure]:
    if not isinstance(value, dict):
        return
    assay = value.get("assayCode")
    field, label = (assay["id"].strip(), _label(assay)) if is_term(assay) else (path, "")
    yield from _measured(value.get("measurementValue"), field, label, path)
    rest = {key: child for key, child in value.items() if key != "measurementValue"}
    yield from _children(rest, path)


def _measured(value: object, field: str, label: str, path: str) -> Iterator[Term | Measure]:
    """Yield what a measurementValue says of an assay: a number, a term, or several quantities."""
    value = _unwrapped(value)
    if isinstance(value, dict) and isinstance(value.get("typedQuantities"), list):
        yield from _typed_quantities(value["typedQuantities"], path)
    elif is_term(value):
        text = _label(value) or value["id"].strip()
        yield Term(
            field if field == path else f"{path}.{field}", value["id"].strip(), _label(value)
        )
        yield Measure(field, None, text, label=label)
    elif isinstance(value, dict):
        yield from _quantity(value, field, label)
    else:
        yield from _quantity({"value": value}, field, label)


def _unwrapped(value: object) -> object:
    """Return the quantity or term inside wrappers that only name its kind."""
    while isinstance(value, dict):
        inner = value.get("value") if isinstance(value.get("value"), dict) else None
        inner = inner or next((value[key] for key in _WRAPPERS if key in value), None)
        if not isinstance(inner, dict):
            break
        value = inner
    return value


def _typed_quantities(quantities: list, path: str) -> Iterator[Term | Measure]:
    for item in quantities:
        kind = item.get("quantityType") if isinstance(item, dict) else None
        if is_term(kind) and isinstance(item.get("quantity"), dict):
            yield Term(_join(path, "quantityType"), kind["id"].strip(), _label(kind))
            yield from _quantity(item["quantity"], kind["id"].strip(), _label(kind))


def _quantity(value: dict, field: str, label: str) -> Iterator[Measure]:
    """Yield the measure of `{value, unit}`; a value that is no number stays text."""
    unit, unit_label = _unit(value.get("unit", value.get("units")))
    for plain in _plain(value.get("value"), field):
        own = plain.unit_label or unit_label
        yield Measure(field, plain.amount, plain.text, unit, label, own)


def _unit(unit: object) -> tuple[str, str]:
    if isinstance(unit, dict):
        return (unit["id"].strip() if isinstance(unit.get("id"), str) else "", _label(unit))
    if isinstance(unit, str):
        return (unit, "") if _CURIE.fullmatch(unit) else ("", unit.strip())
    return "", ""

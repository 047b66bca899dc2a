"""What a Beacon says it was asked: one that leaves out a condition answered a broader question."""

from collections.abc import Iterable, Mapping

from beacon_node.beacon_v2 import foreign
from beacon_node.beacon_v2.received import Parsed
from beacon_node.model.query import AlphanumericFilter

_PLACE = frozenset({"start", "referencename", "geneid", "aminoacidchange"})
_NAME = frozenset({"genomicalleleshortform", "allele"})


def broader(document: Mapping, asked: Parsed) -> str:
    """Return how the question that a Beacon echoes is broader than the one asked, empty if it is
    not, or if nothing is echoed: many echo nothing, or parameters without filters."""
    meta = foreign.mapping(document.get("meta"))
    echo = foreign.mapping(meta.get("receivedRequestSummary"))
    if lost := _lost_filter(echo, asked):
        return f"by its own account it did not look at the filter {lost!r}"
    names = {name.lower() for name in _names(echo.get("requestParameters"))}
    if asked.query.variation is None or not names or names & (_PLACE | _NAME):
        return ""
    return "by its own account it did not look at which variation was asked for"


def _names(parameters: object, depth: int = 3) -> Iterable[str]:
    """Yield the names of echoed parameters, nested or flat."""
    for name, value in list(foreign.mapping(parameters).items())[:100]:
        if isinstance(value, Mapping) and depth:
            yield from _names(value, depth - 1)
        elif value not in (None, "", []):
            yield str(name)


def _lost_filter(echo: Mapping, asked: Parsed) -> str:
    listed = echo.get("filters")
    if not asked.query.filters or not isinstance(listed, list):
        return ""
    told = " ".join(
        one if isinstance(one, str) else str(foreign.mapping(one).get("id", "")) for one in listed
    )
    for wanted in asked.query.filters:
        name = wanted.field if isinstance(wanted, AlphanumericFilter) else wanted.id
        if name not in told:
            return name
    return ""

"""A site's row as the page shows it: its words, its colour, its bar, where to go for more."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from beacon_node.model.federation import Came, MemberRow, Told
from beacon_node.model.row_words import MEANINGS, answer_words

_AWAY = frozenset(
    {Came.TIMED_OUT, Came.OFFLINE, Came.SKIPPED, Came.NOT_AUTHENTIC, Came.MALFORMED, Came.FAILED}
)
_LARGEST = 100_000  # people; a longer bar would say no more


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    words: str


@dataclass(frozen=True, slots=True)
class PartView:
    """What one dataset of a site says."""

    name: str
    answer: str
    reason: str
    assembly: str


@dataclass(frozen=True, slots=True)
class RowView:
    """`kind` is the style: yes, no, withheld, waiting or away. `bar` is 1 to 100, on a scale of
    powers of ten, 0 for none."""

    id: str
    name: str
    organization: str
    kind: str
    answer: str
    reason: str
    time: str
    bar: int
    parts: tuple[PartView, ...]
    links: tuple[Link, ...]


def row_view(row: MemberRow, organization: str = "") -> RowView:
    """Return how a row is shown; of a broker among the sites its own sites are the parts."""
    parts = tuple(_part(one) for one in row.datasets)
    if row.rows:
        parts = tuple(PartView(one.name, answer_words(one), _reason(one), "") for one in row.rows)
    return RowView(
        id=row.member,
        name=row.name,
        organization=other_name(organization, row.name),
        kind=_kind(row),
        answer=answer_words(row),
        reason=_reason(row),
        time=f"{row.elapsed_s:.1f} s" if row.elapsed_s is not None else "",
        bar=_bar(row),
        parts=parts,
        links=_links(row.handovers),
    )


def sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")


def other_name(organization: str, name: str) -> str:
    """Return the name of an organization, empty if its site is called the same."""
    return "" if organization.strip().casefold() == name.strip().casefold() else organization


def _kind(row: MemberRow) -> str:
    if row.exists is not None:
        return "yes" if row.exists else "no"
    if row.came is Came.WAITING:
        return "waiting"
    return "away" if row.came in _AWAY else "withheld"


def _reason(row: MemberRow) -> str:
    """Return the site's own words, else what its status means."""
    if row.reason:
        return row.reason[0].upper() + row.reason[1:]
    return "" if row.exists else MEANINGS[row.came]


def _bar(row: MemberRow) -> int:
    if not row.count:
        return 0
    share = math.log10(1 + row.count) / math.log10(1 + _LARGEST)
    return max(1, min(100, round(100 * share)))


def _part(one: Told) -> PartView:
    return PartView(one.name or one.dataset, answer_words(one), one.reason, one.assembly)


def _links(handovers: Sequence[Mapping]) -> tuple[Link, ...]:
    """Return where more can be had, each address once."""
    found = {one["url"]: one["handoverType"].get("label") or "More" for one in handovers}
    return tuple(Link(url, words) for url, words in found.items())

"""What a site's line of an answer says: in the same words on the page, in a terminal, in a table.

"No" is said only of a site that looked and may tell; every other line says why there is none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from beacon_node.model.federation import Came, MemberRow, Told

MEANINGS = {
    Came.WAITING: "It has not answered yet.",
    Came.ANSWERED: "It looked among everybody who may be counted for you.",
    Came.NOT_PERMITTED: "It has data and may not tell you. Its committee can grant access.",
    Came.NOT_ANSWERABLE: "Whatever it said of so rare a variation could give a person away.",
    Came.NOT_SEQUENCED: "It did not sequence this place, so that it cannot know.",
    Came.WRONG_ASSEMBLY: "Its data are on another assembly; ask with a position on that one.",
    Came.BUDGET_SPENT: "What its people allow to be told to you is told; it does not come back.",
    Came.NOT_UNDERSTOOD: "It does not know this kind of question, or a term in it.",
    Came.TIMED_OUT: "It did not answer in time; ask again.",
    Came.OFFLINE: "It could not be reached.",
    Came.SKIPPED: "It was not asked: it failed just now, or cannot be asked this way.",
    Came.NOT_AUTHENTIC: "Its answer did not bear its signature and was thrown away.",
    Came.MALFORMED: "Its answer could not be read.",
    Came.FAILED: "It answered with an error of its own.",
}
"""What each status means to a researcher, and what would help, in one sentence."""


def answer_words(one: MemberRow | Told) -> str:
    """Return what a site or dataset says: `no`, `yes`, `23`, `about 23`, or why it says nothing.

    >>> answer_words(Told("cohort", "org.example", exists=True, count=23, precision="imprecise"))
    'about 23'
    >>> answer_words(Told("cohort", "org.example", exists=False, adjusted_to=("<5",)))
    'fewer than 5'
    >>> answer_words(Told("cohort", "org.example", Came.NOT_SEQUENCED))
    'not sequenced here'
    """
    if one.exists is None:
        return str(one.came if isinstance(one, MemberRow) else one.status)
    if not one.exists:
        return _below(one.adjusted_to) or "no"
    if one.count is None:
        return "yes"
    return f"{one.count:,}" if one.precision in ("", "exact") else f"about {one.count:,}"


def _below(adjusted_to: Sequence[str]) -> str:
    """Return `fewer than 5` for `<5`: whoever says so does not say that there is nobody."""
    (told, *_) = (*adjusted_to, "")
    return f"fewer than {told[1:]}" if told.startswith("<") and told[1:].isdecimal() else ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many sites said what. `covered` are the names of those whose numbers are in `total`.

    `total` None: nobody told a number. `is_exact`: every number in it was.
    """

    asked: int
    answered: int
    yes: int
    total: int | None
    covered: tuple[str, ...]
    is_exact: bool


def tally(rows: Iterable[MemberRow]) -> Tally:
    """Return what rows say together. Hidden numbers are no zeros: who told none is not covered."""
    found = list(rows)
    answered = [row for row in found if row.exists is not None]
    told = [row for row in answered if row.count is not None and not _below(row.adjusted_to)]
    return Tally(
        asked=len(found),
        answered=len(answered),
        yes=sum(row.exists is True for row in answered),
        total=sum(row.count or 0 for row in told) if told else None,
        covered=tuple(row.name for row in told),
        is_exact=all(row.precision in ("", "exact") for row in told),
    )


def tally_words(found: Tally, counted: str = "individuals") -> str:
    """Return the sentence over a table of sites.

    >>> tally_words(Tally(3, 2, 1, 23, ("North",), is_exact=False))
    '2 of 3 sites answered, 1 with yes. About 23 individuals in all, at North alone.'
    """
    said = f"{found.answered} of {found.asked} sites answered"
    said += f", {found.yes} with yes." if found.answered else "."
    if found.total is None:
        return said
    amount = f"{found.total:,} {counted}" if found.is_exact else f"about {found.total:,} {counted}"
    where = _where(found)
    return f"{said} {amount[0].upper()}{amount[1:]} in all{where}."


def _where(found: Tally) -> str:
    if len(found.covered) == found.asked:
        return ""
    *first, last = found.covered
    return f", at {', '.join(first)} and {last} alone" if first else f", at {last} alone"

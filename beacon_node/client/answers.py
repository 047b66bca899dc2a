"""What a researcher asks, and what comes back, as plain values."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from beacon_node.errors import ConfigurationError
from beacon_node.model.federation import Came, MemberRow, Totals
from beacon_node.model.federation_documents import row_document
from beacon_node.model.row_table import COLUMNS, table_rows
from beacon_node.model.row_words import Tally, tally

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, slots=True)
class Search:
    """One question as it is typed: a variation, region, gene or name in `text`, and conditions.

    All filters must hold. `granularity` and `entry` (`individuals`, `g_variants` …) empty: as the
    address does by itself.
    """

    text: str = ""
    assembly: str = ""
    filters: tuple[str, ...] = ()
    granularity: str = "count"
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """What was understood of a question, in words with positions counted from 1 and from 0."""

    words: str
    sites: tuple[MemberRow, ...] = ()  # of whom answers are waited for, where that is told first
    question: Mapping[str, Any] = field(default_factory=dict)


Said = Understood | MemberRow | Totals
"""What arrives of an answer while it comes."""


@dataclass(frozen=True, slots=True)
class NetworkAnswer:
    """What every site said to one question; a beacon that is asked alone is one site.

    A site that did not answer is a row too, and is no "no": `rows[i].came` says why.
    """

    search: Search
    words: str
    rows: tuple[MemberRow, ...]
    totals: Totals | None = None  # as the broker made them

    @property
    def exists(self) -> bool | None:
        """True if any site said yes, None if none answered. False need not mean nobody: a site may
        have said only that they are fewer than some number (`adjusted_to`)."""
        told = [row.exists for row in self.rows if row.exists is not None]
        return any(told) if told else None

    @property
    def tally(self) -> Tally:
        """How many sites answered, the sum of the numbers that were told, and who told them."""
        found = tally(self.rows)
        if self.totals is None:
            return found
        names = {row.member: row.name for row in _with_those_below(self.rows)}
        return replace(
            found,
            total=self.totals.count,
            covered=tuple(names.get(id, id) for id in self.totals.covers),
            is_exact=self.totals.is_exact,
        )

    @property
    def covers(self) -> tuple[str, ...]:
        """The ids of the sites whose numbers are in the total."""
        if self.totals is not None:
            return self.totals.covers
        names = set(self.tally.covered)
        return tuple(row.member for row in self.rows if row.name in names)

    @property
    def is_all_spent(self) -> bool:
        """Say whether no site answered, and of those that could one has its budgets used up."""
        came = {row.came for row in self.rows}
        return Came.ANSWERED not in came and Came.BUDGET_SPENT in came

    def to_document(self) -> dict:
        """Return everything as plain values for JSON."""
        found = self.tally
        return {
            "question": self.search.text,
            "understood": self.words,
            "exists": self.exists,
            "sites": found.asked,
            "answered": found.answered,
            "total": found.total,
            "totalIsExact": found.is_exact if found.total is not None else None,
            "totalCovers": list(self.covers),
            "members": [row_document(row) for row in self.rows],
        }

    def to_frame(self) -> "pandas.DataFrame":
        """Return a row per site as a data frame. Raises ConfigurationError without pandas."""
        try:
            import pandas
        except ImportError as error:
            raise ConfigurationError("a frame needs pandas: pip install pandas") from error
        return pandas.DataFrame(list(table_rows(self.rows)), columns=list(COLUMNS))


@dataclass(frozen=True, slots=True)
class Asked:
    """One of many questions: its answer, or why it was not understood."""

    number: int
    text: str
    answer: NetworkAnswer | None = None
    problem: str = ""


class Gathered:
    """What has arrived of one answer so far."""

    def __init__(self, search: Search) -> None:
        self._search, self._rows = search, {}
        self._words, self._totals = "", None

    def add(self, one: Said) -> None:
        if isinstance(one, Understood):
            self._words = one.words
            self._rows |= {row.member: row for row in one.sites}
        elif isinstance(one, MemberRow):
            self._rows[one.member] = one
        else:
            self._totals = one

    def answer(self) -> NetworkAnswer:
        return NetworkAnswer(self._search, self._words, tuple(self._rows.values()), self._totals)


def _with_those_below(rows: Iterable[MemberRow]) -> Iterator[MemberRow]:
    for row in rows:
        yield row
        yield from _with_those_below(row.rows)

"""What a researcher asks, and what comes back, as plain values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from beacon_node.errors import ConfigurationError
from beacon_node.model.federation import Came, MemberRow
from beacon_node.model.federation_documents import row_document
from beacon_node.model.row_words import Tally, answer_words, tally

if TYPE_CHECKING:
    import pandas

COLUMNS = (
    *("site", "site_name", "status", "answer", "exists", "count", "count_of", "precision"),
    *("adjusted_to", "granularity", "reason", "elapsed_s"),
)


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


@dataclass(frozen=True, slots=True)
class NetworkAnswer:
    """What every site said to one question; a beacon that is asked alone is one site.

    A site that did not answer is a row too, and is no "no": `rows[i].came` says why.
    """

    search: Search
    words: str
    rows: tuple[MemberRow, ...]

    @property
    def exists(self) -> bool | None:
        """True if any site said yes, None if none answered."""
        told = [row.exists for row in self.rows if row.exists is not None]
        return any(told) if told else None

    @property
    def tally(self) -> Tally:
        """How many sites answered, the sum of the numbers that were told, and who told them."""
        return tally(self.rows)

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
            "totalCovers": [row.member for row in self.rows if row.name in found.covered],
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


def table_rows(rows: Sequence[MemberRow]) -> Iterator[tuple[Any, ...]]:
    """Yield a tuple of COLUMNS per site; what is not known is None, such as whether somebody exists
    where only so much is told that they are few."""
    for row in rows:
        words = answer_words(row)
        exists = None if row.exists is False and words != "no" else row.exists
        yield (
            *(row.member, row.name, row.came.value, words, exists, row.count),
            *(row.count_of or None, row.precision or None, ", ".join(row.adjusted_to) or None),
            *(row.granularity and row.granularity.word, row.reason or None, row.elapsed_s),
        )

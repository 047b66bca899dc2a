"""Sites' rows as a table for other programs: its columns, and what stands in them."""

from collections.abc import Iterator, Sequence
from typing import Any

from beacon_node.model.federation import MemberRow
from beacon_node.model.row_words import answer_words

COLUMNS = (
    *("site", "site_name", "status", "answer", "exists", "count", "count_of", "precision"),
    *("adjusted_to", "granularity", "reason", "elapsed_s"),
)


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

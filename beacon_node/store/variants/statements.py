"""The SQL that finds alleles. Texts are fixed, so that each connection compiles them once.

A *row* is (id, het, hom, single); a *wide* row adds ref, alt and "end".
"""

from functools import cached_property

from beacon_node.store.schema import REFERENCE_SHIFT, START_SHIFT

# Past the longest human sequence; the start of an allele takes the bits between the two shifts.
LAST_START = (1 << (REFERENCE_SHIFT - START_SHIFT)) - 1
START = f"((id >> {START_SHIFT}) & {LAST_START})"
END = f'coalesce("end", {START} + length(ref))'

_CARRIED = "(het IS NOT NULL OR single IS NOT NULL OR hom IS NOT NULL)"


class Statements:
    """Statements over the alleles of an index; `carriers` are the SQL of het, hom and single."""

    def __init__(self, carriers: str) -> None:
        self._row = f"SELECT id, {carriers}"
        self._wide = f'{self._row}, ref, alt, "end"'

    @cached_property
    def exact(self) -> str:
        """(first id, last id, ref, alt): one allele given in bases."""
        return f"{self._row} FROM allele WHERE id BETWEEN ? AND ? AND ref = ? AND alt = ?"

    @cached_property
    def exact_symbolic(self) -> str:
        """(first id, last id, ref, alt, end)."""
        return f"{self.exact} AND {END} = ?"

    @cached_property
    def exact_wide(self) -> str:
        """(first id, last id, ref, alt): also what `selected` needs to look at."""
        return f"{self._wide} FROM allele WHERE id BETWEEN ? AND ? AND ref = ? AND alt = ?"

    @cached_property
    def between(self) -> str:
        """(first id, last id)."""
        return f"{self._wide} FROM allele WHERE id BETWEEN ? AND ?"

    def overlapping(self, *, wide: bool) -> str:
        """(first id to look at, last id, first id inside, first id behind, start, end).

        What starts inside; what starts before and ends after `start`; the insertions at `end`.
        """
        return self._overlapping_wide if wide else self._overlapping

    @cached_property
    def _overlapping(self) -> str:
        return f"{self._row} {_OVERLAPPING}"

    @cached_property
    def _overlapping_wide(self) -> str:
        return f"{self._wide} {_OVERLAPPING}"

    @cached_property
    def long_overlapping(self) -> str:
        """(reference, reference, start below, end above): the long ones, from the R*tree."""
        return f"{self._wide} FROM allele WHERE id IN ({_LONG}) ORDER BY id"

    @cached_property
    def bracketed(self) -> str:
        """(first id, last id, least end, end below)."""
        return f"{self._wide} FROM allele WHERE id BETWEEN ? AND ? AND {END} >= ? AND {END} < ?"

    @cached_property
    def count_overlapping(self) -> str:
        """Like `overlapping`: how many of them anybody has."""
        return f"SELECT count(*) FROM ({self._overlapping}) WHERE {_CARRIED}"

    @cached_property
    def count_all(self) -> str:
        return f"SELECT count(*) FROM ({self._row} FROM allele) WHERE {_CARRIED}"

    @cached_property
    def all(self) -> str:
        """Every allele, in order."""
        return f"{self._row} FROM allele ORDER BY id"

    @cached_property
    def few_carriers(self) -> str:
        """(bytes): alleles that somebody has, none of whose sets is longer; not of sites."""
        short = " AND ".join(
            f"({name} IS NULL OR length({name}) <= ?1)" for name in ("het", "hom", "single")
        )
        return f"{self._row} FROM allele WHERE {short} AND {_CARRIED}"

    @cached_property
    def page_of_all(self) -> str:
        """(limit, offset): ids of alleles that anybody has, in order."""
        inner = f"{self._row} FROM allele"
        return f"SELECT id FROM ({inner}) WHERE {_CARRIED} ORDER BY id LIMIT ? OFFSET ?"


_OVERLAPPING = (
    "FROM allele WHERE id BETWEEN ?1 AND ?2 AND (id >= ?3 AND id < ?4 "
    f"OR id < ?3 AND {END} > ?5 OR id >= ?4 AND {END} = ?6 AND length(ref) = 0)"
)
_LONG = (
    "SELECT allele FROM long_allele WHERE reference_min <= ? AND reference_max >= ? "
    'AND start < ? AND "end" > ?'
)

OF_PEOPLE = Statements("het, hom, single")
# Sites without people: an allele is there unless its file says that nobody has it.
OF_SITES = Statements(
    "CASE WHEN coalesce(allele_count, 1) > 0 THEN x'00' END AS het, NULL AS hom, NULL AS single"
)

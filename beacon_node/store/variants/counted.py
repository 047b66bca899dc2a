"""The records that a filter may look at, and the fields that these records have.

Whatever a filter means, refuses or says follows from these records alone, as if the index had no
others: whoever may not be counted leaves no field, unit or level behind.
"""

from collections.abc import Iterator

from beacon_node.model.carriers import NumberSet
from beacon_node.model.entries import EntryType
from beacon_node.model.people import DATA_OF, EVERYBODY, People
from beacon_node.store.variants.fields import Fields, MeasureKind, MeasureRow, TermPath
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.lineage import Level

_WITH_UNIT = (
    "SELECT number FROM measure WHERE entry_type = ? AND field = ? AND label = ? AND unit = ? "
    "AND unit_label = ?"
)
_AT_PATH = "SELECT members FROM term WHERE entry_type = ? AND field = ?"


class Counted:
    """The records of one index whose owners let data of that type be used for a question."""

    def __init__(self, index: Index, people: People) -> None:
        self._index, self._people = index, people
        self._at: dict[Level, NumberSet] = {}

    def is_all(self) -> bool:
        """Say whether every record may be looked at, also one that belongs to nobody known."""
        return self._people is EVERYBODY

    def at(self, level: EntryType) -> NumberSet:
        """Return the records of `level` that a filter may look at."""
        found = self._at.get(level)
        if found is None:
            found = self._at[level] = self._find(level)
        return found

    def fields_like(self, name: str) -> Fields:
        """Return the fields of these records, at least all of those that `name` may mean."""
        fields = self._index.fields
        if self.is_all():
            return fields
        measures, paths = fields.may_mean(name)
        return Fields(
            [row for row in measures if self._has_measure(row)],
            [path for path in paths if self._has_term(path)],
        )

    def _find(self, level: EntryType) -> NumberSet:
        if self._people is EVERYBODY:
            return self._index.everyone(level)
        owners = self._people.of((DATA_OF[level],))
        return self._index.lineage.project(owners, EntryType.INDIVIDUAL, level)

    def _has_measure(self, row: MeasureRow) -> bool:
        """Say whether any of these records has such a measure; most often one of the first."""
        kind: MeasureKind = row[:5]
        members = self.at(EntryType(kind[0]))
        return any(number in members for number in self._numbers(kind))

    def _numbers(self, kind: MeasureKind) -> Iterator[int]:
        for (number,) in self._index.execute(_WITH_UNIT, kind):
            yield number

    def _has_term(self, path: TermPath) -> bool:
        members = self.at(EntryType(path[0]))
        return any(members.meets(stored) for (stored,) in self._index.execute(_AT_PATH, path))

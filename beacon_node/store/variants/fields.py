"""The fields of an index that can be compared, and which of them a question names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from beacon_node.model.entries import LINEAGE, EntryType, parse_scope
from beacon_node.store.variants.lineage import Level

# Paths may leave out the one key that all ages have.
_TAILS = ("", ".iso8601duration")
_TERM_TAILS = ("", ".id", ".label")

MeasureKind = tuple[str, str, str, str, str]
"""(entry type, field, label, unit, unit label)."""
MeasureRow = tuple[str, str, str, str, str, bool]
"""A kind of measure, and whether any of that kind has an amount."""
TermPath = tuple[str, str]
"""(entry type, path)."""


@dataclass(slots=True)
class Field:
    """One field of one entry type. `units` are (CURIE, label) of the values that have a unit."""

    entry_type: EntryType
    name: str
    label: str = ""
    is_text: bool = True
    units: set[tuple[str, str]] = field(default_factory=set)


class Fields:
    """Measures and term paths of an index, found by what people call them."""

    def __init__(self, measures: Iterable[MeasureRow], term_paths: Iterable[TermPath]) -> None:
        """Take what the records have; of several labels of a field the first one is its own."""
        self._rows: dict[tuple[EntryType, str], list[MeasureRow]] = {}
        self.measures: dict[tuple[EntryType, str], Field] = {}
        for row in measures:
            entry_type, name, label, unit, unit_label, has_amount = row
            key = EntryType(entry_type), name
            self._rows.setdefault(key, []).append(row)
            found = self.measures.setdefault(key, Field(*key))
            found.label = found.label or label
            found.is_text = found.is_text and not has_amount
            if unit or unit_label:
                found.units.add((unit, unit_label))
        self._by_name = _index(self.measures, _TAILS)
        self._by_any_label: dict[str, set] = {}
        for key, found in self.measures.items():
            if found.label:
                self._by_name.setdefault(found.label.casefold(), set()).add(key)
            for row in self._rows[key]:
                self._by_any_label.setdefault(row[2].casefold(), set()).add(key)
        paths = {(EntryType(entry_type), path): None for entry_type, path in term_paths}
        self._paths = _index(paths, _TERM_TAILS)

    def find_measures(self, name: str, scope: EntryType | None) -> list[Field]:
        """Return the measures that an assay code, a label or a path names, in any case."""
        return [self.measures[key] for key in _named(self._by_name, name, scope)]

    def find_paths(self, name: str, scope: EntryType | None) -> list[tuple[EntryType, str]]:
        """Return the (entry type, path) of terms that a path names."""
        return _named(self._paths, name, scope)

    def may_mean(self, name: str) -> tuple[list[MeasureRow], list[TermPath]]:
        """Return all that could decide what a name means, were some of the records not there."""
        whole = name.strip().casefold()
        spelled = (whole, whole.partition(".")[2])
        indexes = (self._by_name, self._by_any_label)
        measured = {key for one in spelled for index in indexes for key in index.get(one, ())}
        paths = {key for one in spelled for key in self._paths.get(one, ())}
        rows = [row for key in sorted(measured) for row in self._rows[key]]
        return rows, [(entry_type.value, path) for entry_type, path in sorted(paths)]


def _index(keys: Mapping[tuple[EntryType, str], object], tails: tuple[str, ...]) -> dict:
    """Return folded name → keys, with each tail left out or put on."""
    found: dict[str, set] = {}
    for key in keys:
        name = key[1].casefold()
        for tail in tails:
            for spelled in (name.removesuffix(tail), name + tail if tails is _TERM_TAILS else name):
                found.setdefault(spelled, set()).add(key)
    return found


def _named(index: dict[str, set], name: str, scope: EntryType | None) -> list:
    """Look a name up; it may begin with the entry type: `individuals.measures.…`."""
    plain = name.strip()
    keys = index.get(plain.casefold())
    head, _, rest = plain.partition(".")
    if not keys and rest and (named := parse_scope(head)):
        if scope not in (None, named):
            return []
        scope, keys = named, index.get(rest.casefold())
    return sorted(key for key in keys or () if scope in (None, key[0]))


def scopes_of(scope: EntryType | None) -> tuple[Level, ...]:
    """Return the entry types whose records a filter is evaluated on."""
    if scope is None:
        return LINEAGE
    return (scope,) if scope in LINEAGE else ()

"""What the cells of a row mean: conditions on them, and lists of values taken from them.

A cell whose value the mapping does not foresee is an error: a condition that was overlooked would
be a condition ignored.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from beacon_node.errors import InvalidInput
from beacon_node.ingest.consents.toml import Table

CHECKBOX = "___"  # REDCap: `field___1` is the box of choice 1
_TICKED, _UNTICKED = frozenset({"1", "checked"}), frozenset({"0", "unchecked"})


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """One row of a table: column → text without spaces around it, empty for what means nothing."""

    line: int
    cells: Mapping[str, str]

    def is_ticked(self, column: str) -> bool:
        """Return whether a REDCap checkbox is ticked; InvalidInput if it says neither."""
        cell = self.cells[column].lower()
        if cell not in _TICKED | _UNTICKED:
            raise InvalidInput("0 or 1 is expected (a checkbox)", field=column)
        return cell in _TICKED


@dataclass(frozen=True, slots=True)
class Condition:
    """Column → the values that fulfil it; all columns must. Without any it always holds.

    `known` are all values that the mapping names for a column anywhere.
    """

    wanted: Mapping[str, frozenset[str]]
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, table: Table) -> "Condition":
        wanted = {column: frozenset(table.texts(column)) for column in table.values}
        for column, values in wanted.items():
            if not values:
                table.refuse(column, "the values that fulfil it are expected")
            if CHECKBOX in column and not values <= {"0", "1"}:
                table.refuse(column, 'a checkbox is "1" (ticked) or "0"')
        return cls(wanted)

    def holds(self, row: Row) -> bool:
        """Raises InvalidInput for a value that is foreseen nowhere."""
        met = [self._is_met(row, column) for column in self.wanted]  # each is looked at
        return all(met)

    def _is_met(self, row: Row, column: str) -> bool:
        if CHECKBOX in column:
            return str(int(row.is_ticked(column))) in self.wanted[column]
        cell = row.cells[column]
        if cell not in self.wanted[column] | self.known.get(column, frozenset()):
            raise InvalidInput("a value that the mapping does not name", field=column)
        return cell in self.wanted[column]


@dataclass(frozen=True, slots=True)
class Values:
    """A list of values: always the same, or from a column, or from ticked boxes.

    `codes` translate what the column holds; without them it is taken as it stands.
    """

    constant: tuple[str, ...] = ()
    column: str = ""
    separator: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    boxes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, table: Table, key: str) -> "Values":
        """Return the rule `key` of a table: texts, `{column = …}` or `{checkboxes = {…}}`."""
        if not isinstance(table.values.get(key), dict):
            return cls(constant=table.texts(key))
        told = table.table(key)
        if "checkboxes" in told.values:
            boxes = told.table("checkboxes")
            rule = cls(boxes={column: boxes.text(column) for column in boxes.values})
        else:
            codes = told.table("codes")
            rule = cls(
                column=told.text("column"),
                separator=told.text("separator", ""),
                codes={code: codes.text(code) for code in codes.values},
            )
        told.finish()
        return rule

    @property
    def columns(self) -> Iterator[str]:
        yield from (self.column,) if self.column else ()
        yield from self.boxes

    @property
    def place(self) -> str:
        """The columns it reads, for messages."""
        return ", ".join(self.columns)

    def of(self, row: Row) -> tuple[str, ...]:
        """Return the values for a row. Raises InvalidInput for a code that is not listed."""
        if self.boxes:
            return tuple(value for column, value in self.boxes.items() if row.is_ticked(column))
        if not self.column:
            return self.constant
        cell = row.cells[self.column]
        parts = cell.split(self.separator) if self.separator else [cell]
        found = [part.strip() for part in parts if part.strip()]
        if self.codes and not set(found) <= self.codes.keys():
            raise InvalidInput("a code that the mapping does not name", field=self.column)
        return tuple(self.codes.get(part, part) for part in found)

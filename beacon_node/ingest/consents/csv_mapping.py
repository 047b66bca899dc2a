"""The mapping of a table of consents: which columns mean what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

from beacon_node.errors import InvalidRequest
from beacon_node.ingest.consents.cells import Condition, Values
from beacon_node.ingest.consents.dates import ISO, DateForm
from beacon_node.ingest.consents.term_rules import TermRule, read_term_rules
from beacon_node.ingest.consents.toml import Table, check_format, read_toml
from beacon_node.model.consent import EVERY_DATASET, DataType, Status

CSV = "csv"
DELIMITERS = {
    "auto": "",
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    ",": ",",
    ";": ";",
    "\t": "\t",
}
_EMPTY = ("", "[not completed]")  # REDCap writes the latter for a survey that was not finished


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what; empty: none does. `document` joins several with `/`."""

    individual: str
    signed_on: str
    effective_from: str = ""
    effective_until: str = ""
    status: str = ""
    withdrawn_on: str = ""
    document: tuple[str, ...] = ()
    sha256: str = ""
    form_version: str = ""
    dataset: str = ""

    @property
    def named(self) -> Iterator[str]:
        single = (getattr(self, name) for name in self.__slots__ if name != "document")
        yield from (column for column in (*single, *self.document) if column)


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """What a row is about. `data_types` and `uses` None: the form does not speak of them."""

    dataset: str
    data_types: Values | None
    uses: Values | None


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """How one kind of table is read."""

    file: str
    zone: tzinfo
    delimiter: str
    encoding: str
    dates: DateForm
    empty: frozenset[str]
    only: Mapping[str, frozenset[str]]
    filled: tuple[str, ...]
    columns: Columns
    status: Mapping[str, Status]
    scope: ScopeRule
    genes: Values
    variants: Values
    terms: tuple[TermRule, ...]

    @property
    def needed(self) -> frozenset[str]:
        """All columns that the mapping speaks of."""
        rules = (self.scope.data_types, self.scope.uses, self.genes, self.variants)
        of_rules = (column for rule in rules if rule for column in rule.columns)
        of_terms = (column for rule in self.terms for column in rule.columns)
        return frozenset((*self.columns.named, *self.only, *self.filled, *of_rules, *of_terms))


def read_csv_mapping(path: str | Path, zone: tzinfo = UTC) -> CsvMapping:
    """Return the mapping in a TOML file; InvalidInput naming the key for whatever is not known.

    `zone` is the node's, whose days dates are where the mapping names none.
    """
    table = read_toml(path)
    check_format(table, CSV)
    zone = table.zone("time_zone", zone)
    layout, rows, chosen = (table.table(key) for key in ("file", "rows", "open_choice"))
    dates = _date_form(layout)
    columns = _columns(table.table("columns"))
    mapping = CsvMapping(
        file=str(path),
        zone=zone,
        delimiter=_delimiter(layout),
        encoding=_encoding(layout),
        dates=dates,
        empty=frozenset(layout.texts("empty", _EMPTY)) | {""},
        only=Condition.read(rows.table("only")).wanted,
        filled=rows.texts("filled"),
        columns=columns,
        status=_statuses(table, columns),
        scope=_scope(table.table("scope"), columns),
        genes=Values.read(chosen, "genes"),
        variants=Values.read(chosen, "variants"),
        terms=read_term_rules(table, dates),
    )
    for one in (layout, rows, chosen, table):
        one.finish()
    return mapping


def _date_form(layout: Table) -> DateForm:
    try:
        return DateForm(layout.text("date_format", ISO))
    except InvalidRequest as bad:
        layout.refuse("date_format", str(bad))


def _delimiter(layout: Table) -> str:
    name = layout.text("delimiter", "auto")
    if name not in DELIMITERS:
        layout.refuse("delimiter", "auto, comma, semicolon or tab is expected")
    return DELIMITERS[name]


def _encoding(layout: Table) -> str:
    name = layout.text("encoding", "utf-8")
    try:
        "".encode(name)
    except LookupError:
        layout.refuse("encoding", "an encoding like utf-8, windows-1252 or utf-16 is expected")
    return name


def _columns(table: Table) -> Columns:
    told = {name: table.text(name, "") for name in Columns.__slots__ if name != "document"}
    for name in ("individual", "signed_on"):
        if not told[name]:
            table.refuse(name, "the column that holds it is expected")
    columns = Columns(**told, document=table.texts("document"))
    table.finish()
    return columns


def _statuses(table: Table, columns: Columns) -> Mapping[str, Status]:
    told = table.table("status")
    found = {value: told.text(value) for value in told.values}
    for value, word in found.items():
        if word not in tuple(Status):
            told.refuse(value, f"one of {', '.join(Status)} is expected")
    if bool(found) != bool(columns.status):
        table.refuse("status", "[status] and columns.status go together: which value means what")
    return {value: Status(word) for value, word in found.items()}


def _scope(table: Table, columns: Columns) -> ScopeRule:
    dataset = table.text("dataset", EVERY_DATASET)
    if columns.dataset and "dataset" in table.values:
        table.refuse("dataset", "either columns.dataset or scope.dataset says it, not both")
    rules = {key: _words(table, key) for key in ("data_types", "uses")}
    table.finish()
    return ScopeRule(dataset, **rules)


def _words(table: Table, key: str) -> Values | None:
    return Values.read(table, key) if key in table.values else table.take(key)


ALL_DATA = frozenset(DataType)

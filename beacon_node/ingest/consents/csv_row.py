"""One row of a table of consents as statements."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from beacon_node.errors import InvalidInput
from beacon_node.ingest.consents.cells import Row, Values
from beacon_node.ingest.consents.csv_mapping import ALL_DATA, CsvMapping
from beacon_node.ingest.consents.unrecorded import SHA256, unrecorded
from beacon_node.model.consent import (
    ConsentVersion,
    DataType,
    OpenChoice,
    Scope,
    Source,
    Status,
    UseKind,
    When,
    end_moment,
    first_moment,
    signature_moment,
)
from beacon_node.model.consent_import import Cancelled, Place, Stated, UsesIfUnstated
from beacon_node.model.data_use import Use

_EVERY_USE = frozenset(UseKind)


def statements(
    row: Row, mapping: CsvMapping, unstated: UsesIfUnstated
) -> Iterator[Stated | Cancelled]:
    """Yield what a row states: a consent or refusal, and a withdrawal if it names its date.

    Raises InvalidInput or InvalidRequest, naming the column, for what cannot be taken.
    """
    read = _Reading(row, mapping, unstated)
    place, status = Place(row.line), read.status()
    if status is Status.ENTERED_IN_ERROR:
        yield Cancelled(read.individual(), read.source().document, place)
        return
    found = [read.statement(status)]
    if mapping.columns.withdrawn_on and row.cells[mapping.columns.withdrawn_on]:
        found.append(read.withdrawal())
        read.check_order(found[-1])
    yield from (Stated(version, place) for version in found)


class _Reading:
    """One row under its mapping."""

    def __init__(self, row: Row, mapping: CsvMapping, unstated: UsesIfUnstated) -> None:
        self.row, self.mapping, self.unstated = row, mapping, unstated
        self.columns, self.cells = mapping.columns, row.cells

    def individual(self) -> str:
        found = self.cells[self.columns.individual]
        if not found:
            raise InvalidInput("whose consent this is, is empty", field=self.columns.individual)
        return found

    def status(self) -> Status:
        if not self.columns.status:
            return Status.GIVEN
        found = self.mapping.status.get(self.cells[self.columns.status])
        if found is None:
            problem = "a value that [status] of the mapping does not name"
            raise InvalidInput(problem, field=self.columns.status)
        return found

    def statement(self, status: Status) -> ConsentVersion:
        signed, column = self._when(self.columns.signed_on), self.columns.signed_on
        use, begin = Use() if status.is_no else self.use(), self._begin(signed)
        return unrecorded(
            individual=self.individual(),
            status=status,
            scope=self.scope(status, use),
            signed_on=signature_moment(signed, status, self.mapping.zone, column),
            effective_from=begin,
            effective_until=None if status.is_no else self._end(begin),
            source=self.source(),
            use=use,
            open=OpenChoice() if status.is_no else self.open_choice(),
        )

    def withdrawal(self) -> ConsentVersion:
        """Return the withdrawal that a date in the row stands for; it takes everything back."""
        column, zone = self.columns.withdrawn_on, self.mapping.zone
        when, source = self._when(column), self.source()
        return unrecorded(
            individual=self.individual(),
            status=Status.WITHDRAWN,
            scope=Scope(self._dataset(), ALL_DATA, _EVERY_USE),
            signed_on=signature_moment(when, Status.WITHDRAWN, zone, column),
            effective_from=first_moment(when, zone, column),
            source=replace(source, document=f"{source.document}/withdrawal"),
        )

    def check_order(self, withdrawal: ConsentVersion) -> None:
        """Raises InvalidInput for a withdrawal from before the signature: it would decide nothing.

        Dates of one day without a time may stand in either order.
        """
        column = self.columns.signed_on
        signed = first_moment(self._when(column), self.mapping.zone, column)
        if withdrawal.signed_on < signed:
            problem = f"the withdrawal is dated before the signature ({column})"
            raise InvalidInput(problem, field=self.columns.withdrawn_on)

    def scope(self, status: Status, use: Use) -> Scope:
        """Return what the row is about; a no is about everything."""
        if status.is_no:
            return Scope(self._dataset(), ALL_DATA, _EVERY_USE)
        rule = self.mapping.scope
        types = (
            self._words(rule.data_types, DataType, "data_types") if rule.data_types else ALL_DATA
        )
        uses = self._words(rule.uses, UseKind, "uses") if rule.uses else self.unstated(use)
        return Scope(self._dataset(), types, uses)

    def use(self) -> Use:
        found = (rule.of(self.row, self.mapping.dates) for rule in self.mapping.terms)
        return Use(frozenset(term for term in found if term is not None))

    def open_choice(self) -> OpenChoice:
        genes, variants = (
            frozenset(v.of(self.row)) for v in (self.mapping.genes, self.mapping.variants)
        )
        return OpenChoice(genes, variants)

    def source(self) -> Source:
        columns = self.columns
        parts = columns.document or (columns.individual, columns.signed_on)
        document = "/".join(self.cells[part] for part in parts if self.cells[part])
        if not document:
            raise InvalidInput("which document this is, is empty", field=", ".join(parts))
        return Source(document, self._sha256(), self._cell(columns.form_version))

    def _sha256(self) -> str:
        found = self._cell(self.columns.sha256).lower()
        if found and not SHA256.fullmatch(found):
            problem = "a SHA-256 is expected: 64 hexadecimal digits"
            raise InvalidInput(problem, field=self.columns.sha256)
        return found

    def _dataset(self) -> str:
        if not self.columns.dataset:
            return self.mapping.scope.dataset
        found = self._cell(self.columns.dataset)
        if not found:
            raise InvalidInput("which dataset it is about, is empty", field=self.columns.dataset)
        return found

    def _words(self, rule: Values, kind: type, key: str) -> frozenset:
        words = rule.of(self.row)
        if not set(words) <= set(kind):
            problem = f"{key} are {', '.join(kind)}"
            raise InvalidInput(problem, field=rule.place or f"scope.{key}")
        return frozenset(kind(word) for word in words)

    def _begin(self, signed: When) -> datetime:
        column = self._begin_column
        when = signed if column == self.columns.signed_on else self._when(column)
        return first_moment(when, self.mapping.zone, column)

    @property
    def _begin_column(self) -> str:
        """Which column says when a consent begins: its own where it is filled."""
        own = self.columns.effective_from
        return own if self._cell(own) else self.columns.signed_on

    def _end(self, begin: datetime) -> datetime | None:
        column = self.columns.effective_until
        if not self._cell(column):
            return None
        end = end_moment(self._when(column), self.mapping.zone, column)
        if end is not None and end <= begin:
            problem = f"the consent ends before it begins ({self._begin_column})"
            raise InvalidInput(problem, field=column)
        return end

    def _when(self, column: str) -> When:
        if not self.cells[column]:
            raise InvalidInput("a date is expected, but it is empty", field=column)
        return self.mapping.dates.read(self.cells[column], column)

    def _cell(self, column: str) -> str:
        return self.cells[column] if column else ""

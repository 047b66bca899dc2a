"""The consents in the chain: written with their entries, found by individual and by date."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, zip_longest

import orjson

from beacon_node.errors import Conflict, InvalidRequest
from beacon_node.model.consent import EVERY_DATASET, ConsentVersion, Status
from beacon_node.model.consent_documents import (
    StatementReader,
    canonical_json,
    read_moment,
    statement_digest,
    statement_document,
)
from beacon_node.model.ledger import Entry, Recorded, Verification
from beacon_node.store.ledger.chain import ENTRY, Appending, check_entry, entries

CONSENT = "consent"


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """A statement made ready before the ledger's turn is taken, so that the turn stays short."""

    version: ConsentVersion
    digest: bytes
    body: str
    dates: tuple[str, ...]


def prepare(version: ConsentVersion, reader: StatementReader) -> Prepared:
    """Raises InvalidRequest if the statement could not be read back as it is."""
    document = statement_document(version)
    again = reader.read(
        document,
        number=version.number,
        recorded_at=version.recorded_at,
        recorded_by=version.recorded_by,
    )
    if again != version:
        raise InvalidRequest("consent: it holds something that a document cannot state")
    body = canonical_json({"by": version.recorded_by, "statement": document})
    return Prepared(version, statement_digest(document), body, _dates(document))


def add(
    appending: Appending, prepared: Sequence[Prepared], reader: StatementReader
) -> dict[bytes, Entry]:
    """Record the statements that are not on record; returns the new entries by digest."""
    connection = appending.connection
    new = {one.digest: one for one in prepared if not _is_on_record(connection, one.digest)}
    for one in new.values():
        if one.version.cancels is not None:
            _check_cancelled(connection, one.version, reader)
    added = appending.append(CONSENT, [one.body for one in new.values()])
    _list(connection, new.values(), added)
    return dict(zip(new, added, strict=True))


def check_unchanged(
    connection: sqlite3.Connection, prepared: Iterable[Prepared], since: int
) -> None:
    """Raises Conflict if there is something new of an individual whose statements these are."""
    changed = changed_since(connection, since)
    if any(one.version.individual in changed for one in prepared):
        raise Conflict(
            "consents of the same people were recorded meanwhile: nothing was recorded; try again"
        )


def recorded(
    connection: sqlite3.Connection,
    prepared: Sequence[Prepared],
    added: dict[bytes, Entry],
    reader: StatementReader,
) -> Iterator[Recorded]:
    """Yield how each statement is on record now; the first of those that say the same is new."""
    new = dict(added)
    for one in prepared:
        entry = added.get(one.digest)
        if entry is None:
            entry = next(_on_record(connection, "c.statement = ?", one.digest))
        version = read_entry(entry, reader)
        yield Recorded(version, entry.hash, is_new=new.pop(one.digest, None) is not None)


def _list(
    connection: sqlite3.Connection, statements: Iterable[Prepared], added: Sequence[Entry]
) -> None:
    """Put statements where they are found by individual and by date."""
    rows, dates = [], []
    for one, entry in zip(statements, added, strict=True):
        individual, dataset = one.version.individual, one.version.scope.dataset
        rows.append((entry.sequence, individual, dataset, one.digest))
        dates += ((entry.sequence, date) for date in one.dates if date > entry.recorded_at)
    connection.executemany("INSERT INTO consent VALUES (?, ?, ?, ?)", rows)
    connection.executemany("INSERT INTO consent_date VALUES (?, ?)", dates)


def _is_on_record(connection: sqlite3.Connection, digest: bytes) -> bool:
    sql = "SELECT 1 FROM consent WHERE statement = ?"
    return connection.execute(sql, [digest]).fetchone() is not None


def _check_cancelled(
    connection: sqlite3.Connection, version: ConsentVersion, reader: StatementReader
) -> None:
    for entry in _on_record(connection, "c.number = ?", version.cancels):
        cancelled = read_entry(entry, reader)
        if cancelled.individual != version.individual:
            break
        if cancelled.status is Status.ENTERED_IN_ERROR:
            raise InvalidRequest(f"cancels: version {version.cancels} is a cancellation itself")
        if cancelled.scope.dataset != version.scope.dataset:
            # Whom a dataset has to look at again is found by the datasets of new statements.
            raise InvalidRequest(f"cancels: version {version.cancels} is about another dataset")
        return
    raise InvalidRequest(f"cancels: this individual has no version {version.cancels} on record")


def _on_record(connection: sqlite3.Connection, condition: str, *values: object) -> Iterator[Entry]:
    sql = f"SELECT {ENTRY} FROM consent c JOIN entry e ON e.sequence = c.number WHERE {condition}"
    return (Entry(*row) for row in connection.execute(sql, values).fetchall())


def history(
    connection: sqlite3.Connection, individual: str, reader: StatementReader
) -> tuple[Recorded, ...]:
    """Return all versions of one individual in the order of their recording."""
    found = _on_record(connection, "c.individual = ? ORDER BY c.number", individual)
    return tuple(Recorded(read_entry(entry, reader), entry.hash) for entry in found)


def histories(
    connection: sqlite3.Connection, dataset: str, reader: StatementReader
) -> Iterator[tuple[str, tuple[ConsentVersion, ...]]]:
    """Yield, in the order of their ids, those with a statement about `dataset`, with all theirs.

    `*` is about whatever there is: everybody.
    """
    sql = f"""
        SELECT c.individual, {ENTRY} FROM consent c JOIN entry e ON e.sequence = c.number
        WHERE EXISTS (SELECT 1 FROM consent o
                      WHERE o.individual = c.individual AND (? = ? OR o.dataset IN (?, ?)))
        ORDER BY c.individual, c.number"""
    told = [dataset, EVERY_DATASET]
    rows = connection.execute(sql, told * 2)
    for individual, theirs in groupby(rows, key=lambda row: row[0]):
        yield individual, tuple(read_entry(Entry(*row[1:]), reader) for row in theirs)


def read_entry(entry: Entry, reader: StatementReader) -> ConsentVersion:
    """Return the consent version an entry records; LedgerBroken if the entry was changed."""
    check_entry(entry)
    body = orjson.loads(entry.body)
    return reader.read(
        body["statement"],
        number=entry.sequence,
        recorded_at=read_moment(entry.recorded_at),
        recorded_by=body["by"],
    )


def first_date(connection: sqlite3.Connection, after: str) -> str | None:
    sql = "SELECT min(moment) FROM consent_date WHERE moment > ?"
    return connection.execute(sql, [after]).fetchone()[0]


def changed_since(
    connection: sqlite3.Connection, number: int, dataset: str | None = None
) -> frozenset[str]:
    sql = "SELECT individual FROM consent WHERE number > ?"
    return _individuals(connection, sql, [number], dataset)


def dated_between(
    connection: sqlite3.Connection, after: str, until: str, dataset: str | None = None
) -> frozenset[str]:
    sql = """SELECT individual FROM consent_date JOIN consent USING (number)
             WHERE moment > ? AND moment <= ?"""
    return _individuals(connection, sql, [after, until], dataset)


def _individuals(
    connection: sqlite3.Connection, sql: str, values: list[object], dataset: str | None
) -> frozenset[str]:
    """Return who is found; with a dataset, by statements about it or about all datasets."""
    if dataset is not None:
        sql, values = f"{sql} AND dataset IN (?, ?)", [*values, dataset, EVERY_DATASET]
    return frozenset(individual for (individual,) in connection.execute(sql, values))


def verify(connection: sqlite3.Connection, whole: Verification) -> Verification:
    """Return `whole`, or what is wrong if not every consent of the chain is listed as it should."""
    recorded = map(_stated, entries(connection, kinds=(CONSENT,)))
    sql = """SELECT number, individual, dataset, statement,
                    (SELECT group_concat(moment, ' ') FROM consent_date d WHERE d.number = c.number)
             FROM consent c ORDER BY number"""
    for expected, found in zip_longest(recorded, connection.execute(sql), fillvalue=()):
        if expected != found:
            number = min(row[0] for row in (expected, found) if row)
            return replace(whole, broken_at=number, problem=_LOST)
    return whole


_LOST = "its consent is not listed as it was recorded"


def _stated(entry: Entry) -> tuple:
    """Return how the statement of an entry is listed."""
    statement = orjson.loads(entry.body)["statement"]
    ahead = [date for date in _dates(statement) if date > entry.recorded_at]
    return (
        entry.sequence,
        statement["individual"],
        statement["scope"]["dataset"],
        statement_digest(statement),
        " ".join(ahead) or None,
    )


def _dates(statement: Mapping) -> tuple[str, ...]:
    """Return the moments at which a statement alone may change what holds."""
    dates = {statement.get(name) for name in ("signed_on", "effective_from", "effective_until")}
    return tuple(sorted(date for date in dates if date))

"""What was paid for noisy counts: who was charged for which answer, and what was drawn.

Who carries an allele stands in these tables alone. The chain has a digest of each charge, salted,
so that nobody can find out by trying what it says; a charge that was changed, dropped or added is
found by it.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

import orjson

from beacon_node.model.charges import Charge, Charged, Drawn
from beacon_node.model.consent_documents import canonical_json
from beacon_node.model.ledger import Verification
from beacon_node.store.ledger.chain import Appending, entries

CHARGE, SPENT = "charge", "spent"
_SETS = ("seats", "carriers", "left_out")


# ---- writing -------------------------------------------------------------------------------------


def add(appending: Appending, charge: Charge, salt: bytes) -> int:
    """Add a charge with its entry in the chain, and return its number."""
    connection = appending.connection
    number = last_number(connection) + 1
    digests = _digests(charge)
    said = {"digest": _digest(number, charge, salt, digests), "number": number}
    (entry,) = appending.append(CHARGE, [canonical_json(said)])
    sets = [_set_id(connection, *one) for one in zip(_sets(charge), digests, strict=True)]
    row = (
        *(number, entry.sequence, charge.dataset, charge.key, _listed(charge.payers)),
        *(charge.public, charge.drawn.noisy, charge.drawn.completeness),
        *(charge.people.universe, *sets[:3], charge.reference.universe, *sets[3:], salt),
    )
    connection.execute(f"INSERT INTO charge VALUES ({', '.join('?' * len(row))})", row)
    paid = [(charge.dataset, payer, number) for payer in charge.payers]
    connection.executemany("INSERT INTO charge_payer VALUES (?, ?, ?)", paid)
    return number


def close(appending: Appending, dataset: str, seats: int) -> None:
    """Take the first `seats` people of a dataset to have spent everything, on every account."""
    said = {"dataset": dataset, "seats": seats}
    (entry,) = appending.append(SPENT, [canonical_json(said)])
    row = entry.sequence, dataset, seats
    appending.connection.execute("INSERT INTO spent VALUES (?, ?, ?)", row)


def _sets(charge: Charge) -> tuple[bytes | None, ...]:
    people, reference = charge.people, charge.reference
    return tuple(getattr(group, name) for group in (people, reference) for name in _SETS)


def _listed(payers: Sequence[str]) -> str:
    return canonical_json(list(payers))


def _digests(charge: Charge) -> list[bytes | None]:
    return [None if one is None else hashlib.sha256(one).digest() for one in _sets(charge)]


def _set_id(
    connection: sqlite3.Connection, members: bytes | None, digest: bytes | None
) -> int | None:
    """Return the id of a set, stored once; None for one that is not a set (everybody)."""
    if members is None:
        return None
    sql = "SELECT id FROM people_set WHERE digest = ?"
    known = connection.execute(sql, [digest]).fetchone()
    if known is None:
        sql = "INSERT INTO people_set SELECT coalesce(max(id), 0) + 1, ?, ? FROM people_set"
        return connection.execute(sql, [digest, members]).lastrowid
    return known[0]


def _digest(number: int, charge: Charge, salt: bytes, sets: Sequence[bytes | None]) -> str:
    """Return the digest of everything a charge says; sets are in it by digests of their own."""
    said = [
        *(number, charge.dataset, charge.key.hex(), list(charge.payers), charge.public),
        *(charge.drawn.noisy, repr(charge.drawn.completeness)),
        *(charge.people.universe, charge.reference.universe),
        *(None if one is None else one.hex() for one in sets),
    ]
    return hashlib.sha256(salt + canonical_json(said).encode()).hexdigest()


# ---- reading -------------------------------------------------------------------------------------


def drawn(connection: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, Drawn]:
    """Return what was drawn for those of the questions that were paid for, the first one first."""
    among = ", ".join("?" * len(keys))
    sql = f"SELECT key, noisy, completeness FROM charge WHERE key IN ({among}) ORDER BY number"
    return {key: Drawn(*one) for key, *one in connection.execute(sql, list(keys))}


def entry_hash(connection: sqlite3.Connection, number: int) -> bytes | None:
    """Return the hash of the entry of a charge, None if there is no such charge."""
    sql = "SELECT e.hash FROM charge c JOIN entry e ON e.sequence = c.entry WHERE c.number = ?"
    found = connection.execute(sql, [number]).fetchone()
    return found[0] if found else None


def last_number(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT max(number) FROM charge").fetchone()[0] or 0


def rows(
    connection: sqlite3.Connection, dataset: str, after: int = 0, *, payers: Sequence[str] = ()
) -> Iterator[tuple[int, Charge]]:
    """Yield the charges of a dataset after a number, with theirs: those that any of `payers` paid,
    each once, or all."""
    among, values = "c.dataset = ?", [dataset]
    join = ""
    if payers:
        named = ", ".join("?" * len(payers))
        paid = f"SELECT number FROM charge_payer WHERE dataset = ? AND payer IN ({named})"
        join = f"JOIN ({paid}{' GROUP BY number' * (len(payers) > 1)}) p ON p.number = c.number"
        values = [dataset, *payers, dataset]
    sql = f"{_READ} {join} WHERE {among} AND c.number > ? ORDER BY c.number"
    return (_read(row)[:2] for row in connection.execute(sql, [*values, after]))


def datasets(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the datasets in which anybody was ever charged, or is taken to have been."""
    found = connection.execute(_CHARGED).fetchall() + connection.execute(_SPENT).fetchall()
    return tuple(sorted({dataset for (dataset,) in found}))


_SPENT = "SELECT DISTINCT dataset FROM spent"
# Goes from each dataset to the next one by the index, and looks at no more charges.
_CHARGED = """
    WITH RECURSIVE known(dataset) AS (
        SELECT min(dataset) FROM charge
        UNION ALL SELECT (SELECT min(dataset) FROM charge c WHERE c.dataset > known.dataset)
        FROM known WHERE known.dataset IS NOT NULL)
    SELECT dataset FROM known WHERE dataset IS NOT NULL"""


def spent(connection: sqlite3.Connection, dataset: str) -> int:
    """Return how many people of a dataset, the first ones, are taken to have spent everything."""
    sql = "SELECT max(seats) FROM spent WHERE dataset = ?"
    return connection.execute(sql, [dataset]).fetchone()[0] or 0


_MEMBERS = ", ".join(
    f"(SELECT members FROM people_set s WHERE s.id = c.{column})"
    for column in (*_SETS, *(f"reference_{name}" for name in _SETS))
)
_READ = f"""
    SELECT c.number, c.entry, c.salt, c.dataset, c.key, c.payers, c.public, c.noisy, c.completeness,
           c.people, c.reference, {_MEMBERS}
    FROM charge c"""


def _read(row: tuple) -> tuple[int, Charge, int, bytes]:
    """Return number, charge, number of the entry, and salt."""
    number, entry, salt, dataset, key, payers, public, noisy, completeness = row[:9]
    people, reference, *sets = row[9:]
    charge = Charge(
        dataset,
        key,
        tuple(orjson.loads(payers)),
        public,
        Charged(*sets[:3], people),
        Charged(*sets[3:], reference),
        Drawn(noisy, completeness),
    )
    return number, charge, entry, salt


# ---- whether it is as it was written -------------------------------------------------------------


def verify(connection: sqlite3.Connection, whole: Verification) -> Verification:
    """Return `whole`, or what is wrong if not exactly the charges of the chain are listed."""
    for kind, listed in ((CHARGE, _charges(connection)), (SPENT, _spent(connection))):
        stated = ((one.sequence, orjson.loads(one.body)) for one in entries(connection, 0, (kind,)))
        for expected, found in zip_longest(stated, listed, fillvalue=()):
            if expected != found:
                number = min(row[0] for row in (expected, found) if row)
                return replace(whole, broken_at=number, problem=_LOST)
    return whole


_LOST = "its charge is not listed as it was recorded"


def _charges(connection: sqlite3.Connection) -> Iterator[tuple[int, dict]]:
    """Yield, by the number of the entry, what it must say of the charge that is listed."""
    for row in connection.execute(f"{_READ} ORDER BY c.entry"):
        number, charge, entry, salt = _read(row)
        is_found = _paid(connection, charge.dataset, number) == sorted(charge.payers)
        digest = _digest(number, charge, salt, _digests(charge)) if is_found else ""
        yield entry, {"digest": digest, "number": number}


def _paid(connection: sqlite3.Connection, dataset: str, number: int) -> list[str]:
    sql = "SELECT payer FROM charge_payer WHERE number = ? AND dataset = ? ORDER BY payer"
    return [payer for (payer,) in connection.execute(sql, [number, dataset])]


def _spent(connection: sqlite3.Connection) -> Iterator[tuple[int, dict]]:
    for entry, dataset, seats in connection.execute("SELECT * FROM spent ORDER BY entry"):
        yield entry, {"dataset": dataset, "seats": seats}

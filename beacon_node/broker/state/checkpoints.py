"""Checkpoints of members' ledgers that they left here, and the key each signs them with."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from beacon_node.broker.state.file import StateFile

MOST_KEPT = 10_000  # of one member: the newest …
FIRST_KEPT = 100  # … and the first, which whoever writes a ledger anew would have to contradict


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """A checkpoint as it came; `problem` says why it does not go on from those before it."""

    member: str
    sequence: int
    hash: str
    made_at: datetime
    document: str
    received_at: datetime
    problem: str = ""
    settled: str = ""  # what the operator found out about the problem


class CheckpointState:
    def __init__(self, file: StateFile) -> None:
        self._file = file

    def key(self, member: str) -> str | None:
        """Return the public key (JWK text) that a member's checkpoints are signed with."""
        found = self._file.rows("SELECT jwk FROM checkpoint_key WHERE member = ?", member)
        return found[0]["jwk"] if found else None

    def keep_key(self, member: str, jwk: str, now: datetime) -> str:
        """Keep a member's first key and return the one that is kept, which it may not be."""
        with self._file.writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO checkpoint_key VALUES (?, ?, ?)",
                (member, jwk, now.isoformat()),
            )
            found = db.execute("SELECT jwk FROM checkpoint_key WHERE member = ?", (member,))
            return found.fetchone()["jwk"]

    def forget_key(self, member: str) -> None:
        """Let the member's next checkpoint bring a new key: its operator said so."""
        with self._file.writing() as db:
            db.execute("DELETE FROM checkpoint_key WHERE member = ?", (member,))

    def keep(self, kept: KeptCheckpoint) -> None:
        """Keep a checkpoint; one that is here already is kept once."""
        with self._file.writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO checkpoint "
                "(member, sequence, hash, made_at, document, received_at, problem) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *(kept.member, kept.sequence, kept.hash, kept.made_at.isoformat()),
                    *(kept.document, kept.received_at.isoformat(), kept.problem),
                ),
            )
            db.execute(
                "DELETE FROM checkpoint WHERE number IN (SELECT number FROM checkpoint "
                "WHERE member = ?1 AND problem = '' AND number NOT IN (SELECT number FROM "
                "checkpoint WHERE member = ?1 ORDER BY number LIMIT ?3) "
                "ORDER BY number DESC LIMIT -1 OFFSET ?2)",
                (kept.member, MOST_KEPT, FIRST_KEPT),
            )

    def settle(self, member: str, found: str) -> int:
        """Note what the operator found out about a member's problems; return how many there were.

        From then on checkpoints are compared with those since the newest of them.
        """
        with self._file.writing() as db:
            done = db.execute(
                "UPDATE checkpoint SET settled = ? WHERE member = ? AND problem != '' "
                "AND settled = ''",
                (found, member),
            )
            return done.rowcount

    def checkpoints(self, member: str) -> tuple[KeptCheckpoint, ...]:
        """Return all that a member left, in the order in which they came."""
        sql = "SELECT * FROM checkpoint WHERE member = ? ORDER BY number"
        return tuple(map(_kept, self._file.rows(sql, member)))

    def problems(self) -> tuple[KeptCheckpoint, ...]:
        """Return all that do not go on from those before them, and are not settled."""
        sql = "SELECT * FROM checkpoint WHERE problem != '' AND settled = '' ORDER BY number"
        return tuple(map(_kept, self._file.rows(sql)))


def _kept(row: sqlite3.Row) -> KeptCheckpoint:
    return KeptCheckpoint(
        row["member"],
        row["sequence"],
        row["hash"],
        datetime.fromisoformat(row["made_at"]),
        row["document"],
        datetime.fromisoformat(row["received_at"]),
        row["problem"],
        row["settled"],
    )

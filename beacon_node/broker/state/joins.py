"""Requests to join, from the moment they come until long after they are decided."""

import sqlite3
from dataclasses import asdict
from datetime import datetime

import orjson

from beacon_node.broker.join_request import JoinRequest, JoinStanding
from beacon_node.broker.state.file import StateFile
from beacon_node.errors import Conflict, NotFound, QuotaExceeded
from beacon_node.model.federation import Member, MemberKind


class JoinState:
    def __init__(self, file: StateFile) -> None:
        self._file = file

    def ask(self, request: JoinRequest, *, most_waiting: int) -> None:
        """Keep a request, instead of one of the same member under the same key.

        Raises Conflict if somebody waits under that id with another key: who came first is not
        pushed aside; QuotaExceeded if too many wait already.
        """
        with self._file.writing() as db:
            found = _one(db, request.member.id)
            if found is None or found.standing is not JoinStanding.WAITING:
                sql = "SELECT count(*) FROM join_request WHERE standing = ?"
                if db.execute(sql, (JoinStanding.WAITING,)).fetchone()[0] >= most_waiting:
                    raise QuotaExceeded("too many requests to join wait to be decided; ask later")
            elif not set(found.member.keys) & set(request.member.keys):
                raise Conflict(
                    f"somebody with another key waits to join as {request.member.id!r} already"
                )
            _put(db, request)

    def decide(
        self, member_id: str, standing: JoinStanding, *, reason: str, now: datetime
    ) -> JoinRequest:
        """Record a decision and return the request as it stands; NotFound, or Conflict if it was
        decided already."""
        with self._file.writing() as db:
            found = _one(db, member_id)
            if found is None:
                raise NotFound(f"nobody asked to join as {member_id!r}")
            if found.standing is not JoinStanding.WAITING:
                raise Conflict(f"the request of {member_id!r} was {found.standing} already")
            decided = JoinRequest(
                found.member, found.contact, found.asked_at, standing, now, reason
            )
            _put(db, decided)
        return decided

    def request(self, member_id: str) -> JoinRequest:
        """Return the newest request under an id; raises NotFound."""
        found = self._file.rows("SELECT * FROM join_request WHERE member = ?", member_id)
        if not found:
            raise NotFound(f"nobody asked to join as {member_id!r}")
        return _request(found[0])

    def requests(self, standing: JoinStanding | None = None) -> tuple[JoinRequest, ...]:
        """Return the requests that stand so, or all, oldest first."""
        sql = "SELECT * FROM join_request WHERE ?1 IN ('', standing) ORDER BY asked_at, member"
        return tuple(map(_request, self._file.rows(sql, standing or "")))


def _one(db: sqlite3.Connection, member_id: str) -> JoinRequest | None:
    row = db.execute("SELECT * FROM join_request WHERE member = ?", (member_id,)).fetchone()
    return _request(row) if row else None


def _put(db: sqlite3.Connection, request: JoinRequest) -> None:
    db.execute(
        "INSERT OR REPLACE INTO join_request VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            request.member.id,
            orjson.dumps(asdict(request.member)).decode(),
            request.contact,
            request.standing,
            request.asked_at.isoformat(),
            request.decided_at.isoformat() if request.decided_at else "",
            request.reason,
        ),
    )


def _request(row: sqlite3.Row) -> JoinRequest:
    told = orjson.loads(row["document"])
    member = Member(
        **told
        | {
            "kind": MemberKind(told["kind"]),
            "keys": tuple(told["keys"]),
            "datasets": tuple(told["datasets"]),
        }
    )
    return JoinRequest(
        member,
        row["contact"],
        datetime.fromisoformat(row["asked_at"]),
        JoinStanding(row["standing"]),
        datetime.fromisoformat(row["decided_at"]) if row["decided_at"] else None,
        row["reason"],
    )

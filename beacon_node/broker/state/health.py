"""How members did, from all processes: conditions with their times, and tallies by day."""

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime

import orjson

from beacon_node.broker.health import Change, Condition, MemberHealth, Tally
from beacon_node.broker.state.file import StateFile
from beacon_node.broker.watch import Seen

MOST_CHANGES = 500  # of one member that are kept
MOST_DAYS = 400
RECENT_DAYS = 7  # that `MemberHealth.recent` is over


class HealthState:
    def __init__(self, file: StateFile) -> None:
        self._file = file

    def add_health(self, seen: Mapping[str, Seen], now: datetime, *, enough: int) -> None:
        """Add what one process saw; a condition that holds already is no change. `enough` bad
        outcomes in a row, over all processes, are a condition."""
        with self._file.writing() as db:
            for member, one in seen.items():
                if one.tally != Tally():
                    _add_tally(db, member, now, one.tally)
                if one.last_answer or one.last_failure:
                    _set_last(db, member, one)
                _add_change(db, member, one, enough)
                _forget_old(db, member)

    def health(self, member: str) -> MemberHealth:
        changes = self._file.rows(
            "SELECT * FROM health_change WHERE member = ? ORDER BY number DESC", member
        )
        days = self._file.rows(
            "SELECT * FROM health_day WHERE member = ? ORDER BY day DESC LIMIT ?",
            *(member, RECENT_DAYS),
        )
        last = self._file.rows("SELECT * FROM health_last WHERE member = ?", member)
        return MemberHealth(
            member,
            tuple(map(_change, changes)),
            sum(map(_tally, days), Tally()),
            *(_last(last[0]) if last else (None, None, "")),
        )

    def all_health(self, members: Iterable[str]) -> tuple[MemberHealth, ...]:
        return tuple(map(self.health, members))


def _add_tally(db: sqlite3.Connection, member: str, now: datetime, tally: Tally) -> None:
    day = now.date().isoformat()
    found = db.execute("SELECT * FROM health_day WHERE member = ? AND day = ?", (member, day))
    row = found.fetchone()
    whole = tally + _tally(row) if row else tally
    db.execute(
        "INSERT OR REPLACE INTO health_day VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(member, day, whole.answers, whole.failures, whole.late),
            *(whole.total_ms, whole.slowest_ms, orjson.dumps(whole.classes).decode()),
        ),
    )


def _set_last(db: sqlite3.Connection, member: str, seen: Seen) -> None:
    """Keep the newer of what is there and what was seen: processes write in any order."""
    db.execute(
        "INSERT INTO health_last VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (member) DO UPDATE SET "
        "reason = CASE WHEN ?3 > failure THEN ?4 ELSE reason END, "
        "in_a_row = CASE WHEN ?2 != '' THEN ?5 ELSE in_a_row + ?5 END, "
        "answer = max(answer, ?2), failure = max(failure, ?3)",
        (
            member,
            _text(seen.last_answer),
            _text(seen.last_failure),
            seen.last_reason,
            seen.in_a_row,
        ),
    )


def _add_change(db: sqlite3.Connection, member: str, seen: Seen, enough: int) -> None:
    sql = "SELECT * FROM health_change WHERE member = ? ORDER BY number DESC LIMIT 1"
    newest = db.execute(sql, (member,)).fetchone()
    sql = "SELECT in_a_row FROM health_last WHERE member = ?"
    last = db.execute(sql, (member,)).fetchone()
    change = seen.change if last and last["in_a_row"] >= enough else None
    if change is None and seen.last_answer:
        change = Change(member, Condition.ANSWERS, seen.last_answer)
    if change is None or (newest and newest["condition"] == change.condition):
        return
    if newest and _text(change.since) < newest["since"]:
        return  # what another process saw later is written already
    db.execute(
        "INSERT INTO health_change (member, condition, since, reason) VALUES (?, ?, ?, ?)",
        (member, change.condition, _text(change.since), change.reason),
    )


def _forget_old(db: sqlite3.Connection, member: str) -> None:
    db.execute(
        "DELETE FROM health_change WHERE member = ?1 AND number <= (SELECT number FROM "
        "health_change WHERE member = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
        (member, MOST_CHANGES),
    )
    db.execute(
        "DELETE FROM health_day WHERE member = ?1 AND day <= (SELECT day FROM health_day "
        "WHERE member = ?1 ORDER BY day DESC LIMIT 1 OFFSET ?2)",
        (member, MOST_DAYS),
    )


def _change(row: sqlite3.Row) -> Change:
    since = datetime.fromisoformat(row["since"])
    return Change(row["member"], Condition(row["condition"]), since, row["reason"])


def _tally(row: sqlite3.Row) -> Tally:
    return Tally(
        *(row["answers"], row["failures"], row["late"], row["total_ms"], row["slowest_ms"]),
        tuple(orjson.loads(row["classes"])),
    )


def _last(row: sqlite3.Row) -> tuple[datetime | None, datetime | None, str]:
    return _moment(row["answer"]), _moment(row["failure"]), row["reason"]


def _text(moment: datetime | None) -> str:
    """Return a moment so that texts sort as moments do."""
    return moment.isoformat(timespec="microseconds") if moment else ""


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

"""Sessions of people who logged in, in one file that all processes of a program share.

The id is at the browser alone, here stands its SHA-256: who reads the file can take over no
session. What the provider gave is sealed with a key that lies elsewhere.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from beacon_node.crypto.sealing import Seal
from beacon_node.identity.login_tables import login_tables
from beacon_node.model.login import GRACE, Login, Session, SessionLimits, Tokens, Userinfo
from beacon_node.model.passport import Subject
from beacon_node.ports import Clock, Randomness
from beacon_node.storage.tables import Connection, Tables, moment, number, rows

ID_BYTES = 32
_NOTED_EVERY = timedelta(minutes=1)  # when a session was last seen, so that reading stays reading
_NEVER = 9e15  # microseconds since 1970, as all times here


@dataclass(frozen=True, slots=True, repr=False)
class Begun:
    """A new session, and the id that its browser gets."""

    id: str
    session: Session


class Sessions:
    """The sessions of one program. They end after `limits.longest`, after `limits.idle` without a
    request, by `end` and `end_all`, and, the oldest first, where there are too many."""

    def __init__(
        self,
        tables: Tables,
        seal: Seal,
        limits: SessionLimits,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._tables = tables
        self._seal, self._limits = seal, limits
        self._clock, self._randomness = clock, randomness

    def begin(self, account: str, login: Login) -> Begun:
        """Begin a session with a new id, for whom a login just proved."""
        now, limits = self._clock.now(), self._limits
        id = _text(self._randomness.bytes(ID_BYTES))
        digest = _digest(id)
        with self._tables.writing() as connection:
            self._sweep(connection, now)
            _make_room(connection, "1", (), limits.most)
            _make_room(connection, "account = ?", (account,), limits.of_one_account)
            connection.execute(
                "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *(digest, account, number(now), number(now), number(now + limits.longest)),
                    *(_again(login), self._closed(digest, login)),
                ),
            )
        session = Session(digest, csrf_token(id), account, login, now, now + limits.longest)
        return Begun(id, session)

    def find(self, id: str) -> Session | None:
        """Return the session of an id, None if it holds no longer or never did."""
        now, digest = self._clock.now(), _digest(id)
        sql = "SELECT account, begun_at, seen_at, ends_at, sealed FROM session WHERE digest = ?"
        with self._tables.reading() as connection:
            found = rows(connection, sql, digest)
        if not found:
            return None
        account, *times, sealed = found[0]
        begun, seen, ends = map(moment, times)
        login = self._opened(digest, sealed)
        if login is None or not begun - GRACE <= now < min(ends, seen + self._limits.idle):
            return None
        if now - seen >= _NOTED_EVERY:
            self._note_seen(digest, now)
        return Session(digest, csrf_token(id), account, login, begun, ends)

    def end(self, session: Session) -> None:
        """End a session; its id is worth nothing from then on, in every process."""
        with self._tables.writing() as connection:
            connection.execute("DELETE FROM session WHERE digest = ?", (session.digest,))

    def end_all(self, account: str) -> int:
        """End all sessions of an account and return how many there were."""
        with self._tables.writing() as connection:
            found = connection.execute("DELETE FROM session WHERE account = ?", (account,))
            return found.rowcount

    # ---- what the provider says --------------------------------------------------------------

    def takes_turn(self, session: Session) -> bool:
        """Say whether this process is the one to ask the provider anew: of all that find it due
        one is told so, and has `GRACE` to keep what it was told."""
        now = self._clock.now()
        sql = "UPDATE session SET again_at = ? WHERE digest = ? AND again_at <= ?"
        with self._tables.writing() as connection:
            told = (number(now + GRACE), session.digest, number(now))
            return connection.execute(sql, told).rowcount == 1

    def keep(self, session: Session, login: Login) -> None:
        """Keep what a provider said now in the place of what it said before."""
        sql = "UPDATE session SET again_at = ?, sealed = ? WHERE digest = ?"
        with self._tables.writing() as connection:
            told = (_again(login), self._closed(session.digest, login), session.digest)
            connection.execute(sql, told)

    def is_first_use(self, state: str, until: datetime) -> bool:
        """Say whether a login that came back does so for the first time; remembered until `until`,
        when it is too old anyway."""
        now = self._clock.now()
        with self._tables.writing() as connection:
            connection.execute("DELETE FROM used_login WHERE ends_at <= ?", (number(now),))
            sql = "INSERT OR IGNORE INTO used_login VALUES (?, ?)"
            return connection.execute(sql, (_digest(state), number(until))).rowcount == 1

    # ---- inside ------------------------------------------------------------------------------

    def _sweep(self, connection: Connection, now: datetime) -> None:
        idle = number(now - self._limits.idle)
        sql = "DELETE FROM session WHERE ends_at <= ? OR seen_at <= ?"
        connection.execute(sql, (number(now), idle))

    def _note_seen(self, digest: bytes, now: datetime) -> None:
        sql = "UPDATE session SET seen_at = max(seen_at, ?) WHERE digest = ?"
        with self._tables.writing() as connection:
            connection.execute(sql, (number(now), digest))

    def _closed(self, digest: bytes, login: Login) -> bytes:
        return self._seal.close(orjson.dumps(_document(login)), b"session" + digest)

    def _opened(self, digest: bytes, sealed: bytes) -> Login | None:
        """Return what was sealed for this session; None after the key was exchanged."""
        raw = self._seal.open(sealed, b"session" + digest)
        return None if raw is None else _login(orjson.loads(raw))


def end_sessions(file: Path, accounts: Iterable[str]) -> int:
    """End all sessions of some accounts, and return how many there were; none without a file."""
    if not file.exists():
        return 0
    tables = login_tables(file)
    try:
        with tables.writing() as connection:
            sql = "DELETE FROM session WHERE account = ?"
            return sum(connection.execute(sql, (one,)).rowcount for one in accounts)
    finally:
        tables.close()


def csrf_token(id: str) -> str:
    """Return the token of a session: who has it has seen a page of this very session, and cannot
    tell its id."""
    return _text(hmac.digest(id.encode(), b"csrf", "sha256"))


def _make_room(connection: Connection, where: str, values: tuple, most: int) -> None:
    """End the sessions that were used least recently, so that one more is at most `most`."""
    connection.execute(
        f"""DELETE FROM session WHERE digest IN (SELECT digest FROM session WHERE {where}
            ORDER BY seen_at DESC, begun_at DESC LIMIT -1 OFFSET ?)""",
        (*values, most - 1),
    )


def _document(login: Login) -> dict:
    tokens, said = login.tokens, login.userinfo
    return {
        "provider": login.provider,
        "subject": [login.subject.iss, login.subject.sub],
        "name": login.name,
        "tokens": [tokens.access, tokens.refresh] if tokens else None,
        "userinfo": [said.body, _maybe(said.said_at), _maybe(said.again_at), said.failures],
    }


def _login(document: dict) -> Login:
    tokens, (body, said_at, again_at, failures) = document["tokens"], document["userinfo"]
    return Login(
        provider=document["provider"],
        subject=Subject(*document["subject"]),
        name=document["name"],
        tokens=Tokens(*tokens) if tokens else None,
        userinfo=Userinfo(body, _maybe_moment(said_at), _maybe_moment(again_at), failures),
    )


def _again(login: Login) -> int:
    again_at = login.userinfo.again_at
    return int(_NEVER) if again_at is None else number(again_at)


def _digest(id: str) -> bytes:
    return hashlib.sha256(id.encode("utf-8", "surrogatepass")).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _maybe(told: datetime | None) -> int | None:
    return None if told is None else number(told)


def _maybe_moment(told: int | None) -> datetime | None:
    return None if told is None else moment(told)

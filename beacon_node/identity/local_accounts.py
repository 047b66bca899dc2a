"""Accounts with passwords that the program itself keeps: a fallback for sites without a provider.

Passwords are hashed by Argon2id (RFC 9106), by argon2-cffi. An account is {the program's own url +
"/local", an id drawn at random}, for good: its name can be given to somebody else later, its id
never is, and it stays who it is when the program moves to another url.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from beacon_node.errors import Conflict, InvalidRequest, NotFound
from beacon_node.identity.attempts import Attempts, Rate, network_of
from beacon_node.model.login import Login, LoginRefused
from beacon_node.model.passport import Subject
from beacon_node.ports import Clock, Randomness
from beacon_node.storage.tables import Tables, moment, number, rows

ACCOUNTS_FILE = "accounts.sqlite"
LOCAL = "local"
SHORTEST, LONGEST = 12, 1_000  # characters of a password (NIST SP 800-63B: 8 at least)
OF_AN_ACCOUNT = Rate(10, timedelta(minutes=15))
OF_AN_ADDRESS = Rate(30, timedelta(minutes=15))
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}", re.ASCII)
_WRONG = "the name or the password is wrong"
_LAYOUT = """
CREATE TABLE account (
    name TEXT PRIMARY KEY,
    iss TEXT NOT NULL,                -- as it was when the account was made
    sub TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class LocalAccount:
    name: str
    subject: Subject
    changed_at: datetime


class LocalAccounts:
    """The file of accounts of one program, which its processes and its commands share."""

    def __init__(
        self, path: Path, issuer: str, attempts: Attempts, clock: Clock, randomness: Randomness
    ) -> None:
        from argon2 import PasswordHasher  # only where there are passwords

        self._tables, self._issuer = Tables(path, _LAYOUT), issuer
        self._attempts, self._clock, self._randomness = attempts, clock, randomness
        self._hasher = PasswordHasher()  # its defaults follow RFC 9106
        self._nobodys = self._hasher.hash(randomness.bytes(16).hex())

    # ---- logging in --------------------------------------------------------------------------

    def check(self, name: str, password: str, address: str) -> Login:
        """Return whose name and password these are.

        Raises LoginRefused, after the same work whether there is such a name or not, and
        QuotaExceeded before any work for an account or an address that was tried too often.
        """
        key = f"account {name}"
        self._attempts.take({key: OF_AN_ACCOUNT, f"at {network_of(address)}": OF_AN_ADDRESS})
        found = self._find(name) if _NAME.fullmatch(name) else None
        is_right = self._is_right(found[1] if found else self._nobodys, password)
        if not (found and is_right):
            raise LoginRefused(_WRONG)
        subject, hashed = found
        if self._hasher.check_needs_rehash(hashed):
            self._set(name, password, only_if=hashed)
        self._attempts.forget(key)
        return Login(LOCAL, subject, name)

    def _find(self, name: str) -> tuple[Subject, str] | None:
        sql = "SELECT iss, sub, hash FROM account WHERE name = ?"
        with self._tables.reading() as connection:
            found = rows(connection, sql, name)
        return (Subject(*found[0][:2]), found[0][2]) if found else None

    def _is_right(self, hashed: str, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            return self._hasher.verify(hashed, _bytes(password[: LONGEST + 1]))
        except (VerificationError, InvalidHashError):
            return False

    # ---- keeping -----------------------------------------------------------------------------

    def add(self, name: str, password: str) -> Subject:
        """Make an account and return who it is. Raises Conflict for a name that is taken,
        InvalidRequest for one, or a password, that is not good."""
        _check_name(name)
        _check_password(password, name)
        sub, hashed = self._randomness.bytes(16).hex(), self._hasher.hash(_bytes(password))
        with self._tables.writing() as connection:
            if rows(connection, "SELECT 1 FROM account WHERE name = ?", name):
                raise Conflict(f"there is an account {name!r} already")
            told = (name, self._issuer, sub, hashed, number(self._clock.now()))
            connection.execute("INSERT INTO account VALUES (?, ?, ?, ?, ?)", told)
        return Subject(self._issuer, sub)

    def change(self, name: str, password: str) -> Subject:
        """Give an account another password, and return who it is. Raises NotFound."""
        subject = self.subject(name)
        _check_password(password, name)
        self._set(name, password)
        return subject

    def remove(self, name: str) -> Subject:
        """Remove an account, and return who it was. Raises NotFound."""
        subject = self.subject(name)
        with self._tables.writing() as connection:
            connection.execute("DELETE FROM account WHERE name = ?", (name,))
        return subject

    def subject(self, name: str) -> Subject:
        """Return who an account is. Raises NotFound."""
        found = self._find(name)
        if found is None:
            raise NotFound(f"there is no account {name!r}")
        return found[0]

    def all(self) -> tuple[LocalAccount, ...]:
        sql = "SELECT name, iss, sub, changed_at FROM account ORDER BY name"
        with self._tables.reading() as connection:
            found = rows(connection, sql)
        return tuple(
            LocalAccount(name, Subject(iss, sub), moment(at)) for name, iss, sub, at in found
        )

    def _set(self, name: str, password: str, only_if: str = "") -> None:
        """Set a password; a hash that another process changed meanwhile stays."""
        told = (
            self._hasher.hash(_bytes(password)),
            number(self._clock.now()),
            name,
            only_if,
            only_if,
        )
        sql = "UPDATE account SET hash = ?, changed_at = ? WHERE name = ? AND (? = '' OR hash = ?)"
        with self._tables.writing() as connection:
            connection.execute(sql, told)


def local_issuer(public_url: str) -> str:
    """Return the iss of a program's own accounts."""
    return f"{public_url}/local"


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            "name: 1 to 64 small letters, digits and . _ @ - are expected, the first of them a "
            "letter or a digit"
        )


def _check_password(password: str, name: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidRequest(f"password: {SHORTEST} to {LONGEST} characters are expected")
    if len(set(password)) < 5 or name.lower() in password.lower():
        raise InvalidRequest("password: it is too easy to guess: few letters, or the name in it")

"""The file of sessions, of logins that were begun, and of attempts.

Losing it logs everybody out and nothing else.
"""

from pathlib import Path

from beacon_node.storage.tables import Tables

_LAYOUT = """
CREATE TABLE session (
    digest BLOB PRIMARY KEY,          -- SHA-256 of the id
    account TEXT NOT NULL,
    begun_at INTEGER NOT NULL,        -- microseconds since 1970, as all times here
    seen_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    again_at INTEGER NOT NULL,        -- when its provider is to be asked anew
    sealed BLOB NOT NULL              -- who it is and what the provider gave
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_an_account ON session (account, seen_at);
CREATE INDEX sessions_by_end ON session (ends_at);
CREATE INDEX sessions_by_use ON session (seen_at);
CREATE TABLE used_login (
    digest BLOB PRIMARY KEY,          -- of a state that came back from its provider
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE attempt (
    digest BLOB NOT NULL,             -- of whose attempt it is
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_of ON attempt (digest, at);
CREATE INDEX attempts_by_age ON attempt (at)
"""


def login_tables(path: Path) -> Tables:
    return Tables(path, _LAYOUT)

"""What members say of themselves in their own documents, as last read."""

from collections.abc import Mapping
from datetime import datetime

import orjson

from beacon_node.broker.state.file import StateFile


class LearnedState:
    """Documents by member and by what they are (`info`, `entry_types` …)."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def learn(self, member: str, what: str, document: Mapping, now: datetime) -> None:
        """Keep a document instead of the one before it."""
        with self._file.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO learned VALUES (?, ?, ?, ?)",
                (member, what, orjson.dumps(document).decode(), now.isoformat()),
            )

    def learned(self, member: str, what: str) -> tuple[Mapping, datetime] | None:
        """Return a document and when it was learned; None if it never was."""
        found = self._file.rows(
            "SELECT document, learned_at FROM learned WHERE member = ? AND what = ?", member, what
        )
        if not found:
            return None
        return orjson.loads(found[0]["document"]), datetime.fromisoformat(found[0]["learned_at"])

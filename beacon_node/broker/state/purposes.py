"""The one purpose of each researcher, which stays as it was first stated."""

from datetime import datetime

import orjson

from beacon_node.broker.state.file import StateFile
from beacon_node.errors import NotPermitted
from beacon_node.model.data_use import ResearchPurpose, purpose_document, read_purpose


class PurposeState:
    """By account, which is no name of anybody (`broker.asker.account_of`)."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def purpose_of(self, account: str) -> ResearchPurpose | None:
        """Return the fixed purpose of an account, None while it has none."""
        found = self._file.rows("SELECT document FROM purpose WHERE account = ?", account)
        return read_purpose(orjson.loads(found[0]["document"])) if found else None

    def fix_purpose(self, account: str, purpose: ResearchPurpose, now: datetime) -> None:
        """Fix the purpose of an account; NotPermitted if it has another one."""
        document = orjson.dumps(purpose_document(purpose), option=orjson.OPT_SORT_KEYS).decode()
        with self._file.writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO purpose VALUES (?, ?, ?)",
                (account, document, now.isoformat()),
            )
            sql = "SELECT document FROM purpose WHERE account = ?"
            (kept,) = db.execute(sql, (account,)).fetchone()
        if kept != document:
            raise NotPermitted(
                "purpose: this account has stated another one, and keeps it; members have fixed it "
                "for themselves as well"
            )

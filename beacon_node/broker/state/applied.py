"""Which applications at members belong together: ids alone, by the account of who applies."""

from collections.abc import Mapping
from datetime import datetime

from beacon_node.broker.state.file import StateFile


class AppliedState:
    """A bundle is what somebody applies for at several members at once. By account, which is no
    name of anybody (`broker.asker.account_of`); what an application says stays at its member."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def add(
        self, account: str, bundle: str, *, member: str, application: str, now: datetime
    ) -> None:
        with self._file.writing() as db:
            db.execute(
                "INSERT INTO applied VALUES (?, ?, ?, ?, ?)",
                (account, bundle, member, application, now.isoformat()),
            )

    def of(self, account: str, *, most: int) -> Mapping[str, Mapping[str, str]]:
        """Return the newest bundles of an account, newest first: member → application."""
        rows = self._file.rows(
            "SELECT bundle, member, application FROM applied WHERE account = ? AND bundle IN "
            "(SELECT bundle FROM applied WHERE account = ? GROUP BY bundle "
            "ORDER BY max(rowid) DESC LIMIT ?) ORDER BY rowid",
            account,
            account,
            most,
        )
        found: dict[str, dict[str, str]] = {}
        for row in rows:
            found.setdefault(row["bundle"], {})[row["member"]] = row["application"]
        return {bundle: dict(sorted(found[bundle].items())) for bundle in reversed(found)}

    def members(self, account: str) -> frozenset[str]:
        """Return at which members an account has ever applied."""
        rows = self._file.rows("SELECT DISTINCT member FROM applied WHERE account = ?", account)
        return frozenset(row["member"] for row in rows)

    def bundle(self, account: str, bundle: str) -> Mapping[str, str]:
        """Return member → application of one bundle, empty if the account has none of that id."""
        rows = self._file.rows(
            "SELECT member, application FROM applied WHERE account = ? AND bundle = ? "
            "ORDER BY member",
            account,
            bundle,
        )
        return {row["member"]: row["application"] for row in rows}

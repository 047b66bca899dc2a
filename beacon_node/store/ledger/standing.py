"""Versions of who may be counted in one dataset: consents about it, and their dates that passed."""

import sqlite3

from beacon_node.model.consent import EVERY_DATASET
from beacon_node.model.consent_documents import moment_text
from beacon_node.model.ledger import Moment

_NEWEST = "coalesce((SELECT max(number) FROM consent WHERE dataset = {} AND number <= ?3), 0)"
_LAST = f"SELECT max({_NEWEST.format('?1')}, {_NEWEST.format('?2')})"
_DATED = """
    SELECT {}(moment) FROM consent_date d JOIN consent c USING (number)
    WHERE moment {} ?4 AND number <= ?3 AND dataset IN (?1, ?2)"""
_PASSED, _AHEAD = _DATED.format("max", "<="), _DATED.format("min", ">")


class StandingVersions:
    """Remembers, for each dataset, the version until a consent is recorded or a date passes."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, str, str | None, str]] = {}

    def at(self, connection: sqlite3.Connection, dataset: str, moment: Moment) -> str:
        at = moment_text(moment.at)
        known = self._known.get(dataset)
        if known is not None:
            version, since, until, text = known
            is_before = until is None or at < until
            if version == moment.consent_version and since <= at and is_before:
                return text
        told = dataset, EVERY_DATASET, moment.consent_version, at
        last = connection.execute(_LAST, told[:3]).fetchone()[0]
        passed, ahead = (connection.execute(sql, told).fetchone()[0] for sql in (_PASSED, _AHEAD))
        text = f"{last}@{passed or ''}"
        self._known[dataset] = moment.consent_version, at, ahead, text
        return text

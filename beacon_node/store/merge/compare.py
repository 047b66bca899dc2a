"""Who is in one release and not in another."""

import sqlite3
from contextlib import closing
from pathlib import Path

from beacon_node.storage.failures import told_plainly

_ONLY = (
    "SELECT count(*) FROM {0}.entry WHERE entry_type = 'individual' "
    "AND id NOT IN (SELECT id FROM {1}.entry WHERE entry_type = 'individual')"
)


def people_changed(old: Path | None, new: Path) -> tuple[int, int]:
    """Return how many individuals only the new index holds, and how many only the old one."""
    with told_plainly(new), closing(sqlite3.connect(new)) as db:
        if old is None or not old.exists():
            (count,) = db.execute(
                "SELECT count(*) FROM entry WHERE entry_type = 'individual'"
            ).fetchone()
            return count, 0
        db.execute("ATTACH ? AS old", [str(old)])
        added, removed = (
            db.execute(_ONLY.format(*pair)).fetchone()[0]
            for pair in (("main", "old"), ("old", "main"))
        )
        return added, removed

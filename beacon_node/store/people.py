"""Who is in a release, by the hospital's own ids."""

import sqlite3
from contextlib import closing
from pathlib import Path

from beacon_node.store.failures import told_plainly


def individuals_of(index: Path) -> frozenset[str]:
    """Return the ids of the individuals in a variation index."""
    uri = f"{index.resolve().as_uri()}?mode=ro&immutable=1"
    with told_plainly(index), closing(sqlite3.connect(uri, uri=True)) as db:
        return frozenset(
            id for (id,) in db.execute("SELECT id FROM entry WHERE entry_type = 'individual'")
        )

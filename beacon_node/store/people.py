"""Who is in a release, by the hospital's own ids and by number."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

from beacon_node.storage.failures import told_plainly

_AT_ONCE = 500  # ids in one statement

_ALL = "SELECT id, number FROM entry WHERE entry_type = 'individual' ORDER BY id"
_SOME = "SELECT id, number FROM entry WHERE entry_type = 'individual' AND id IN ({})"
_LAST = "SELECT max(number) FROM entry WHERE entry_type = 'individual'"


def individuals_of(index: Path) -> frozenset[str]:
    """Return the ids of the individuals in a variation index."""
    return frozenset(id for id, _ in numbered_individuals(index))


def numbered_individuals(index: Path) -> Iterator[tuple[str, int]]:
    """Yield the individuals in a variation index, (id, number), in the order of their ids."""
    with _reading(index) as db:
        yield from db.execute(_ALL)


def individual_count(index: Path) -> int:
    """Return how many individuals a variation index has; their numbers are 0 to one less."""
    with _reading(index) as db:
        last = db.execute(_LAST).fetchone()[0]
    return 0 if last is None else last + 1


def numbers_of(index: Path, ids: Iterable[str]) -> dict[str, int]:
    """Return the numbers of those of `ids` who are in a variation index."""
    found: dict[str, int] = {}
    left = iter(ids)
    with _reading(index) as db:
        while batch := list(islice(left, _AT_ONCE)):
            found.update(db.execute(_SOME.format(", ".join("?" * len(batch))), batch))
    return found


@contextmanager
def _reading(index: Path) -> Iterator[sqlite3.Connection]:
    uri = f"{index.resolve().as_uri()}?mode=ro&immutable=1"
    with told_plainly(index), closing(sqlite3.connect(uri, uri=True)) as db:
        yield db

"""The panels and reference genomes that are loaded, as the guard reads them."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

import numpy as np

from beacon_node.errors import InvalidRequest, StoreUnavailable
from beacon_node.model.genome import Assembly
from beacon_node.model.knowledge import Kind, Source
from beacon_node.model.panels import FLOOR, Declaration, FrequencyChunk, Panel
from beacon_node.model.variation import Allele
from beacon_node.storage.failures import told_plainly
from beacon_node.store.knowledge import SqliteKnowledge
from beacon_node.store.panels.genomes import ReferenceGenomes
from beacon_node.store.panels.layout import Key, key_of, open_file
from beacon_node.store.panels.sets import Members, make_set, sweep_sets, walk_set

_ATTEMPTS = 5  # a source may be replaced between reading the list and opening it
_LIMIT = "SELECT lower_limit FROM allele WHERE place = ? AND ref = ? AND alt = ?"
_COUNTS = "SELECT count, number FROM allele WHERE place = ? AND ref = ? AND alt = ?"
_BOUNDS = "SELECT (SELECT min(place) FROM allele), (SELECT max(place) FROM allele)"

Result = TypeVar("Result")


class SqlitePanels:
    """Panels and genomes of a knowledge folder; what other processes load is seen at once.

    Panels are asked for by name. Raises InvalidRequest for a panel that is not loaded for the
    assembly or that nobody declared disjoint from the node's cohorts.
    """

    def __init__(self, knowledge: SqliteKnowledge) -> None:
        self._knowledge = knowledge
        self._mine = threading.local()

    # ---- panels ------------------------------------------------------------------------------

    def panels(self) -> tuple[Panel, ...]:
        """Return what panels are loaded, their parts put together, by name and assembly."""
        parts: dict[tuple[str, Assembly], list[Source]] = {}
        for source in self._sources(Kind.PANEL):
            parts.setdefault((source.name, source.assembly), []).append(source)
        return tuple(map(_panel, parts.values()))

    def frequencies_of(
        self, names: Sequence[str], assembly: Assembly, alleles: Iterable[Allele]
    ) -> np.ndarray:
        """Return the lower limit of each allele's frequency, the smallest of all these panels.

        float64, `FLOOR` for what a panel has not seen. `alleles` are in normal form.
        """
        keys = list(map(key_of, alleles))

        def read() -> np.ndarray:
            opened = self._opened(self._chosen(names, assembly))
            return np.array([_least(opened, key) for key in keys])

        return self._attempt(read)

    def counts_of(
        self, names: Sequence[str], assembly: Assembly, allele: Allele
    ) -> tuple[tuple[int, int], ...]:
        """Return how often each of these panels has an allele, of how many it looked at (AC, AN).

        (0, 0) of a panel that does not have the allele, in normal form.
        """
        key = key_of(allele)

        def read() -> tuple[tuple[int, int], ...]:
            opened = self._opened(self._chosen(names, assembly))
            return tuple(map(partial(_counts, key), opened))

        return self._attempt(read)

    def walk(
        self, names: Sequence[str], assembly: Assembly, at_least: float
    ) -> Iterator[FrequencyChunk]:
        """Yield all alleles whose lower limit is `at_least` this, which is above `FLOOR`.

        Highest limit first; of equal ones those first that come first on the genome, then by bases.
        The walk goes on in what was loaded when it began. The first one over a set of panels, or
        `prepare`, takes a while.
        """
        if at_least <= FLOOR:
            raise InvalidRequest(f"a walk over alleles must end above {FLOOR}")
        db = self._attempt(lambda: open_file(self.prepare(names, assembly)))
        return self._walk(db, at_least)

    def _walk(self, db: sqlite3.Connection, at_least: float) -> Iterator[FrequencyChunk]:
        with closing(db), told_plainly(self._folder):
            yield from walk_set(db, at_least)

    def prepare(self, names: Sequence[str], assembly: Assembly) -> Path:
        """Make what walks over these panels read, unless it is there; returns its file."""

        def make() -> Path:
            return make_set(self._folder, self._chosen(names, assembly))

        return self._attempt(make)

    def sweep(self) -> None:
        """Delete what was made of panels that are not loaded any more."""
        with told_plainly(self._folder):
            sweep_sets(self._folder, {source.path for source in self._sources(Kind.PANEL)})

    # ---- genomes -----------------------------------------------------------------------------

    def genomes(self, assembly: Assembly, name: str = "") -> ReferenceGenomes | None:
        """Return the reference genomes of an assembly, None if there are none of this name.

        Raises InvalidRequest if no name is given and there are several.
        """

        def read() -> ReferenceGenomes | None:
            found = [
                source
                for source in self._sources(Kind.GENOMES)
                if source.assembly == assembly and name in ("", source.name)
            ]
            names = sorted({source.name for source in found})
            if len(names) > 1:
                raise InvalidRequest(f"say which reference genomes: {', '.join(names)}")
            return ReferenceGenomes(self._folder, found) if found else None

        return self._attempt(read)

    # ---- inside ------------------------------------------------------------------------------

    @property
    def _folder(self) -> Path:
        return self._knowledge.folder

    def _sources(self, kind: Kind) -> list[Source]:
        return [source for source in self._knowledge.sources() if source.kind is kind]

    def _chosen(self, names: Sequence[str], assembly: Assembly) -> Members:
        """Return the files of each panel, in the order of the names."""
        if not names:
            raise InvalidRequest("name at least one panel")
        panels: dict[str, list[Source]] = {name: [] for name in names}
        for source in self._sources(Kind.PANEL):
            if source.assembly == assembly and source.name in panels:
                panels[source.name].append(source)
        for name, sources in panels.items():
            if not sources:
                raise InvalidRequest(f"no panel {name!r} is loaded for {assembly}")
            if not all(source.details["is_disjoint"] for source in sources):
                raise InvalidRequest(
                    f"panel {name!r} is not declared disjoint from this node's cohorts"
                    " (annotate panel … --disjoint)"
                )
        return tuple(tuple(source.path for source in sources) for sources in panels.values())

    def _opened(self, members: Members) -> "list[list[_Part]]":
        """Return the files of each panel, opened once per thread and process."""
        mine = self._mine
        if getattr(mine, "process", None) != os.getpid():  # connections do not survive a fork
            mine.process, mine.parts = os.getpid(), {}
        try:
            return [[mine.parts[path] for path in files] for files in members]
        except KeyError:
            loaded = {source.path for source in self._sources(Kind.PANEL)}
            kept = {path: part for path, part in mine.parts.items() if path in loaded}
            wanted = {path for files in members for path in files} - kept.keys()
            mine.parts = kept | {path: _Part(self._folder / path) for path in wanted}
        return [[mine.parts[path] for path in files] for files in members]

    def _attempt(self, read: Callable[[], Result]) -> Result:
        for _ in range(_ATTEMPTS):
            try:
                return read()
            except sqlite3.OperationalError:
                continue
        raise StoreUnavailable(f"{self._folder}: the files of the panels cannot be opened")


class _Part:
    """One opened file of a panel and the places it tells of."""

    def __init__(self, path: Path) -> None:
        self._db = open_file(path)
        first, last = self._db.execute(_BOUNDS).fetchone()
        self._places = range(first or 0, (last or 0) + 1)

    def limit(self, key: Key) -> float | None:
        found = self._find(_LIMIT, key)
        return found[0] if found else None

    def counts(self, key: Key) -> tuple[int, int] | None:
        return self._find(_COUNTS, key)

    def _find(self, sql: str, key: Key) -> tuple | None:
        if key[0] not in self._places:
            return None
        return self._db.execute(sql, key).fetchone()


def _counts(key: Key, parts: Sequence[_Part]) -> tuple[int, int]:
    """Return what the parts of one panel counted; the one that looked at fewest alleles holds."""
    found = [counts for part in parts if (counts := part.counts(key)) is not None]
    return min(found, key=itemgetter(1), default=(0, 0))


def _least(opened: Sequence[Sequence[_Part]], key: Key) -> float:
    least = 1.0
    for parts in opened:
        found = [limit for part in parts if (limit := part.limit(key)) is not None]
        least = min(least, *found) if found else FLOOR
        if least <= FLOOR:
            return FLOOR
    return least


def _panel(parts: Sequence[Source]) -> Panel:
    first = parts[0]
    return Panel(
        name=first.name,
        assembly=first.assembly,
        declaration=declaration(first.details),
        version=first.version,
        sites=sum(part.rows for part in parts),
        thin=sum(part.details["thin"] for part in parts),
    )


def declaration(details: Mapping) -> Declaration:
    """Return what was declared of a panel, from its source's details."""
    return Declaration(details["ancestry"], details["population"], details["is_disjoint"])

"""The catalogue: which datasets there are, what was loaded into them and which release answers.

One connection stays open for reading; every write opens its own, so that a change is seen by
`PRAGMA data_version` of the reading one whoever made it. A catalogue stays in its process: it is
opened anew in each worker.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from beacon_node.errors import Conflict, NotFound, StoreUnavailable
from beacon_node.model.data_use import Use
from beacon_node.model.public_tier import PublicPanels
from beacon_node.ports import Dataset
from beacon_node.storage.database import connect, prepare, transaction
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import make_private
from beacon_node.store.migrations import CATALOGUE, STEPS
from beacon_node.store.records import (
    VARIANTS_OF,
    DatasetRecord,
    PartRecord,
    ReleaseRecord,
    dataset_row,
    part_row,
    public_text,
    published,
    read_dataset,
    read_part,
    read_release,
    release_row,
    terms_text,
)
from beacon_node.store.traces import Traces

# What `records.PartRecord.origin` is, in SQL.
_ORIGIN = f"replace(content, '{VARIANTS_OF}', '')"


class Catalogue:
    """Datasets, parts and releases of one node; files lie beside it in `datasets/<id>/`.

    Raises StoreUnavailable where the file cannot be used, ConfigurationError where a newer version
    of this program made it.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        with told_plainly(self.path):
            if not self.path.exists():
                raise sqlite3.OperationalError("unable to open database file")
            prepare(self.path, CATALOGUE, STEPS)
            self._reader = connect(self.path)

    @classmethod
    def create(cls, path: Path) -> "Catalogue":
        """Make an empty catalogue (and its folder) and open it; an existing one is opened."""
        path = Path(path)
        with told_plainly(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            make_private(path)
        return cls(path)

    def close(self) -> None:
        self._reader.close()

    # ---- what answers ------------------------------------------------------------------------

    def data_version(self) -> int:
        """Return a number that changes with every committed change, whichever process made it."""
        with told_plainly(self.path):
            return self._reader.execute("PRAGMA data_version").fetchone()[0]

    def released_datasets(self) -> tuple[Dataset, ...]:
        """Return the datasets that have a release, by id, as everybody may see them."""
        with told_plainly(self.path):
            rows = list(self._rows("SELECT * FROM release WHERE is_current ORDER BY dataset"))
        declared = {dataset.id: dataset for dataset in self.datasets()}
        # One of them may be removed meanwhile, which is no matter of whoever asks about others.
        found = ((declared.get(row["dataset"]), row) for row in rows)
        return tuple(published(dataset, read_release(row)) for dataset, row in found if dataset)

    def index_path(self, dataset_id: str) -> Path:
        """Return the variation index of a dataset's current release; NotFound if there is none."""
        release = self.current_release(dataset_id)
        if release is None:
            raise NotFound(f"dataset {dataset_id!r} has no release yet")
        return self.folder(dataset_id) / "releases" / release.path

    # ---- what is managed ---------------------------------------------------------------------

    def folder(self, dataset_id: str) -> Path:
        """Return the folder of a dataset's own files: `parts/`, `releases/`, `public/`."""
        return self.path.parent / "datasets" / dataset_id

    def datasets(self) -> tuple[DatasetRecord, ...]:
        with told_plainly(self.path):
            return tuple(map(read_dataset, self._rows("SELECT * FROM dataset ORDER BY id")))

    def dataset(self, dataset_id: str) -> DatasetRecord:
        """Return a declared dataset; raises NotFound."""
        with told_plainly(self.path):
            for row in self._rows("SELECT * FROM dataset WHERE id = ?", dataset_id):
                return read_dataset(row)
        raise NotFound(f"there is no dataset {dataset_id!r} here")

    def parts(self, dataset_id: str) -> tuple[PartRecord, ...]:
        """Return the draft of a dataset's next release: its parts in the order of loading."""
        sql = "SELECT * FROM part WHERE dataset = ? ORDER BY number"
        with told_plainly(self.path):
            return tuple(map(read_part, self._rows(sql, dataset_id)))

    def removed_people(self, dataset_id: str) -> tuple[str, ...]:
        """Return the ids of individuals that the next release leaves out, sorted."""
        sql = "SELECT individual FROM removed_person WHERE dataset = ? ORDER BY individual"
        with told_plainly(self.path):
            return tuple(row["individual"] for row in self._rows(sql, dataset_id))

    def releases(self, dataset_id: str) -> tuple[ReleaseRecord, ...]:
        """Return the releases on record, newest first."""
        sql = "SELECT * FROM release WHERE dataset = ? ORDER BY number DESC"
        with told_plainly(self.path):
            return tuple(map(read_release, self._rows(sql, dataset_id)))

    def current_release(self, dataset_id: str) -> ReleaseRecord | None:
        sql = "SELECT * FROM release WHERE dataset = ? AND is_current"
        with told_plainly(self.path):
            return next(map(read_release, self._rows(sql, dataset_id)), None)

    def purged_names(self, dataset_id: str) -> frozenset[str]:
        """Return the pseudonyms of names that stand for people who were purged."""
        sql = "SELECT pseudonym FROM purged_name WHERE dataset = ?"
        with told_plainly(self.path):
            return frozenset(row["pseudonym"] for row in self._rows(sql, dataset_id))

    def has_unfinished_purge(self, dataset_id: str) -> bool:
        """Say whether a release has yet to be made without the people that were purged."""
        sql = "SELECT 1 FROM unfinished_purge WHERE dataset = ?"
        with told_plainly(self.path):
            return any(self._rows(sql, dataset_id))

    # ---- changes: each one transaction, on disk when it returns --------------------------------

    def add_dataset(self, record: DatasetRecord) -> None:
        """Raises Conflict if the id is taken, in any mixture of upper and lower case."""
        with self._writing() as db:
            if db.execute(
                "SELECT 1 FROM dataset WHERE lower(id) = lower(?)", [record.id]
            ).fetchone():
                raise Conflict(f"there is already a dataset {record.id!r}")
            db["dataset"].insert(dataset_row(record))

    def remove_dataset(self, dataset_id: str) -> None:
        with self._writing() as db:
            db.execute("DELETE FROM dataset WHERE id = ?", [dataset_id])

    def set_use(self, dataset_id: str, use: Use) -> None:
        """Say which DUO terms a dataset has from its next release on."""
        with self._writing() as db:
            sql = "UPDATE dataset SET terms = ? WHERE id = ?"
            db.execute(sql, [terms_text(use), dataset_id])

    def set_public(self, dataset_id: str, public: PublicPanels) -> None:
        """Say which panels let a dataset answer anybody from its next release on."""
        with self._writing() as db:
            sql = "UPDATE dataset SET public = ? WHERE id = ?"
            db.execute(sql, [public_text(public), dataset_id])

    def set_declared_filters(self, dataset_id: str, filters: Sequence[str]) -> None:
        """Say by what registered counts may be filtered from the next release on."""
        with self._writing() as db:
            sql = "UPDATE dataset SET declared_filters = ? WHERE id = ?"
            db.execute(sql, [json.dumps(filters), dataset_id])

    def add_part(self, dataset_id: str, part: PartRecord) -> PartRecord:
        """Put a part into the draft, in place of one of the same content; returns it numbered."""
        return self.add_parts(dataset_id, [part])[0]

    def add_parts(self, dataset_id: str, parts: Sequence[PartRecord]) -> tuple[PartRecord, ...]:
        """Put all parts of one file into the draft, in place of those of the same file before."""
        with self._writing() as db:
            for origin in {part.origin for part in parts}:
                db.execute(
                    f"DELETE FROM part WHERE dataset = ? AND {_ORIGIN} = ?", [dataset_id, origin]
                )
            numbers = [db["part"].insert(part_row(dataset_id, part)).last_pk for part in parts]
            rows = [next(db["part"].rows_where("number = ?", [number])) for number in numbers]
            return tuple(map(read_part, rows))

    def remove_part(self, dataset_id: str, number: int) -> None:
        """Take a part out of the draft, and the other part of the same file if there is one."""
        origin = f"SELECT {_ORIGIN} FROM part WHERE dataset = ? AND number = ?"
        with self._writing() as db:
            db.execute(
                f"DELETE FROM part WHERE dataset = ? AND {_ORIGIN} IN ({origin})",
                [dataset_id, dataset_id, number],
            )

    def remove_people(self, dataset_id: str, individuals: Sequence[str]) -> None:
        rows = [(dataset_id, individual) for individual in individuals]
        with self._writing() as db:
            db.conn.executemany("INSERT OR IGNORE INTO removed_person VALUES (?, ?)", rows)

    def restore_people(self, dataset_id: str, individuals: Sequence[str]) -> None:
        rows = [(dataset_id, individual) for individual in individuals]
        sql = "DELETE FROM removed_person WHERE dataset = ? AND individual = ?"
        with self._writing() as db:
            db.conn.executemany(sql, rows)

    def make_current(self, dataset_id: str, release: ReleaseRecord) -> None:
        """Let `release` answer from now on."""
        row = release_row(dataset_id, release) | {"is_current": 1}
        with self._writing() as db:
            db.execute("UPDATE release SET is_current = 0 WHERE dataset = ?", [dataset_id])
            db["release"].insert(row)

    def forget_release(self, dataset_id: str, number: int) -> None:
        sql = "DELETE FROM release WHERE dataset = ? AND number = ? AND NOT is_current"
        with self._writing() as db:
            db.execute(sql, [dataset_id, number])

    def purge(
        self,
        dataset_id: str,
        parts: Sequence[PartRecord],
        traces: Traces,
        pseudonyms: Iterable[str],
    ) -> None:
        """Let rewritten parts take the place of those of the same numbers, and name nobody of
        `traces`; if the dataset has a release, a purge is unfinished until the next one.

        `pseudonyms` stand for the names by which a file that is loaded again would bring them back.
        """
        with self._writing() as db:
            rows = ((dataset_id, pseudonym) for pseudonym in pseudonyms)
            db.conn.executemany("INSERT OR IGNORE INTO purged_name VALUES (?, ?)", rows)
            for part in parts:
                row = part_row(dataset_id, part)
                changed = {name: row[name] for name in ("path", "source", "sample_table", "report")}
                db["part"].update(part.number, changed)
            for row in list(db["release"].rows_where("dataset = ?", [dataset_id])):
                document = json.loads(row["document"])
                document = traces.unnamed(document) if document else document
                cohorts = [traces.unnamed(cohort) for cohort in json.loads(row["cohorts"])]
                found = {"document": json.dumps(document), "cohorts": json.dumps(cohorts)}
                db["release"].update((dataset_id, row["number"]), found)
                db.execute("INSERT OR IGNORE INTO unfinished_purge VALUES (?)", [dataset_id])
            gone = [(dataset_id, individual) for individual in traces.individuals]
            sql = "DELETE FROM removed_person WHERE dataset = ? AND individual = ?"
            db.conn.executemany(sql, gone)

    def finish_purge(self, dataset_id: str) -> None:
        """Remember that a release without the people who were purged was made, and let no trace of
        them stay in the catalogue's own file."""
        self.compact()
        with self._writing() as db:
            db.execute("DELETE FROM unfinished_purge WHERE dataset = ?", [dataset_id])

    def compact(self) -> None:
        """Write the file anew, without what was deleted from it, and empty its log.

        Raises StoreUnavailable if another process reads an older state for so long that the log
        cannot be emptied: what was deleted is in it still.
        """
        with told_plainly(self.path):
            connection = connect(self.path)
            try:
                connection.execute("VACUUM")
                is_busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.close()
        if is_busy:
            raise StoreUnavailable(
                f"{self.path}: another command is reading from it, and what was removed is still in"
                " its log; do the same again when that is done"
            )

    @contextmanager
    def only_me(self, dataset_id: str) -> Iterator[None]:
        """Hold a dataset's lock: nobody else loads into, releases or removes it meanwhile.

        Raises Conflict at once if another command holds it; the system frees it when a process
        dies, however it dies.
        """
        folder = self.path.parent / "locks"
        with told_plainly(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(folder / dataset_id, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            _lock(lock, dataset_id)
            yield
        finally:
            os.close(lock)

    # ---- inside ------------------------------------------------------------------------------

    def _rows(self, sql: str, *values: str) -> Iterator[Mapping]:
        cursor = self._reader.execute(sql, values)
        return iter(cursor.fetchall())

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        with transaction(self.path) as connection:
            yield Database(connection, recursive_triggers=False)


def _lock(descriptor: int, dataset_id: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Conflict(
            f"another command is working on dataset {dataset_id!r}; try again when it is done"
        ) from error

"""The variant store of a node: the indexes of the datasets that are released now."""

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Protocol, TypeVar

from beacon_node.errors import NotFound, ReleasedAnew, StoreUnavailable
from beacon_node.model.answer import Matches, Status
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.found_people import NOBODY, FoundPeople
from beacon_node.model.people import EVERYBODY
from beacon_node.ports import Dataset, SearchPlan
from beacon_node.store.variants.answer import search, unanswerable
from beacon_node.store.variants.cache import EligibleCache
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.people import find_people, may_find_people
from beacon_node.store.variants.terms import filtering_terms

Found = TypeVar("Found")


class Catalogue(Protocol):
    """What is asked of the catalogue of datasets."""

    def released_datasets(self) -> tuple[Dataset, ...]:
        """Return the datasets that have a release, by id."""

    def index_path(self, dataset_id: str) -> Path:
        """Return the file of a dataset's current release; raises NotFound."""

    def data_version(self) -> int:
        """Return a number that changes whenever the catalogue does."""


class SqliteVariantStore:
    """ports.VariantStore over the index files of released datasets.

    `datasets` looks whether the catalogue changed; `search` answers from the release that the
    given dataset names, so one question sees one release. A file is opened when it is first asked.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._start()
        os.register_at_fork(after_in_child=partial(_start_anew, weakref.ref(self)))

    def _start(self) -> None:
        """Begin with nothing open. A forked process does so too: connections and locks are not
        for two processes."""
        self._cache = EligibleCache()
        self._lock = threading.Lock()
        self._seen = threading.local()  # data_version is a connection's, and so a thread's, own
        self._datasets: tuple[Dataset, ...] = ()
        self._indexes: dict[str, Index] = {}
        self._keys = count()

    def datasets(self) -> Sequence[Dataset]:
        """Return the datasets that have a release, by id."""
        version = self._catalogue.data_version()
        if getattr(self._seen, "version", None) != version:
            self._refresh()
            self._seen.version = version
        return self._datasets

    def search(self, dataset: Dataset, plan: SearchPlan, decision: DatasetDecision) -> Matches:
        """Return what matches in one dataset, among the people the decision lets be counted.

        Nothing is looked up where nothing may be said or nobody counted, nor under a decision that
        leaves only the table of public answers. Raises InvalidRequest for
        comparisons that make no sense, StoreUnavailable if the index cannot be read, ReleasedAnew
        if another release took its place, so that it is gone or has other people's numbers.
        """
        if decision.ceiling is None or decision.people is None or decision.is_guarded:
            return Matches(dataset.id, Status.NOT_PERMITTED, reason=decision.reason)
        lookups = None if plan.lookups is None else plan.lookups.get(dataset.assembly)
        try:
            index = self._index(dataset)
            if decision.people is not EVERYBODY and not index.is_of_dataset:
                raise ReleasedAnew(dataset.id)
            refused = unanswerable(index, plan, decision, lookups)
            if refused is not None:
                return refused
            eligible = self._cache.get(index, plan, decision)
            return search(index, plan, decision, eligible, lookups)
        except StoreUnavailable as error:
            self._check_current(dataset, error)
            raise
        except sqlite3.Error as error:
            self._check_current(dataset, error)
            raise _unreadable(dataset) from error

    def people(self, dataset: Dataset, plan: SearchPlan, decision: DatasetDecision) -> FoundPeople:
        """Return whom a registered count is about and who of them carry what was asked for.

        Nobody under any other decision than the registered tier's. Raises as `search` does.
        """
        if not may_find_people(decision):
            return NOBODY
        lookups = None if plan.lookups is None else plan.lookups.get(dataset.assembly, ())
        return self._read(
            dataset,
            lambda index: find_people(index, self._cache.get(index, plan, decision), lookups),
        )

    def index_file(self, dataset: Dataset) -> Path:
        """Return the index of the release that `dataset` names; ReleasedAnew if it has another."""
        return self._read(dataset, lambda index: index.path)

    def _read(self, dataset: Dataset, read: Callable[[Index], Found]) -> Found:
        """Return what `read` finds in the index of the very release that `dataset` names."""
        try:
            index = self._index(dataset)
            if not index.is_of_dataset:
                raise ReleasedAnew(dataset.id)
            return read(index)
        except StoreUnavailable as error:
            self._check_current(dataset, error)
            raise
        except sqlite3.Error as error:
            self._check_current(dataset, error)
            raise _unreadable(dataset) from error

    def filtering_terms(self, dataset: Dataset) -> Sequence[Mapping]:
        """Return what a dataset can be filtered by, as `variants.terms` says."""
        try:
            return filtering_terms(self._index(dataset))
        except StoreUnavailable as error:
            self._check_current(dataset, error)
            raise
        except sqlite3.Error as error:
            self._check_current(dataset, error)
            raise _unreadable(dataset) from error

    # ---- inside ------------------------------------------------------------------------------

    def _index(self, dataset: Dataset) -> Index:
        index = self._indexes.get(dataset.id)
        if index is not None and (
            index.dataset is dataset or _is_same_release(index.dataset, dataset)
        ):
            return index
        return self._open(dataset)

    def _open(self, dataset: Dataset) -> Index:
        """Open a dataset's current release, also if another one was asked for a moment ago."""
        try:
            path = self._catalogue.index_path(dataset.id)
        except NotFound as error:
            raise StoreUnavailable(f"dataset {dataset.id!r} was just removed") from error
        with self._lock:
            index = self._indexes.get(dataset.id)
            if index is None or not _is_same_release(index.dataset, dataset):
                self._drop(dataset.id)
                index = Index(path, dataset, next(self._keys))
                index.is_of_dataset = self._is_current(dataset)
                self._indexes[dataset.id] = index
            return index

    def _is_current(self, dataset: Dataset) -> bool:
        """Say whether a dataset is as its current release has it, and so was a moment ago."""
        released = self._catalogue.released_datasets()
        return any(one.id == dataset.id and _is_same_release(one, dataset) for one in released)

    def _check_current(self, dataset: Dataset, problem: Exception) -> None:
        """Raise ReleasedAnew if the dataset has another release: the files of old ones go."""
        released = {one.id: one for one in self._catalogue.released_datasets()}
        current = released.get(dataset.id)
        if current is not None and not _is_same_release(current, dataset):
            raise ReleasedAnew(dataset.id) from problem

    def _refresh(self) -> None:
        """Read the catalogue anew; let go of the releases that no longer answer."""
        with self._lock:
            self._datasets = tuple(self._catalogue.released_datasets())
            current = {dataset.id: dataset for dataset in self._datasets}
            for id, index in list(self._indexes.items()):
                if id not in current or not _is_same_release(index.dataset, current[id]):
                    self._drop(id)

    def _drop(self, dataset_id: str) -> None:
        index = self._indexes.pop(dataset_id, None)
        if index:
            self._cache.forget(index)


def _start_anew(held: "weakref.ref[SqliteVariantStore]") -> None:
    store = held()
    if store is not None:
        store._start()


def _is_same_release(one: Dataset, other: Dataset) -> bool:
    named = (one.release, one.released_at, one.fingerprint)
    return named == (other.release, other.released_at, other.fingerprint)


def _unreadable(dataset: Dataset) -> StoreUnavailable:
    return StoreUnavailable(f"the variation index of dataset {dataset.id!r} cannot be read")

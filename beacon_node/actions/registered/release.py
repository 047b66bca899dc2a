"""What a process remembers of a release for registered questions: who can be asked about where."""

import hashlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from beacon_node.actions.public_choices import ever_opened
from beacon_node.actions.registered.callable import CallablePeople, CallableThere
from beacon_node.actions.registered.reference import PublicReference
from beacon_node.actions.registered.seats import Seats
from beacon_node.model.carriers import NumberSet
from beacon_node.model.people import People
from beacon_node.node import Node
from beacon_node.ports import Dataset
from beacon_node.privacy.registered.crowd import Crowd
from beacon_node.store.people import individual_count, numbers_of
from beacon_node.store.public import sequenced_people

_RELEASES = 2  # of one dataset: the current one, and the one before in questions under way
_CERTAIN_TENTHS = 9  # of the people asked about: so many stay while consents are withdrawn
_LEAST_STEP = 10


@dataclass(frozen=True, slots=True, repr=False)
class Seated:
    """Whom a question without filters is about, at one kind of place.

    `there` are their numbers in the release, `seats` those for life, `one_copy` those of them who
    have one copy, None: nobody. `crowd` is what is public of their number. Does not print itself.
    """

    there: NumberSet
    seats: NumberSet
    one_copy: NumberSet | None
    crowd: Crowd

    def __repr__(self) -> str:
        return "Seated(…)"


class RegisteredRelease:
    """One release as registered questions meet it. Does not print itself."""

    def __init__(self, node: Node, dataset: Dataset) -> None:
        index = Path(node.store.index_file(dataset))
        people = individual_count(index)
        self.callable = CallablePeople(sequenced_people(index), people, dataset.assembly)
        self.reference = PublicReference(node.knowledge, dataset)
        opened = numbers_of(index, ever_opened(node, dataset.id))
        self.hiding_nobody = NumberSet.of(people, sorted(opened.values()))
        self._seated: WeakKeyDictionary[People, dict[str, Seated]] = WeakKeyDictionary()
        self._populations: WeakKeyDictionary[People, str] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "RegisteredRelease(…)"

    def seated(
        self, people: People, consenting: NumberSet, there: CallableThere, seats: Seats
    ) -> Seated:
        """Return whom a question without filters is about; `consenting` are those of `people`
        whose variants may be used. The same object as long as these people are."""
        with self._lock:
            known = self._seated.setdefault(people, {})
        found = known.get(there.name)
        if found is None:
            crowd = self._crowd(consenting, there)
            found = known[there.name] = seat(consenting, there, seats, crowd)
        return found

    def _crowd(self, consenting: NumberSet, there: CallableThere) -> Crowd:
        """Return among how many a person hides; who ever opened anything may be known to all."""
        return crowd_of(consenting - self.hiding_nobody, there)

    def population(self, people: People, consenting: NumberSet, seats: Seats) -> str:
        """Return what names those of `people` whose variants may be used, and of whom which parts
        of the genome were sequenced, by their numbers for life: the same in every release as long
        as these are the same."""
        found = self._populations.get(people)
        if found is None:
            groups = sorted(
                (assayed, members_digest(consenting & members, seats))
                for assayed, members in self.callable.groups
            )
            whole = members_digest(consenting, seats)
            found = hashlib.sha256(repr([whole, groups]).encode()).hexdigest()
            with self._lock:
                self._populations[people] = found
        return found


def crowd_of(people: NumberSet, there: CallableThere) -> Crowd:
    """Return what is public of the number of these people at a place, by callable copies."""
    return Crowd(*(_certain(len(people & kind)) for kind in (there.two, there.one)))


def seat(consenting: NumberSet, there: CallableThere, seats: Seats, crowd: Crowd) -> Seated:
    """Return whom a question is about; of a kind too few to be reckoned with, nobody."""
    nobody = NumberSet.empty(consenting.universe)
    two = consenting & there.two if crowd.two else nobody
    one = consenting & there.one if crowd.one else nobody
    asked = two | one
    one_copy = for_life(one, seats) if one else None
    return Seated(asked, for_life(asked, seats), one_copy, crowd)


def for_life(members: NumberSet, seats: Seats) -> NumberSet:
    """Return the numbers for life of people of a release."""
    flags = np.zeros(seats.universe, bool)
    flags[seats.numbers[members.numbers()]] = True
    return NumberSet.flagged(flags)


def members_digest(members: NumberSet, seats: Seats) -> str:
    """Return what names people of a release, the same however many others have numbers."""
    flags = np.zeros(seats.universe, bool)
    flags[seats.numbers[members.numbers()]] = True
    return hashlib.sha256(np.packbits(flags).tobytes().rstrip(b"\0")).hexdigest()


def _certain(people: int) -> int:
    """Return how many are certainly there, down to two digits: one person more rarely shows.

    >>> [_certain(people) for people in (11, 70, 1_400, 98_765)]
    [0, 60, 1200, 88000]
    """
    certain = people * _CERTAIN_TENTHS // 10
    step = max(_LEAST_STEP, 10 ** (len(str(certain)) - 2))
    return certain - certain % step


def open_release(node: Node, dataset: Dataset) -> RegisteredRelease:
    """Return what is remembered of a release, of this process: files and locks are not for two.

    Raises ReleasedAnew where the release is no longer kept, StoreUnavailable.
    """
    key = dataset.id, dataset.fingerprint, dataset.public, os.getpid()
    found = node.registered.get(key)
    if found is None:
        found = node.registered.setdefault(key, RegisteredRelease(node, dataset))
        of_this = [other for other in tuple(node.registered) if other[0] == dataset.id]
        for old in of_this[:-_RELEASES]:
            node.registered.pop(old, None)
    return found

"""The numbers that people keep for life in a dataset, whatever release they are in.

A budget belongs to a person, not to her place in a file: who leaves and comes back, and everybody
in a new release, a dataset that is declared anew included, has the number she always had.
"""

import hmac
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beacon_node.errors import ReleasedAnew
from beacon_node.node import Node
from beacon_node.ports import Dataset
from beacon_node.store.people import numbered_individuals
from beacon_node.store.records import published

_RELEASES = 2  # of one dataset: the current one, and the one before in questions under way


@dataclass(frozen=True, slots=True, repr=False)
class Seats:
    """`numbers`: by the number of an individual in the release, her number for life (int64).

    `universe`: how many numbers were ever given in the dataset. Private: does not print itself.
    """

    numbers: np.ndarray
    universe: int

    def __repr__(self) -> str:
        return "Seats(…)"


def seats_of(node: Node, dataset: Dataset) -> Seats:
    """Return the numbers for life of the people of a release; whoever has none yet gets one.

    They are given in the ledger, on disk when this returns. Raises ReleasedAnew where the release
    is no longer kept, StoreUnavailable if ledger or index cannot be read.
    """
    key = "seats", dataset.id, dataset.fingerprint
    found = node.accounts.get(key)
    if found is None:
        found = node.accounts[key] = _seat(node, dataset)
        kept = [one for one in tuple(node.accounts) if one[:2] == key[:2]]
        for old in kept[:-_RELEASES]:
            node.accounts.pop(old, None)
    return found


def _seat(node: Node, dataset: Dataset) -> Seats:
    people = list(numbered_individuals(_index(node, dataset)))
    persons = [person(node.pseudonym_key, id) for id, _ in people]
    given = node.ledger.seat(dataset.id, persons, now=node.clock.now())
    numbers = np.empty(len(people), np.int64)
    numbers[[number for _, number in people]] = given.numbers
    return Seats(numbers, given.universe)


def person(key: bytes, id: str) -> bytes:
    """Return what stands for the individual of a hospital's id in every dataset of its node."""
    return hmac.digest(key, b"registered seat\n" + id.encode(), "sha256")[:16]


def _index(node: Node, dataset: Dataset) -> Path:
    declared = node.catalogue.dataset(dataset.id)
    for record in node.catalogue.releases(dataset.id):
        if published(declared, record).fingerprint == dataset.fingerprint:
            return node.catalogue.folder(dataset.id) / "releases" / record.path
    raise ReleasedAnew(dataset.id)

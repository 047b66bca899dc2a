"""Who is in a release: what people said decides, as it was on record when the release began."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from beacon_node.model.consent_documents import read_moment
from beacon_node.model.entries import EntryType, pseudonym
from beacon_node.model.ledger import Moment
from beacon_node.node import Node
from beacon_node.policy.consent import History
from beacon_node.policy.consent_profiles import takes_part
from beacon_node.store.merge import LeftOut
from beacon_node.store.records import DatasetRecord, ReleaseRecord


def left_out(node: Node, dataset: DatasetRecord, people: frozenset[str], moment: Moment) -> LeftOut:
    """Return who of a draft's `people` is left out of a release that is made at `moment`.

    Of open data those who refused or withdrew; of other data all who permit nothing in it, also by
    having said nothing. Also whoever stands for somebody whose records were purged.
    """
    is_open = dataset.is_open_data
    said = {True: set(), False: set()}
    for individual, history in node.ledger.histories(dataset.id):
        takes = takes_part(history, moment.at, dataset.id, is_open_data=is_open)
        if takes is not is_open:  # of the two sets only the one that is used
            said[takes].add(individual)
    removed = frozenset(node.catalogue.removed_people(dataset.id))
    refused = frozenset(said[False] | purged(node, dataset.id, people, moment.at))
    return LeftOut(removed, refused, None if is_open else frozenset(said[True]))


def purged(node: Node, dataset_id: str, people: Iterable[str], at: datetime) -> set[str]:
    """Return those of a draft's people who are a sample or record of somebody who was purged: with
    her other records gone, what is loaded again of her looks like another person.

    Who has a consent of her own that permits anything at `at` is somebody else of the same id.
    """
    names, key = node.catalogue.purged_names(dataset_id), node.pseudonym_key
    if not names:
        return set()
    found = {id for id in people if pseudonym(key, dataset_id, EntryType.INDIVIDUAL, id) in names}
    return {id for id in found if not _permits(node.ledger.history(id), at, dataset_id)}


def _permits(history: History, at: datetime, dataset_id: str) -> bool:
    return takes_part(history, at, dataset_id, is_open_data=False)


@dataclass(frozen=True, slots=True)
class Attendance:
    """How many lack a consent, and a digest of the ids of those who are in."""

    without_consent: int
    digest: str


def attendance(people: Iterable[str], absent: LeftOut) -> Attendance:
    """Return how many of a draft's `people` lack a consent, and who is in, as a digest."""
    hashed, without_consent = hashlib.sha256(), 0
    for individual in sorted(people):
        without_consent += individual not in absent.removed and absent.lacks_consent(individual)
        if individual not in absent:
            hashed.update(f"{len(individual)}:{individual}".encode())
    return Attendance(without_consent, hashed.hexdigest())


def is_told_since(node: Node, dataset_id: str, release: ReleaseRecord) -> bool:
    """Say whether people stated anything about a dataset since a release, or a date in what they
    stated has passed, so that a new release may differ. True for one that looked at no consents."""
    if not release.consented_at:
        return True
    at, since = node.ledger.present(node.clock.now()), read_moment(release.consented_at)
    return bool(
        node.ledger.changed_since(release.consent_version, dataset_id)
        or node.ledger.dated_between(since, at, dataset_id)
    )

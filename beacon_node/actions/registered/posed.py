"""A registered question of somebody's, in canonical form, and what names its draw."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import lru_cache

from beacon_node.actions.registered.asked import Asked, Outcome
from beacon_node.actions.registered.reasons import Why, not_answerable
from beacon_node.actions.registered.release import RegisteredRelease
from beacon_node.actions.registered.seats import Seats, seats_of
from beacon_node.model.answer import Refused
from beacon_node.model.data_use import ResearchPurpose, purpose_document
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.found_people import FoundPeople
from beacon_node.model.ledger import Moment
from beacon_node.model.requester import Requester
from beacon_node.node import Node
from beacon_node.ports import Dataset, SearchPlan
from beacon_node.privacy.registered.account import Place
from beacon_node.privacy.registered.bounds import Bounds
from beacon_node.privacy.registered.count import Question
from beacon_node.privacy.registered.near import group_of


@dataclass(frozen=True, slots=True, repr=False)
class Asker:
    """Who asks a dataset, under which decision.

    `sizes` collects what was charged and drawn on the way to a question: how many people its
    filters select. It is for the audit entry of the question.
    """

    node: Node
    dataset: Dataset
    own: DatasetDecision
    requester: Requester
    moment: Moment
    sizes: list[tuple[Asked, Outcome]] = field(default_factory=list)

    def asked(self, canonical: str, question: Question, near: Place | None = None) -> Asked:
        """Return a question with the name of its draw: one for each person, release and group.

        What was told to somebody alone is no draw of a broker's that reads along: it pays for all
        that it reads.
        """
        accounts, reader = self._accounts, self.requester.reader
        asked = self.dataset.fingerprint, question.group, canonical, *([reader] if reader else [])
        key, *earlier = (_digest([account, *asked]) for account in accounts)
        return Asked(
            self.dataset.id,
            key,
            _payers(replace(self.requester, account=accounts[0])),
            question,
            near,
            accounts=accounts,
            earlier=tuple(earlier),
        )

    @property
    def _accounts(self) -> tuple[str, ...]:
        return self.node.ledger.linked().accounts(self.requester.account)

    @property
    def purpose(self) -> str:
        return _purpose_digest(self.requester.purpose)


@lru_cache(maxsize=1_024)
def _purpose_digest(purpose: ResearchPurpose) -> str:
    return _digest(purpose_document(purpose)).hex()


@dataclass(frozen=True, slots=True, repr=False)
class Posed:
    """A question of somebody's, in canonical form, as it meets a release.

    `filters` names what it filters by, empty: nothing.
    """

    by: Asker
    plan: SearchPlan
    key: str
    filters: str
    bounds: Bounds
    release: RegisteredRelease

    def group(self, *population: str) -> str:
        """Return what names the people a question is about: how they are chosen, and who they are.

        `population` names everybody who may be counted, and with filters those who meet them: it
        is another one as soon as one person joins or leaves.
        """
        chosen = _digest([self.by.dataset.id, self.filters, self.by.purpose]).hex()
        return group_of(chosen, _digest(population).hex())

    def people(self, plan: SearchPlan) -> FoundPeople:
        return self.by.node.store.people(self.by.dataset, plan, self.by.own)

    def refused(self, why: Why | str) -> Refused:
        return not_answerable(self.by.dataset, why)

    @property
    def seats(self) -> Seats:
        return seats_of(self.by.node, self.by.dataset)


def _digest(facts: object) -> bytes:
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def _payers(requester: Requester) -> tuple[str, ...]:
    named = (
        ("researcher", requester.account),
        ("organisation", requester.organisation),
        ("broker", requester.broker),
    )
    return tuple(f"{kind}:{name}" for kind, name in named if name)

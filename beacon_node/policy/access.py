"""The one decision: what may a requester be told about each dataset?"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from beacon_node.model.consent import UseKind
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.decision import DatasetDecision, Decision, Guard, NeededConsent
from beacon_node.model.query import Granularity
from beacon_node.model.requester import ANONYMOUS, Grant, Requester, Tier
from beacon_node.ports import Dataset

CLOSED = (
    "this dataset answers only under a grant of its data access committee, which its custodians "
    "can tell more about"
)
NO_TERMS = "its custodians have not said which uses this dataset permits, so nobody is answered"

NEEDED_IN_PUBLIC = NeededConsent(UseKind.PUBLIC_DISCOVERY, None)


def decide(requester: Requester, datasets: Iterable[Dataset], at: datetime) -> Decision:
    """Return what `requester` may be told about each of `datasets` at `at`.

    Closed by default. A dataset declared open data, whose recorded licence stands for every
    person's consent, tells anybody up to records. Any other tells only whoever holds a grant for
    it that has not ended, and counts only people who consented to record-level use for the grant's
    purpose, also where less than records is asked or allowed: answers under a grant are exact.
    A release with a table of public answers tells a registered account that has a purpose noisy
    counts of those who consented to research discovery for it, and everybody else, at whatever
    tier, yes or no from that table, which counts only people who consented to public discovery.
    A table that is rehearsed tells nobody.
    Who may be counted is found later (`DatasetDecision.people`).
    """
    return Decision({d.id: _decide_one(requester, d, at) for d in datasets})


def most_told(dataset: Dataset, at: datetime) -> Mapping[Tier, Granularity]:
    """Return the most that each tier is told of a dataset, by the decision itself; tiers that are
    told nothing are left out. A grant may be for less than `CONTROLLED` here."""
    decided = {tier: decide(who, [dataset], at) for tier, who in _askers(dataset.id, at).items()}
    found = {tier: decision.ceiling(dataset.id) for tier, decision in decided.items()}
    return {tier: ceiling for tier, ceiling in found.items() if ceiling is not None}


def _askers(dataset_id: str, at: datetime) -> Mapping[Tier, Requester]:
    """Return somebody of each tier who has all that it takes."""
    grant = Grant(dataset_id, _SOME_PURPOSE, at + timedelta(days=1), "example")
    return {
        Tier.PUBLIC: ANONYMOUS,
        Tier.REGISTERED: Requester(Tier.REGISTERED, "example", purpose=_SOME_PURPOSE),
        Tier.CONTROLLED: Requester(Tier.CONTROLLED, "example", grants=(grant,)),
    }


_SOME_PURPOSE = ResearchPurpose(categories=frozenset({"biomedical"}))


def is_open_data(dataset: Dataset) -> bool:
    """Say whether anybody is told all of a dataset: it is declared open data, under a licence."""
    return dataset.is_open_data and bool(dataset.licence)


def _decide_one(requester: Requester, dataset: Dataset, at: datetime) -> DatasetDecision:
    if is_open_data(dataset):
        return _open(dataset.id)
    grant = _grant(requester, dataset.id, at)
    if grant is None:
        return _without_grant(requester, dataset)
    if dataset.use is None:
        return _closed(dataset.id, NO_TERMS)
    return DatasetDecision(
        dataset.id,
        grant.ceiling,
        may_see_cases=grant.ceiling is Granularity.RECORD,
        consent=NeededConsent(UseKind.RECORD_LEVEL, grant.purpose, grant.decided),
        basis=f"grant {grant.reference}",
    )


def _grant(requester: Requester, dataset_id: str, at: datetime) -> Grant | None:
    """Return the grant for a dataset that tells most; of equal ones, the first."""
    if requester.tier < Tier.CONTROLLED:
        return None
    live = [g for g in requester.grants if g.dataset_id == dataset_id and at < g.until]
    return max(live, key=lambda grant: grant.ceiling, default=None)


def _without_grant(requester: Requester, dataset: Dataset) -> DatasetDecision:
    if dataset.public is None or dataset.public.is_rehearsal:
        return _closed(dataset.id, CLOSED)
    if dataset.use is None:
        return _closed(dataset.id, NO_TERMS)
    if _is_registered(requester):
        return _registered(dataset.id, requester.purpose)
    return public_decision(dataset.id)


def _is_registered(requester: Requester) -> bool:
    """Who states no purpose is answered like anybody: nobody consented to that."""
    is_known = requester.tier >= Tier.REGISTERED and bool(requester.account)
    return is_known and requester.purpose is not None


@lru_cache(maxsize=4_096)
def _registered(dataset_id: str, purpose: ResearchPurpose) -> DatasetDecision:
    return DatasetDecision(
        dataset_id,
        Granularity.COUNT,
        consent=NeededConsent(UseKind.RESEARCH_DISCOVERY, purpose),
        basis="registered tier",
        guard=Guard.REGISTERED,
    )


@lru_cache(maxsize=4_096)
def public_decision(dataset_id: str) -> DatasetDecision:
    """Return what anybody is told of a dataset with a table of public answers.

    Ranges, genes and lists are answered so at the registered tier too, from its people alone.
    """
    return DatasetDecision(
        dataset_id,
        Granularity.BOOLEAN,
        consent=NEEDED_IN_PUBLIC,
        basis="public tier",
        guard=Guard.PUBLIC,
    )


@lru_cache(maxsize=4_096)  # asked for every dataset in every question
def _open(dataset_id: str) -> DatasetDecision:
    return DatasetDecision(dataset_id, Granularity.RECORD, may_see_cases=True, basis="open data")


@lru_cache(maxsize=4_096)
def _closed(dataset_id: str, reason: str) -> DatasetDecision:
    return DatasetDecision(dataset_id, reason=reason)

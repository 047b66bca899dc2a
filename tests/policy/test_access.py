"""policy/access.py: closed by default; open data to anybody, exact answers under a grant only."""

from datetime import UTC, datetime, timedelta

import pytest

from beacon_node.model.consent import UseKind
from beacon_node.model.data_use import ConsentTerm, ResearchPurpose, Use
from beacon_node.model.decision import Guard, NeededConsent
from beacon_node.model.duo_terms import GRU
from beacon_node.model.genome import Assembly
from beacon_node.model.public_tier import PublicTier
from beacon_node.model.query import Granularity
from beacon_node.model.requester import ANONYMOUS, Grant, Requester, Tier
from beacon_node.policy.access import (
    CLOSED,
    NEEDED_IN_PUBLIC,
    NO_TERMS,
    decide,
    public_decision,
)
from beacon_node.ports import Dataset

NOW = datetime(2030, 1, 1, tzinfo=UTC)
PURPOSE = ResearchPurpose(frozenset({"biomedical"}))
USE = Use.of(ConsentTerm(GRU))
PUBLIC = PublicTier("t", "basis", "state", power=0.1, false_positives=0.05)


def dataset(**facts):
    return Dataset("d", "D", Assembly.GRCH38, **{"is_open_data": False, "use": USE, **facts})


def grant(**facts):
    told = {"dataset_id": "d", "purpose": PURPOSE, "until": NOW + timedelta(days=1)}
    return Grant(**{**told, "reference": "A-1", **facts})


def holder(*grants, tier=Tier.CONTROLLED):
    return Requester(tier, account="r", grants=grants)


def decided(requester, one=None):
    return decide(requester, [one or dataset()], NOW).datasets["d"]


@pytest.mark.parametrize("tier", Tier)
def test_without_a_grant_nobody_learns_anything_of_a_dataset_that_is_not_open(tier):
    own = decided(Requester(tier, account="r", purpose=PURPOSE))
    assert own.ceiling is None and not own.may_see_cases
    assert own.reason == CLOSED


def test_the_word_open_without_a_licence_opens_nothing():
    assert decided(ANONYMOUS, dataset(is_open_data=True)).ceiling is None


def test_open_data_is_told_to_anybody_up_to_records_and_needs_no_consent():
    own = decided(ANONYMOUS, dataset(is_open_data=True, licence="CC0-1.0"))
    assert own.ceiling is Granularity.RECORD and own.may_see_cases
    assert own.consent is None and own.basis == "open data"


def test_a_grant_opens_its_dataset_for_those_who_consented_to_record_level_use_for_its_purpose():
    own = decided(holder(grant(decided=frozenset({"point"}))))
    assert own.ceiling is Granularity.RECORD and own.may_see_cases
    assert own.consent == NeededConsent(UseKind.RECORD_LEVEL, PURPOSE, frozenset({"point"}))
    assert own.basis == "grant A-1"


def test_a_grant_for_counts_tells_counts_of_the_same_people():
    own = decided(holder(grant(ceiling=Granularity.COUNT)))
    assert own.ceiling is Granularity.COUNT and not own.may_see_cases
    assert own.consent is not None and own.consent.use is UseKind.RECORD_LEVEL


@pytest.mark.parametrize(
    "requester",
    [
        holder(grant(until=NOW)),
        holder(grant(dataset_id="other")),
        holder(grant(), tier=Tier.REGISTERED),
        holder(),
    ],
    ids=["ended this moment", "of another dataset", "of a lower tier", "none"],
)
def test_a_grant_opens_nothing_that_is(requester):
    assert decided(requester).ceiling is None


def test_of_several_grants_the_one_that_tells_most_holds():
    count, record = grant(ceiling=Granularity.COUNT), grant(reference="A-2")
    assert decided(holder(count, record)).basis == "grant A-2"


def test_a_dataset_without_data_use_terms_answers_nobody():
    own = decided(holder(grant()), dataset(use=None))
    assert own.ceiling is None and own.reason == NO_TERMS


def test_a_decision_says_nobody_may_be_counted_until_it_is_known_who_may():
    assert decided(holder(grant())).people is None


def test_a_dataset_that_was_not_asked_about_is_closed():
    assert decide(ANONYMOUS, [], NOW).ceiling("other") is None


# ---- the guarded tiers: datasets for which a table of public answers was made --------------------


def guarded(**facts):
    return dataset(public=PUBLIC, **facts)


def registered(**facts):
    return Requester(**{"tier": Tier.REGISTERED, "account": "r", "purpose": PURPOSE, **facts})


def test_a_registered_account_with_a_purpose_is_told_counts_of_who_consented_to_it():
    own = decided(registered(), guarded())
    assert (own.ceiling, own.guard) == (Granularity.COUNT, Guard.REGISTERED)
    assert own.consent == NeededConsent(UseKind.RESEARCH_DISCOVERY, PURPOSE)
    assert own.basis == "registered tier" and not own.may_see_cases


@pytest.mark.parametrize(
    "requester",
    [ANONYMOUS, registered(tier=Tier.PUBLIC), registered(account=""), registered(purpose=None)],
    ids=["nobody", "of the public tier", "without an account", "without a purpose"],
)
def test_who_is_not_registered_for_a_purpose_is_answered_like_anybody(requester):
    own = decided(requester, guarded())
    assert own is public_decision("d")
    assert (own.ceiling, own.guard) == (Granularity.BOOLEAN, Guard.PUBLIC)
    assert own.consent == NEEDED_IN_PUBLIC and own.basis == "public tier"


def test_a_grant_goes_before_registration_and_its_end_leads_back_to_it():
    live, ended = grant(), grant(until=NOW)
    assert decided(registered(tier=Tier.CONTROLLED, grants=(live,)), guarded()).basis == "grant A-1"
    own = decided(registered(tier=Tier.CONTROLLED, grants=(ended,)), guarded())
    assert own.guard is Guard.REGISTERED


@pytest.mark.parametrize(
    ("one", "reason"),
    [(dataset(), CLOSED), (guarded(use=None), NO_TERMS)],
    ids=["without a table", "without terms"],
)
def test_registration_opens_nothing_that_is_closed_to_the_public(one, reason):
    own = decided(registered(), one)
    assert own.ceiling is None and own.reason == reason


def test_open_data_stays_exact_for_registered_accounts():
    own = decided(registered(), dataset(is_open_data=True, licence="CC0-1.0"))
    assert own.guard is Guard.NONE and own.consent is None

"""From what is proved to the requester that decisions are made about."""

from dataclasses import replace

import pytest

from beacon_node.actions.identify import account_of
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.decision import Guard
from beacon_node.model.genome import Assembly
from beacon_node.model.passport import Subject
from beacon_node.model.query import Granularity
from beacon_node.model.requester import Tier
from beacon_node.policy.access import decide
from beacon_node.ports import Dataset
from beacon_node.store.ledger import Ledger
from tests.clearinghouse.world import BROKER, NOW, good_visas, link, make_world, passport, visa

PURPOSE = ResearchPurpose(categories=frozenset({"biomedical"}))
ANNA = Subject("https://broker.example/oidc/", "anna")


@pytest.fixture
def world(tmp_path):
    world = make_world(tmp_path)
    return replace(world, node=replace(world.node, ledger=Ledger.create(tmp_path / "ledger")))


def registered(world):
    return world.ask(passport(visa("ResearcherStatus"), visa("AcceptedTermsAndPolicies"), link()))


def test_a_registered_account_has_the_purpose_that_is_on_record_and_no_other(world):
    account = registered(world).requester.account
    assert registered(world).requester.purpose is None
    world.node.ledger.fix_purpose(account, PURPOSE, now=NOW)
    found = registered(world).requester
    assert found.purpose == PURPOSE and found.tier is Tier.REGISTERED
    assert (found.organisation, found.broker) == ("https://uni.example", BROKER)


def test_a_committee_s_visa_alone_makes_nobody_a_registered_researcher_elsewhere(world):
    """Whoever is not registered states no purpose, and so is answered like anybody."""
    account = registered(world).requester.account
    world.node.ledger.fix_purpose(account, PURPOSE, now=NOW)
    found = world.ask(passport(visa("ControlledAccessGrants"))).requester
    assert found.account == account
    assert found.tier is Tier.CONTROLLED and found.purpose is None and found.organisation == ""


def test_a_visa_s_grant_opens_its_dataset_until_it_ends_and_no_other(world):
    found = world.ask(passport(*good_visas())).requester
    (grant,) = found.grants
    datasets = [Dataset(id, id, Assembly.GRCH38, False, use=frozenset()) for id in ("cohort", "x")]
    decision = decide(found, datasets, NOW)
    assert decision.ceiling("cohort") is Granularity.COUNT
    assert decision.guard("cohort") is Guard.NONE and decision.ceiling("x") is None
    assert decide(found, datasets, grant.until).ceiling("cohort") is None


def test_an_account_is_another_at_every_node_and_for_every_identity():
    accounts = {
        account_of(key, subject)
        for key in (b"k" * 32, b"l" * 32)
        for subject in (ANNA, Subject("https://x.example", "anna"), Subject(ANNA.iss, "bert"))
    }
    assert len(accounts) == 6 and not [one for one in accounts if "anna" in one]


def test_parts_of_an_identity_do_not_run_into_each_other():
    assert account_of(b"k", Subject("a", "bc")) != account_of(b"k", Subject("ab", "c"))

"""Whom a broker introduces is believed up to its ceiling; controlled access is proved, each time,
by fresh visas about one person that this node checks itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from beacon_node.actions.link_identity import account_of, link_identity
from beacon_node.actions.through_broker import Introduced, applicant, recognise
from beacon_node.errors import Conflict, InvalidRequest, NotAuthenticated, NotPermitted
from beacon_node.model.application import Block, Committee
from beacon_node.model.dac import Actor
from beacon_node.model.federation import Asserted
from beacon_node.model.passport import Rule, Subject
from beacon_node.model.requester import Tier
from beacon_node.store.ledger import Ledger
from tests.clearinghouse.issuers import public_jwk
from tests.clearinghouse.world import (
    BROKER,
    HOUR,
    STATUS,
    STATUS_JKU,
    T,
    link,
    make_world,
    visa,
)
from tests.federation.network import PURPOSE, read_purpose
from tests.node_web.networked import NETWORK, OTHER

ANNA = Subject(BROKER, "anna")
REGISTERED = Asserted(Tier.REGISTERED, "r-1", "https://uni.example", PURPOSE)
GRANT = "ControlledAccessGrants"
ADMIN = Actor("root", "administrator root")


@pytest.fixture
def world(tmp_path):
    world = make_world(tmp_path)
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    yield replace(world, node=replace(world.node, ledger=ledger))
    ledger.close()


def who(world, *visas, asserted=REGISTERED, broker=NETWORK):
    return recognise(world.node, world.house, Introduced(broker, asserted, visas))


def fresh(kind: str = GRANT, *, sub: str = "anna", seconds: int = 60, **more) -> str:
    """Return a visa that was made so many seconds ago."""
    return visa(kind, claims={"sub": sub, "iat": T - seconds, **more.pop("claims", {})}, **more)


def grant(*, claims=None, **more) -> str:
    return fresh(claims={"iss": "https://rems.example", **(claims or {})}, **more)


def pseudonym(world, asserted=REGISTERED, broker=NETWORK) -> str:
    return Introduced(broker, asserted).pseudonym(world.node.pseudonym_key)


# ---- what is asserted ----------------------------------------------------------------------------


def test_a_registered_researcher_is_one_of_this_broker_s(world):
    found = who(world).requester
    assert (found.tier, found.purpose, found.grants) == (Tier.REGISTERED, PURPOSE, ())
    assert found.account == pseudonym(world) and found.account.startswith("acc-")
    assert found.organisation == "org.network https://uni.example"
    assert found.broker == found.reader == "org.network"


def test_two_brokers_never_share_an_account_or_an_organisation(world):
    one, other = who(world).requester, who(world, broker=OTHER).requester
    assert one.account != other.account and one.organisation != other.organisation


def test_no_broker_can_name_somebody_who_brings_a_passport(world):
    for named in ("anna", BROKER, f"{BROKER} anna"):
        found = who(world, asserted=replace(REGISTERED, researcher=named)).requester
        assert found.account != account_of(world.node.pseudonym_key, ANNA)


@pytest.mark.parametrize("tier", Tier)
def test_nobody_in_particular_is_anybody(world, tier):
    asserted = replace(REGISTERED, tier=tier, researcher="")
    found = who(world, asserted=asserted).requester
    assert (found.tier, found.account, found.organisation) == (Tier.PUBLIC, "", "")
    assert found.purpose is None and found.broker == "org.network"


def test_controlled_is_never_believed(world):
    asserted = replace(REGISTERED, tier=Tier.CONTROLLED)
    found = who(world, asserted=asserted).requester
    assert (found.tier, found.grants) == (Tier.REGISTERED, ())


def test_a_low_ceiling_leaves_no_purpose(world):
    found = who(world, broker=replace(NETWORK, ceiling=Tier.PUBLIC)).requester
    assert (found.tier, found.purpose) == (Tier.PUBLIC, None) and found.account


def test_a_purpose_that_is_not_said_again_is_the_one_on_record(world):
    world.node.ledger.fix_purpose(pseudonym(world), PURPOSE, now=world.clock.now())
    assert who(world, asserted=replace(REGISTERED, purpose=None)).requester.purpose == PURPOSE


# ---- what visas prove ----------------------------------------------------------------------------


def test_a_fresh_visa_of_a_trusted_committee_opens_its_dataset(world):
    found = who(world, grant()).requester
    assert found.tier is Tier.CONTROLLED and found.account == pseudonym(world)
    (given,) = found.grants
    assert given.dataset_id == "cohort"
    assert given.until <= world.clock.now() + timedelta(hours=1)


def test_it_does_so_whatever_the_broker_may_assert(world):
    found = who(world, grant(), broker=replace(NETWORK, ceiling=Tier.PUBLIC)).requester
    assert found.tier is Tier.CONTROLLED and len(found.grants) == 1


NOT_GOOD = {
    "made an hour and a second ago": lambda: grant(seconds=HOUR + 1),
    "made yesterday": lambda: grant(seconds=24 * HOUR),
    "of the future": lambda: grant(seconds=-120),
    "ended": lambda: grant(claims={"exp": T - 1}),
    "signed by another key": lambda: grant(key="broker"),
    "of an unknown issuer": lambda: fresh(claims={"iss": "https://evil.example"}),
    "of an issuer who is trusted for other things": lambda: fresh(claims={"iss": STATUS}),
    "another committee's": lambda: grant(source="https://other-dac.example"),
    "for another dataset": lambda: grant(value="EGAD00000000000"),
    "said by the researcher": lambda: grant(by="self"),
    "no visa": lambda: "x.y.z",
    "no text": lambda: 7,
    "nothing": lambda: None,
    "a passport's list": lambda: [grant()],
}


@pytest.mark.parametrize("made", NOT_GOOD.values(), ids=NOT_GOOD.keys())
def test_a_visa_that_is_not_good_opens_nothing(world, made):
    found = who(world, made()).requester
    assert (found.tier, found.grants) == (Tier.REGISTERED, ())


def test_a_stale_visa_is_told_so(world):
    stale, good = grant(seconds=HOUR + 1), fresh("AffiliationAndRole", sub="s-1")
    found = who(world, stale, good)
    assert found.standing.findings[0].rule is Rule.STALE and found.requester.grants == ()


def test_visas_of_two_people_refuse_the_question(world):
    with pytest.raises(NotAuthenticated, match="another identity"):
        who(world, grant(), grant(sub="ben"))


def test_unless_a_fresh_visa_links_them(world):
    joined = link(claims={"iat": T - 60})
    mixed = [grant(), fresh("AffiliationAndRole", sub="s-1")]
    assert len(who(world, *mixed, joined).requester.grants) == 1
    with pytest.raises(NotAuthenticated):
        who(world, *mixed)
    with pytest.raises(NotAuthenticated):
        who(world, *mixed, link(claims={"iat": T - 2 * HOUR}))


def test_a_visa_of_somebody_else_s_adds_nothing_to_one_s_own(world):
    forged = grant(sub="ben", key="broker")
    assert len(who(world, grant(), forged).requester.grants) == 1


def test_visas_of_nobody_are_refused(world):
    with pytest.raises(InvalidRequest, match="visas"):
        who(world, grant(), asserted=Asserted())


def test_too_many_visas_are_refused(world):
    with pytest.raises(NotAuthenticated):
        who(world, *["x"] * 201)


def test_a_blocked_person_is_refused_under_their_pseudonym(world):
    blocked = f'[[blocked]]\niss = "{BROKER}"\nsub = "anna"\n'
    link_identity(world.node, pseudonym(world), ANNA)
    world.trust(blocked)
    with pytest.raises(NotPermitted, match="blocked"):
        who(world)
    other = replace(REGISTERED, researcher="r-2")
    assert who(world, grant(), asserted=other).requester.grants == ()
    assert who(world, grant(sub="ben"), asserted=other).requester.grants


# ---- the node's own committee --------------------------------------------------------------------


def committee(world, *entries) -> None:
    with world.node.ledger.deciding(now=world.clock.now()) as deciding:
        for entry in (Committee(frozenset({"acc-eve"}), frozenset({"cohort"})), *entries):
            deciding.add(entry, ADMIN)


def own_grants(world, monkeypatch, account: str) -> None:
    """Let the committee have granted something to an account."""
    given = who(world, grant()).requester.grants

    def grants_at(node, asked, at):
        return given if asked == account else ()

    monkeypatch.setattr("beacon_node.actions.applications.grants.grants_at", grants_at)


def test_what_the_committee_granted_needs_the_link_and_a_fresh_visa(world, monkeypatch):
    person = account_of(world.node.pseudonym_key, ANNA)
    shows = grant(value="EGAD00000000000")  # in order, and opens nothing by itself
    own_grants(world, monkeypatch, person)
    assert who(world, shows).requester.grants == ()  # not linked
    own_grants(world, monkeypatch, link_identity(world.node, pseudonym(world), ANNA))
    assert who(world).requester.grants == ()  # nobody is there
    assert who(world, grant(value="EGAD00000000000", seconds=HOUR + 1)).requester.grants == ()
    assert len(who(world, shows).requester.grants) == 1
    assert who(world, shows).requester.tier is Tier.CONTROLLED


def test_nobody_uses_another_person_s_grants_with_visas_of_their_own(world, monkeypatch):
    own_grants(world, monkeypatch, link_identity(world.node, pseudonym(world), ANNA))
    with pytest.raises(NotPermitted, match="another person"):
        who(world, grant(sub="ben"))
    found = who(world, grant(sub="ben"), asserted=replace(REGISTERED, researcher="r-2"))
    assert [one.reference for one in found.requester.grants] == [
        "visa EGAD00001006673 of EGAC00001000908"
    ]


def test_a_block_of_either_account_counts(world):
    person = account_of(world.node.pseudonym_key, ANNA)
    committee(world, Block(person, "cohort", "misuse"))
    assert who(world, grant()).requester.grants == ()
    assert who(world, grant(sub="ben")).requester.grants
    committee(world, Block(pseudonym(world), "*", "misuse"))
    found = who(world, grant(sub="ben")).requester
    assert (found.tier, found.grants, found.purpose) == (Tier.PUBLIC, (), None)


# ---- applying ------------------------------------------------------------------------------------


def applies(world, *visas, is_deed=True, asserted=REGISTERED, broker=NETWORK):
    who = Introduced(broker, asserted, visas)
    return applicant(world.node, world.house, who, is_deed=is_deed).account


def test_who_applies_shows_who_they_are_and_is_one_person_from_then_on(world):
    account = applies(world, fresh("AffiliationAndRole", sub="s-1"))
    assert who(world).requester.account == account
    linked = world.node.ledger.linked()
    assert linked.are_one(
        [account_of(world.node.pseudonym_key, Subject(STATUS, "s-1")), pseudonym(world)]
    )


def test_who_only_looks_links_nothing(world):
    account = applies(world, grant(), is_deed=False)
    assert account == account_of(world.node.pseudonym_key, ANNA)
    assert world.node.ledger.linked().links == ()


def test_without_a_fresh_visa_nobody_applies(world):
    for visas in [(), (grant(seconds=HOUR + 1),), ("x.y.z",)]:
        with pytest.raises(NotAuthenticated, match="visas"):
            applies(world, *visas)


def test_a_pseudonym_is_linked_to_one_person_once(world):
    applies(world, grant())
    assert applies(world, grant()) == applies(world, grant())
    with pytest.raises((Conflict, NotPermitted)):
        applies(world, grant(sub="ben"))


def test_no_broker_does_the_committee_s_work(world):
    person = account_of(world.node.pseudonym_key, ANNA)
    with world.node.ledger.deciding(now=world.clock.now()) as deciding:
        deciding.add(Committee(frozenset({person}), frozenset({"cohort"})), ADMIN)
    for is_deed in (True, False):
        with pytest.raises(NotPermitted, match="committee"):
            applies(world, grant(), is_deed=is_deed)


def test_keys_of_issuers_are_fetched_from_the_configured_address_only(world):
    world.internet.serve(STATUS_JKU, {"keys": [public_jwk("es-status")]})
    evil = fresh("AffiliationAndRole", sub="s-1", header={"jku": "https://evil.example/keys"})
    assert who(world, evil).standing is None
    assert not any("evil" in address for address in world.internet.asked)


def test_another_purpose_is_another_purpose(world):
    commercial = read_purpose({"categories": ["commercial"]})
    asserted = replace(REGISTERED, purpose=commercial)
    assert who(world, asserted=asserted).requester.purpose == commercial

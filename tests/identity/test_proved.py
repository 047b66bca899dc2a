"""What tokens proved is kept, and never past anything that it rests on; in every process."""

from dataclasses import replace

import pytest

from beacon_node.actions.applications.desk import block
from beacon_node.errors import NotAuthenticated, NotPermitted
from beacon_node.identity import prove, proved
from beacon_node.identity.clearinghouse import open_clearinghouse
from beacon_node.identity.keys import FRESH, STALE
from beacon_node.identity.userinfo import KEPT
from beacon_node.model.application import Block
from beacon_node.model.dac import Actor
from beacon_node.model.passport import Rule
from beacon_node.model.requester import Tier
from beacon_node.store.ledger import Ledger
from tests.clearinghouse.issuers import public_jwk
from tests.clearinghouse.world import (
    BROKER,
    BROKER_KEYS,
    NODE,
    REMS_JKU,
    STATUS,
    STATUS_JKU,
    USERINFO,
    T,
    access_token,
    good_visas,
    make_world,
    passport,
    visa,
)


@pytest.fixture
def world(tmp_path):
    world = make_world(tmp_path)
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    yield replace(world, node=replace(world.node, ledger=ledger))
    ledger.close()


@pytest.fixture
def other(world):
    """The same node in another process: its own caches and connections."""
    house = open_clearinghouse(world.file, NODE, world.internet.session(), world.clock)
    ledger = Ledger(world.node.ledger.path)
    yield replace(world, node=replace(world.node, ledger=ledger), house=house)
    ledger.close()


@pytest.fixture
def verified(monkeypatch):
    """The signatures that were verified."""
    seen, real = [], prove.is_signed
    monkeypatch.setattr(prove, "is_signed", lambda *one: seen.append(one) or real(*one))
    return seen


def good() -> str:
    return passport(*good_visas())


def test_signatures_are_verified_once(world, verified):
    first = world.ask(good())
    assert len(verified) == 5
    assert [world.ask(good()) for _ in range(3)] == [first] * 3
    assert len(verified) == 5


def test_other_tokens_or_another_order_are_others(world, verified):
    anna, bert = good(), passport(claims={"sub": "bert"})
    accounts = [world.ask(*t).requester.account for t in ((anna, bert), (bert, anna), (bert,))]
    assert accounts[0] != accounts[1] == accounts[2]
    assert len(verified) == 6 + 6 + 1


def test_a_token_itself_is_not_kept(world):
    token = good()
    world.ask(token)
    kept = world.house.proved._kept
    assert len(kept) == 1 and token.encode() not in repr(list(kept)).encode()


def test_a_refused_token_is_verified_each_time(world, verified):
    forged = passport(key="es-evil", header={"kid": "broker", "alg": "RS256"})
    for _ in range(2):
        with pytest.raises(NotAuthenticated):
            world.ask(forged)
    assert not world.house.proved._kept


def test_what_is_kept_is_bounded(world, monkeypatch):
    monkeypatch.setattr(proved, "MOST", 2)
    house = open_clearinghouse(world.file, NODE, world.internet.session(), world.clock)
    for number in range(5):
        replace(world, house=house).ask(passport(claims={"jti": f"{number}"}))
    assert len(house.proved._kept) == 2


# ---- time ----------------------------------------------------------------------------------------


def test_it_ends_with_the_first_thing_that_ends(world):
    ending = visa("ControlledAccessGrants", claims={"exp": T + 60})
    token = passport(ending)
    assert world.ask(token).requester.tier is Tier.CONTROLLED
    world.clock.forward(seconds=59)
    assert world.ask(token).requester.grants
    world.clock.forward(seconds=1)
    found = world.ask(token)
    assert not found.requester.grants and found.standing.findings[0].rule is Rule.EXPIRED


def test_a_passport_that_ended_is_refused(world):
    token = passport(claims={"exp": T + 60})
    world.ask(token)
    world.clock.forward(seconds=60)
    with pytest.raises(NotAuthenticated, match="ended"):
        world.ask(token)


def test_what_begins_later_counts_once_it_begins(world):
    later = visa("ControlledAccessGrants", claims={"nbf": T + 120})
    token = passport(later)
    assert not world.ask(token).requester.grants
    world.clock.forward(seconds=120)
    assert world.ask(token).requester.grants


def test_a_clock_that_was_set_back_is_no_reason_to_believe(world, verified):
    world.ask(good())
    world.clock.forward(hours=-2)
    with pytest.raises(NotAuthenticated, match="future"):
        world.ask(good())


def test_nothing_is_kept_for_longer_than_a_removed_key_is_taken(world, verified):
    world.ask(good())
    world.clock.forward(seconds=proved.LONGEST.total_seconds())
    world.ask(good())
    assert proved.LONGEST <= FRESH and len(verified) == 10


# ---- whatever it rests on ------------------------------------------------------------------------


@pytest.fixture
def both(world, other):
    """Two processes that have both verified what is good."""
    for one in (world, other):
        assert one.ask(good()).requester.tier is Tier.CONTROLLED
    return world, other


def test_a_blocked_person_is_refused_from_the_next_request_on(both):
    world, other = both
    world.trust(f'[[blocked]]\niss = "{BROKER}"\nsub = "anna"\nreason = "left"\n')
    for one in (world, other):
        with pytest.raises(NotAuthenticated, match="blocked"):
            one.ask(good())


def test_whom_another_identity_blocks_is_refused_from_the_next_request_on(both):
    world, other = both
    world.trust(f'[[blocked]]\niss = "{STATUS}"\nsub = "s-1"\nreason = "left"\n')
    for one in (world, other):
        with pytest.raises((NotPermitted, NotAuthenticated), match="blocked"):
            one.ask(good())
        with pytest.raises((NotPermitted, NotAuthenticated), match="blocked"):
            one.ask(passport())


def test_a_token_or_key_that_is_blocked_is_refused_from_the_next_request_on(both):
    world, other = both
    for blocked in ('jti = "passport-1"', 'kid = "broker"'):
        world.trust(f'[[blocked]]\niss = "{BROKER}"\n{blocked}\nreason = "stolen"\n')
        for one in (world, other):
            with pytest.raises(NotAuthenticated):
                one.ask(good())


def test_an_issuer_that_is_no_longer_trusted_gives_nothing_from_the_next_request_on(both):
    world, other = both
    world.file.write_text(world.file.read_text().replace('value = "EGAD', 'value = "EGAX'))
    for one in (world, other):
        assert not one.ask(good()).requester.grants


def test_a_key_that_its_issuer_removed_ends_as_if_nothing_were_kept(both):
    world, other = both
    world.internet.serve(REMS_JKU, {"keys": [public_jwk("es-status")]})
    world.internet.serve(BROKER_KEYS, {"keys": [public_jwk("broker")]})
    world.clock.forward(seconds=FRESH.total_seconds() + 1)
    for one in (world, other):
        assert not one.ask(good()).requester.grants
    world.internet.serve(BROKER_KEYS, {"keys": []})
    world.clock.forward(seconds=FRESH.total_seconds() + 1)
    for one in (world, other):
        with pytest.raises(NotAuthenticated, match="no key"):
            one.ask(good())


def test_a_key_that_its_issuer_publishes_later_counts_then(world):
    keys = {"keys": [public_jwk("es-status")]}
    world.internet.serve(STATUS_JKU, {"keys": []})
    assert not world.ask(good()).standing.is_registered
    world.internet.serve(STATUS_JKU, keys)
    world.clock.forward(seconds=31)
    assert world.ask(good()).standing.is_registered


def test_keys_that_could_not_be_had_are_asked_for_again(world):
    world.internet.down.add(STATUS_JKU)
    assert not world.ask(good()).standing.is_registered
    assert not world.house.proved._kept
    world.internet.down.clear()
    world.clock.forward(seconds=31)
    assert world.ask(good()).standing.is_registered


def test_an_issuer_that_cannot_be_reached_for_long_is_believed_no_more(both):
    world, other = both
    world.internet.down.add(BROKER_KEYS)
    world.clock.forward(seconds=STALE.total_seconds() + 1)
    for one in (world, other):
        with pytest.raises(NotAuthenticated):
            one.ask(good())


def test_what_a_broker_no_longer_confirms_ends_with_its_hour(world):
    world.internet.serve(USERINFO, {"sub": "anna", "ga4gh_passport_v1": good_visas()})
    token = access_token(claims={"exp": T + 9_000})
    for _ in range(2):
        assert world.ask(token).requester.grants
    world.internet.serve(USERINFO, {"sub": "anna", "ga4gh_passport_v1": []})
    world.clock.forward(seconds=KEPT.total_seconds() - 1)
    assert world.ask(token).requester.grants
    world.clock.forward(seconds=1)
    assert not world.ask(token).requester.grants


def test_what_the_ledger_says_is_looked_up_anew(both):
    world, other = both
    account = world.ask(good()).requester.account
    block(world.node, Block(account, "*", "misuse"), Actor("root", "administrator"))
    for one in (world, other):
        found = one.ask(good()).requester
        assert (found.tier, found.grants) == (Tier.PUBLIC, ())

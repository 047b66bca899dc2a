"""One person is one account at a node, whatever identities they show."""

from dataclasses import replace
from urllib.parse import quote

import pytest

from beacon_node.actions.audit_entries import Wanted, shown_entries
from beacon_node.actions.link_identity import account_at, account_of, link_identity, one_account
from beacon_node.errors import Conflict, NotAuthenticated, NotPermitted, StoreUnavailable
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.passport import Rule, Subject
from beacon_node.store.ledger import Ledger
from tests.clearinghouse.issuers import public_jwk
from tests.clearinghouse.world import BROKER, BROKER_KEYS, STATUS, link, make_world, passport, visa

OTHER = "https://other-broker.example"
ANNA, ANNA_THERE = Subject(BROKER, "anna"), Subject(OTHER, "a-7")
PSEUDONYM = Subject("broker:north", "p-1")


@pytest.fixture
def world(tmp_path):
    """A node that trusts two passport brokers."""
    world = make_world(tmp_path)
    world.internet.serve(BROKER_KEYS, {"keys": [public_jwk("broker")]})
    world.trust(f'[[broker]]\niss = "{OTHER}"\nkeys = "{BROKER_KEYS}"\n')
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    yield replace(world, node=replace(world.node, ledger=ledger))
    ledger.close()


def pair(subject: Subject) -> str:
    return f"{quote(subject.sub, safe='')},{quote(subject.iss, safe='')}"


def here(*visas):
    return passport(*visas)


def there(*visas):
    return passport(*visas, claims={"iss": OTHER, "sub": ANNA_THERE.sub})


def both(**changes):
    return link(pair(ANNA), pair(ANNA_THERE), **changes)


def accounts(world, *requests):
    return [world.ask(*tokens).requester.account for tokens in requests]


def test_identities_that_a_trusted_visa_joins_are_one_account_from_then_on(world):
    before = accounts(world, [here()], [there()])
    assert len(set(before)) == 2
    joined = accounts(world, [here(both()), there()])
    assert accounts(world, [here()], [there()], [there(), here()]) == joined * 3
    assert joined[0] in before


def test_also_an_identity_that_the_visa_names_and_nobody_has_shown_yet(world):
    world.ask(here(both()))
    assert accounts(world, [there()]) == accounts(world, [here()])
    assert account_at(world.node, Subject(STATUS, "s-1")) == account_at(world.node, ANNA)


def test_another_process_knows_it_from_the_next_request_on(world):
    other = replace(world, node=replace(world.node, ledger=Ledger(world.node.ledger.path)))
    assert accounts(other, [here()]) != accounts(other, [there()])
    world.ask(here(both()))
    assert accounts(other, [here()]) == accounts(other, [there()])
    other.node.ledger.close()


def test_two_passports_that_nothing_joins_stay_two_accounts(world):
    world.ask(here(), there())
    world.ask(there(), here())
    assert len(set(accounts(world, [here()], [there()]))) == 2
    assert world.node.ledger.head().sequence == 0


@pytest.mark.parametrize("broken", [{"source": "https://uni.example"}, {"by": "self"}])
def test_what_no_trusted_source_says_joins_nobody(world, broken):
    found = world.ask(here(both(**broken)))
    assert len(set(accounts(world, [here()], [there()]))) == 2
    expected = Rule.BY if "by" in broken else Rule.SOURCE
    assert found.standing.findings[0].rule is expected


def test_the_ledger_holds_no_identity_in_clear(world):
    world.ask(here(both()))
    (entry,) = world.node.ledger.entries(kind="link")
    assert not [word for word in ("anna", "a-7", "s-1", "example") if word in entry.body]


def test_the_identities_need_no_second_entry(world):
    for _ in range(3):
        world.ask(here(both()), there())
    assert world.node.ledger.head().sequence == 1


def test_a_request_whose_identities_cannot_be_linked_is_refused(world, monkeypatch):
    def full(*_, **__):
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(world.node.ledger, "writing", full)
    with pytest.raises(StoreUnavailable):
        world.ask(here(both()))
    assert world.ask(here()).requester.account


def test_whom_the_operator_blocks_is_blocked_under_every_identity(world):
    world.ask(here(both()))
    blocked = f'[[broker]]\niss = "{OTHER}"\nkeys = "{BROKER_KEYS}"\n'
    world.trust(f'{blocked}[[blocked]]\niss = "{BROKER}"\nsub = "anna"\nreason = "left"\n')
    for token in (here(), there()):
        with pytest.raises((NotPermitted, NotAuthenticated), match="blocked"):
            world.ask(token)
    world.ask(passport(claims={"sub": "bert"}))


# ---- who comes through a broker of the network ---------------------------------------------------


@pytest.fixture
def pseudonym(world):
    return account_of(world.node.pseudonym_key, PSEUDONYM)


def test_who_shows_an_identity_is_one_account_both_ways_in(world, pseudonym):
    found = link_identity(world.node, pseudonym, ANNA)
    assert {account_at(world.node, one) for one in (PSEUDONYM, ANNA)} == {found}
    assert accounts(world, [here()]) == [found]
    assert link_identity(world.node, pseudonym, ANNA) == found
    assert world.node.ledger.head().sequence == 1


def test_a_pseudonym_is_linked_to_one_person_once(world, pseudonym):
    link_identity(world.node, pseudonym, ANNA)
    with pytest.raises(Conflict, match="once"):
        link_identity(world.node, pseudonym, Subject(BROKER, "bert"))
    world.ask(here(both()))
    assert link_identity(world.node, pseudonym, ANNA_THERE) == accounts(world, [here()])[0]


def test_any_account_of_a_person_finds_the_one_they_count_as(world, pseudonym):
    found = link_identity(world.node, pseudonym, ANNA)
    anna = account_of(world.node.pseudonym_key, ANNA)
    assert one_account(world.node, pseudonym) == one_account(world.node, anna) == found


def test_somebody_else_s_visa_links_nobody_else(world):
    """A visa about an identity that is not the holder's joins nothing to the holder."""
    world.ask(here(link(pair(ANNA_THERE), claims={"sub": "s-9"}), visa()))
    assert len(set(accounts(world, [here()], [there()]))) == 2


def test_the_audit_of_an_account_is_that_of_the_person(world):
    ledger, purpose = world.node.ledger, ResearchPurpose(frozenset({"methods"}))
    mine, hers = accounts(world, [there()], [passport(claims={"sub": "bert"})])
    for account in (mine, hers):
        ledger.fix_purpose(account, purpose, now=world.clock.now())
    world.ask(here(both()))
    for token in (here(), there()):
        (account,) = accounts(world, [token])
        shown = shown_entries(world.node, Wanted(account=account))
        assert [one.kind for one in shown] == ["purpose", "link"]
    assert not [
        one for one in shown_entries(world.node, Wanted(account=hers)) if one.kind == "link"
    ]

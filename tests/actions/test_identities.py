"""Whom a node knows by name: applicants and staff, for as long as its operator says."""

from dataclasses import replace

import pytest

from beacon_node.actions.applications.desk import open_application
from beacon_node.actions.applications.views import ADMINISTRATOR, view
from beacon_node.actions.identities import known_identities, names, purge, purge_due
from beacon_node.actions.link_identity import account_at
from beacon_node.actions.mail import address_of, set_address
from beacon_node.cli.main import run
from beacon_node.model.application import Committee
from beacon_node.model.identities import Identity
from beacon_node.model.linked import How
from beacon_node.model.passport import Subject
from beacon_node.settings import Audit
from beacon_node.store.ledger import Ledger
from tests.actions.applications.office import ADMIN, ANN, FORM, applied, open_office
from tests.clearinghouse.world import (
    BROKER,
    USERINFO,
    access_token,
    good_visas,
    link,
    make_world,
    passport,
    visa,
)

ANNA = Subject(BROKER, "anna")


@pytest.fixture
def world(tmp_path):
    world = make_world(tmp_path)
    ledger = Ledger.create(tmp_path / "ledger.sqlite")

    class Random:
        def bytes(self, count):
            return b"0123456789abcdef"[:count]

    node = replace(world.node, ledger=ledger, randomness=Random())
    yield replace(world, node=node)
    ledger.close()


@pytest.fixture
def anna(world):
    """Anna's account, which sits on the committee."""
    account = account_at(world.node, ANNA)
    committee = Committee(frozenset({account}), frozenset({"c"}))
    with world.node.ledger.deciding(now=world.clock.now()) as deciding:
        deciding.add(committee, ADMIN)
    return account


def test_of_who_neither_applies_nor_has_a_role_nothing_is_kept(world):
    world.ask(passport(*good_visas()))
    assert not known_identities(world.node)


def test_of_the_committee_it_is_kept_what_they_proved_last(world, anna):
    world.internet.serve(
        USERINFO,
        {"sub": "anna", "name": "Anna Example", "ga4gh_passport_v1": [visa(), link()]},
    )
    world.ask(access_token())
    (one,) = known_identities(world.node)
    expected = Identity(BROKER, "anna", "Anna Example", "faculty@uni.example")
    assert (one.account, one.identity) == (anna, expected)
    world.ask(passport())
    (one,) = known_identities(world.node)
    assert one.identity == Identity(BROKER, "anna")
    assert world.node.ledger.verify().is_whole


@pytest.mark.parametrize("name", [7, None, "x" * 201, ["Anna"]])
def test_a_name_that_is_none_is_no_reason_to_refuse(world, anna, name):
    world.internet.serve(USERINFO, {"sub": "anna", "name": name, "ga4gh_passport_v1": []})
    world.ask(access_token())
    (one,) = known_identities(world.node)
    assert one.identity.name == ""


def test_who_applies_is_known_from_the_next_request_on(world, anna):
    bert = passport(claims={"sub": "bert"})
    account = world.ask(bert).requester.account
    open_application(world.node, FORM, account)
    world.ask(bert)
    assert account in names(world.node)


def test_a_person_is_known_under_all_their_accounts_and_forgotten_under_all(world, anna):
    world.ask(passport())
    world.node.ledger.link((anna, "acc-other"), How.VISAS, now=world.clock.now())
    assert names(world.node, ["acc-other"]) == {"acc-other": f"anna at {BROKER}"}
    assert purge(world.node, "root", account="acc-other") == 1
    assert not names(world.node) and world.node.ledger.verify().is_whole


def test_who_was_not_seen_for_as_long_as_the_operator_says_is_forgotten(world, anna):
    world.ask(passport())
    settings = replace(world.node.settings, audit=Audit(identities_months=2))
    node = replace(world.node, settings=settings)
    world.clock.forward(days=60)
    assert purge_due(node, "the node") == 0
    world.clock.forward(days=1)
    assert (
        purge_due(replace(node, settings=replace(settings, audit=Audit(identities_months=0))), "x")
        == 0
    )
    assert purge_due(node, "the node") == 1 and not known_identities(node)


# ---- where names are shown -----------------------------------------------------------------------


@pytest.fixture
def office(tmp_path, monkeypatch):
    node = open_office(tmp_path / "home")
    monkeypatch.setenv("BEACON_NODE_HOME", str(node.home))
    yield node
    node.ledger.close()


@pytest.fixture
def tell(office, capsys):
    """Return a function that runs a command, and returns its exit code and what it says."""

    def tell(words: str) -> tuple[int, str]:
        code = run(words.split())
        return code, "".join(capsys.readouterr())

    return tell


def test_the_committee_sees_names_while_they_are_kept_and_applicants_see_none(office, tell):
    id = applied(office)
    identity = Identity("https://aai.example", "ann-1", "Ann Example")
    office.ledger.remember(ANN, identity, salt=bytes(16), now=office.clock.now())
    assert view(office, id, "acc-eve").names == {ANN: "Ann Example"}
    assert view(office, id, ADMINISTRATOR).names and not view(office, id, ANN).names
    named = f"dac applications show {id}", "audit show --kind application", "audit identities list"
    for words in named:
        code, told = tell(words)
        assert code == 0 and "Ann Example" in told
    assert tell(f"audit identities purge --account {ANN}") == (
        0,
        "Forgot 1 identities; the chain stays whole.\n",
    )
    for words in named:
        code, told = tell(words)
        assert code == 0 and "Example" not in told
    assert "as they were written" in tell("audit verify")[1]


def test_one_way_to_choose_whom_to_forget_is_expected(tell):
    code, told = tell("audit identities purge")
    assert code == 2 and "exactly one" in told
    assert tell("audit identities purge --before 2031-01-31")[0] == 0
    assert tell("audit identities purge --due")[0] == 0


def test_where_somebody_wanted_mail_is_forgotten_with_who_they_are(world, anna):
    node = world.node
    node.data.mkdir()
    set_address(node, anna, "anna@uni.example")
    set_address(node, "acc-other", "other@uni.example")
    world.ask(passport(*good_visas()))
    assert purge(node, "root", before=world.clock.now()) == 0
    assert address_of(node, anna)
    world.clock.forward(days=400)
    assert purge(node, "root", before=world.clock.now()) == 1
    assert not address_of(node, anna) and address_of(node, "acc-other")
    assert b"anna@uni" not in (node.data / "outbox.sqlite").read_bytes()

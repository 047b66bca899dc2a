"""Whatever is taken back, by whomever: refused from the next request on, in every process.

Two applications over one home stand for two processes; both have answered before, so that whatever
they keep of tokens, keys and grants is warm.
"""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from beacon_node.actions.applications.desk import act, block, set_committee, set_terms
from beacon_node.actions.identify import account_of
from beacon_node.model.application import (
    AcceptTerms,
    AddMember,
    Approve,
    Block,
    Close,
    RemoveMember,
    Revoke,
)
from beacon_node.model.dac import Actor, Terms
from beacon_node.model.passport import Subject
from tests.actions.applications.office import (
    ADMIN,
    AWARD,
    AYE,
    COMMITTEE,
    EVE,
    FAY,
    GUS,
    applied,
    does,
    open_office,
)
from tests.clearinghouse.issuers import Internet, public_jwk
from tests.clearinghouse.world import BROKER, BROKER_KEYS, passport
from tests.node_web.sites import HERE, QUESTION, TRUSTED, Clock, Site

ANNA, BEN = Subject(BROKER, "anna"), Subject(BROKER, "ben")
BLOCKED = f'\n[[blocked]]\niss = "{BROKER}"\n'


@pytest.fixture(scope="module")
def office_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("office") / "home"
    open_office(home).ledger.close()
    return home


@pytest.fixture
def internet():
    internet = Internet()
    internet.serve(BROKER_KEYS, {"keys": [public_jwk("broker")]})
    return internet


@pytest.fixture
def sites(office_home, tmp_path, internet):
    """Two processes of one node at which anna has a grant; ben is of her application too."""
    shutil.copytree(office_home, tmp_path / "home")
    clock = Clock()
    found = [Site(tmp_path / "home", HERE, internet, clock, TRUSTED) for _ in range(2)]
    node = found[0].node
    anna, ben = (account_of(node.pseudonym_key, who) for who in (ANNA, BEN))
    id = applied(node, anna)
    does(node, id, EVE, AddMember(ben), AYE)
    does(node, id, FAY, Approve(AWARD))
    return found, id, (anna, ben)


def now_passport(site: Site, **claims) -> str:
    at = int(site.node.clock.now().timestamp())
    return passport(claims={"iat": at - 5, "exp": at + 600, **claims})


def is_counted(site: Site, token: str) -> bool:
    """Say whether somebody is told an exact count."""
    answer = site.get(QUESTION, token)
    return "numTotalResults" in answer.json.get("responseSummary", {})


def _trust(text: str):
    return lambda node, id, who: (node.home / "trusted.toml").write_text(text)


def _end(node, id, who) -> None:
    node.clock.time = AWARD.until


WAYS = {
    "revoked": lambda node, id, who: act(node, id, Revoke("handed on"), GUS),
    "closed": lambda node, id, who: act(node, id, Close("done"), GUS),
    "taken back by the applicant": lambda node, id, who: act(node, id, Close("done"), who),
    "blocked from the dataset": lambda node, id, who: block(
        node, Block(who, "c", "handed on"), Actor(GUS)
    ),
    "blocked from all": lambda node, id, who: block(node, Block(who, "*", "left"), Actor(GUS)),
    "new terms": lambda node, id, who: set_terms(node, Terms("v2", "Stricter."), ADMIN),
    "the end": _end,
    "the dataset is not the committee's any more": lambda node, id, who: set_committee(
        node, replace(COMMITTEE, datasets=frozenset({"d"})), ADMIN
    ),
    "the person blocked by the administrator": _trust(f'{TRUSTED}{BLOCKED}sub = "anna"\n'),
    "the token blocked": _trust(f'{TRUSTED}{BLOCKED}jti = "passport-1"\n'),
    "the key blocked": _trust(f'{TRUSTED}{BLOCKED}kid = "broker"\n'),
    "the broker not trusted any more": _trust(""),
    "a list that cannot be read": _trust("[[broker"),
}


@pytest.mark.parametrize("how", WAYS)
def test_refused_from_the_next_request_on_in_every_process(sites, how):
    (first, second), id, (anna, _) = sites
    if how == "the end":  # a token of then
        at = int(AWARD.until.timestamp())
        token = passport(claims={"iat": at - 600, "exp": at + 600})
        first.node.clock.time = AWARD.until - timedelta(seconds=300)
    else:
        token = now_passport(first)
    assert all(is_counted(site, token) for site in (first, second, first, second))
    WAYS[how](first.node, id, anna)
    assert not any(is_counted(site, token) for site in (second, first, second, first))


def test_a_member_who_is_taken_out_has_nothing_and_the_others_keep_theirs(sites):
    (first, second), id, (_, ben) = sites
    does(first.node, id, ben, AcceptTerms("v1"))
    bens, annas = now_passport(first, sub="ben"), now_passport(first)
    assert is_counted(second, bens) and is_counted(second, annas)
    act(first.node, id, RemoveMember(ben, "left"), EVE)
    assert not is_counted(second, bens) and is_counted(second, annas)


def test_a_key_that_its_issuer_removed_counts_for_five_minutes_at_most(sites, internet):
    (first, second), _, _ = sites
    token = now_passport(first)
    assert is_counted(first, token) and is_counted(second, token)
    internet.serve(BROKER_KEYS, {"keys": [public_jwk("es-broker")]})
    first.node.clock.forward(minutes=5, seconds=1)
    assert first.get(QUESTION, token).status_code == 401
    assert second.get(QUESTION, token).status_code == 401

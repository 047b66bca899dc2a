"""The node as a visa issuer: what its committee granted is taken by another node, and no longer."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from beacon_node.actions.applications.desk import act, block, set_terms
from beacon_node.actions.identify import account_of
from beacon_node.actions.own_visas import hand_out, rotate
from beacon_node.crypto.keys import replace_key
from beacon_node.crypto.visa_keys import VISA_KEY
from beacon_node.model.application import Approve, Award, Block, Close, Revoke
from beacon_node.model.dac import Actor, Terms
from beacon_node.model.passport import Subject
from beacon_node.model.query import Granularity
from beacon_node.model.tokens import read_token
from tests.actions.applications.office import (
    AWARD,
    AYE,
    EVE,
    FAY,
    GUS,
    applied,
    does,
    open_office,
)
from tests.clearinghouse.issuers import Internet, public_jwk
from tests.clearinghouse.world import BROKER, BROKER_KEYS, passport
from tests.node_web.sites import HERE, JKU, QUESTION, TAKEN, THERE, TRUSTED, Clock, Site


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
def clock():
    return Clock()


@pytest.fixture
def first(office_home, tmp_path, internet, clock):
    shutil.copytree(office_home, tmp_path / "first")
    site = Site(tmp_path / "first", HERE, internet, clock, TRUSTED)
    internet.pages[JKU] = lambda _: (200, site.get("/visas/jwks").data, {})
    return site


@pytest.fixture
def second(office_home, tmp_path, internet, clock):
    shutil.copytree(office_home, tmp_path / "second")
    return Site(tmp_path / "second", THERE, internet, clock, TRUSTED + TAKEN)


ANNA = Subject(BROKER, "anna")


def account(site: Site, who: Subject = ANNA) -> str:
    return account_of(site.node.pseudonym_key, who)


def grants(site: Site, award: Award = AWARD) -> str:
    """Let the committee grant anna an application; returns its id."""
    id = applied(site.node, account(site))
    does(site.node, id, EVE, AYE)
    does(site.node, id, FAY, Approve(award))
    return id


def visas(site: Site) -> list[str]:
    answer = site.get("/visas", passport())
    assert answer.status_code == 200, answer.json
    return answer.json["ga4gh_passport_v1"]


def told(site: Site, *tokens: str) -> int | None:
    """Return how many carriers somebody who brings these visas is told of."""
    answer = site.get(QUESTION, passport(*tokens))
    return answer.json["responseSummary"].get("numTotalResults")


# ---- what a visa is ------------------------------------------------------------------------------


def test_a_grant_becomes_a_visa_as_the_standard_has_it(first):
    id = grants(first)
    answer = first.get("/visas", passport())
    (text,), (shown,) = answer.json["ga4gh_passport_v1"], answer.json["visas"]
    token = read_token(text)
    assert token.header == {
        "typ": "vnd.ga4gh.visa+jwt",
        "alg": "ES256",
        "kid": first.get("/visas/jwks").json["keys"][0]["kid"],
        "jku": JKU,
    }
    assert (token.claims["iss"], token.claims["sub"]) == (HERE, "anna")
    now = int(first.node.clock.now().timestamp())
    assert (token.claims["iat"], token.claims["exp"]) == (now, now + 3_600)
    assert token.claims["ga4gh_visa_v1"] == {
        "type": "ControlledAccessGrants",
        "asserted": now,
        "value": f"{HERE}/api/datasets/c",
        "source": f"{HERE}/dac",
        "by": "dac",
    }
    assert (shown["application"], shown["datasetId"]) == (id, "c")
    assert "no-store" in answer.headers["Cache-Control"] and answer.headers["Pragma"] == "no-cache"


def test_a_visa_ends_with_its_grant(first, clock):
    grants(first)
    clock.time = AWARD.until - timedelta(minutes=10, microseconds=-1)
    end = int(clock.now().timestamp()) + 1_800
    token = passport(claims={"iat": end - 3_600, "exp": end})
    (text,) = first.get("/visas", token).json["ga4gh_passport_v1"]
    assert read_token(text).claims["exp"] == int(AWARD.until.timestamp())
    clock.time = AWARD.until
    assert first.get("/visas", token).json["ga4gh_passport_v1"] == []


def test_less_than_records_is_no_visa_for_records(first):
    grants(first, replace(AWARD, granularity=Granularity.COUNT))
    (text,) = visas(first)
    assert read_token(text).claims["ga4gh_visa_v1"]["value"] == (
        f"{HERE}/api/datasets/c?granularity=count"
    )


def test_each_time_visas_are_given_is_on_record_without_them(first):
    id = grants(first)
    before = first.node.ledger.head().sequence
    (text,) = visas(first)
    (entry,) = first.node.ledger.entries(kind="visas", after=before)
    said = json.loads(entry.body)
    assert said["by"] == account(first) and said["datasets"] == ["c"]
    assert said["visas"][0]["application"] == id
    assert not any(part in entry.body for part in text.split("."))
    assert first.node.ledger.verify().is_whole


def test_nothing_granted_is_an_empty_passport_and_no_entry(first):
    applied(first.node, account(first))
    assert visas(first) == [] and not list(first.node.ledger.entries(kind="visas"))


# ---- who gets none -------------------------------------------------------------------------------


def test_without_a_passport_there_are_no_visas(first):
    answer = first.get("/visas")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_equal_sub_of_another_broker_is_given_no_visa(first, internet):
    """Who accepts them would take it for the first broker's person of that name."""
    grants(first)
    other = "https://other.example"
    internet.serve(f"{other}/jwks", {"keys": [public_jwk("broker")]})
    more = f'\n[[broker]]\niss = "{other}"\nkeys = "{other}/jwks"\n'
    (first.node.home / "trusted.toml").write_text(TRUSTED + more)
    answer = first.get("/visas", passport(claims={"iss": other}))
    assert answer.status_code == 403
    assert BROKER in answer.json["error"]["errorMessage"]


def test_a_node_that_was_not_told_to_hands_out_nothing(second):
    grants(second)
    for path in ("/visas", "/visas/jwks", "/.well-known/jwks.json"):
        answer = second.get(path, passport())
        assert answer.status_code == 404
        assert "visas.subjects_of" in answer.json["error"]["errorMessage"]
    assert not (second.node.home / "keys" / VISA_KEY).exists()


@pytest.mark.parametrize("how", ["revoked", "closed", "blocked", "new-terms"])
def test_what_the_committee_took_back_is_in_no_visa_from_then_on(first, how):
    id = grants(first)
    assert len(visas(first)) == 1
    if how == "blocked":
        block(first.node, Block(account(first), "c", "handed on"), Actor(GUS))
    elif how == "new-terms":
        set_terms(first.node, Terms("v2", "Stricter."), Actor("root", "administrator root"))
    else:
        command = Revoke("shared") if how == "revoked" else Close("done")
        act(first.node, id, command, GUS)
    assert visas(first) == []


# ---- two nodes -----------------------------------------------------------------------------------


def test_another_node_takes_the_visa_until_it_ends(first, second, clock):
    grants(first)
    tokens = visas(first)
    assert told(second) is None
    assert told(second, *tokens) == 3
    found = second.get("/whoami", passport(*tokens)).json
    assert found["visas"][0]["usedFor"] == ["a grant for dataset c"]
    (grant,) = found["grants"]
    assert grant["purpose"] == {"categories": ["biomedical"]}, "the one it was granted for"
    clock.forward(minutes=59, seconds=59)
    late = {"iat": int(clock.now().timestamp()), "exp": int(clock.now().timestamp()) + 600}
    assert second.get("/whoami", passport(*tokens, claims=late)).json["grants"]
    clock.forward(seconds=1)
    assert not second.get("/whoami", passport(*tokens, claims=late)).json["grants"]


def test_the_visa_counts_for_nobody_else(first, second):
    grants(first)
    bobs = passport(*visas(first), claims={"sub": "bob"})
    (finding,) = second.get("/whoami", bobs).json["visas"]
    assert not finding["used"] and "another identity" in finding["why"]


def test_a_visa_for_counts_opens_nothing_where_records_are_configured(first, second):
    grants(first, replace(AWARD, granularity=Granularity.COUNT))
    (finding,) = second.get("/whoami", passport(*visas(first))).json["visas"]
    assert finding["why"] == "not used: no dataset here is opened by its value and source"


def test_a_visas_ceiling_lowers_the_configured_one(first, second):
    grants(first, replace(AWARD, granularity=Granularity.BOOLEAN))
    trusted = second.node.home / "trusted.toml"
    value = f"{HERE}/api/datasets/c"
    trusted.write_text(trusted.read_text().replace(value, f"{value}?granularity=boolean"))
    (grant,) = second.get("/whoami", passport(*visas(first))).json["grants"]
    assert grant["ceiling"] == "boolean"


# ---- keys ----------------------------------------------------------------------------------------


def test_both_addresses_publish_public_keys_alone(first):
    keys = first.get("/visas/jwks").json
    assert keys == first.get("/.well-known/jwks.json").json
    (key,) = keys["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    file = first.node.home / "keys" / VISA_KEY
    assert file.stat().st_mode & 0o777 == 0o600 and len(file.read_bytes()) == 32


def test_a_rotated_key_signs_at_once_and_the_old_one_verifies_until_its_visas_ended(
    first, second, clock
):
    grants(first)
    old = visas(first)
    rotate(first.node)
    new = visas(first)
    kids = [read_token(text).header["kid"] for text in (*old, *new)]
    assert kids[0] != kids[1]
    assert [key["kid"] for key in first.get("/visas/jwks").json["keys"]] == kids[::-1]
    assert told(second, *old) == told(second, *new) == 3
    clock.forward(minutes=61)
    assert [key["kid"] for key in first.get("/visas/jwks").json["keys"]] == kids[1:]


def test_a_rotation_that_was_killed_in_between_leaves_the_old_key_as_it_was(
    first, second, clock, monkeypatch
):
    grants(first)
    old = visas(first)

    class Killed(BaseException):
        pass

    def killed(folder, name, content):
        if name == VISA_KEY:
            raise Killed
        replace_key(folder, name, content)

    monkeypatch.setattr("beacon_node.crypto.visa_keys.replace_key", killed)
    with pytest.raises(Killed):
        rotate(first.node)
    assert len(first.get("/visas/jwks").json["keys"]) == 1
    assert told(second, *old) == 3 and told(second, *visas(first)) == 3
    monkeypatch.undo()
    rotate(first.node)
    clock.forward(seconds=31)  # another node asks for a key it does not know twice a minute
    assert told(second, *old) == told(second, *visas(first)) == 3


def test_a_key_that_others_can_read_signs_nothing(first):
    grants(first)
    visas(first)
    (first.node.home / "keys" / VISA_KEY).chmod(0o644)
    assert first.get("/visas", passport()).status_code == 500


def test_no_address_is_asked_but_those_listed(first, second, internet):
    grants(first)
    told(second, *visas(first))
    assert set(internet.asked) == {BROKER_KEYS, JKU}
    with pytest.raises(requests.ConnectionError):
        internet.session().get(f"{HERE}/elsewhere")


def test_a_ledger_that_may_lack_revocations_gives_no_visas(first):
    grants(first)
    assert len(visas(first)) == 1
    with closing(sqlite3.connect(first.node.ledger.path)) as ledger:
        ledger.execute("DROP TRIGGER entry_is_never_changed")
        ledger.execute("UPDATE entry SET body = '{}' WHERE sequence = 2")
        ledger.commit()
    first.node.ledger.verify_or_halt()
    assert first.get("/visas", passport()).status_code == 503


def test_who_comes_with_two_joined_identities_is_named_as_the_configured_brokers(first):
    """Another broker's person gets them if a trusted visa joins that one to ours."""
    known = Subject("https://other.example", "x"), ANNA
    grants(first)
    (given,) = hand_out(first.node, known, account(first))
    assert read_token(given.text).claims["sub"] == "anna"

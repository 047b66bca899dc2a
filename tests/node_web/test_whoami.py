"""`/whoami` and the tokens of questions: told what a token gives, never told the token."""

import base64
import json
from dataclasses import replace

import pytest

from beacon_node.errors import ConfigurationError
from beacon_node.model.genome import Assembly
from beacon_node.node_web.app import create_app
from beacon_node.node_web.passports import PassportDesk, add_passports, clearinghouse_of
from beacon_node.ports import Dataset
from beacon_node.store.ledger import Ledger
from tests.actions.fakes import FakeStore
from tests.clearinghouse.world import (
    BROKER,
    LISTED,
    USERINFO,
    T,
    access_token,
    good_visas,
    link,
    make_world,
    passport,
    visa,
)


@pytest.fixture
def world(tmp_path):
    world = make_world(tmp_path)
    yield world
    assert set(world.internet.asked) <= LISTED


@pytest.fixture
def client(world):
    desk = PassportDesk(world.node, world.house)
    app = create_app(world.node, desk.who_asks)
    add_passports(app, desk)
    return app.test_client()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_passport_as_bearer_is_told_what_it_gives(client):
    answer = client.get("/whoami", headers=bearer(passport(*good_visas(), visa())))
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    told = answer.json
    assert told["tier"] == "controlled" and told["registered"] is True
    assert told["organisation"] == "https://uni.example" and told["purpose"] is None
    (grant,) = told["grants"]
    assert (grant["datasetId"], grant["ceiling"]) == ("cohort", "count")
    assert grant["until"] == told["until"] == "2030-01-11T13:00:00+00:00"
    assert [visa["used"] for visa in told["visas"]] == [True] * 4 + [False]
    assert told["visas"][2]["usedFor"] == ["a grant for dataset cohort"]
    assert told["visas"][4]["why"].startswith("not used: ") and told["visas"][4]["clause"]


def test_bearer_body_and_userinfo_say_the_same(client, world):
    world.internet.serve(USERINFO, {"sub": "anna", "ga4gh_passport_v1": good_visas()})
    by_header = client.get("/whoami", headers=bearer(passport(*good_visas()))).json
    by_body = client.post("/whoami", json={"passports": [passport(*good_visas())]}).json
    by_userinfo = client.get("/whoami", headers=bearer(access_token())).json
    assert by_header == by_body == by_userinfo


def test_many_visas_fit_into_a_body(client):
    crowd = [visa(claims={"jti": str(number)}) for number in range(150)]
    answer = client.post("/whoami", json={"passports": [passport(*good_visas(), *crowd)]})
    assert answer.status_code == 200 and len(answer.json["visas"]) == 154


def test_without_a_token_there_is_nothing_to_tell(client):
    answer = client.get("/whoami")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Basic YTpi", "bearer x", "Bearer a.b.c", "Bearer " + "x" * 4_000, "x"],
)
@pytest.mark.parametrize("path", ["/whoami", "/api/individuals", "/api/datasets"])
def test_a_header_that_is_no_good_passport_is_refused_everywhere(client, path, header):
    answer = client.get(path, headers={"Authorization": header})
    assert answer.status_code == 401 and "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize(
    "body",
    [
        b'{"passports": []}',
        b'{"passports": "a.b.c"}',
        b'{"passports": [1]}',
        b'{"passports": ["a", "a", "a", "a", "a"]}',
        b'{"passports": [',
        b'{"passports": ["\xff"]}',
        b'{"passports": ["\\ud800"]}',
    ],
    ids=["none", "a-text", "a-number", "five", "broken", "not-utf-8", "half-a-character"],
)
def test_a_body_that_cannot_be_meant_is_a_bad_request(client, body):
    assert client.post("/whoami", data=body).status_code == 400
    assert client.post("/api/individuals", data=body).status_code == 400


def test_a_token_in_header_and_body_is_refused(client):
    told = {"headers": bearer(passport()), "json": {"passports": [passport()]}}
    assert client.post("/whoami", **told).status_code == 400


def test_a_passport_written_with_escapes_is_not_taken_for_none(client):
    body = b'{"p\\u0061ssports": ["a.b.c"]}'
    assert client.post("/api/individuals", data=body).status_code == 401


def test_a_question_in_a_body_is_read_beside_its_passport(client):
    question = {"query": {"requestedGranularity": "boolean"}, "passports": [passport()]}
    assert client.post("/api/individuals", json=question).status_code == 200
    question["passports"] = [passport(claims={"exp": T})]
    answer = client.post("/api/individuals", json=question)
    assert answer.status_code == 401 and question["passports"][0] not in answer.text


def test_a_grant_opens_its_dataset_to_questions(tmp_path):
    """The requester that a passport makes is the one that decisions are made about."""
    world = make_world(tmp_path)
    desk = PassportDesk(world.node, world.house)
    asked = []

    def who_asks():
        asked.append(desk.who_asks())
        return asked[-1]

    client = create_app(world.node, who_asks).test_client()
    client.get("/api/individuals", headers=bearer(passport(*good_visas())))
    client.get("/api/individuals")
    assert [grant.dataset_id for grant in asked[0].grants] == ["cohort"]
    assert asked[1].account == "" and not asked[1].grants


# ---- nothing is echoed ---------------------------------------------------------------------------


def pieces(*tokens: str) -> set[str]:
    """Return what an answer might repeat of tokens: their parts, and every text they state."""
    found = set()
    for token in tokens:
        parts = token.split(".")
        found |= {part[:24] for part in parts}
        for part in parts[:2]:
            raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            found |= {text for text in texts(json.loads(raw)) if "secret" in text}
    return found


def texts(value: object):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


SECRETS = {"sub": "secret-sub", "jti": "secret-jti", "email": "secret@person.example"}


@pytest.mark.parametrize(
    "bad",
    [
        {"claims": {"exp": T, **SECRETS}},
        {"key": "evil", "claims": SECRETS},
        {"header": {"jku": "https://secret.example"}, "claims": SECRETS},
        {"claims": {"iss": "https://secret.example", **SECRETS}},
        {"claims": SECRETS, "value": "secret@value"},
        {"claims": SECRETS, "source": "https://secret.example"},
        {"claims": SECRETS, "type": "https://secret.example/type"},
        {"claims": SECRETS, "conditions": [[{"type": "secret", "value": "const:secret"}]]},
    ],
)
def test_nothing_of_a_token_is_repeated(client, bad):
    carried = visa(**bad)
    token = passport(*good_visas(), carried, claims={"sub": "secret-anna", "name": "secret"})
    answer = client.get("/whoami", headers=bearer(token))
    assert answer.status_code == 200
    assert not [piece for piece in pieces(token, carried) if piece in answer.text]


def test_nothing_of_a_refused_token_is_repeated_or_logged(client, caplog):
    token = passport(*good_visas(), claims={"exp": T, **SECRETS})
    answer = client.get("/whoami", headers=bearer(token))
    told = answer.text + str(answer.headers) + caplog.text
    assert answer.status_code == 401 and "it has ended" in answer.text
    assert not [piece for piece in pieces(token) if piece in told]


# ---- the operator's list -------------------------------------------------------------------------


def test_a_blocked_person_is_refused_in_the_next_request(client, world):
    header = bearer(passport(*good_visas()))
    assert client.get("/whoami", headers=header).status_code == 200
    world.trust(f'[[blocked]]\niss = "{BROKER}"\nsub = "anna"\n')
    assert client.get("/whoami", headers=header).status_code == 401
    assert client.get("/api/individuals", headers=header).status_code == 401


def test_a_broken_list_closes_the_node_to_tokens_alone(client, world, caplog):
    world.trust("[[blocked]]\nname = 'x'\n")
    answer = client.get("/whoami", headers=bearer(passport()))
    assert answer.status_code == 503 and "blocked[1]" not in answer.text
    assert "blocked[1]" in caplog.text and "operator's log" in answer.text
    assert client.get("/api/individuals").status_code == 200
    world.trust("")
    assert client.get("/whoami", headers=bearer(passport())).status_code == 200


def test_a_node_that_trusts_nobody_refuses_every_token(tmp_path):
    world = make_world(tmp_path)
    world.file.write_text("")
    desk = PassportDesk(world.node, world.house)
    app = create_app(world.node, desk.who_asks)
    answer = app.test_client().get("/api/individuals", headers=bearer(passport()))
    assert answer.status_code == 401 and world.internet.asked == []


def test_a_list_that_cannot_be_used_stops_the_start(tmp_path):
    world = make_world(tmp_path)
    clearinghouse_of(world.node)
    world.trust("[[broker]]\niss = 'x'\n")
    with pytest.raises(ConfigurationError, match=r"trusted_issuers\.toml: broker\[2\]\.keys"):
        clearinghouse_of(world.node)
    world.file.unlink()
    with pytest.raises(ConfigurationError, match="no such file"):
        clearinghouse_of(world.node)


def test_the_store_of_a_closed_dataset_is_never_searched_without_its_visa(tmp_path):
    closed = Dataset("cohort", "Cohort", Assembly.GRCH38, False)
    world = make_world(tmp_path)
    store = FakeStore([closed])
    desk = PassportDesk(replace(world.node, store=store), world.house)
    client = create_app(replace(world.node, store=store), desk.who_asks).test_client()
    assert client.get("/api/individuals", headers=bearer(passport())).status_code == 200
    assert store.searched == []


# ---- the purpose of an account -------------------------------------------------------------------

RESEARCH = {"categories": ["biomedical"]}


@pytest.fixture
def recorded(world, tmp_path):
    """A client of a node with a real ledger."""
    node = replace(world.node, ledger=Ledger.create(tmp_path / "data" / "ledger.sqlite"))
    desk = PassportDesk(node, world.house)
    app = create_app(node, desk.who_asks)
    add_passports(app, desk)
    yield app.test_client()
    node.ledger.close()


def test_a_registered_researcher_states_the_purpose_of_the_account_once(recorded):
    token = bearer(passport(*good_visas()))
    stated = {"purpose": RESEARCH, "forGood": True}
    answer = recorded.post("/whoami/purpose", headers=token, json=stated)
    assert answer.status_code == 200 and answer.json["purpose"] == RESEARCH
    assert recorded.get("/whoami", headers=token).json["purpose"] == RESEARCH
    again = recorded.post("/whoami/purpose", headers=token, json=stated)
    assert again.json["purpose"] == RESEARCH
    other = stated | {"purpose": {"categories": ["methods"]}}
    refused = recorded.post("/whoami/purpose", headers=token, json=other)
    assert refused.status_code == 403
    assert recorded.get("/whoami", headers=token).json["purpose"] == RESEARCH


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ([], "purpose"),
        ({"forGood": True}, "purpose"),
        ({"purpose": "hearts", "forGood": True}, "purpose"),
        ({"purpose": {}, "forGood": True}, "purpose.categories"),
        ({"purpose": {"mood": "good"}, "forGood": True}, "purpose.mood"),
        ({"purpose": RESEARCH}, "forGood"),
        ({"purpose": RESEARCH, "forGood": "yes"}, "forGood"),
        ({"purpose": RESEARCH, "forGood": True, "account": "another"}, "account"),
    ],
)
def test_a_purpose_that_is_not_clear_is_not_fixed(recorded, body, named):
    token = bearer(passport(*good_visas()))
    answer = recorded.post("/whoami/purpose", headers=token, json=body)
    assert answer.status_code == 400
    assert answer.json["error"]["errorMessage"].startswith(f"{named}:")
    assert recorded.get("/whoami", headers=token).json["purpose"] is None


def test_nobody_but_a_registered_researcher_states_one(recorded):
    stated = {"purpose": RESEARCH, "forGood": True}
    assert recorded.post("/whoami/purpose", json=stated).status_code == 401
    unregistered = recorded.post("/whoami/purpose", headers=bearer(passport()), json=stated)
    assert unregistered.status_code == 403


# ---- whose identities these are ------------------------------------------------------------------


def test_which_passports_are_one_account_is_told_by_their_places(world, tmp_path):
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    desk = PassportDesk(replace(world.node, ledger=ledger), world.house)
    app = create_app(world.node, desk.who_asks)
    add_passports(app, desk)
    client = app.test_client()
    world.trust('[[broker]]\niss = "https://b2.example"\nkeys = "https://broker.example/jwks"\n')
    joined = link("anna,https%3A%2F%2Fbroker.example%2Foidc%2F", "a-7,https%3A%2F%2Fb2.example")
    mine = passport(joined), passport(claims={"iss": "https://b2.example", "sub": "a-7"})
    hers = passport(claims={"sub": "bert"})
    told = client.post("/whoami", json={"passports": [mine[0], hers, mine[1]]}).json["identities"]
    assert told[0].startswith("passports 1, 3: a trusted visa joins")
    assert told[1].startswith("passport 2: another identity")
    assert told[2].startswith("other identities of yours")  # whom the visa is about
    assert not [word for word in ("a-7", "s-1", "anna", "bert", "b2") if word in str(told)]


def test_of_one_identity_there_is_nothing_to_tell(client):
    assert client.get("/whoami", headers=bearer(passport())).json["identities"] == []

"""What members learn of a researcher: a name of their own, no token, no visa that is not theirs."""

import base64
import gc
import logging
import types
from functools import cache

import orjson
import pytest

from beacon_node.broker.asker import CarriedVisa, pseudonym_for, visas_for
from beacon_node.model.federation import MESSAGE_HEADER, Member, MemberKind
from beacon_node.model.passport import Subject
from beacon_node.model.requester import Tier
from beacon_node.ports import Received
from tests.broker.federation import Double, Wire, federation, other_member
from tests.clearinghouse.world import GRANTED, good_visas, make_world, passport

ANNA = Subject("https://broker.example/oidc/", "anna")
ASKED = "/ask.json?q=17-43045711-C-T&granularity=boolean"
PURPOSE = {"purpose": {"categories": ["biomedical"]}, "forGood": True}


def says(word: str) -> dict:
    """Return the answer of a node, which has a word in it that no other has."""
    told = {"id": word, "status": "answered", "exists": True}
    return {"responseSummary": {"exists": True}, "info": {"datasets": [told], "note": word}}


@pytest.fixture
def network(tmp_path):
    """Return a broker that trusts a passport broker, over two nodes and somebody else's beacon."""
    (tmp_path / "node").mkdir()
    world = make_world(tmp_path / "node")
    north = Double("North", says("northern-cohort"), datasets=(GRANTED,))
    south = Double("South", says("southern-cohort"))
    for one in (north, south):
        one.signer = type(one.signer)(
            one.signer.id, one.signer.key, world.clock, one.signer.randomness
        )
    other = other_member("Other")
    made = federation(
        tmp_path / "hub",
        {north.member: north, south.member: south, other: _other},
        house=world.house,
        clock=world.clock,
    )
    made.doubles = {"north": north, "south": south}
    return made


def _other(sent):
    return Received(200, orjson.dumps({"responseSummary": {"exists": False}}))


@cache
def token() -> str:
    return passport(*good_visas())


def bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {token()}"}


def asserted(network, name: str):
    return network.doubles[name].questions[-1].asserted


def test_nobody_in_particular_is_asserted_of_an_anonymous_question(network):
    network.client.get(ASKED)
    assert asserted(network, "north").tier is Tier.PUBLIC
    assert asserted(network, "north").researcher == ""


def test_each_member_knows_a_researcher_by_a_name_of_its_own(network):
    for _ in range(2):
        assert network.client.get(ASKED, headers=bearer()).status_code == 200
    names = {name: asserted(network, name).researcher for name in ("north", "south")}
    assert len(set(names.values())) == 2
    first = [double.questions[0].asserted.researcher for double in network.doubles.values()]
    assert first == list(names.values())


@pytest.mark.parametrize(
    "other", [Subject("https://broker.example/oidc/", "bert"), Subject("https://x", "anna")]
)
def test_the_name_is_of_member_issuer_and_subject(other):
    key = b"k" * 32
    mine = pseudonym_for(key, "north", ANNA)
    assert mine not in (pseudonym_for(key, "north", other), pseudonym_for(key, "south", ANNA))
    assert mine != pseudonym_for(b"l" * 32, "north", ANNA)


def test_registered_researchers_are_asserted_with_who_vouches_and_their_purpose(network):
    assert network.client.post("/whoami/purpose", json=PURPOSE, headers=bearer()).status_code == 200
    network.client.get(ASKED, headers=bearer())
    told = asserted(network, "north")
    assert told.tier is Tier.REGISTERED and told.organisation == "https://uni.example"
    assert told.purpose.categories == {"biomedical"}


def test_a_purpose_is_kept_for_good(network):
    client = network.client
    client.post("/whoami/purpose", json=PURPOSE, headers=bearer())
    other = {"purpose": {"categories": ["methods"]}, "forGood": True}
    assert client.post("/whoami/purpose", json=other, headers=bearer()).status_code == 403
    told = client.get("/whoami", headers=bearer()).json
    assert told["purpose"] == {"categories": ["biomedical"]}
    assert told["tier"] == "registered"
    assert told["visasTravelTo"] == [{"member": "org.example.north", "visas": 1}]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eDp5"}])
def test_whoami_is_for_those_who_show_something(network, headers):
    assert network.client.get("/whoami", headers=headers).status_code == 401


def test_a_bad_passport_refuses_the_question_and_asks_nobody(network):
    headers = {"Authorization": f"Bearer {token()[:-4]}AAAA"}
    assert network.client.get(ASKED, headers=headers).status_code == 401
    streamed = network.client.get(ASKED.replace(".json", "/stream"), headers=headers).text
    assert streamed.startswith("event: problem") and '"status":401' in streamed
    assert network.wire.sent == []


# ---- visas ---------------------------------------------------------------------------------------


def carried(kind, value="", sub="anna", *, conditions=False):
    return CarriedVisa(f"{kind} {value} {sub}", kind, value, Subject("i", sub), conditions)


GRANT = carried("ControlledAccessGrants", "d1")
LINK = carried("LinkedIdentities", "x", "s-1")
ROLE = carried("AffiliationAndRole", "a@b")


@pytest.mark.parametrize(
    ("visas", "travel"),
    [
        ([GRANT, LINK, ROLE, carried("ResearcherStatus")], [GRANT]),
        ([carried("ControlledAccessGrants", "d2"), LINK], []),
        ([carried("ResearcherStatus"), ROLE], []),
        (
            [GRANT, carried("ControlledAccessGrants", "d1", "s-1"), LINK],
            [GRANT, carried("ControlledAccessGrants", "d1", "s-1"), LINK],
        ),
        (
            [carried("ControlledAccessGrants", "d1", conditions=True), ROLE],
            [carried("ControlledAccessGrants", "d1", conditions=True), ROLE],
        ),
    ],
    ids=["others stay", "another's grant", "no grant", "two identities", "conditions"],
)
def test_visas_travel_to_whom_they_name_with_what_they_need(visas, travel):
    there = Member("m", "M", "https://m", datasets=("d1",))
    assert list(visas_for(there, visas)) == [visa.text for visa in travel]
    for kind, datasets in ((MemberKind.NODE, ()), (MemberKind.BEACON, ("d1",))):
        assert visas_for(Member("m", "M", "https://m", kind, datasets=datasets), visas) == ()


def test_a_grant_travels_to_the_node_of_its_dataset_alone(network):
    network.client.get(ASKED, headers=bearer())
    (to_north,), (to_south,) = (network.wire.to(f"org.example.{n}") for n in ("north", "south"))
    (visa,) = orjson.loads(to_north.body)["visas"]
    assert visa == good_visas()[2]
    assert "visas" not in orjson.loads(to_south.body)


# ---- what stays ----------------------------------------------------------------------------------


def everything_sent(network, name: str) -> bytes:
    """Return all that left for a member, what is signed in readable form."""
    found = []
    for one in network.wire.to(f"org.example.{name}"):
        claims = one.headers.get(MESSAGE_HEADER, "..").split(".")[1]
        found += [repr((one.method, one.path, dict(one.headers))).encode(), one.body]
        found.append(base64.urlsafe_b64decode(claims + "=="))
    return b"\n".join(found)


@pytest.mark.parametrize("name", ["north", "south", "other"])
def test_no_member_gets_the_token_or_who_it_is_or_what_others_said(network, name):
    network.client.get(ASKED, headers=bearer())
    sent = everything_sent(network, name)
    assert sent
    for secret in (token(), "anna", "broker.example", "Authorization"):
        assert secret.encode() not in sent
    others = {"northern-cohort", "southern-cohort"}
    assert not [word for word in others if word.encode() in sent]


def test_somebody_elses_beacon_learns_nothing_of_who_asks(network):
    network.client.get(ASKED, headers=bearer())
    for sent in network.wire.to("org.example.other"):
        assert MESSAGE_HEADER not in sent.headers
        assert set(sent.headers) <= {"Accept", "Content-Type"}


def test_logs_have_no_token_no_question_and_no_answer(network, caplog):
    caplog.set_level(logging.DEBUG)
    network.doubles["south"].answer = b"<broken southern-cohort>"
    network.client.get(ASKED, headers=bearer())
    network.client.get("/api/g_variants?referenceName=17", headers=bearer())
    said = caplog.text
    for secret in (token(), "43045710", "northern-cohort", "southern-cohort", "anna"):
        assert secret not in said


def test_what_a_broker_keeps_holds_no_token_no_question_and_no_answer(network):
    """All that its long-lived objects lead to is looked at, the way a memory dump would."""
    network.client.get(ASKED, headers=bearer())
    kept = _texts_reachable_from(network.broker, network.library, network.app)
    together = "\n".join(kept)
    assert "org.example.hub" in together and "https://status.example/" in together
    for secret in (token(), *good_visas(), "43045710", "northern-cohort", "southern-cohort"):
        assert secret not in together


def _texts_reachable_from(*roots) -> list[str]:
    """Return every text and number that garbage collection can reach from `roots`, but for what
    modules, classes and the test's own members hold."""
    skipped = (types.ModuleType, type, types.FrameType, Double, Wire, logging.Logger)
    seen, queue, found = set(), list(roots), []
    while queue:
        one = queue.pop()
        if id(one) in seen or isinstance(one, skipped):
            continue
        seen.add(id(one))
        if isinstance(one, int):
            found.append(str(one))
            continue
        if isinstance(one, str | bytes | bytearray):
            found.append(one if isinstance(one, str) else bytes(one).decode("latin-1"))
            continue
        if isinstance(one, types.FunctionType):
            queue.extend(cell.cell_contents for cell in one.__closure__ or () if _has(cell))
            continue
        queue.extend(gc.get_referents(one))
    return found


def _has(cell) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False

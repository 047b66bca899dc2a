"""One question to a network: what is asked of whom, and what is said of what came back."""

from dataclasses import replace

import orjson
import pytest

from beacon_node.broker.ask import LONGEST_PATH, PATH_HEADER, Desk
from beacon_node.broker.asker import Asker
from beacon_node.broker.settings import Access, Settings
from beacon_node.errors import InvalidRequest
from beacon_node.model.federation import Came, MemberKind
from beacon_node.model.passport import Subject
from beacon_node.model.requester import Tier
from beacon_node.ports import Received
from tests.beacon_v2.asking import post
from tests.broker.federation import Double, federation
from tests.broker.world import FixedClock

SNV = {"assemblyId": "GRCh38", "referenceName": "17", "start": [9], "referenceBases": "C"} | {
    "alternateBases": "T"
}
YES = {
    "responseSummary": {"exists": True, "numTotalResults": 3},
    "info": {"datasets": [{"id": "c", "status": "answered", "exists": True, "count": 3}]},
}


def network(folder, *doubles, **told):
    return federation(folder, {one.member: one for one in doubles}, **told)


def asked(double) -> dict:
    return orjson.loads(double.bodies[-1])["query"]


class Keeping(Double):
    """A node that also keeps the bodies of its questions."""

    def __init__(self, *args, **told):
        super().__init__(*args, **told)
        self.bodies, self.headers = [], []

    def __call__(self, sent):
        if sent.method == "POST":
            self.bodies.append(sent.body)
            self.headers.append(sent.headers)
        return super().__call__(sent)


@pytest.fixture
def north():
    return Keeping("North", YES)


# ---- time ----------------------------------------------------------------------------------------


class AtOnce:
    """Lanes without threads: a member is asked before the next one is looked at."""

    def enter(self, _, job):
        job()
        return True


def test_who_has_no_time_left_after_it_was_learned_what_it_can_be_asked_is_not_asked(
    tmp_path, north
):
    """Nobody would hear the answer, which the member would charge for."""
    clock = FixedClock()

    def slow(sent):
        clock.pass_(20)
        return north(sent)

    made = federation(tmp_path, {north.member: slow}, learn=False)
    crew = replace(made.broker.crew, lanes=AtOnce(), timing=clock.monotonic)
    desk = Desk(replace(made.broker, crew=crew), made.library)
    (row,) = desk.ask(post({"requestParameters": {"datasets": ["c"]}}), Asker())
    assert row.came is Came.TIMED_OUT
    assert made.wire.sent and not north.questions


# ---- tiers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("public", "registered", "tier", "granularity"),
    [
        ("boolean", "count", Tier.PUBLIC, "boolean"),
        ("boolean", "count", Tier.REGISTERED, "count"),
        ("record", "record", Tier.PUBLIC, "record"),
        ("boolean", "count", Tier.CONTROLLED, "count"),
    ],
)
def test_no_more_is_asked_for_than_the_broker_lets_a_tier_ask(
    tmp_path, north, public, registered, tier, granularity
):
    access = Access(public_granularity=public, registered_granularity=registered)
    made = network(tmp_path, north, settings=replace(Settings(), access=access))
    (row,) = made.desk.ask(post({"requestedGranularity": "record"}), Asker(tier=tier))
    assert asked(north)["requestedGranularity"] == granularity
    assert row.granularity.word in ("boolean", "count", "record")
    assert row.granularity.word <= granularity or granularity == "record"


def test_controlled_access_is_never_asserted(tmp_path, north):
    made = network(tmp_path, north)
    list(made.desk.ask(post({}), Asker(Subject("i", "s"), Tier.CONTROLLED)))
    assert north.questions[-1].asserted.tier is Tier.REGISTERED


def test_a_member_that_answered_at_a_lower_tier_is_shown_so(tmp_path, north):
    north.tier = Tier.PUBLIC
    made = network(tmp_path, north)
    (row,) = made.desk.ask(post({}), Asker(Subject("i", "s"), Tier.REGISTERED))
    assert row.notes["tier"] == "answered at the public tier"


# ---- what members are asked ----------------------------------------------------------------------


def test_each_member_is_asked_once(tmp_path, north):
    made = network(tmp_path, north, south := Keeping("South", YES))
    made.client.get("/api/individuals?requestedGranularity=count")
    assert len(north.questions) == len(south.questions) == 1
    assert north.questions[0].number != south.questions[0].number


def test_a_member_is_asked_for_its_own_datasets(tmp_path):
    listed = {"response": {"collections": [{"id": "mine"}]}}

    class Listing(Keeping):
        def __call__(self, sent):
            if sent.method == "GET" and "/datasets" in sent.path:
                return Received(200, orjson.dumps(listed))
            return super().__call__(sent)

    north = Listing("North", YES)
    made = network(tmp_path, north)
    where = {"requestParameters": {"datasets": {"datasetIds": ["mine", "theirs"]}}}
    made.client.post("/api/individuals", json={"query": where})
    assert asked(north)["requestParameters"]["datasets"] == {"datasetIds": ["mine"]}
    assert made.client.get("/api/individuals?datasetIds=theirs").status_code == 404
    assert len(north.questions) == 1


def test_rows_stand_in_the_order_of_the_registry(tmp_path):
    doubles = [Keeping(name, YES) for name in ("Zeta", "Alpha", "Mid")]
    made = network(tmp_path, *doubles)
    members = made.client.get("/api/individuals").json["info"]["members"]
    assert [row["name"] for row in members] == ["Zeta", "Alpha", "Mid"]


def test_nobody_heard_is_an_error_of_the_gateway(tmp_path, north):
    made = network(tmp_path, north)
    made.wire.handlers.clear()
    answer = made.client.get("/api/individuals")
    assert answer.status_code == 502
    assert answer.json["error"]["errorMessage"].startswith("none of 1 members answered (North: ")


def test_members_errors_are_told_in_their_rows(tmp_path, north):
    south = Keeping("South", {"error": {"errorCode": 403, "errorMessage": "ask our committee"}})
    south.status = 403
    info = network(tmp_path, north, south).client.get("/api/individuals").json["info"]
    assert info["members"][1]["status"] == "not permitted"
    assert info["members"][1]["reason"] == "ask our committee"


# ---- brokers below and above ---------------------------------------------------------------------


def test_a_broker_below_is_told_the_way_and_how_long_anybody_waits(tmp_path):
    below = Keeping("Below", YES, MemberKind.BROKER)
    made = network(tmp_path, below)
    list(made.desk.ask(post({}), Asker(path=("org.above",), within_s=3.0)))
    assert below.headers[-1][PATH_HEADER] == "org.above,org.example.hub"
    assert 2.5 < float(below.headers[-1]["Beacon-Seconds"]) < 3.3


def test_a_question_that_came_through_here_before_is_refused(tmp_path, north):
    made = network(tmp_path, north)
    with pytest.raises(InvalidRequest, match="came through org.example.hub before"):
        made.desk.ask(post({}), Asker(path=("org.example.hub", "org.above")))
    assert north.questions == []


def test_a_member_that_the_question_came_through_is_not_asked(tmp_path, north):
    below = Keeping("Below", YES, MemberKind.BROKER)
    rows = list(
        network(tmp_path, north, below).desk.ask(post({}), Asker(path=("org.example.below",)))
    )
    told = {row.name: row.reason for row in rows}
    assert told["Below"] == "the question came through it already"
    assert below.questions == []


def test_networks_nest_so_deep_and_no_deeper(tmp_path, north):
    made = network(tmp_path, north)
    way = tuple(f"org.broker{number}" for number in range(LONGEST_PATH))
    assert list(made.desk.ask(post({}), Asker(path=way[1:])))
    with pytest.raises(InvalidRequest, match="too many"):
        made.desk.ask(post({}), Asker(path=way))

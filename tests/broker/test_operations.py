"""What a supervisor and an operator's monitoring are told."""

import pytest

from beacon_node.broker.app import create_app
from beacon_node.model.federation import Came
from tests.broker.homes import add, member_of, open_home, signer_of
from tests.broker.world import FixedClock

NODE = "org.hospital.beacon"


@pytest.fixture
def broker(tmp_path):
    clock = FixedClock()
    opened = open_home(tmp_path, clock)
    add(opened, member_of(signer_of(NODE, clock)))
    return opened


@pytest.fixture
def web(broker):
    return create_app(broker).test_client()


def test_a_broken_list_of_members_is_the_operators_to_mend(web, broker):
    assert web.get("/health").json["status"] == "ok"
    good = broker.registry.path.read_text()
    broker.registry.path.write_text("[[member]]\nid = 7\n")
    health = web.get("/health")
    assert health.status_code == 503
    assert "member[1].id" in health.json["warnings"][0]
    assert [one["id"] for one in health.json["members"]] == [NODE]  # they are asked as before
    assert web.get("/livez").status_code == web.get("/readyz").status_code == 200
    broker.registry.path.write_text(good)
    assert web.get("/health").status_code == 200


def test_a_member_that_is_away_is_listed_and_no_warning(web, broker):
    for _ in range(3):
        broker.crew.watch.heard(NODE, Came.OFFLINE, 0.1, "nothing listens at its address")
    broker.crew.watch.write()
    health = web.get("/health")
    assert (health.status_code, health.json["silent"]) == (200, [NODE])
    (told,) = health.json["members"]
    assert (told["condition"], told["lastReason"]) == (
        "does not answer",
        "nothing listens at its address",
    )
    assert told["since"] and told["lastAnswer"] is None
    assert told["recent"]["failures"] == 3 and told["recent"]["medianMs"] is None


def test_what_a_member_said_to_one_researcher_is_not_told_to_all(web, broker):
    for _ in range(3):
        broker.crew.watch.heard(NODE, Came.FAILED, 0.1, "no memory for 17-43045711-G-A, HP:0003002")
    broker.crew.watch.write()
    health = web.get("/health")
    assert health.json["members"][0]["lastReason"] == "it answered that something failed"
    assert "43045711" not in health.text
    assert "43045711" not in str(broker.state.health.health(NODE))


def test_who_nobody_asked_yet_is_neither_well_nor_away(web):
    (told,) = web.get("/health").json["members"]
    assert (told["condition"], told["since"], told["history"]) == ("not asked yet", None, [])


def test_without_its_state_the_broker_is_not_ready(web, broker):
    (broker.home / "data" / "broker.sqlite").write_bytes(b"spoiled" * 1_000)
    assert web.get("/readyz").status_code == 503
    assert web.get("/livez").status_code == 200

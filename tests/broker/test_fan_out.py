"""One deadline for all, one row for each, and nobody's failure is another's."""

import threading
import time
from dataclasses import replace

import pytest

from beacon_node.broker.fan_out import fan_out
from beacon_node.errors import (
    InvalidInput,
    InvalidRequest,
    NotAuthentic,
    QuotaExceeded,
    Unreachable,
)
from beacon_node.model.federation import Came
from tests.broker.world import FixedClock, make_crew, make_watch, member, yes

DEADLINE_S = 0.15


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def watched(tmp_path, clock):
    return make_watch(tmp_path, clock)


@pytest.fixture
def crew(watched):
    crew = make_crew(watched.watch)
    yield crew
    crew.lanes.close()


@pytest.fixture
def hung():
    """Hangs whoever waits for it until the test is over."""
    released = threading.Event()
    yield released
    released.set()


def asked(crew, members, ask, deadline_s=DEADLINE_S):
    return {row.member: row for row in fan_out(crew, members, ask, deadline_s=deadline_s)}


def test_everybody_has_one_row(crew):
    members = [member(f"m{number}") for number in range(20)]
    rows = list(fan_out(crew, members, yes, deadline_s=5))
    assert sorted(row.member for row in rows) == sorted(one.id for one in members)
    assert all(row.came is Came.ANSWERED and row.elapsed_s is not None for row in rows)


def test_a_network_of_nobody_is_answered_at_once(crew):
    assert list(fan_out(crew, [], yes, deadline_s=60)) == []


def test_rows_come_as_they_are_answered_not_in_the_order_of_the_file(crew, hung):
    first, second = member("first"), member("second")

    def ask(one, timeout_s):
        if one is first:
            hung.wait(5)
        return yes(one)

    rows = fan_out(crew, [first, second], ask, deadline_s=5)
    assert next(rows).member == second.id
    hung.set()
    assert next(rows).member == first.id


def test_who_hangs_has_a_row_at_the_deadline_and_holds_up_nobody(crew, hung):
    members = [member("hung"), *(member(f"m{number}") for number in range(10))]

    def ask(one, timeout_s):
        if one.name == "Hung":
            hung.wait(5)
        return yes(one)

    begun = time.monotonic()
    rows = asked(crew, members, ask)
    assert time.monotonic() - begun < DEADLINE_S + 0.2  # room for a loaded machine
    late = rows.pop("org.example.hung")
    assert (late.came, late.reason) == (Came.TIMED_OUT, "no answer within 0.15 s")
    assert late.exists is None
    assert {row.came for row in rows.values()} == {Came.ANSWERED}


def test_a_member_may_have_less_time_than_the_others(crew, hung):
    slow = member("slow", timeout_s=0.05)

    def ask(one, timeout_s):
        hung.wait(5)
        return yes(one)

    rows = fan_out(crew, [slow, member("other")], ask, deadline_s=0.3)
    assert next(rows).reason == "no answer within 0.05 s"
    rows.close()


def test_a_late_answer_is_dropped_and_counted(crew, watched, hung):
    finished = threading.Event()

    def ask(one, timeout_s):
        hung.wait(5)
        finished.set()
        return yes(one)

    rows = asked(crew, [member("late")], ask, 0.05)
    assert rows["org.example.late"].came is Came.TIMED_OUT
    hung.set()
    finished.wait(5)
    while crew.lanes.threads():
        time.sleep(0.001)
    watched.watch.write()
    health = watched.state.health.health("org.example.late")
    assert (health.recent.answers, health.recent.failures, health.recent.late) == (0, 1, 1)


@pytest.mark.parametrize(
    ("error", "came", "reason"),
    [
        (Unreachable("nothing listens"), Came.OFFLINE, "nothing listens"),
        (Unreachable("too slow", is_timeout=True), Came.TIMED_OUT, "too slow"),
        (NotAuthentic("not its key"), Came.NOT_AUTHENTIC, "not its key"),
        (InvalidInput("no JSON"), Came.MALFORMED, "no JSON"),
        (InvalidRequest("no such term"), Came.NOT_UNDERSTOOD, "no such term"),
        (QuotaExceeded("too often"), Came.FAILED, "too often"),
        (ValueError("rs123 of somebody"), Came.FAILED, "its answer could not be worked with here"),
    ],
)
def test_what_goes_wrong_with_one_is_its_row(crew, error, came, reason):
    def ask(one, timeout_s):
        if one.name == "Bad":
            raise error
        return yes(one)

    rows = asked(crew, [member("bad"), member("good")], ask)
    bad = rows["org.example.bad"]
    assert (bad.came, bad.reason, bad.exists) == (came, reason, None)
    assert rows["org.example.good"].came is Came.ANSWERED


def test_an_unforeseen_error_is_logged_by_its_place_never_by_its_words(crew, caplog):
    def ask(one, timeout_s):
        raise ValueError("17-43045711-C-T")

    asked(crew, [member("bad")], ask)
    assert "ValueError at" in caplog.text and "43045711" not in caplog.text


def test_what_is_no_row_is_an_error_of_ours_and_holds_up_nobody(crew):
    assert asked(crew, [member("m")], lambda one, timeout_s: None, 5)["org.example.m"].came is (
        Came.FAILED
    )


def test_a_job_that_raises_blocks_no_lane(crew):
    def job():
        raise KeyError("a bug")

    done = threading.Event()
    for _ in range(5):
        assert crew.lanes.enter("org.example.m", job)
    while crew.lanes.threads():
        time.sleep(0.001)
    for _ in range(5):
        crew.lanes.enter("org.example.m", done.set)
    assert done.wait(5)


def test_a_member_that_is_silent_again_and_again_is_skipped_and_comes_back(tmp_path, clock):
    watched = make_watch(tmp_path, clock)
    crew, away = make_crew(watched.watch), [True]

    def ask(one, timeout_s):
        if away[0]:
            raise Unreachable("nothing listens at its address")
        return yes(one)

    lost = member("lost")
    for _ in range(3):
        assert asked(crew, [lost], ask)[lost.id].came is Came.OFFLINE
        _settled(crew)
    skipped = asked(crew, [lost], ask)[lost.id]
    assert skipped.came is Came.SKIPPED and skipped.exists is None
    assert skipped.reason == (
        "it has not answered since 2030-01-07 12:00 UTC (nothing listens at its address); "
        "it is asked again in 15 s"
    )
    away[0] = False
    assert asked(crew, [lost], ask)[lost.id].came is Came.SKIPPED
    clock.pass_(16)
    assert asked(crew, [lost], ask)[lost.id].came is Came.ANSWERED
    assert asked(crew, [lost], ask)[lost.id].came is Came.ANSWERED


def test_wrong_answers_do_not_silence_a_member_for_everybody(crew):
    def ask(one, timeout_s):
        raise InvalidInput("a question it stumbles over")

    for _ in range(10):
        assert asked(crew, [member("m")], ask)["org.example.m"].came is Came.MALFORMED


def test_hung_members_take_no_more_threads_than_their_lane_has(crew, hung):
    def ask(one, timeout_s):
        hung.wait(5)
        return yes(one)

    busy = [asked(crew, [member("hung")], ask, 0.01)["org.example.hung"] for _ in range(8)]
    assert {row.came for row in busy} <= {Came.TIMED_OUT, Came.SKIPPED}
    assert crew.lanes.threads() <= 2


def test_who_stops_taking_rows_ends_what_has_not_begun(crew, hung):
    begun = []

    def ask(one, timeout_s):
        begun.append(one.id)
        hung.wait(5)
        return yes(one)

    lane = member("same")
    rounds = [fan_out(crew, [lane, member(f"o{n}")], ask, deadline_s=5) for n in range(4)]
    threads = [threading.Thread(target=lambda rows=rows: next(rows, None)) for rows in rounds]
    for thread in threads:
        thread.start()
    while len(begun) < 6:  # two of the lane's own, four others
        time.sleep(0.001)
    hung.set()
    for thread in threads:
        thread.join()
    assert begun.count(lane.id) <= 4


def test_the_thread_is_told_how_long_it_has(crew):
    told = []

    def ask(one, timeout_s):
        told.append(timeout_s)
        return yes(one)

    asked(crew, [replace(member("m"), timeout_s=2.0)], ask, 60)
    assert 1.9 < told[0] <= 2.3


def _settled(crew):
    while crew.lanes.threads():
        time.sleep(0.001)

"""How members do: breakers of one process, conditions and tallies over all of them."""

from datetime import timedelta

import pytest

from beacon_node.broker.breaker import Breaker, Gate
from beacon_node.broker.health import Condition, Tally
from beacon_node.broker.settings import Breaker as Limits
from beacon_node.broker.state import State
from beacon_node.broker.state.health import MOST_CHANGES, MOST_DAYS
from beacon_node.broker.watch import Watch
from beacon_node.model.federation import Came
from tests.broker.world import NOON, FixedClock, FixedRandomness, make_watch, member

LIMITS = Limits(failures=3, pause_s=10, longest_pause_s=35)
M = "org.example.m"


# ---- one breaker ---------------------------------------------------------------------------------


def tripped(at: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(3):
        breaker = breaker.failed(at, LIMITS, 0.5)
    return breaker


def test_a_few_failures_are_nothing():
    breaker = Breaker().failed(0, LIMITS, 0.5).failed(1, LIMITS, 0.5)
    assert breaker.gate(2) is Gate.OPEN
    assert breaker.answered() == Breaker()
    assert breaker.failed(2, LIMITS, 0.5).gate(3) is Gate.SHUT


def test_after_its_pause_one_question_is_let_through():
    breaker = tripped()
    assert (breaker.gate(9.9), breaker.gate(10)) == (Gate.SHUT, Gate.TRIAL)
    trying = breaker.tried(10, 5)
    assert trying.gate(11) is Gate.SHUT
    assert trying.gate(15) is Gate.TRIAL  # nobody said what came of the first
    assert trying.answered().gate(11) is Gate.OPEN


def test_each_trial_that_fails_doubles_the_pause_up_to_the_longest():
    breaker, now, pauses = tripped(), 0.0, []
    for _ in range(4):
        now = breaker.until
        breaker = breaker.tried(now, 5).failed(now, LIMITS, 0.5)
        pauses.append(breaker.until - now)
    assert pauses == [20, 35, 35, 35]


def test_what_was_asked_before_it_tripped_lengthens_no_pause():
    breaker = tripped()
    assert breaker.failed(1, LIMITS, 0.5).until == breaker.until


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 8), (0.5, 10), (0.999, 12)])
def test_processes_try_again_at_different_times(chance, pause):
    breaker = Breaker(failures=2).failed(0, LIMITS, chance)
    assert breaker.until == pytest.approx(pause, abs=0.01)


# ---- over all processes --------------------------------------------------------------------------


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def watched(tmp_path, clock):
    return make_watch(tmp_path, clock, LIMITS)


def another_process(watched, clock):
    return Watch(LIMITS, clock.monotonic, clock, FixedRandomness(), watched.state.health)


def conditions(watched):
    return [change.condition for change in watched.state.health.health(M).changes]


def test_nobody_was_asked_yet(watched):
    health = watched.state.health.health(M)
    assert (health.condition, health.since, health.recent) == (Condition.UNKNOWN, None, Tally())


def test_conditions_come_and_go_with_their_times(watched, clock):
    watched.watch.heard(M, Came.ANSWERED, 0.03)
    watched.watch.write()
    clock.pass_(60)
    for _ in range(3):
        watched.watch.heard(M, Came.OFFLINE, 0.01, "nothing listens")
        watched.watch.write()
        clock.pass_(60)
    watched.watch.heard(M, Came.ANSWERED, 0.03)
    watched.watch.write()
    health = watched.state.health.health(M)
    told = [(one.condition, one.since, one.reason) for one in health.changes]
    assert told == [
        (Condition.ANSWERS, NOON + timedelta(minutes=4), ""),
        (Condition.IS_SILENT, NOON + timedelta(minutes=3), "nothing listens"),
        (Condition.ANSWERS, NOON, ""),
    ]
    assert health.last_failure == NOON + timedelta(minutes=3)


def test_failures_of_all_processes_count_together(watched, clock):
    other = another_process(watched, clock)
    for watch in (watched.watch, other, watched.watch):
        watch.heard(M, Came.TIMED_OUT, 1.0)
        watch.write()
        clock.pass_(1)
    assert conditions(watched) == [Condition.IS_SILENT]
    other.heard(M, Came.ANSWERED, 0.1)
    other.write()
    assert conditions(watched)[0] is Condition.ANSWERS


def test_an_answer_between_failures_begins_anew(watched):
    for came in (Came.OFFLINE, Came.OFFLINE, Came.ANSWERED, Came.OFFLINE, Came.OFFLINE):
        watched.watch.heard(M, came, 0.1)
    watched.watch.write()
    assert conditions(watched) == [Condition.ANSWERS]


@pytest.mark.parametrize("came", [Came.MALFORMED, Came.NOT_AUTHENTIC, Came.FAILED])
def test_wrong_answers_are_told_apart_from_none(watched, came):
    for _ in range(3):
        watched.watch.heard(M, came, 0.1)
    watched.watch.write()
    assert conditions(watched) == [Condition.ANSWERS_WRONGLY]
    assert watched.watch.may_ask(M, 1) == ""


@pytest.mark.parametrize("came", [Came.NOT_PERMITTED, Came.NOT_UNDERSTOOD, Came.BUDGET_SPENT])
def test_who_says_why_it_does_not_answer_answers(watched, came):
    watched.watch.heard(M, came, 0.1)
    watched.watch.write()
    assert conditions(watched) == [Condition.ANSWERS]


def test_writing_costs_nothing_where_nothing_was_seen(watched):
    watched.watch.heard(M, Came.ANSWERED, 0.1)
    watched.watch.write()
    before = watched.state.health.health(M)
    watched.watch.write()
    assert watched.state.health.health(M) == before


def test_a_history_is_bounded(watched):
    file = watched.state.health._file
    with file.writing() as db:
        for number in range(MOST_CHANGES + 20):
            since = f"2029-01-01T00:{number // 60:02}:{number % 60:02}.000000+00:00"
            db.execute(
                "INSERT INTO health_change (member, condition, since, reason) VALUES (?, ?, ?, '')",
                (M, Condition.IS_SILENT, since),
            )
        for number in range(MOST_DAYS + 20):
            db.execute(
                "INSERT INTO health_day VALUES (?, ?, 1, 0, 0, 1, 1, '[1,0,0,0,0,0,0,0,0,0,0]')",
                (M, f"2028-{number:04}"),
            )
    watched.watch.heard(M, Came.ANSWERED, 0.1)
    watched.watch.write()
    health = watched.state.health.health(M)
    assert (len(health.changes), health.condition) == (MOST_CHANGES, Condition.ANSWERS)
    assert len(file.rows("SELECT * FROM health_day")) == MOST_DAYS


def test_a_tally_adds_up_and_tells_how_fast(watched):
    for elapsed_s in (0.015, 0.03, 0.03, 0.7):
        watched.watch.heard(M, Came.ANSWERED, elapsed_s)
    watched.watch.heard_late(M)
    watched.watch.write()
    recent = watched.state.health.health(M).recent
    assert (recent.answers, recent.failures, recent.late) == (4, 0, 1)
    assert (recent.within_ms(0.5), recent.within_ms(0.95), recent.slowest_ms) == (50, 700, 700)


def test_who_takes_long_is_asked_first_and_who_is_new_before_them(watched):
    slow, fast, new = member("slow"), member("fast"), member("new")
    watched.watch.heard(fast.id, Came.ANSWERED, 0.02)
    watched.watch.heard(slow.id, Came.ANSWERED, 0.2)
    assert watched.watch.slowest_first([fast, slow, new]) == [new, slow, fast]


def test_one_quick_answer_does_not_make_a_slow_member_quick(watched):
    slow, between = member("slow"), member("between")
    for elapsed_s in (1.0, 0.0):
        watched.watch.heard(slow.id, Came.ANSWERED, elapsed_s)
    watched.watch.heard(between.id, Came.ANSWERED, 0.6)
    assert watched.watch.slowest_first([between, slow]) == [slow, between]


def test_what_was_seen_survives_the_process(watched, tmp_path):
    watched.watch.heard(M, Came.ANSWERED, 0.1)
    watched.watch.write()
    again = State.open(tmp_path / "broker.sqlite")
    assert again.health.health(M) == watched.state.health.health(M)

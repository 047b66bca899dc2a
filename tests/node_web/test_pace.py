"""node_web/pace.py: answers of the registered tier leave on ticks, whatever the work took."""

from dataclasses import replace
from functools import partial

import pytest

from beacon_node.errors import QuotaExceeded
from beacon_node.model.answer import Matches
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.genome import Assembly
from beacon_node.model.public_tier import PublicTier
from beacon_node.model.requester import ANONYMOUS, Requester, Tier
from beacon_node.node_web.app import create_app
from beacon_node.node_web.pace import Pace
from beacon_node.ports import Dataset
from tests.actions.fakes import FakeStore, fake_node

OPEN = Dataset("open", "Open data", Assembly.GRCH38, True, "CC0-1.0")
PURPOSE = ResearchPurpose(frozenset({"biomedical"}))
REGISTERED = Requester(Tier.REGISTERED, account="r", purpose=PURPOSE)
CONTROLLED = Requester(Tier.CONTROLLED, account="r", purpose=PURPOSE)


class Time:
    """A clock that stands still until somebody works or sleeps."""

    def __init__(self, begins: float = 1_000.0, *, wakes_early: float = 1.0) -> None:
        self.now, self.slept, self._part = begins, 0.0, wakes_early

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept += seconds * self._part
        self.now += seconds * self._part + 1e-9


class Working(FakeStore):
    """A store whose search takes `seconds`, and may fail after them."""

    def __init__(
        self, time: Time, seconds: float, error: Exception | None = None, dataset: Dataset = OPEN
    ) -> None:
        super().__init__([dataset], {"open": Matches("open", total=3)})
        self.time, self.seconds, self.error = time, seconds, error

    def search(self, dataset, plan, decision):
        self.time.now += self.seconds
        if self.error:
            raise self.error
        return super().search(dataset, plan, decision)


def taken(requester, seconds, error=None, path="/api/individuals", reading=0.0, dataset=OPEN):
    """Return how long the answer to a question took whose work takes `seconds`, after it took
    `reading` to see who asks what."""
    time = Time()
    pace = Pace(time.clock, time.sleep, tick_s=0.05)
    app = create_app(fake_node(Working(time, seconds, error, dataset)), lambda: requester, pace)
    app.before_request(partial(time.sleep, reading))
    began = time.now
    app.test_client().get(path)
    return time.now - began


@pytest.mark.parametrize(
    ("work", "tick"), [(0.0, 0.05), (0.001, 0.05), (0.049, 0.05), (0.051, 0.1), (0.12, 0.15)]
)
def test_a_registered_answer_leaves_at_the_next_tick(work, tick):
    assert taken(REGISTERED, work) == pytest.approx(tick, abs=1e-6)


@pytest.mark.parametrize(("reading", "tick"), [(0.01, 0.05), (0.04, 0.1), (0.06, 0.1)])
def test_ticks_are_counted_from_the_arrival_of_a_request(reading, tick):
    assert taken(REGISTERED, 0.02, reading=reading) == pytest.approx(tick, abs=1e-6)


def test_whoever_holds_a_grant_and_a_purpose_waits_too():
    assert taken(CONTROLLED, 0.01) == pytest.approx(0.05, abs=1e-6)


def test_errors_leave_on_ticks_like_answers():
    assert taken(REGISTERED, 0.02, QuotaExceeded("later")) == pytest.approx(0.05, abs=1e-6)


def test_listings_leave_on_ticks_too():
    assert taken(REGISTERED, 0.0, path="/api/datasets") == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize("work", [0.0, 0.001, 0.07])
def test_public_answers_are_not_delayed(work):
    assert taken(ANONYMOUS, work) == pytest.approx(work, abs=1e-6)


# Told by tables of many variants, of which the data make a few microseconds.
TABLED = replace(OPEN, public=PublicTier("table", "basis", "state", 0.1, 0.05))
AT = "/api/individuals?assemblyId=GRCh38&referenceName=17&start=100"
VARIANT, RANGE = f"{AT}&referenceBases=A&alternateBases=C", f"{AT}&end=900"
BRACKET = f"{AT},200&end=300,400"


@pytest.mark.parametrize(
    ("path", "tick"),
    [(RANGE, 0.001), (BRACKET, 0.001), (VARIANT, 0.0), (AT[:16], 0.0)],
    ids=["range", "bracket", "one variant", "no variation"],
)
def test_answers_about_a_place_leave_on_short_ticks_where_tables_may_be_asked(path, tick):
    left = taken(ANONYMOUS, 0.0003, path=path, dataset=TABLED)
    assert left == pytest.approx(tick or 0.0003, abs=1e-6)


def test_where_all_is_open_data_they_are_not_delayed():
    assert taken(ANONYMOUS, 0.0003, path=RANGE) == pytest.approx(0.0003, abs=1e-6)


def test_a_sleep_that_ends_early_is_gone_on_with():
    time = Time(wakes_early=0.5)
    Pace(time.clock, time.sleep, tick_s=0.05).wait(time.now - 0.03)
    assert time.now == pytest.approx(1_000.02, abs=1e-6) and time.slept > 0.0199


def test_exactly_on_a_tick_it_is_the_next_one():
    """Else an answer that is ready at once would leave at once."""
    time = Time()
    Pace(time.clock, time.sleep, tick_s=0.05).wait(time.now)
    assert time.slept == pytest.approx(0.05, abs=1e-6)

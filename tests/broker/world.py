"""A broker with members that live in this process."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from beacon_node.broker.fan_out import Crew
from beacon_node.broker.lanes import Lanes
from beacon_node.broker.settings import Breaker
from beacon_node.broker.state import State
from beacon_node.broker.watch import Watch
from beacon_node.model.federation import Came, Member, MemberRow

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)
KEYS = (  # of RFC 8037, appendix A, and of RFC 8032, tests 2 and 3
    "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw",
    "_FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU",
)


class FixedClock:
    """A clock that stands until it is moved; both for moments and for durations."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOON).total_seconds()

    def pass_(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class FixedRandomness:
    """Half of everything: pauses are as long as they are set."""

    def bytes(self, count: int) -> bytes:
        return b"\x80" + bytes(count - 1)


def member(name: str, **told: object) -> Member:
    return Member(f"org.example.{name}", name.title(), f"https://{name}.example", **told)


def yes(one: Member, _: float = 0) -> MemberRow:
    return MemberRow(one.id, one.name, Came.ANSWERED, exists=True)


def make_watch(
    folder: Path,
    clock: FixedClock,
    limits: Breaker = Breaker(),
    timing: Callable[[], float] | None = None,
) -> SimpleNamespace:
    state = State.open(folder / "broker.sqlite")
    watch = Watch(limits, timing or clock.monotonic, clock, FixedRandomness(), state.health)
    return SimpleNamespace(state=state, watch=watch)


def make_crew(watch: Watch, timing: Callable[[], float] | None = None) -> Crew:
    lanes = Lanes(at_once=2, most_threads=64, most_waiting=8)
    return Crew(lanes, watch, timing) if timing else Crew(lanes, watch)

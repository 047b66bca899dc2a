"""How the members do: who answers since when, how fast, and who is left alone for a moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from beacon_node.model.federation import Came

LATENCY_BOUNDS_MS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
"""Upper ends of the classes that answers' times are counted in; one more class is above them."""

SILENT = frozenset({Came.OFFLINE, Came.TIMED_OUT})
"""What leaves a member alone after a while. An answer that is merely wrong does not: a researcher
could silence a member for everybody by a question that it stumbles over."""

WRONG = frozenset({Came.NOT_AUTHENTIC, Came.MALFORMED, Came.FAILED})


class Condition(StrEnum):
    """What is known of a member."""

    UNKNOWN = "not asked yet"
    ANSWERS = "answers"
    ANSWERS_WRONGLY = "answers wrongly"
    IS_SILENT = "does not answer"


@dataclass(frozen=True, slots=True)
class Change:
    """A member's condition from a moment on, and why."""

    member: str
    condition: Condition
    since: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a member answered, and how fast. `late` answers came after nobody waited for them.

    `classes` counts the answers in the classes of LATENCY_BOUNDS_MS.
    """

    answers: int = 0
    failures: int = 0
    late: int = 0
    total_ms: int = 0
    slowest_ms: int = 0
    classes: tuple[int, ...] = (0,) * (len(LATENCY_BOUNDS_MS) + 1)

    def answered(self, elapsed_ms: int) -> "Tally":
        place = sum(elapsed_ms > bound for bound in LATENCY_BOUNDS_MS)
        counted = (count + (number == place) for number, count in enumerate(self.classes))
        return replace(
            self,
            answers=self.answers + 1,
            total_ms=self.total_ms + elapsed_ms,
            slowest_ms=max(self.slowest_ms, elapsed_ms),
            classes=tuple(counted),
        )

    def failed(self) -> "Tally":
        return replace(self, failures=self.failures + 1)

    def came_late(self) -> "Tally":
        return replace(self, late=self.late + 1)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.answers + other.answers,
            self.failures + other.failures,
            self.late + other.late,
            self.total_ms + other.total_ms,
            max(self.slowest_ms, other.slowest_ms),
            tuple(a + b for a, b in zip(self.classes, other.classes, strict=True)),
        )

    def within_ms(self, share: float) -> int | None:
        """Return a time that this share of the answers took at most: the upper end of its class.

        >>> Tally().answered(15).answered(30).answered(700).within_ms(0.5)
        50
        """
        wanted, seen = share * self.answers, 0
        for count, bound in zip(self.classes, (*LATENCY_BOUNDS_MS, self.slowest_ms), strict=True):
            seen += count
            if count and seen >= wanted:
                return min(bound, self.slowest_ms)
        return None


@dataclass(frozen=True, slots=True)
class MemberHealth:
    """What the broker knows of one member. `changes` are newest first, the first still holds."""

    member: str
    changes: Sequence[Change] = ()
    recent: Tally = field(default_factory=Tally)
    last_answer: datetime | None = None
    last_failure: datetime | None = None
    last_reason: str = ""

    @property
    def condition(self) -> Condition:
        return self.changes[0].condition if self.changes else Condition.UNKNOWN

    @property
    def since(self) -> datetime | None:
        return self.changes[0].since if self.changes else None


def condition_after(came: Came) -> Condition:
    """Return what an outcome says of a member, were it to last."""
    if came in SILENT:
        return Condition.IS_SILENT
    return Condition.ANSWERS_WRONGLY if came in WRONG else Condition.ANSWERS


def kept_reason(came: Came, reason: str) -> str:
    """Return why a member did not answer, as everybody may read it: the words of a failure are its
    own, and may repeat what a researcher asked."""
    if came is Came.FAILED:
        return "it answered that something failed"
    return reason or came.value


def silent(all_health: Iterable[MemberHealth]) -> list[str]:
    """Return the ids of members that do not answer as they should."""
    bad = (Condition.IS_SILENT, Condition.ANSWERS_WRONGLY)
    return [one.member for one in all_health if one.condition in bad]

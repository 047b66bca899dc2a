"""Keeps an eye on the members in one process: whom to ask just now, and what came of it.

Breakers are this process's own; conditions and tallies go to the broker's state, where all
processes meet. Writing happens aside, never while a researcher waits.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock, Timer
from typing import Protocol

from beacon_node.broker.breaker import Breaker, Gate
from beacon_node.broker.health import Change, Condition, Tally, condition_after, kept_reason
from beacon_node.broker.settings import Breaker as Limits
from beacon_node.errors import StoreUnavailable
from beacon_node.model.federation import Came, Member
from beacon_node.ports import Clock, Randomness

_LOG = logging.getLogger("beacon_node.broker")
WRITE_EVERY_S = 5.0
_WEIGHT = 0.3  # of the newest time among those that a member took

Timing = Callable[[], float]
"""Returns seconds of a clock that never goes back."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one process saw of a member since it last wrote that down.

    `change` is what the newest bad outcome would mean, were it to last; None after a good one.
    """

    tally: Tally = field(default_factory=Tally)
    change: Change | None = None
    last_answer: datetime | None = None
    last_failure: datetime | None = None
    last_reason: str = ""
    in_a_row: int = 0  # bad outcomes after the last good one


class HealthLog(Protocol):
    """Where what was seen is kept; `broker.state.State` is one."""

    def add_health(self, seen: Mapping[str, Seen], now: datetime, *, enough: int) -> None:
        """Add what was seen; a condition that holds already is no change. `enough` bad outcomes in
        a row, over all processes, are a condition."""


@dataclass(slots=True)
class _Eye:
    """What is known of one member here."""

    breaker: Breaker = field(default_factory=Breaker)
    silent_since: datetime | None = None
    reason: str = ""
    usual_s: float = float("inf")  # that it takes to answer; not known yet: it may take long
    seen: Seen = field(default_factory=Seen)


class Watch:
    """Thread-safe; one per process."""

    def __init__(
        self, limits: Limits, timing: Timing, clock: Clock, randomness: Randomness, log: HealthLog
    ) -> None:
        self._limits, self._timing, self._clock = limits, timing, clock
        self._randomness, self._log = randomness, log
        self._lock, self._eyes = Lock(), {}
        self._writer: Timer | None = None

    def may_ask(self, member_id: str, longest_s: float) -> str:
        """Return why a member is not asked just now, in one sentence; empty: it is asked.

        After a pause one question is a trial, which takes `longest_s` at most.
        """
        now = self._timing()
        with self._lock:
            eye = self._eye(member_id)
            gate = eye.breaker.gate(now)
            if gate is Gate.TRIAL:
                eye.breaker = eye.breaker.tried(now, longest_s)
            return _why(eye, now) if gate is Gate.SHUT else ""

    def slowest_first(self, members: Sequence[Member]) -> list[Member]:
        """Return the members so that who takes long is asked first: with many members, the last
        one is asked a good while after the first."""
        with self._lock:
            usual = {member.id: self._eye(member.id).usual_s for member in members}
        return sorted(members, key=lambda member: -usual[member.id])

    def heard(self, member_id: str, came: Came, elapsed_s: float, reason: str = "") -> None:
        """Take note of what came of asking a member."""
        now = self._clock.now()
        with self._lock:
            eye = self._eye(member_id)
            told = condition_after(came)
            if told is Condition.ANSWERS:
                self._answered(eye, now, elapsed_s)
            else:
                self._failed(eye, Change(member_id, told, now, kept_reason(came, reason)))
            self._write_soon()

    def heard_late(self, member_id: str) -> None:
        """Take note of an answer that nobody waited for any more."""
        with self._lock:
            eye = self._eye(member_id)
            eye.seen = replace(eye.seen, tally=eye.seen.tally.came_late())
            self._write_soon()

    def write(self) -> None:
        """Write down now what was seen."""
        with self._lock:
            self._writer = None
            seen = {name: eye.seen for name, eye in self._eyes.items() if eye.seen != Seen()}
            for name in seen:
                self._eyes[name].seen = Seen()
        if not seen:
            return
        try:
            self._log.add_health(seen, self._clock.now(), enough=self._limits.failures)
        except StoreUnavailable as error:  # questions go on; the past has a gap
            _LOG.warning("how members did was not written down: %s", error)

    def _eye(self, member_id: str) -> _Eye:
        return self._eyes.setdefault(member_id, _Eye())

    def _answered(self, eye: _Eye, now: datetime, elapsed_s: float) -> None:
        before_s = eye.usual_s if eye.usual_s != float("inf") else elapsed_s
        eye.usual_s = before_s + _WEIGHT * (elapsed_s - before_s)
        eye.breaker, eye.silent_since = eye.breaker.answered(), None
        tally = eye.seen.tally.answered(round(elapsed_s * 1_000))
        eye.seen = replace(eye.seen, tally=tally, last_answer=now, in_a_row=0, change=None)

    def _failed(self, eye: _Eye, told: Change) -> None:
        eye.reason = told.reason
        if told.condition is Condition.IS_SILENT:
            eye.silent_since = eye.silent_since or told.since
            chance = int.from_bytes(self._randomness.bytes(4)) / 2**32
            eye.breaker = eye.breaker.failed(self._timing(), self._limits, chance)
        else:  # it is there, whatever it says
            eye.breaker, eye.silent_since = eye.breaker.answered(), None
        eye.seen = replace(
            eye.seen,
            tally=eye.seen.tally.failed(),
            change=told,
            last_failure=told.since,
            last_reason=told.reason,
            in_a_row=eye.seen.in_a_row + 1,
        )

    def _write_soon(self) -> None:
        if self._writer is None:
            self._writer = Timer(WRITE_EVERY_S, self.write)
            self._writer.daemon = True
            self._writer.start()


def _why(eye: _Eye, now: float) -> str:
    since = f" since {eye.silent_since:%Y-%m-%d %H:%M} UTC" if eye.silent_since else ""
    wait = (eye.breaker.until or now) - now
    again = f"it is asked again in {wait:.0f} s" if wait >= 0.5 else "it is being tried again"
    return f"it has not answered{since} ({eye.reason}); {again}"

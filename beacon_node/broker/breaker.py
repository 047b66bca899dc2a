"""Whether a member is asked: one that fails again and again is left alone for a while.

Values only: what time it is, and chance, are told by whoever asks.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from beacon_node.broker.settings import Breaker as Limits

JITTER = 0.2  # of a pause: processes that saw a member fail together try it again apart


class Gate(StrEnum):
    """What a breaker says to a question."""

    OPEN = "ask"
    TRIAL = "ask, and all others wait for what comes of it"
    SHUT = "do not ask"


@dataclass(frozen=True, slots=True)
class Breaker:
    """How it stands with one member, in one process. Seconds are of a clock that never goes back.

    `until` None: it is asked. After it one question is let through as a trial; `trial_ends` is when
    that one is given up on, should nobody say what came of it.
    """

    failures: int = 0  # in a row
    pause_s: float = 0.0
    until: float | None = None
    trial_ends: float | None = None

    def gate(self, now: float) -> Gate:
        if self.until is None:
            return Gate.OPEN
        if now < self.until or (self.trial_ends is not None and now < self.trial_ends):
            return Gate.SHUT
        return Gate.TRIAL

    def tried(self, now: float, longest_s: float) -> "Breaker":
        """Return the breaker while a trial is on its way, which takes `longest_s` at most."""
        return replace(self, trial_ends=now + longest_s)

    def answered(self) -> "Breaker":
        return Breaker()

    def failed(self, now: float, limits: Limits, chance: float) -> "Breaker":
        """Return the breaker after one more failure; `chance` lies in [0, 1)."""
        failures = self.failures + 1
        if self.until is not None and now < self.until:  # asked before it was left alone
            return replace(self, failures=failures)
        if failures < limits.failures:
            return Breaker(failures)
        longer = min(self.pause_s * 2, limits.longest_pause_s) if self.pause_s else limits.pause_s
        jitter = 1 - JITTER + 2 * JITTER * chance
        return Breaker(failures, longer, now + longer * jitter)

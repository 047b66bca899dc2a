"""Asks all members at once, under one deadline: a row for each as it comes, and one for each that
does not. One bad member takes nothing away from the others."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from threading import Lock
from time import monotonic

from beacon_node.broker.lanes import Lanes
from beacon_node.broker.watch import Timing, Watch
from beacon_node.errors import (
    BeaconNodeError,
    InvalidInput,
    InvalidRequest,
    NotAuthentic,
    Unreachable,
)
from beacon_node.model.federation import Came, Member, MemberRow
from beacon_node.web.incidents import in_brief

GRACE_S = 0.25  # that a thread stays with a member after nobody waits for it: connections close
_LOG = logging.getLogger("beacon_node.broker")

Ask = Callable[[Member, float], MemberRow]
"""Asks a member once, in so many seconds at most, and returns its row. Raises Unreachable; its
other errors become rows too."""


@dataclass(frozen=True, slots=True, repr=False)
class Crew:
    """What asks: threads, and an eye on the members. One per process."""

    lanes: Lanes
    watch: Watch
    timing: Timing = monotonic


def fan_out(
    crew: Crew, members: Sequence[Member], ask: Ask, *, deadline_s: float
) -> Iterator[MemberRow]:
    """Yield exactly one row per member, in the order in which they come.

    Whoever has not answered after its own `timeout_s`, or after `deadline_s` at most, gets its row
    then; what it says later is counted as late and dropped. Members that are left alone just now
    have their row at once. Whoever stops taking rows ends what has not begun yet.
    """
    round_ = _Round(crew, ask, deadline_s)
    try:
        for member in crew.watch.slowest_first(members):
            round_.begin(member)
        yield from round_.rows()
    finally:
        round_.is_over = True


class _Round:
    """One question to all members."""

    def __init__(self, crew: Crew, ask: Ask, deadline_s: float) -> None:
        self.crew, self.ask, self.deadline_s = crew, ask, deadline_s
        self.arrivals: SimpleQueue[MemberRow] = SimpleQueue()
        self.is_over = False
        self._waiting: list[_Asking] = []
        self._left = 0

    def begin(self, member: Member) -> None:
        """Have a member asked, or say at once why not."""
        self._left += 1
        allowed_s = min(member.timeout_s or self.deadline_s, self.deadline_s)
        why = self.crew.watch.may_ask(member.id, allowed_s + GRACE_S)
        if why:
            self.arrivals.put(_row(member, Came.SKIPPED, why))
            return
        asking = _Asking(self, member, allowed_s, self.crew.timing())
        if self.crew.lanes.enter(member.id, asking.run):
            self._waiting.append(asking)
        else:
            why = "too many questions wait for it already; ask again in a moment"
            self.arrivals.put(_row(member, Came.SKIPPED, why))

    def rows(self) -> Iterator[MemberRow]:
        pending = sorted(self._waiting, key=lambda asking: asking.due, reverse=True)
        while self._left:
            while pending and pending[-1].is_settled:
                pending.pop()
            try:
                yield self._next(pending[-1].due if pending else None)
            except Empty:
                if late := pending.pop().give_up():
                    self.arrivals.put(late)
                continue
            self._left -= 1

    def _next(self, due: float | None) -> MemberRow:
        """Return the next row; raises Empty when the next member is due before one comes."""
        if due is None:
            return self.arrivals.get()
        wait_s = due - self.crew.timing()
        return self.arrivals.get(timeout=wait_s) if wait_s > 0 else self.arrivals.get_nowait()


@dataclass(slots=True, repr=False)
class _Asking:
    """One member's part of a round: settled once, by its thread or by the deadline."""

    round_: _Round
    member: Member
    allowed_s: float
    begun: float
    is_settled: bool = False
    is_running: bool = False
    lock: Lock = field(default_factory=Lock)

    @property
    def due(self) -> float:
        return self.begun + self.allowed_s

    def run(self) -> None:
        """Ask, in a thread of the member's lane; raises nothing."""
        crew = self.round_.crew
        with self.lock:
            if self.is_settled or self.round_.is_over:
                return
            self.is_running = True
        row = _asked(self.round_.ask, self.member, self.due + GRACE_S - crew.timing())
        elapsed_s = crew.timing() - self.begun
        with self.lock:
            is_late, self.is_settled = self.is_settled, True
        if is_late:
            crew.watch.heard_late(self.member.id)
            return
        self.round_.arrivals.put(replace(row, elapsed_s=elapsed_s))
        crew.watch.heard(self.member.id, row.came, elapsed_s, row.reason)

    def give_up(self) -> MemberRow | None:
        """Return the row of a member that is not waited for any longer, None if its row is there.

        One whose thread never came to it is not to blame: those before it are counted.
        """
        with self.lock:
            if self.is_settled:
                return None
            self.is_settled = True
        reason = f"no answer within {self.allowed_s:g} s"
        if self.is_running:
            self.round_.crew.watch.heard(self.member.id, Came.TIMED_OUT, self.allowed_s, reason)
        else:
            reason = f"earlier questions kept it busy for {self.allowed_s:g} s"
        elapsed_s = self.round_.crew.timing() - self.begun
        return replace(_row(self.member, Came.TIMED_OUT, reason), elapsed_s=elapsed_s)


def _asked(ask: Ask, member: Member, timeout_s: float) -> MemberRow:
    """Return a member's row, whatever asking it raises."""
    try:
        return replace(ask(member, timeout_s))  # what is no row fails here
    except Unreachable as error:
        return _row(member, _came(error), str(error))
    except InvalidInput as error:
        return _row(member, Came.MALFORMED, str(error))
    except InvalidRequest as error:
        return _row(member, Came.NOT_UNDERSTOOD, str(error))
    except BeaconNodeError as error:
        return _row(member, Came.FAILED, str(error))
    except Exception as error:  # one bad member must not take the answer down
        _LOG.error("asking %s failed here: %s", member.id, in_brief(error))
        return _row(member, Came.FAILED, "its answer could not be worked with here")


def _came(error: Unreachable) -> Came:
    if isinstance(error, NotAuthentic):
        return Came.NOT_AUTHENTIC
    return Came.TIMED_OUT if error.is_timeout else Came.OFFLINE


def _row(member: Member, came: Came, reason: str) -> MemberRow:
    return MemberRow(member.id, member.name, came, reason)

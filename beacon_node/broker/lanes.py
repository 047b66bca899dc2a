"""Threads that ask members: few for each, so that one that hangs holds up nobody else.

A question waits in a member's lane until one of the threads that may ask that member is free, or
until nobody waits for its answer any more. Threads only wait for sockets; they do not compute.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Lock

Job = Callable[[], None]


class Lanes:
    """The lanes of all members, over one pool of threads that lasts as long as the process."""

    def __init__(self, *, at_once: int, most_threads: int, most_waiting: int = 256) -> None:
        """`at_once` threads ask one member at most; `most_waiting` jobs wait for them."""
        self._at_once, self._most_waiting = at_once, most_waiting
        self._pool = ThreadPoolExecutor(most_threads, thread_name_prefix="member")
        self._lanes: dict[str, _Lane] = {}
        self._lock = Lock()

    def enter(self, member_id: str, job: Job) -> bool:
        """Have `job` run by a thread for this member; False if too many wait already."""
        lane = self._lane(member_id)
        with lane.lock:
            if len(lane.waiting) >= self._most_waiting:
                return False
            lane.waiting.append(job)
            needs_thread = lane.running < self._at_once
            lane.running += needs_thread
        if needs_thread:
            self._pool.submit(_work, lane)
        return True

    def threads(self) -> int:
        """Return how many threads ask somebody just now."""
        with self._lock:
            return sum(lane.running for lane in self._lanes.values())

    def close(self) -> None:
        """Take no more jobs; those that run are not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _lane(self, member_id: str) -> "_Lane":
        with self._lock:
            return self._lanes.setdefault(member_id, _Lane())


class _Lane:
    __slots__ = ("lock", "running", "waiting")

    def __init__(self) -> None:
        self.lock, self.running, self.waiting = Lock(), 0, deque()

    def next_job(self) -> Job | None:
        """Return a job for a thread of this lane; None, and the thread has left it, if none waits:
        both at once, so that no job comes in between and is forgotten."""
        with self.lock:
            if self.waiting:
                return self.waiting.popleft()
            self.running -= 1
            return None

    def leave(self) -> None:
        with self.lock:
            self.running -= 1


def _work(lane: _Lane) -> None:
    """Do the jobs of a lane until none waits. One that raises, which none should, costs its thread:
    the next that is entered gets another one."""
    with ExitStack() as if_one_raises:
        if_one_raises.callback(lane.leave)
        while job := lane.next_job():
            job()
        if_one_raises.pop_all()

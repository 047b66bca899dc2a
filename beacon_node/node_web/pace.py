"""Answers of the registered tier leave on ticks, so that the work behind them cannot be timed.

What a noisy count takes depends on who is exhausted and on what was drawn before. An answer waits
until a whole number of ticks has passed since its request arrived. Answers of the public tier about
one variant are made in steady time instead; those about a place, a gene or a name look up many, and
leave on short ticks.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flask import Flask, Response, after_this_request, g

from beacon_node.model.requester import Requester, Tier
from beacon_node.node_web.questions import WhoAsks

TICK_S = 0.05  # longer than a count takes, shorter than a person notices
PLACE_TICK_S = 0.001  # much longer than what its data make of the time that such an answer takes


@dataclass(frozen=True, slots=True)
class Pace:
    """Ticks of `tick_s`; `clock` is monotonic, in seconds."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    tick_s: float = TICK_S

    def wait(self, since: float) -> None:
        """Return at the next tick after now, counted from the moment `since`."""
        ticks = (self.clock() - since) // self.tick_s + 1
        end = since + ticks * self.tick_s
        while (left := end - self.clock()) > 0:
            self.sleep(left)


def is_paced(requester: Requester) -> bool:
    """Say whether datasets may answer `requester` at the registered tier, also beside grants."""
    return requester.tier >= Tier.REGISTERED and requester.purpose is not None


def paced(app: Flask, who_asks: WhoAsks, pace: Pace) -> WhoAsks:
    """Return `who_asks`, after which answers, and errors, to whom `is_paced` are held back.

    Ticks are counted from before anything of a request was read.
    """

    @app.before_request
    def arrive() -> None:
        g.arrived = pace.clock()

    def ask() -> Requester:
        requester = who_asks()
        if is_paced(requester) and "is_paced" not in g:
            g.is_paced = True
            after_this_request(partial(_hold_back, pace, g.arrived))
        return requester

    return ask


def _hold_back(pace: Pace, since: float, response: Response) -> Response:
    pace.wait(since)
    return response

"""The thread of a server in which the node does what is due: letters, checkpoints, verifying.

It runs in the process that starts the workers, which itself answers nothing.
"""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from beacon_node.node import Node

LOOK_S = 20.0  # how often it looks whether anything is due
FAILED_S = 300.0  # after something failed that is not of one task: a full disk fills no log
_LOG = logging.getLogger("beacon_node.housekeeping")


def start_housekeeping(open_node: Callable[[], "Node"]) -> threading.Thread:
    """Begin to do what is due, until the process ends; whatever is cut off is done again."""
    thread = threading.Thread(target=_keep_house, args=(open_node,), daemon=True)
    thread.start()
    return thread


def _keep_house(open_node: Callable[[], "Node"]) -> None:
    from beacon_node.actions.housekeeping import do_what_is_due

    node, stopped = None, threading.Event()
    while True:
        pause_s = LOOK_S
        try:
            node = node or open_node()
            do_what_is_due(node)
        except Exception as error:  # the server goes on without it, and it tries again
            _LOG.error("housekeeping failed: %s", _incident(error))
            pause_s = FAILED_S
        stopped.wait(pause_s)


def _incident(error: Exception) -> str:
    import secrets

    from beacon_node.errors import BeaconNodeError
    from beacon_node.web.incidents import keep_trace

    if isinstance(error, BeaconNodeError):
        return str(error)
    incident = secrets.token_hex(4)
    return f"incident {incident}, its trace is in {keep_trace(incident, error)}"

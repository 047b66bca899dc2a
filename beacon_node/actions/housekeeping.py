"""What a node does again and again by itself while it is served: one process at a time."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from beacon_node.actions.applications.letters import queue_letters, queue_reminders, send_letters
from beacon_node.actions.identities import purge_due
from beacon_node.actions.leave_checkpoints import EVERY, job_name, leave, places
from beacon_node.actions.mail import OUTBOX_FILE, mailer_of, open_outbox
from beacon_node.errors import BeaconNodeError
from beacon_node.node import Node

RETRY = timedelta(minutes=15)  # after a failure
_LOG = logging.getLogger("beacon_node.housekeeping")


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done `every` so often. Whoever takes it has it for `lease`: if they die, it
    is taken again after that."""

    name: str
    every: timedelta
    lease: timedelta
    do: Callable[[Node], None]


def tasks(node: Node) -> Iterator[Task]:
    """Yield what there is to do with this node's settings."""
    yield Task("verifying the ledger", timedelta(days=1), timedelta(hours=1), _verify)
    yield Task("forgetting identities", timedelta(days=1), timedelta(minutes=10), _forget)
    for place in places(node):
        yield Task(job_name(place), EVERY, timedelta(hours=1), partial(leave, place=place))
    if node.settings.mail.is_used:
        yield Task("letters", timedelta(minutes=1), timedelta(minutes=10), _letters)
        yield Task("reminders", timedelta(hours=12), timedelta(minutes=10), _reminders)


def do_what_is_due(node: Node) -> tuple[str, ...]:
    """Do what is due and nobody else does just now; return the names of what was done.

    What fails is logged, told by `status`, and done again a little later.
    """
    return tuple(task.name for task in tasks(node) if _claimed_and_done(node, task))


def _claimed_and_done(node: Node, task: Task) -> bool:
    outbox, now = open_outbox(node), node.clock.now()
    if not outbox.claim(task.name, now=now, every=task.every, lease=task.lease):
        return False
    try:
        task.do(node)
    except BeaconNodeError as error:
        _LOG.warning("%s: %s", task.name, error)
        again = node.clock.now() + min(task.every, RETRY)
        outbox.done(task.name, now=node.clock.now(), due=again, problem=str(error))
    else:
        outbox.done(task.name, now=node.clock.now(), due=now + task.every)
    return True


def _verify(node: Node) -> None:
    """Raises LedgerBroken for a chain that is not whole, which stops all answers."""
    node.ledger.verify_or_halt().require_whole()


def _forget(node: Node) -> None:
    purge_due(node, "the node")


def _letters(node: Node) -> None:
    queue_letters(node)
    mailer = mailer_of(node)
    if mailer is not None:
        send_letters(node, mailer)


def _reminders(node: Node) -> None:
    queue_reminders(node)


def housekeeping_problems(node: Node) -> Iterator[str]:
    """Yield in sentences what failed when it was done last, for the operator."""
    if (node.data / OUTBOX_FILE).exists():
        for job in open_outbox(node).jobs():
            if job.problem:
                yield f"{job.name} failed and will be tried again: {job.problem}"

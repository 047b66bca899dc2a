"""What a served node does by itself: once at a time, again when it is due, whatever dies."""

from dataclasses import replace
from datetime import timedelta

import pytest

from beacon_node.actions import housekeeping
from beacon_node.actions.housekeeping import Task, do_what_is_due, housekeeping_problems
from beacon_node.actions.mail import open_outbox
from beacon_node.errors import StoreUnavailable
from beacon_node.settings import MailServer
from tests.actions.homes import new_node
from tests.consent.clinic import with_clock

HOUR, LEASE = timedelta(hours=1), timedelta(minutes=10)


@pytest.fixture
def node(tmp_path):
    return with_clock(new_node(tmp_path / "home"))


@pytest.fixture
def does(node, monkeypatch):
    """Let there be one task; returns what it does each time, one after the other."""
    acts = []

    def do(_):
        act = acts.pop(0) if acts else None
        if act:
            raise act

    monkeypatch.setattr(housekeeping, "tasks", lambda _: [Task("tidy", HOUR, LEASE, do)])
    return acts


def test_a_task_is_done_when_it_is_due_and_not_before(node, does):
    assert do_what_is_due(node) == ("tidy",)
    assert do_what_is_due(node) == ()
    node.clock.at += HOUR
    assert do_what_is_due(node) == ("tidy",)


def test_a_task_that_fails_is_told_and_done_again_soon(node, does):
    does.append(StoreUnavailable("the share is away"))
    do_what_is_due(node)
    assert list(housekeeping_problems(node)) == [
        "tidy failed and will be tried again: the share is away"
    ]
    assert do_what_is_due(node) == ()
    node.clock.at += housekeeping.RETRY
    assert do_what_is_due(node) == ("tidy",) and not list(housekeeping_problems(node))


def test_what_a_dead_process_had_taken_is_done_by_another_after_its_lease(node, does):
    does.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        do_what_is_due(node)
    assert do_what_is_due(node) == ()
    node.clock.at += LEASE
    assert do_what_is_due(node) == ("tidy",)


def test_two_at_once_are_one(node, does):
    outbox = open_outbox(node)
    told = {"now": node.clock.at, "every": HOUR, "lease": LEASE}
    assert outbox.claim("tidy", **told) and not outbox.claim("tidy", **told)
    assert do_what_is_due(node) == ()


def test_a_clock_that_was_wrong_for_a_while_stops_nothing(node, does):
    right = node.clock.at
    node.clock.at += timedelta(days=400)
    do_what_is_due(node)
    node.clock.at = right
    assert do_what_is_due(node) == ("tidy",)


def test_a_node_without_a_mail_server_has_no_letters_to_see_to(node):
    names = {task.name for task in housekeeping.tasks(node)}
    assert not names & {"letters", "reminders"}
    mail = MailServer("localhost", sender="beacon@hospital.example")
    node = replace(node, settings=replace(node.settings, mail=mail))
    assert {task.name for task in housekeeping.tasks(node)} >= {"letters", "reminders"}

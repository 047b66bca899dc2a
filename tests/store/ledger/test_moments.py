"""store/ledger: the moment of a question is never older than what anybody has on record."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from beacon_node.errors import LedgerBroken
from beacon_node.store.ledger import Ledger
from tests.policy.histories import day, given
from tests.store.ledger.writers import ask_once

AUDIT = {"consent_version": 0, "datasets": []}


@pytest.fixture
def two(tmp_path):
    """Two processes' ledgers over one file, both of which have written."""
    ledgers = [Ledger.create(tmp_path / "ledger.sqlite") for _ in range(2)]
    for ledger in ledgers:
        ledger.audit(AUDIT, now=day(1))
    yield ledgers
    for ledger in ledgers:
        ledger.close()


def test_a_consent_that_another_process_recorded_is_known_at_once(two):
    one, other = two
    for number in range(5):
        (recorded,) = one.record([given(0, 1, begins=number)], by="r", now=day(1))
        assert other.moment(day(1)).consent_version == recorded.version.number
        assert one.moment(day(1)).consent_version == recorded.version.number
        assert ask_once(other) and ask_once(one)


def test_a_clock_that_is_behind_others_is_told_by_what_they_recorded(two):
    one, other = two
    one.audit(AUDIT, now=day(9))
    assert other.moment(day(2)).at == day(9) == one.moment(day(2)).at


def test_what_is_not_committed_yet_is_not_in_a_moment(two):
    one, _ = two
    before = one.moment(day(1)).consent_version
    with one.writing(now=day(2), durable=True) as appending, ThreadPoolExecutor(1) as beside:
        appending.append("consent", ["{}"])
        found = beside.submit(one.moment, day(1)).result()
    assert (found.consent_version, found.at < day(2)) == (before, True)


def test_a_last_entry_that_was_changed_stops_the_next_question(two):
    one, other = two
    other.moment(day(1))
    with one.writing(now=day(1), durable=False) as appending:
        appending.connection.execute("DROP TRIGGER entry_is_never_changed")
        appending.connection.execute("UPDATE entry SET body = '{}' WHERE sequence = 2")
    with pytest.raises(LedgerBroken, match="entry 2"):
        other.moment(day(1))

"""Whatever is touched in the file is found, and named by the first entry that is not as it was."""

import sqlite3

import pytest

from beacon_node.errors import LedgerBroken, StoreUnavailable
from beacon_node.model.ledger import Head, entry_hash
from beacon_node.store.ledger import Ledger
from tests.policy.histories import day, given, withdrawn

TRIGGERS = (
    "entry_is_never_changed",
    "entry_is_never_dropped",
    "entry_is_never_replaced",
    "consent_is_never_changed",
    "consent_is_never_dropped",
    "consent_is_never_replaced",
    "consent_date_is_never_changed",
    "consent_date_is_never_dropped",
)


@pytest.fixture
def ledger(tmp_path):
    """Entries 1 consent, 2 audit, 3 withdrawal, 4 and 5 audit."""
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    audit = {"consent_version": 1, "datasets": ["d"]}
    ledger.record([given(1, 1, until=90)], by="r", now=day(1))
    ledger.audit(audit, now=day(2))
    ledger.record([withdrawn(2, 3)], by="r", now=day(3))
    for number in (4, 5):
        ledger.audit(audit | {"question": number}, now=day(number))
    yield ledger
    ledger.close()


def tamper(ledger, *statements):
    """Change the file as somebody would who may write to it and knows of the triggers."""
    ledger.settle()
    connection = sqlite3.connect(ledger.path)
    for trigger in TRIGGERS:
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_an_untouched_chain_is_whole(ledger):
    found = ledger.verify(known=Head(3, list(ledger.entries())[2].hash))
    assert (found.is_whole, found.head) == (True, ledger.head())
    found.require_whole()


@pytest.mark.parametrize("table", ["entry", "consent", "consent_date"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET rowid = 9", "DELETE FROM {}"])
def test_nothing_can_be_changed_or_dropped_by_mistake(ledger, table, statement):
    column = {"entry": "sequence"}.get(table, "number")
    connection = sqlite3.connect(ledger.path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement.replace("rowid", column).format(table))
    connection.close()


def test_nothing_can_be_replaced_by_mistake(ledger):
    connection = sqlite3.connect(ledger.path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("INSERT OR REPLACE INTO entry SELECT * FROM entry WHERE sequence = 2")
    connection.close()


@pytest.mark.parametrize("sequence", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "change",
    [
        "recorded_at = '2030-01-09T00:00:00.000000Z'",
        "clock = '2030-01-01T00:00:00.000000Z'",
        "kind = 'other'",
        "body = replace(body, 'd', 'e')",
        "previous = randomblob(32)",
        "hash = zeroblob(32)",
    ],
)
def test_a_changed_entry_is_named(ledger, sequence, change):
    tamper(ledger, f"UPDATE entry SET {change} WHERE sequence = {sequence}")
    assert ledger.verify().broken_at == sequence


def test_an_entry_that_was_exchanged_together_with_its_hash_is_found_by_the_next(ledger):
    second = list(ledger.entries())[1]
    body = second.body.replace("d", "e")
    said = second.sequence, second.recorded_at, second.clock, second.kind, body, second.previous
    forged = entry_hash(*said).hex()
    change = f"UPDATE entry SET body = '{body}', hash = x'{forged}' WHERE sequence = 2"
    tamper(ledger, change)
    assert ledger.verify().broken_at == 3


@pytest.mark.parametrize("sequence", [1, 2, 4])
def test_a_dropped_entry_is_named(ledger, sequence):
    tamper(ledger, f"DELETE FROM entry WHERE sequence = {sequence}")
    assert ledger.verify().broken_at == sequence


def test_entries_in_another_order_are_named(ledger):
    tamper(
        ledger,
        "UPDATE entry SET sequence = 99 WHERE sequence = 4",
        "UPDATE entry SET sequence = 4 WHERE sequence = 5",
        "UPDATE entry SET sequence = 5 WHERE sequence = 99",
    )
    assert ledger.verify().broken_at == 4


@pytest.mark.parametrize("first", [3, 4, 5])
def test_an_end_that_was_cut_off_is_noticed(ledger, first):
    tamper(ledger, f"DELETE FROM entry WHERE sequence >= {first}")
    assert ledger.verify().broken_at == first
    other = Ledger(ledger.path)
    with pytest.raises(LedgerBroken, match=f"entry {first}.*restore"):
        other.audit({"consent_version": 1, "datasets": []}, now=day(9))


def test_who_wrote_last_notices_a_cut_when_its_questions_come_into_the_database(ledger):
    tamper(ledger, "DELETE FROM entry WHERE sequence >= 5")
    ledger.audit({"consent_version": 3, "datasets": []}, now=day(9))
    with pytest.raises(LedgerBroken, match="entry 5"):
        ledger.settle()
    with pytest.raises(LedgerBroken, match="entry 5"):
        ledger.audit({"consent_version": 3, "datasets": []}, now=day(9))


def test_a_chain_that_was_made_anew_is_noticed_by_whoever_kept_a_head(ledger, tmp_path):
    kept = ledger.head()
    forged = Ledger.create(tmp_path / "forged.sqlite")
    for number in range(5):
        forged.audit({"consent_version": 0, "datasets": [], "n": number}, now=day(number))
    assert forged.verify().is_whole
    assert forged.verify(known=kept).broken_at == 5
    assert forged.verify(known=Head(6, kept.hash)).broken_at == 6
    forged.close()


@pytest.mark.parametrize(
    ("change", "sequence"),
    [
        ("UPDATE consent SET individual = 'Q' WHERE number = 3", 3),
        ("UPDATE consent SET dataset = 'x' WHERE number = 1", 1),
        ("UPDATE consent SET statement = zeroblob(32) WHERE number = 1", 1),
        ("DELETE FROM consent WHERE number = 3", 3),
        ("UPDATE consent_date SET moment = '2099'", 1),
        ("DELETE FROM consent_date", 1),
        ("INSERT INTO consent SELECT 4, 'P', '*', zeroblob(32)", 4),
    ],
)
def test_a_consent_that_is_listed_otherwise_than_recorded_is_named(ledger, change, sequence):
    tamper(ledger, change)
    assert ledger.verify().broken_at == sequence


def test_a_changed_consent_is_not_answered_from(ledger):
    tamper(ledger, "UPDATE entry SET body = replace(body, 'given', 'refused') WHERE sequence = 1")
    with pytest.raises(LedgerBroken, match="entry 1"):
        ledger.history("P")
    with pytest.raises(LedgerBroken, match="entry 1"):
        list(ledger.histories("d"))


def test_nothing_is_added_to_an_entry_that_was_changed(ledger):
    tamper(ledger, "UPDATE entry SET body = '{}' WHERE sequence = 5")
    with pytest.raises(LedgerBroken, match="entry 5"):
        ledger.record([given(6, 6)], by="r", now=day(6))
    with pytest.raises(StoreUnavailable):  # 503, as all storage that cannot be used
        ledger.verify().require_whole()

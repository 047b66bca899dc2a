"""The committee's work stands in the chain; what finds it there is checked against it."""

import sqlite3

import pytest

from beacon_node.errors import InvalidRequest, LedgerBroken
from beacon_node.model.application import (
    Approve,
    Award,
    Block,
    Committee,
    Form,
    Remark,
    SaveDraft,
    Submit,
)
from beacon_node.model.dac import Actor, Done, Terms, Unblock
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.query import Granularity
from beacon_node.store.ledger import Ledger
from tests.policy.histories import day

FORM = Form("Hearts", "Why", ResearchPurpose(frozenset({"biomedical"})), frozenset({"c"}))
AWARD = Award(frozenset({"c"}), Granularity.COUNT, day(9), frozenset({"a point"}), "in writing")
ANN, ADMIN = Actor("ann"), Actor("eve", "administrator root")
COMMITTEE = Committee(frozenset({"eve", "fay"}), frozenset({"c"}), 2, 30)
EVERYTHING = (
    (COMMITTEE, ADMIN),
    (Terms("v1", "Be kind."), ADMIN),
    (Done("A", SaveDraft(FORM)), ANN),
    (Done("A", Submit()), ANN),
    (Done("B", SaveDraft(FORM)), ANN),
    (Done("A", Approve(AWARD, "good")), Actor("fay")),
    (Block("ann", "*", "why"), Actor("fay")),
    (Unblock("ann", "*", "why not"), Actor("fay")),
)


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


@pytest.fixture
def full(ledger):
    for number, (said, by) in enumerate(EVERYTHING, 1):
        with ledger.deciding(now=day(number)) as deciding:
            assert deciding.at == day(number)
            deciding.add(said, by)
    return ledger


def test_what_is_recorded_is_read_as_it_was(full):
    found = [(entry.said, entry.by) for entry in full.dac_entries()]
    assert found == list(EVERYTHING)
    assert [entry.at for entry in full.dac_entries()] == [day(n) for n in range(1, 9)]
    assert [entry.number for entry in full.dac_entries(6)] == [7, 8]


def test_an_application_is_found_by_its_id_alone(full):
    assert [entry.number for entry in full.application_entries("A")] == [3, 4, 6]
    assert full.application_entries("C") == () == full.application_entries("")


def test_the_newest_committee_and_terms_hold(full):
    with full.deciding(now=day(10)) as deciding:
        deciding.add(Terms("v2", "Be kinder."), ADMIN)
        held = deciding.committee()
        assert (held.members, held.votes_needed) == (COMMITTEE.members, 2)
        assert held.terms_version == "v2" and deciding.terms().text == "Be kinder."
        assert deciding.text_of("v1") == "Be kind." and deciding.text_of("v3") is None


def test_without_any_committee_nobody_decides(ledger):
    with ledger.deciding(now=day(1)) as deciding:
        assert deciding.committee() == Committee(frozenset(), frozenset())
        assert deciding.terms() is None and deciding.events("A") == ()


def test_every_entry_raises_the_version_in_every_process(full):
    other, before = Ledger(full.path), full.dac_version()
    assert other.dac_version() == before == 8
    full.audit({"consent_version": 0, "datasets": []}, now=day(10))
    assert other.dac_version() == before
    with other.deciding(now=day(11)) as deciding:
        deciding.add(Done("A", Remark("hm")), ANN)
    assert full.dac_version() == 10
    other.close()


def test_a_decision_that_fails_leaves_nothing(full):
    before = full.head()
    with pytest.raises(InvalidRequest), full.deciding(now=day(10)) as deciding:
        deciding.add(Done("A", Remark("hm")), ANN)
        deciding.add(Terms("v9", "x" * 70_000), ADMIN)
    assert full.head() == before and full.dac_version() == 8 and full.verify().is_whole


# ---- tampering -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE dac_entry SET application = 'C'",
        "DELETE FROM dac_entry",
        "INSERT OR REPLACE INTO dac_entry VALUES (3, 'application', 'C')",
        "INSERT INTO dac_entry VALUES (2, 'terms', '')",
    ],
)
def test_no_entry_is_changed_or_exchanged_by_mistake(full, statement):
    connection = sqlite3.connect(full.path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()


def tamper(ledger: Ledger, statement: str) -> None:
    connection = sqlite3.connect(ledger.path, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("change", "sequence"),
    [
        ("UPDATE dac_entry SET application = 'B' WHERE number = 4", 4),
        ("UPDATE dac_entry SET kind = 'block' WHERE number = 8", 8),
        ("DELETE FROM dac_entry WHERE number = 7", 7),
        ("DELETE FROM dac_entry", 1),
        ("UPDATE entry SET body = replace(body, 'count', 'record') WHERE sequence = 6", 6),
    ],
)
def test_what_is_listed_otherwise_than_recorded_is_named(full, change, sequence):
    assert full.verify().is_whole
    tamper(full, change)
    assert full.verify().broken_at == sequence


def test_a_changed_entry_is_neither_told_nor_decided_on(full):
    tamper(full, "UPDATE entry SET body = replace(body, 'count', 'record') WHERE sequence = 6")
    with pytest.raises(LedgerBroken):
        list(full.dac_entries())
    with pytest.raises(LedgerBroken), full.deciding(now=day(10)) as deciding:
        deciding.events("A")

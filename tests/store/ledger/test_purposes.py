"""An account has one purpose, for good; whoever decides on applications sees all."""

import sqlite3

import pytest

from beacon_node.errors import InvalidRequest, LedgerBroken, NotPermitted
from beacon_node.model.data_use import Organisation, ResearchPurpose
from beacon_node.model.ledger import FixedPurpose
from beacon_node.model.linked import How
from beacon_node.store.ledger import Ledger
from tests.policy.histories import day

HEART = ResearchPurpose(
    frozenset({"disease"}), frozenset({"MONDO:0005267"}), organisation=Organisation.NOT_FOR_PROFIT
)
METHODS = ResearchPurpose(frozenset({"methods"}))


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


def test_an_account_has_no_purpose_until_it_is_fixed(ledger):
    assert ledger.purpose_of("a") is None
    ledger.fix_purpose("a", HEART, now=day(1))
    assert (ledger.purpose_of("a"), ledger.purpose_of("b")) == (HEART, None)


def test_the_first_purpose_holds_and_another_needs_an_application(ledger):
    ledger.fix_purpose("a", HEART, now=day(1))
    with pytest.raises(NotPermitted, match="needs an application to the data access committee"):
        ledger.fix_purpose("a", METHODS, now=day(2))
    assert ledger.purpose_of("a") == HEART
    assert ledger.head().sequence == 1


def test_the_same_purpose_again_is_no_new_entry(ledger):
    ledger.fix_purpose("a", HEART, now=day(1))
    ledger.fix_purpose("a", HEART, now=day(2))
    assert ledger.head().sequence == 1


def test_the_committee_sees_whose_purpose_was_fixed_when(ledger):
    ledger.fix_purpose("b", HEART, now=day(1))
    ledger.fix_purpose("a", METHODS, now=day(2))
    assert list(ledger.purposes()) == [
        FixedPurpose("b", HEART, day(1)),
        FixedPurpose("a", METHODS, day(2)),
    ]


def test_a_purpose_of_nobody_or_too_long_is_refused(ledger):
    with pytest.raises(InvalidRequest, match="account"):
        ledger.fix_purpose("", HEART, now=day(1))
    many = ResearchPurpose(frozenset(f"word-{number}" for number in range(9_000)))
    with pytest.raises(InvalidRequest, match="65536"):
        ledger.fix_purpose("a", many, now=day(1))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE purpose SET account = 'c'",
        "DELETE FROM purpose",
        "INSERT OR REPLACE INTO purpose VALUES (1, 'c')",
        "INSERT OR REPLACE INTO purpose VALUES (3, 'a')",
    ],
)
def test_no_purpose_is_changed_or_exchanged_by_mistake(ledger, statement):
    ledger.fix_purpose("a", HEART, now=day(1))
    for _ in range(2):
        ledger.audit({"consent_version": 0, "datasets": []}, now=day(1))
    connection = sqlite3.connect(ledger.path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()


@pytest.fixture
def tampered(ledger):
    """Entries 1 and 3 fix the purposes of a and b; returns what changes the file regardless."""
    ledger.fix_purpose("a", HEART, now=day(1))
    ledger.audit({"consent_version": 0, "datasets": []}, now=day(1))
    ledger.fix_purpose("b", METHODS, now=day(1))

    def tamper(statement: str) -> None:
        connection = sqlite3.connect(ledger.path, isolation_level=None)
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        connection.close()

    return tamper


@pytest.mark.parametrize(
    ("change", "sequence"),
    [
        ("UPDATE purpose SET account = 'c' WHERE number = 3", 3),
        ("DELETE FROM purpose WHERE number = 1", 1),
        ("DELETE FROM purpose", 1),
        ("INSERT INTO purpose VALUES (2, 'c')", 2),
    ],
)
def test_a_purpose_that_is_listed_otherwise_than_recorded_is_named(
    ledger, tampered, change, sequence
):
    assert ledger.verify().is_whole
    tampered(change)
    assert ledger.verify().broken_at == sequence


def test_a_changed_purpose_is_neither_told_nor_compared_with(ledger, tampered):
    tampered("UPDATE entry SET body = replace(body, 'disease', 'general') WHERE sequence = 1")
    for use in (
        lambda: ledger.purpose_of("a"),
        lambda: ledger.fix_purpose("a", HEART, now=day(2)),
        lambda: list(ledger.purposes()),
    ):
        with pytest.raises(LedgerBroken, match="entry 1"):
            use()
    assert ledger.purpose_of("b") == METHODS


# ---- accounts of one person ----------------------------------------------------------------------


@pytest.mark.parametrize("named", [("a", "b"), ("b", "a")])
def test_of_two_purposes_of_one_person_the_one_that_was_fixed_first_holds(ledger, named):
    ledger.fix_purpose("b", HEART, now=day(1))
    ledger.fix_purpose("a", METHODS, now=day(2))
    ledger.link(named, How.VISAS, now=day(3))
    assert ledger.purpose_of("a") == ledger.purpose_of("b") == HEART
    for account in ("a", "b"):
        ledger.fix_purpose(account, HEART, now=day(4))
        with pytest.raises(NotPermitted, match="another purpose"):
            ledger.fix_purpose(account, METHODS, now=day(4))
    assert ledger.head().sequence == 3 and ledger.verify().is_whole


def test_a_purpose_of_either_account_is_the_person_s(ledger):
    ledger.link(("a", "b"), How.VISAS, now=day(1))
    ledger.fix_purpose("b", HEART, now=day(2))
    assert ledger.purpose_of("a") == HEART
    with pytest.raises(NotPermitted):
        ledger.fix_purpose("a", METHODS, now=day(3))

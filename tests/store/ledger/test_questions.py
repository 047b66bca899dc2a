"""Which question was the first after each consent, whatever happened in between."""

import json
import shutil
import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from beacon_node.errors import LedgerBroken
from beacon_node.store.ledger import Ledger
from tests.policy.histories import day, given, scope

PEOPLE = ("P", "Q")
_DATASETS = st.sampled_from(["d", "e", "f"])
_STEPS = st.one_of(
    st.tuples(st.just("says"), st.sampled_from(PEOPLE), st.sampled_from(["*", "d", "e"])),
    # how far the question is behind the consents (or claims to be ahead), and what it is about
    st.tuples(st.just("asks"), st.integers(-2, 4), st.lists(_DATASETS, max_size=3)),
    st.tuples(st.just("closes")),
)
NEVER_DONE = ("replaced", "changed", "dropped")


def say(ledger, individual="P", dataset="*", number=1):
    one = replace(given(1, number, scope=scope(dataset)), individual=individual)
    return ledger.record([one], by="r", now=day(1))[0].version


def ask(ledger, under, *datasets):
    return ledger.audit({"consent_version": under, "datasets": list(datasets)}, now=day(1)).sequence


def first(ledger, version):
    found = ledger.first_questions([version])
    return found[version.number].sequence if found else None


def read_all(ledger, version):
    """Return what `first` must, by reading every question."""
    for entry in ledger.entries(kind="audit", after=version.number):
        body = json.loads(entry.body)
        knew = body["consent_version"] >= version.number
        if knew and any(map(version.scope.is_about, body["datasets"])):
            return entry.sequence
    return None


def happen(ledgers, steps):
    for count, (kind, *facts) in enumerate(steps):
        ledger = ledgers[count % len(ledgers)]
        if kind == "says":
            say(ledger, *facts, number=count)
        elif kind == "asks":
            behind, datasets = facts
            ask(ledger, max(0, ledger.consent_version() - behind), *datasets)
        else:
            ledger.close()


def unnoted(path):
    """Make a ledger one of before first questions were noted."""
    old = sqlite3.connect(path)
    old.execute("DROP TABLE question")
    old.execute("DELETE FROM _sqlite_migrations WHERE name = '0003_questions'")
    old.commit()
    old.close()


@settings(max_examples=60, deadline=None)
@drawn(st.lists(_STEPS, max_size=30))
def test_it_is_the_one_that_reading_all_of_them_finds(tmp_path_factory, steps):
    """Two processes write by turns; a ledger that is brought up to date finds the same."""
    folder = tmp_path_factory.mktemp("ledger")
    ledger = Ledger.create(folder / "l.sqlite")
    other = Ledger(folder / "l.sqlite")
    happen([ledger, other], steps)
    other.close()
    versions = [version for one in PEOPLE for version in ledger.history(one)]
    expected = {one.number: read_all(ledger, one) for one in versions}
    assert {one.number: first(ledger, one) for one in versions} == expected
    assert ledger.verify().is_whole
    ledger.close()
    unnoted(ledger.path)
    again = Ledger(ledger.path)
    assert {one.number: first(again, one) for one in versions} == expected
    assert again.verify().is_whole
    again.close()
    shutil.rmtree(folder)


@pytest.fixture
def ledger(tmp_path):
    """Entries 1 consent, 2 question about d, 3 consent, 4 question about d and e."""
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    say(ledger)
    ask(ledger, 1, "d")
    say(ledger, "Q", "e")
    ask(ledger, 3, "d", "e")
    yield ledger
    ledger.close()


def noted(ledger):
    ledger.settle()
    with sqlite3.connect(ledger.path) as connection:
        return connection.execute("SELECT * FROM question ORDER BY number, dataset").fetchall()


def test_a_question_is_noted_only_if_a_consent_came_since_the_last_noted(ledger):
    before = noted(ledger)
    assert before == [("*", 1, 2), ("d", 1, 2), ("*", 3, 4), ("d", 3, 4), ("e", 3, 4)]
    ask(ledger, 3, "d")
    other = Ledger(ledger.path)
    ask(other, 3, "d", "e")
    ask(other, 1, "d")
    other.close()
    assert noted(ledger) == before


def test_what_was_rolled_back_is_noted_when_it_happens(ledger):
    say(ledger, number=9)
    with pytest.raises(KeyboardInterrupt), ledger.writing(now=day(1), durable=False) as appending:
        appending.connection.execute("INSERT INTO question VALUES ('d', 5, 4)")
        raise KeyboardInterrupt
    assert ask(ledger, 5, "d") == 6
    assert noted(ledger)[-1] == ("d", 5, 6) and ledger.verify().is_whole


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE question SET number = 1",
        "DELETE FROM question",
        "INSERT OR REPLACE INTO question VALUES ('d', 3, 2)",
        "INSERT INTO question VALUES ('d', 2, 3)",
    ],
)
def test_nothing_noted_can_be_changed_by_mistake(ledger, statement):
    ledger.settle()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite3.connect(ledger.path).execute(statement)


@pytest.mark.parametrize(
    ("statement", "sequence"),
    [
        ("DELETE FROM question WHERE number = 4", 4),
        ("DELETE FROM question", 2),
        ("UPDATE question SET number = 4 WHERE number = 2 AND dataset = 'd'", 2),
        ("UPDATE question SET under = 2 WHERE under = 3 AND dataset = 'e'", 4),
        ("INSERT INTO question VALUES ('f', 1, 2)", 2),
    ],
)
def test_what_is_noted_otherwise_than_asked_is_named(ledger, statement, sequence):
    ledger.settle()
    connection = sqlite3.connect(ledger.path)
    for done in NEVER_DONE:
        connection.execute(f"DROP TRIGGER question_is_never_{done}")
    connection.execute(statement)
    connection.commit()
    connection.close()
    found = ledger.verify()
    assert (found.broken_at, "question" in found.problem) == (sequence, True)


def test_a_chain_that_was_touched_is_not_taken_over(ledger):
    ledger.close()
    unnoted(ledger.path)
    connection = sqlite3.connect(ledger.path)
    connection.execute("DROP TRIGGER entry_is_never_changed")
    connection.execute("UPDATE entry SET body = replace(body, 'd', 'x') WHERE sequence = 2")
    connection.commit()
    connection.close()
    with pytest.raises(LedgerBroken, match="entry 2"):
        Ledger(ledger.path)

"""Who is behind accounts can be forgotten, and the chain stays whole; what is kept is as proved."""

import sqlite3
from datetime import timedelta

import pytest

from beacon_node.model.identities import Identity
from beacon_node.store.ledger import Ledger
from tests.policy.histories import day

SALT = b"sixteen bytes of"
ANNA = Identity("https://aai.example", "anna-7", "Anna Example", "faculty@uni.example")
BERT = Identity("https://aai.example", "bert-8")


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


def remember(ledger, account, identity, at=1):
    ledger.remember(account, identity, salt=SALT, now=day(at))


def kept(ledger):
    return {one.account: one.identity for one in ledger.identities()}


def content(ledger) -> bytes:
    files = ledger.path.parent.glob("ledger.sqlite*")
    return b"".join(path.read_bytes() for path in files if path.is_file())


def test_who_was_proved_last_is_kept(ledger):
    remember(ledger, "acc-a", BERT)
    remember(ledger, "acc-a", ANNA)
    remember(ledger, "acc-b", BERT)
    assert kept(ledger) == {"acc-a": ANNA, "acc-b": BERT}
    assert ledger.verify().is_whole


def test_the_same_again_is_no_entry_and_is_dated_once_a_day(ledger):
    remember(ledger, "acc-a", ANNA, at=1)
    ledger.remember("acc-a", ANNA, salt=SALT, now=day(1) + timedelta(hours=23))
    assert ledger.identities()[0].seen_at == day(1)
    remember(ledger, "acc-a", ANNA, at=3)
    assert ledger.identities()[0].seen_at == day(3)
    assert ledger.head().sequence == 1 and ledger.verify().is_whole


def test_the_chain_names_nobody(ledger):
    remember(ledger, "acc-a", ANNA)
    (entry,) = ledger.entries(kind="identity")
    assert not [word for word in ("anna", "Anna", "aai", "uni") if word in entry.body]


def test_who_was_not_seen_for_long_is_forgotten_and_the_chain_stays_whole(ledger):
    remember(ledger, "acc-a", ANNA, at=1)
    remember(ledger, "acc-b", BERT, at=9)
    head = ledger.head()
    assert ledger.purge_identities(by="the node", now=day(10), before=day(5)) == 1
    assert kept(ledger) == {"acc-b": BERT}
    assert ledger.verify(head).is_whole
    (entry,) = ledger.entries(kind="identities-purged")
    assert '"by":"the node"' in entry.body


def test_nothing_of_a_forgotten_person_is_left_in_the_files(ledger):
    remember(ledger, "acc-a", ANNA)
    ledger.settle()
    assert b"Anna Example" in content(ledger)
    ledger.purge_identities(by="root", now=day(2), accounts=["acc-a"])
    assert b"Anna Example" not in content(ledger) and b"anna-7" not in content(ledger)
    assert SALT not in content(ledger)


def test_where_nobody_is_due_nothing_is_recorded(ledger):
    remember(ledger, "acc-a", ANNA, at=5)
    assert ledger.purge_identities(by="root", now=day(9), before=day(5)) == 0
    assert ledger.head().sequence == 1


def test_who_comes_back_is_known_again(ledger):
    remember(ledger, "acc-a", ANNA)
    ledger.purge_identities(by="root", now=day(2), before=day(9))
    remember(ledger, "acc-a", ANNA, at=3)
    assert kept(ledger) == {"acc-a": ANNA} and ledger.verify().is_whole


@pytest.mark.parametrize(
    "done",
    [
        "DELETE FROM identity WHERE account = 'acc-a'",
        "UPDATE identity SET said = replace(said, 'anna', 'eve') WHERE account = 'acc-a'",
        "UPDATE identity SET account = 'acc-c' WHERE account = 'acc-a'",
        "INSERT INTO identity SELECT 'acc-c', entry, salt, said, seen_at FROM identity LIMIT 1",
    ],
)
def test_a_row_that_somebody_else_dropped_changed_or_put_in_breaks_the_ledger(ledger, done):
    remember(ledger, "acc-a", ANNA)
    remember(ledger, "acc-b", BERT)
    with sqlite3.connect(ledger.path) as connection:
        connection.execute(done)
    connection.close()
    found = ledger.verify()
    assert found.broken_at == 1 and "identity" in found.problem


def test_a_forgotten_row_that_is_put_back_breaks_the_ledger(ledger):
    remember(ledger, "acc-a", ANNA)
    with sqlite3.connect(ledger.path) as connection:
        (row,) = connection.execute("SELECT * FROM identity").fetchall()
        ledger.purge_identities(by="root", now=day(2), before=day(9))
        connection.execute("INSERT INTO identity VALUES (?, ?, ?, ?, ?)", row)
    connection.close()
    assert ledger.verify().broken_at == 1

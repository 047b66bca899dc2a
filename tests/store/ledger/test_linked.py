"""Accounts that are one person's: linked for good, for every process, found if tampered with."""

import sqlite3
from multiprocessing import get_context

import pytest

from beacon_node.errors import Conflict, InvalidRequest, LedgerBroken
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.linked import How, Linked
from beacon_node.store.ledger import Ledger
from tests.policy.histories import day


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


def link(ledger, *accounts, how=How.VISAS, at=1):
    return ledger.link(accounts, how, now=day(at))


def test_an_account_that_nothing_links_is_a_person_of_its_own(ledger):
    assert ledger.linked().person("a") == "a" and ledger.linked().accounts("a") == ("a",)
    link(ledger, "a")
    assert ledger.head().sequence == 0


def test_linked_accounts_count_as_one_and_as_no_other(ledger):
    link(ledger, "a", "b")
    linked = ledger.linked()
    assert {linked.person(one) for one in "ab"} == {"a"} and linked.person("c") == "c"
    assert linked.accounts("b") == ("a", "b")


def test_links_are_transitive_whichever_comes_first(ledger):
    link(ledger, "a", "b")
    link(ledger, "c", "d")
    link(ledger, "d", "b")
    assert ledger.linked().accounts("c") == ("a", "b", "c", "d")


def test_the_same_link_again_is_no_new_entry(ledger):
    link(ledger, "a", "b")
    link(ledger, "b", "a")
    link(ledger, "b", "c")
    link(ledger, "a", "b", "c")
    assert ledger.head().sequence == 2


def test_the_account_longest_on_record_holds_whichever_is_named_first(ledger):
    ledger.fix_purpose("b", ResearchPurpose(), now=day(1))
    ledger.fix_purpose("a", ResearchPurpose(), now=day(2))
    assert link(ledger, "new", "a", "b").person("new") == "b"
    link(ledger, "z", "y")
    assert link(ledger, "z", "a").accounts("z") == ("b", "a", "new", "y", "z")


def test_an_identity_is_shown_once_for_an_account(ledger):
    link(ledger, "pseudonym", "anna", how=How.SHOWN)
    link(ledger, "pseudonym", "anna", how=How.SHOWN)
    with pytest.raises(Conflict, match="once"):
        link(ledger, "pseudonym", "bert", how=How.SHOWN)
    link(ledger, "another broker's", "anna", how=How.SHOWN)
    assert ledger.linked().accounts("anna") == ("pseudonym", "anna", "another broker's")
    assert ledger.linked().person("bert") == "bert"


def test_what_visas_join_may_be_shown_too(ledger):
    link(ledger, "pseudonym", "anna", how=How.SHOWN)
    link(ledger, "anna", "anna elsewhere")
    link(ledger, "pseudonym", "anna elsewhere", how=How.SHOWN)
    assert ledger.head().sequence == 2


def test_nobody_is_linked_to_no_account(ledger):
    with pytest.raises(InvalidRequest, match="account"):
        link(ledger, "a", "")


def test_a_person_of_thousands_of_identities_fits(ledger):
    many = [f"acc-{number:032x}" for number in range(2_500)]
    link(ledger, *many)
    assert len(ledger.linked().accounts(many[-1])) == 2_500 and ledger.verify().is_whole


def test_what_was_linked_when_is_known(ledger):
    link(ledger, "a", "b", at=1)
    link(ledger, "b", "c", at=3)
    then = ledger.linked().as_of(day(2))
    assert then.accounts("b") == ("a", "b") and then.person("c") == "c"
    assert ledger.linked().as_of(day(0)).person("b") == "b"
    assert ledger.linked().as_of(day(9)) is ledger.linked()


def test_another_process_sees_a_link_at_once(ledger):
    other = Ledger(ledger.path)
    assert other.linked() == Linked()
    link(ledger, "a", "b")
    assert other.linked().person("b") == "a"
    other.close()


def _link_in_a_process(path, accounts):
    ledger = Ledger(path)
    ledger.link(accounts, How.VISAS, now=day(1))
    ledger.close()


def test_processes_that_link_at_once_make_one_person(ledger):
    pairs = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")]
    context = get_context("spawn")
    workers = [context.Process(target=_link_in_a_process, args=(ledger.path, p)) for p in pairs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert len(ledger.linked().accounts("a")) == 4
    assert ledger.head().sequence == 3  # the last one found all linked
    assert ledger.verify().is_whole


@pytest.mark.parametrize("done", ["UPDATE link SET number = 9", "DELETE FROM link"])
def test_a_link_is_never_changed_or_dropped(ledger, done):
    link(ledger, "a", "b")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite3.connect(ledger.path).execute(done)


def tampered(ledger, *statements):
    path = ledger.path
    ledger.close()
    with sqlite3.connect(path) as connection:
        for name in ("link_is_never_dropped", "entry_is_never_changed"):
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return Ledger(path)


def test_a_link_that_is_no_longer_found_breaks_the_ledger(ledger):
    link(ledger, "a", "b")
    found = tampered(ledger, "DELETE FROM link").verify()
    assert found.broken_at == 1 and "link" in found.problem


def test_a_link_that_says_something_else_is_not_believed(ledger):
    link(ledger, "a", "b")
    changed = tampered(ledger, """UPDATE entry SET body = replace(body, '"b"', '"c"')""")
    with pytest.raises(LedgerBroken, match="entry 1"):
        changed.linked()

"""What is recorded, what is found, and what does not change."""

import inspect
import sqlite3
from dataclasses import astuple, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from sqlite_utils import Database

from beacon_node.beacon_v2.made_up import MadeUpLedger
from beacon_node.errors import Conflict, InvalidRequest, StoreUnavailable
from beacon_node.model.consent import Source
from beacon_node.model.consent_documents import canonical_json, moment_text, read_moment
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.ledger import Entry, Head, Moment, Verification, entry_hash
from beacon_node.policy.consent import next_boundary
from beacon_node.ports import QuestionLedger
from beacon_node.store.ledger import Ledger
from beacon_node.store.ledger.layout import STEPS, chain_and_consents
from tests.policy.histories import (
    HMB_USE,
    MOMENTS,
    cancelled,
    day,
    given,
    histories,
    scope,
    withdrawn,
)

AUDIT = {"consent_version": 1, "datasets": ["d"], "question": "q1"}


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


def of(individual, *versions):
    return [replace(version, individual=individual) for version in versions]


def record(ledger, *versions, now=day(100)):
    return ledger.record(versions, by="registrar", now=now)


def test_the_ledger_says_when_and_by_whom_a_statement_was_recorded(ledger):
    (recorded,) = record(ledger, given(99, 1, recorded=3), now=day(5))
    version = recorded.version
    assert (version.number, version.recorded_at, version.recorded_by) == (1, day(5), "registrar")
    assert ledger.history("P") == (version,)
    assert ledger.head() == Head(1, recorded.hash)


def test_a_history_holds_every_version_in_the_order_of_recording(ledger):
    record(ledger, given(1, 5), withdrawn(2, 3))
    record(ledger, *of("Q", given(3, 1)), given(4, 9))
    assert [(v.number, v.signed_on) for v in ledger.history("P")] == [
        (1, day(5)),
        (2, day(3)),
        (4, day(9)),
    ]
    assert ledger.history("nobody") == ()


def test_histories_are_of_those_with_a_statement_about_the_dataset_or_all(ledger):
    record(
        ledger,
        *of("B", given(1, 1, scope=scope("d")), given(2, 1, scope=scope("e"))),
        *of("A", given(3, 1)),
        *of("C", given(4, 1, scope=scope("e"))),
    )
    found = {individual: len(versions) for individual, versions in ledger.histories("d")}
    assert list(found.items()) == [("A", 1), ("B", 2)]


def test_the_same_statement_again_changes_nothing_and_says_so(ledger):
    (first,) = record(ledger, given(1, 1))
    before = ledger.head(), ledger.consent_version()
    (again,) = record(ledger, replace(given(50, 1), source=first.version.source), now=day(200))
    assert (again.is_new, again.version, again.hash) == (False, first.version, first.hash)
    assert (ledger.head(), ledger.consent_version()) == before


def test_the_same_statement_twice_in_one_call_is_recorded_once(ledger):
    first, second = record(ledger, given(1, 1), given(1, 1))
    assert (first.is_new, second.is_new, first.version) == (True, False, second.version)


@pytest.mark.parametrize(
    "other",
    [
        given(1, 2, begins=1),
        given(1, 1, until=9),
        given(1, 1, use=HMB_USE),
        given(1, 1, scope=scope("d")),
        replace(given(1, 1), source=Source("another", "0" * 64)),
        withdrawn(1, 1),
    ],
    ids=["signature", "end", "use", "scope", "source", "status"],
)
def test_a_statement_that_differs_is_another(ledger, other):
    assert [recorded.is_new for recorded in record(ledger, given(1, 1), other)] == [True, True]


def test_one_statement_that_cannot_be_recorded_keeps_all_from_being_recorded(ledger):
    with pytest.raises(InvalidRequest, match="cancels"):
        record(ledger, given(1, 1), cancelled(2, 2, cancels=17))
    assert ledger.history("P") == ()
    assert ledger.head() == Head()
    record(ledger, given(1, 1))  # and the ledger goes on


@pytest.mark.parametrize(
    "cancels", [1, 3, 4], ids=["somebody else's", "a cancellation", "of another dataset"]
)
def test_only_an_own_statement_about_the_same_can_be_cancelled(ledger, cancels):
    record(ledger, *of("Q", given(1, 1)), given(2, 1))
    record(ledger, cancelled(3, 2, cancels=2))
    record(ledger, given(4, 4, scope=scope("d")))
    with pytest.raises(InvalidRequest, match="cancels"):
        record(ledger, cancelled(4, 5, cancels=cancels))


def test_a_statement_that_a_document_cannot_state_is_refused(ledger):
    with pytest.raises(InvalidRequest):
        record(ledger, replace(given(1, 1), individual="\ud800"))
    with pytest.raises(InvalidRequest, match="65536"):
        record(ledger, replace(given(1, 1), source=Source("x" * 70_000, "")))


def test_what_was_decided_on_an_older_state_of_the_same_people_is_refused(ledger):
    record(ledger, given(1, 1))
    known = ledger.consent_version()
    record(ledger, withdrawn(2, 2))
    ledger.record(of("Q", given(3, 3)), by="r", now=day(100), unchanged_since=known)
    with pytest.raises(Conflict):
        ledger.record([given(4, 4)], by="r", now=day(100), unchanged_since=known)


def test_every_consent_raises_the_consent_version_and_an_audit_entry_does_not(ledger):
    other = Ledger(ledger.path)  # as in another process
    seen = [ledger.consent_version()]
    record(other, given(1, 1))
    seen.append(ledger.consent_version())
    other.audit(AUDIT, now=day(100))
    seen.append(ledger.consent_version())
    record(other, *of("Q", withdrawn(2, 2)))
    seen.append(ledger.consent_version())
    assert seen == [0, 1, 1, 3]
    assert ledger.changed_since(1) == {"Q"}
    other.close()


def test_of_one_dataset_is_told_who_said_anything_about_it_or_about_all(ledger):
    record(ledger, given(1, 1))
    record(ledger, *of("Q", given(2, 2, scope=scope("d"))), *of("R", given(2, 2)))
    record(ledger, *of("S", given(2, 2, scope=scope("e"))))
    assert ledger.changed_since(1) == {"Q", "R", "S"}
    assert ledger.changed_since(1, "d") == {"Q", "R"}
    assert ledger.changed_since(1, "e") == {"R", "S"}
    assert ledger.changed_since(1, "*") == {"R"}


def test_of_one_dataset_dates_are_told_of_statements_about_it_or_about_all(ledger):
    for individual, dataset in (("P", "*"), ("Q", "d"), ("R", "e")):
        told = given(1, 1, scope=scope(dataset), until=120)
        record(ledger, *of(individual, told))
    assert ledger.dated_between(day(110), day(130)) == {"P", "Q", "R"}
    assert ledger.dated_between(day(110), day(130), "d") == {"P", "Q"}
    assert ledger.dated_between(day(110), day(119), "d") == frozenset()


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@drawn(st.lists(histories(), max_size=3), MOMENTS)
def test_no_date_that_changes_what_holds_is_missed(tmp_path_factory, drawn_histories, now):
    ledger = Ledger.create(tmp_path_factory.mktemp("ledger") / "ledger.sqlite")
    for index, history in enumerate(drawn_histories):
        stated = [version for version in history if version.cancels is None]
        ledger.record(of(f"P{index}", *stated), by="r", now=now)
    now = ledger.present(now)
    boundary, people = ledger.next_boundary(now), {}
    for index in range(len(drawn_histories)):
        found = next_boundary(ledger.history(f"P{index}"), now)
        if found is not None:
            people[f"P{index}"] = found
            assert boundary is not None and boundary <= found
    for individual, moment in people.items():
        assert individual in ledger.dated_between(now, moment)
    assert not ledger.dated_between(now, now)
    assert ledger.verify().is_whole
    ledger.close()


def test_an_audit_entry_is_kept_as_it_was_given(ledger):
    head = ledger.audit(AUDIT, now=day(1))
    (entry,) = ledger.entries(kind="audit")
    assert (entry.head, entry.body) == (
        head,
        '{"consent_version":1,"datasets":["d"],"question":"q1"}',
    )


def test_an_audit_entry_too_large_is_refused(ledger):
    with pytest.raises(InvalidRequest, match="65536"):
        ledger.audit(AUDIT | {"question": "x" * 70_000}, now=day(1))
    with pytest.raises(ValueError, match="consent_version"):
        ledger.audit({"question": "q1"}, now=day(1))


def test_time_does_not_go_back_when_the_clock_is_set_back(ledger):
    ledger.audit(AUDIT, now=day(10))
    (recorded,) = record(ledger, withdrawn(1, 1), now=day(3))
    ledger.audit(AUDIT, now=day(11))
    assert [(entry.recorded_at[:10], entry.clock[:10]) for entry in ledger.entries()] == [
        ("2030-01-11", ""),
        ("2030-01-11", "2030-01-04"),
        ("2030-01-12", ""),
    ]
    assert recorded.version.recorded_at == day(10) + timedelta(microseconds=1)
    assert ledger.present(day(3)) == day(11)
    assert ledger.present(day(12)) == day(12)


def times(ledger):
    return [entry.recorded_at for entry in ledger.entries()]


@pytest.mark.parametrize("later", [day(3), day(3 - 365)], ids=["stands still", "set back a year"])
def test_each_transaction_is_dated_later_than_those_before_whatever_the_clock_says(ledger, later):
    ledger.audit(AUDIT, now=day(3))
    released = ledger.record_release("d", now=later)
    record(ledger, withdrawn(1, 1), *of("Q", withdrawn(1, 1)), now=later)
    record(ledger, given(2, 2), now=later)
    ledger.audit(AUDIT, now=later)
    audit, release, withdrawal, hers, consent, last = times(ledger)
    assert audit < release < withdrawal == hers < consent < last
    assert released.at == day(3) + timedelta(microseconds=1)
    (stopped,) = {entry.clock for entry in ledger.entries(after=1)}
    assert read_moment(stopped) == later
    assert ledger.verify().is_whole


def test_the_moment_of_a_question_is_never_before_what_is_on_record(ledger):
    assert ledger.moment(day(1)) == Moment(day(1), 0)
    record(ledger, given(1, 1), now=day(5))
    ledger.audit(AUDIT, now=day(6))
    assert ledger.moment(day(7)) == Moment(day(7), 1)
    assert ledger.moment(day(2)) == Moment(day(6), 1)


def test_a_release_is_dated_between_the_consents_before_and_after_it(ledger):
    (before,) = record(ledger, given(1, 1), now=day(9))
    released = ledger.record_release("d", now=day(9))
    (after,) = record(ledger, withdrawn(2, 2), now=day(9))
    assert before.version.recorded_at < released.at < after.version.recorded_at
    assert released.consent_version == before.version.number
    (entry,) = ledger.entries(kind="release")
    assert (entry.body, entry.recorded_at) == ('{"dataset":"d"}', moment_text(released.at))


def test_a_question_is_not_recorded_if_any_consent_came_since_it_was_decided(ledger):
    moment = ledger.moment(day(1))
    head = ledger.audit(AUDIT, now=day(1), unchanged_since=moment.consent_version)
    assert ledger.audit(AUDIT, now=day(1), unchanged_since=0).sequence == head.sequence + 1
    other = Ledger(ledger.path)  # as in another process
    record(other, *of("Q", withdrawn(1, 1)))
    other.close()
    before = ledger.head()
    assert ledger.audit(AUDIT, now=day(1), unchanged_since=moment.consent_version) is None
    assert ledger.head() == before
    now = ledger.consent_version()
    assert ledger.audit(AUDIT, now=day(1), unchanged_since=now) == ledger.head() != before


def test_a_ledger_of_before_there_were_purposes_is_brought_up_to_date(tmp_path):
    """It also holds transactions of one time, as ledgers once did."""
    path = tmp_path / "ledger.sqlite"
    old = sqlite3.connect(path)
    chain_and_consents(Database(old))
    old.execute("CREATE TABLE _sqlite_migrations (migration_set TEXT, name TEXT, applied_at TEXT)")
    old.execute(f"INSERT INTO _sqlite_migrations VALUES ('ledger', '{STEPS[0]}', '2030')")
    head = Head()
    for _ in range(2):
        said = head.sequence + 1, moment_text(day(1)), "", "audit", canonical_json(AUDIT), head.hash
        entry = Entry(*said, entry_hash(*said))
        old.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(entry))
        head = entry.head
    old.commit()
    old.close()
    ledger = Ledger(path)
    assert ledger.verify() == Verification(head)
    ledger.fix_purpose("a", ResearchPurpose(), now=day(1))
    assert times(ledger)[2] > times(ledger)[1] and ledger.verify().is_whole
    ledger.close()


ASKED_OF_IT = [name for name in vars(QuestionLedger) if not name.startswith("_")]


@pytest.mark.parametrize("kind", [Ledger, MadeUpLedger])
@pytest.mark.parametrize("name", ASKED_OF_IT)
def test_a_real_and_a_made_up_ledger_are_asked_the_same_way(kind, name):
    expected = inspect.signature(getattr(QuestionLedger, name)).parameters
    found = inspect.signature(getattr(kind, name)).parameters
    assert [(one.name, one.kind, one.default) for one in found.values()] == [
        (one.name, one.kind, one.default) for one in expected.values()
    ]


def test_moments_without_a_zone_are_refused(ledger):
    with pytest.raises(ValueError, match="UTC"):
        ledger.audit(AUDIT, now=day(1).replace(tzinfo=None))


def test_a_ledger_that_is_not_there_is_said_to_be_away(tmp_path):
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        Ledger(tmp_path / "ledger.sqlite")


def test_a_ledger_is_opened_as_it_was_left(ledger):
    record(ledger, given(1, 1))
    head = ledger.head()
    ledger.close()
    again = Ledger.create(ledger.path)
    assert (again.head(), len(again.history("P"))) == (head, 1)
    assert again.present(day(0)) == day(100)
    assert again.next_boundary(day(100) - timedelta(days=1)) is None
    again.close()

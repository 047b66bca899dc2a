"""Recording, withdrawing, and proving it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from beacon_node.actions.record_consent import (
    Withdrawal,
    consent_receipt,
    consent_summary,
    record_consents,
    withdraw,
    withdrawal_scope,
)
from beacon_node.errors import InvalidRequest, NotFound
from beacon_node.model.consent import Asked, DataType, Source, State, UseKind
from beacon_node.model.consent_documents import read_consent
from beacon_node.model.ledger import receipt_document
from beacon_node.policy.consent import state_at, visible
from beacon_node.store.ledger import Ledger
from tests.policy.histories import VARIANTS, day, given, scope

LETTER = Source("letter-1", "1" * 64)
PUBLIC = Asked("d", DataType.VARIANTS, UseKind.PUBLIC_DISCOVERY)


@dataclass
class StoppedClock:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def clock():
    return StoppedClock(day(10))


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


def ask(ledger, clock, *datasets, under=None):
    version = ledger.consent_version() if under is None else under
    body = {"consent_version": version, "datasets": list(datasets), "granularity": "count"}
    ledger.audit(body, now=clock.now())


def state(ledger, clock, asked=VARIANTS):
    return state_at(ledger.history("P"), ledger.present(clock.now()), asked).state


def is_visible(ledger, clock, release) -> bool:
    at = ledger.moment(clock.now()).at
    return visible(ledger.history("P"), at, VARIANTS, released_at=release.at) is not None


def test_a_withdrawal_holds_at_once(ledger, clock):
    record_consents(ledger, clock, [given(1, 1)], by="r")
    assert state(ledger, clock) is State.PERMITTED
    withdraw(ledger, clock, Withdrawal(individual="P", source=LETTER), by="r")
    assert state(ledger, clock) is State.WITHDRAWN


def test_a_withdrawal_holds_at_once_also_when_the_clock_was_set_back(ledger, clock):
    record_consents(ledger, clock, [given(1, 1)], by="r")
    clock.moment = day(2)
    withdraw(ledger, clock, Withdrawal(individual="P", source=LETTER), by="r")
    assert state(ledger, clock) is State.WITHDRAWN


def test_a_withdrawal_without_a_date_ends_what_was_dated_in_the_future_too(ledger, clock):
    record_consents(ledger, clock, [given(1, 30)], by="r")
    withdraw(ledger, clock, Withdrawal(individual="P", source=LETTER), by="r")
    clock.moment = day(40)
    assert state(ledger, clock) is State.WITHDRAWN


def test_a_withdrawal_with_the_date_of_an_older_signature_leaves_a_newer_consent(ledger, clock):
    record_consents(ledger, clock, [given(1, 5)], by="r")
    dated = Withdrawal(individual="P", source=LETTER, signed_on=day(4))
    withdraw(ledger, clock, dated, by="r")
    assert state(ledger, clock) is State.PERMITTED


def test_a_withdrawal_of_one_use_leaves_the_others(ledger, clock):
    record_consents(ledger, clock, [given(1, 1)], by="r")
    one = withdrawal_scope("d", UseKind.PUBLIC_DISCOVERY)
    withdraw(ledger, clock, Withdrawal(individual="P", source=LETTER, scope=one), by="r")
    assert state(ledger, clock, PUBLIC) is State.WITHDRAWN
    assert state(ledger, clock) is State.PERMITTED


def test_nothing_is_told_or_taken_back_of_somebody_unknown(ledger, clock):
    with pytest.raises(NotFound):
        consent_receipt(ledger, "P")
    with pytest.raises(NotFound):
        consent_summary(ledger, clock, "P")
    with pytest.raises(NotFound):
        withdraw(ledger, clock, Withdrawal(individual="P", source=LETTER), by="r")
    with pytest.raises(InvalidRequest):
        consent_receipt(ledger, "")


def test_a_receipt_names_the_first_question_decided_under_each_version(ledger, clock):
    record_consents(ledger, clock, [given(1, 1)], by="r")  # entry 1
    ask(ledger, clock, "other")  # 2: not about this dataset
    clock.moment = day(11)
    ask(ledger, clock, "other", "d")  # 3
    ask(ledger, clock, "d")  # 4
    in_d = Withdrawal(individual="P", source=LETTER, scope=scope("d"))
    withdraw(ledger, clock, in_d, by="r")  # 5
    ask(ledger, clock, "d", under=1)  # 6: was being decided when the withdrawal came
    ask(ledger, clock, "d")  # 7
    receipt = consent_receipt(ledger, "P")
    found = [(r.version.number, asked.sequence) for r, asked in receipt.versions]
    # The first consent is about every dataset: a question about another is one about it.
    assert found == [(1, 2), (5, 7)]
    assert receipt.head == ledger.head()


def test_a_receipt_before_any_question_says_so(ledger, clock):
    record_consents(ledger, clock, [given(1, 1, scope=scope("d"))], by="r")
    ask(ledger, clock, "e")
    ((recorded, asked),) = consent_receipt(ledger, "P").versions
    assert (recorded.version.source, asked) == (given(1, 1).source, None)


def test_a_withdrawal_newer_than_any_question_has_none_yet(ledger, clock):
    record_consents(ledger, clock, [given(1, 1)], by="r")  # entry 1
    ask(ledger, clock, "d")  # 2
    ledger.record_release("d", now=clock.now())  # 3: no question
    withdraw(ledger, clock, Withdrawal(individual="P", source=LETTER), by="r")  # 4
    ask(ledger, clock, "d", under=2)  # 5: decided before the withdrawal
    receipt = consent_receipt(ledger, "P")
    assert [asked and asked.sequence for _, asked in receipt.versions] == [2, None]
    assert receipt_document(receipt)["versions"][1]["first_question"] is None


@pytest.mark.parametrize("back", [0, 365], ids=["stands still", "set back a year"])
def test_who_withdraws_and_consents_again_counts_from_the_next_release_whatever_the_clock_says(
    ledger, clock, back
):
    record_consents(ledger, clock, [given(1, 1)], by="r")
    clock.moment -= timedelta(days=back)
    first = ledger.record_release("d", now=clock.now())
    assert is_visible(ledger, clock, first)
    withdraw(ledger, clock, Withdrawal(individual="P", source=LETTER), by="r")
    assert not is_visible(ledger, clock, first)
    signed = ledger.moment(clock.now()).at
    again = replace(given(3, 1), signed_on=signed, effective_from=signed)
    record_consents(ledger, clock, [again], by="r")
    assert state(ledger, clock) is State.PERMITTED
    assert not is_visible(ledger, clock, first)
    second = ledger.record_release("d", now=clock.now())
    assert is_visible(ledger, clock, second)


def test_a_receipt_document_holds_times_hashes_and_every_version(ledger, clock):
    record_consents(ledger, clock, [given(1, 1, scope=scope("d"))], by="registrar")
    ask(ledger, clock, "d")
    document = receipt_document(consent_receipt(ledger, "P"))
    (version,) = document["versions"]
    (entry,) = ledger.entries(kind="consent")
    assert read_consent(version["consent"]) == ledger.history("P")[0]
    assert version["hash"] == entry.hash.hex()
    assert version["first_question"] == {
        "sequence": 2,
        "asked_at": "2030-01-11T00:00:00.000001Z",
        "datasets": ["d"],
    }
    assert document["head"] == {"sequence": 2, "hash": ledger.head().hash.hex()}


def test_nothing_of_a_receipt_prints_itself(ledger, clock):
    record_consents(ledger, clock, [replace(given(1, 1), individual="MRN-4711")], by="r")
    ask(ledger, clock, "d")
    assert "4711" not in repr([consent_receipt(ledger, "MRN-4711"), *ledger.entries()])


def test_a_summary_says_what_holds_now(ledger, clock):
    record_consents(ledger, clock, [given(1, 1)], by="r")
    before = consent_summary(ledger, clock, "P")
    withdraw(ledger, clock, Withdrawal(individual="P", source=LETTER), by="r")
    assert "yes" in before and "you withdrew on 11 January 2030" not in before
    assert "you withdrew on 11 January 2030" in consent_summary(ledger, clock, "P")

"""Record, then answer: a question is decided under the consents on record when it is recorded."""

from dataclasses import replace

import pytest

from beacon_node.actions.answer_query import answer
from beacon_node.beacon_v2.made_up import MadeUpLedger
from beacon_node.errors import InvalidRequest, LedgerBroken, ReleasedAnew, StoreUnavailable
from beacon_node.model.answer import Matches
from beacon_node.model.consent_documents import moment_text
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.ledger import Head, Moment
from beacon_node.model.query import Granularity, OntologyFilter, Query
from beacon_node.model.requester import ANONYMOUS, Requester, Tier
from beacon_node.ports import Dataset
from tests.actions.fakes import FakeStore, fake_node

OPEN = Dataset("open", "Open", Assembly.GRCH38, is_open_data=True, licence="CC0-1.0")
CLOSED = Dataset("closed", "Closed", Assembly.GRCH38, is_open_data=False)
QUESTION = Query(EntryType.INDIVIDUAL, granularity=Granularity.COUNT)


class Busy(MadeUpLedger):
    """A ledger into which a consent is recorded during each of the first `times` questions."""

    def __init__(self, times: int = 0) -> None:
        self.times, self.version, self.kept = times, 0, []

    def moment(self, now) -> Moment:
        return Moment(now, self.version)

    def audit(self, body, *, now, unchanged_since=None):
        if self.version < self.times:
            self.version += 1
        if unchanged_since != self.version:
            return None
        self.kept.append(body)
        return Head()


class Full(MadeUpLedger):
    def audit(self, body, *, now, unchanged_since=None):
        raise StoreUnavailable("the disk is full")


def asked(ledger, store=None, requester=ANONYMOUS, query=QUESTION):
    store = store or FakeStore([OPEN, CLOSED], {"open": Matches("open", total=7)})
    return answer(replace(fake_node(store), ledger=ledger), query, requester)


def test_a_question_is_decided_anew_when_a_consent_was_recorded_meanwhile():
    ledger, store = Busy(times=2), FakeStore([OPEN], {"open": Matches("open", total=7)})
    assert asked(ledger, store).count == 7
    assert len(store.searched) == 3
    assert [body["consent_version"] for body in ledger.kept] == [2]


def test_nobody_is_answered_while_consents_are_recorded_without_a_pause():
    with pytest.raises(StoreUnavailable, match="ask again"):
        asked(Busy(times=1_000))


def test_a_question_sees_the_release_that_came_in_its_middle():
    class Released(FakeStore):
        def search(self, dataset, plan, decision):
            if not self.searched:
                self.searched.append((dataset.id, plan))
                raise ReleasedAnew(dataset.id)
            return super().search(dataset, plan, decision)

    assert asked(Busy(), Released([OPEN], {"open": Matches("open", total=7)})).count == 7


def test_what_cannot_be_recorded_is_not_answered():
    with pytest.raises(StoreUnavailable, match="disk is full"):
        asked(Full())


def test_a_ledger_older_than_a_release_answers_nothing():
    store = FakeStore([replace(OPEN, consent_version=5)])
    with pytest.raises(LedgerBroken, match="'open'"):
        asked(Busy(), store)


def test_a_question_that_is_refused_is_recorded_as_refused():
    ledger = Busy()
    with pytest.raises(InvalidRequest):
        asked(ledger, query=replace(QUESTION, filters=(OntologyFilter("HP:404"),)))
    (body,) = ledger.kept
    assert body["told"] == "refused" and body["datasets"] == ["open", "closed"]
    assert body["asked"]["filters"] == [{"id": "HP:404"}]


def test_the_audit_says_who_asked_what_and_why_it_was_answered_so_but_not_what_was_found():
    ledger = Busy()
    asked(ledger, requester=Requester(Tier.REGISTERED, "r-1", "org", "broker-1"))
    (body,) = ledger.kept
    told = {"status": "answered", "granularity": "count", "basis": "open data"}
    assert body == {
        "asked": {"entry_type": "individual", "granularity": "count"},
        "by": {
            "tier": "registered",
            "account": "r-1",
            "organisation": "org",
            "broker": "broker-1",
        },
        "decided_at": body["decided_at"],
        "consent_version": 0,
        "datasets": ["open", "closed"],
        "told": {"open": {**told, "individuals": "all"}, "closed": {"status": "not permitted"}},
    }
    assert body["decided_at"] <= moment_text(fake_node(FakeStore([])).clock.now())

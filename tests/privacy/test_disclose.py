"""`disclose` is the only way out, and it only ever says less than it was given."""

import itertools

import pytest

from beacon_node.model.answer import DatasetAnswer, Matches, Status
from beacon_node.model.decision import DatasetDecision, Decision
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity
from beacon_node.privacy.disclose import combine, disclose

RECORDS = ({"id": "a"}, {"id": "b"})
MATCHES = Matches("d", total=7, page=RECORDS)


def decision(ceiling: Granularity | None) -> Decision:
    return Decision({"d": DatasetDecision("d", ceiling, reason="closed")})


@pytest.mark.parametrize(
    ("ceiling", "asked"), list(itertools.product([None, *Granularity], Granularity))
)
def test_no_more_is_said_than_is_allowed_and_asked(ceiling, asked):
    answer = disclose(MATCHES, decision(ceiling), asked=asked)
    if ceiling is None:
        assert answer == DatasetAnswer("d", Status.NOT_PERMITTED, reason="closed")
        return
    told = min(ceiling, asked)
    assert answer.granularity is told
    assert answer.exists is True
    assert answer.count == (7 if told >= Granularity.COUNT else None)
    assert answer.records == (RECORDS if told is Granularity.RECORD else ())


def test_without_a_decision_on_the_dataset_nothing_is_said():
    answer = disclose(MATCHES, Decision({}), asked=Granularity.RECORD)
    assert (answer.exists, answer.count, answer.records) == (None, None, ())


@pytest.mark.parametrize(
    "status", [Status.NOT_SEQUENCED, Status.WRONG_ASSEMBLY, Status.NOT_ANSWERABLE]
)
def test_no_answer_is_not_no(status):
    matches = Matches("d", status=status, reason="why")
    answer = disclose(matches, decision(Granularity.RECORD), asked=Granularity.RECORD)
    assert (answer.exists, answer.status, answer.reason) == (None, status, "why")


def test_a_closed_dataset_does_not_even_tell_what_was_not_sequenced():
    matches = Matches("d", status=Status.NOT_SEQUENCED)
    answer = disclose(matches, decision(None), asked=Granularity.BOOLEAN)
    assert answer.status is Status.NOT_PERMITTED


def test_matches_do_not_print_what_they_hold():
    text = repr(Matches("d", total=987_654_321, page=({"id": "secret"},)))
    assert "987654321" not in text and "secret" not in text


def part(granularity, exists=True, count=None) -> DatasetAnswer:
    return DatasetAnswer("x", Status.ANSWERED, granularity, exists, count)


def test_the_whole_is_as_precise_as_its_least_precise_part():
    parts = (part(Granularity.RECORD, count=3), part(Granularity.BOOLEAN))
    answer = combine(EntryType.INDIVIDUAL, parts, asked=Granularity.RECORD)
    assert (answer.granularity, answer.count, answer.exists) == (Granularity.BOOLEAN, None, True)


def test_counts_add_up_over_the_parts_that_answered():
    closed = DatasetAnswer("y", Status.NOT_PERMITTED)
    parts = (part(Granularity.COUNT, count=3), part(Granularity.COUNT, False, 0), closed)
    answer = combine(EntryType.INDIVIDUAL, parts, asked=Granularity.COUNT)
    assert (answer.granularity, answer.count, answer.exists) == (Granularity.COUNT, 3, True)


def test_when_nobody_may_answer_nothing_exists_and_nothing_is_counted():
    parts = (DatasetAnswer("y", Status.NOT_PERMITTED),)
    answer = combine(EntryType.INDIVIDUAL, parts, asked=Granularity.RECORD)
    assert (answer.granularity, answer.count, answer.exists) == (Granularity.BOOLEAN, None, False)

"""`disclose` is the only way out, and it only ever says less than it was given."""

import itertools

import pytest

from beacon_node.model.answer import (
    DatasetAnswer,
    Matches,
    NoisyCount,
    Precision,
    Refused,
    Status,
)
from beacon_node.model.decision import DatasetDecision, Decision, Guard
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity
from beacon_node.privacy.disclose import combine, disclose, disclose_noisy

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


# ---- counts with noise ---------------------------------------------------------------------------

INDIVIDUAL = EntryType.INDIVIDUAL


def registered(guard: Guard = Guard.REGISTERED) -> Decision:
    ceiling = Granularity.COUNT if guard is Guard.REGISTERED else Granularity.BOOLEAN
    return Decision({"d": DatasetDecision("d", ceiling, guard=guard)})


def noisy(number: int, **told) -> DatasetAnswer:
    asked = {"entry_type": INDIVIDUAL, "asked": Granularity.COUNT, **told}
    return disclose_noisy(NoisyCount("d", number, 5, 0.9), registered(), **asked)


@pytest.mark.parametrize("number", [-3, 0, 4])
def test_a_noisy_count_below_its_threshold_is_a_no_without_a_number(number):
    part = noisy(number)
    assert (part.exists, part.count, part.granularity) == (False, None, Granularity.BOOLEAN)
    assert part.adjusted_to == 5 and str(number) not in part.reason


def test_a_noisy_count_from_its_threshold_on_is_told_as_imprecise():
    part = noisy(5)
    assert (part.exists, part.count, part.granularity) == (True, 5, Granularity.COUNT)
    assert (part.precision, part.adjusted_to, part.completeness) == (Precision.IMPRECISE, 5, 0.9)


@pytest.mark.parametrize("entry_type", [one for one in EntryType if one is not INDIVIDUAL])
def test_only_individuals_have_a_noisy_number(entry_type):
    part = noisy(7, entry_type=entry_type)
    assert (part.exists, part.count, part.granularity) == (True, None, Granularity.BOOLEAN)


@pytest.mark.parametrize(
    ("asked", "count"),
    [(Granularity.BOOLEAN, None), (Granularity.COUNT, 7), (Granularity.RECORD, 7)],
)
def test_a_noisy_answer_never_tells_more_than_was_asked_nor_records(asked, count):
    part = noisy(7, asked=asked)
    assert part.count == count and part.records == ()


def size(number: int, **told) -> DatasetAnswer:
    asked = {"entry_type": INDIVIDUAL, "asked": Granularity.COUNT, **told}
    return disclose_noisy(NoisyCount("d", number, 5, size_floor=55), registered(), **asked)


@pytest.mark.parametrize(("noisy", "told"), [(55, 50), (69, 60), (1_299, 1_200), (98_765, 98_000)])
def test_the_size_of_a_group_is_told_rounded_down(noisy, told):
    part = size(noisy)
    assert (part.exists, part.count, part.precision) == (True, told, Precision.IMPRECISE)
    assert part.adjusted_to == 50 and "rounded down" in part.reason


@pytest.mark.parametrize("noisy", [-4, 5, 54])
@pytest.mark.parametrize("entry_type", [INDIVIDUAL, EntryType.BIOSAMPLE])
def test_a_group_that_is_too_small_is_not_counted(noisy, entry_type):
    part = size(noisy, entry_type=entry_type)
    assert (part.status, part.exists, part.count) == (Status.NOT_ANSWERABLE, None, None)
    assert "fewer than about 55 people" in part.reason and part.adjusted_to is None


def test_of_other_entries_a_group_has_no_number():
    part = size(98, entry_type=EntryType.BIOSAMPLE)
    assert (part.exists, part.count) == (True, None)


@pytest.mark.parametrize("guard", [Guard.NONE, Guard.PUBLIC])
def test_a_noisy_count_comes_out_under_a_decision_of_the_registered_tier_alone(guard):
    count = NoisyCount("d", 7, 5)
    for decision in (registered(guard), Decision({})):
        part = disclose_noisy(count, decision, entry_type=INDIVIDUAL, asked=Granularity.COUNT)
        assert (part.status, part.exists, part.count) == (Status.NOT_PERMITTED, None, None)


def test_a_spent_budget_is_no_answer_and_says_why():
    spent = Refused("d", Status.BUDGET_SPENT, "used up")
    part = disclose_noisy(spent, registered(), entry_type=INDIVIDUAL, asked=Granularity.COUNT)
    assert part == DatasetAnswer("d", Status.BUDGET_SPENT, reason="used up")


def test_matches_of_a_registered_dataset_are_told_as_yes_or_no_alone():
    part = disclose(Matches("d", total=7, page=RECORDS), registered(), asked=Granularity.RECORD)
    assert (part.granularity, part.count, part.records) == (Granularity.BOOLEAN, None, ())


def test_a_sum_of_exact_and_noisy_numbers_is_imprecise_and_has_no_threshold():
    exact = part(Granularity.COUNT, count=1)
    whole = combine(INDIVIDUAL, (noisy(8), exact), asked=Granularity.COUNT)
    assert (whole.count, whole.precision, whole.adjusted_to) == (9, Precision.IMPRECISE, None)
    whole = combine(INDIVIDUAL, (noisy(8), noisy(6)), asked=Granularity.COUNT)
    assert (whole.count, whole.precision, whole.adjusted_to) == (14, Precision.IMPRECISE, 5)


def test_a_total_without_one_of_its_numbers_is_not_told():
    whole = combine(INDIVIDUAL, (noisy(8), noisy(2)), asked=Granularity.COUNT)
    assert (whole.exists, whole.count, whole.granularity) == (True, None, Granularity.BOOLEAN)


def test_a_noisy_count_does_not_print_itself():
    assert "987" not in repr(NoisyCount("d", 987, 5))

"""The summary says in words what the rules say of each dataset, use and kind of data."""

from datetime import timedelta, timezone

import pytest
from hypothesis import given as drawn
from hypothesis import settings

from beacon_node.model.consent import Asked, DataType, OpenChoice, State, UseKind
from beacon_node.model.consent_words import USES
from beacon_node.policy.consent import state_at
from beacon_node.policy.consent_summary import summarize
from tests.policy.histories import MOMENTS, day, given, histories, refused, scope, withdrawn

RESEARCH = scope(uses=[UseKind.RESEARCH_DISCOVERY])


@pytest.mark.parametrize(
    ("history", "answer"),
    [
        ([given(1, 1)], "yes."),
        ([given(1, 1, until=9)], "yes, until and including 9 January 2030."),
        ([given(1, 1, until=4)], "no, because your yes ended on 4 January 2030."),
        ([given(1, 9)], "no, because you have not said yes."),
        ([refused(1, 1)], "no, because you said no on 2 January 2030."),
        ([given(1, 1), withdrawn(2, 3)], "no, because you withdrew on 4 January 2030."),
    ],
)
def test_each_state_has_its_words(history, answer):
    lines = summarize(history, day(5)).splitlines()
    assert f"- {USES[UseKind.RESEARCH_DISCOVERY]}: {answer}" in lines


def test_a_use_that_was_not_signed_for_is_a_no():
    text = summarize([given(1, 1, scope=RESEARCH)], day(5))
    assert f"{USES[UseKind.RESEARCH_DISCOVERY]}: yes." in text
    assert f"{USES[UseKind.RECORD_LEVEL]}: no, because what you signed does not say yes" in text


def test_kinds_of_data_with_another_answer_have_their_own_line():
    only = scope(types=[DataType.VARIANTS])
    line = f"- {USES[UseKind.RESEARCH_DISCOVERY]}, your genetic variants: yes."
    assert line in summarize([given(1, 1, scope=only)], day(5)).splitlines()


def test_each_dataset_has_its_section():
    history = [given(1, 1), withdrawn(2, 2, scope=scope("heart"))]
    heart, others = summarize(history, day(5)).split("For all other collections")
    assert "For the collection 'heart'" in heart and "yes." not in heart
    assert "yes." in others


def test_an_open_choice_is_said_with_its_consequence():
    text = summarize([given(1, 1, open=OpenChoice(frozenset({"BRCA1"})))], day(5))
    assert "anybody may be told of your variants in: BRCA1." in text
    assert "cannot be taken back" in text


LIMITED = "without an approval of the data access committee, answers are limited so that they do"
APPROVED = "Researchers whom the data access committee approved may see your data"


@pytest.mark.parametrize("choice", [OpenChoice(), OpenChoice(frozenset({"BRCA1"}))])
@pytest.mark.parametrize("use", UseKind)
def test_who_may_learn_what_is_said_as_it_is(use, choice):
    only = scope(uses=[use])
    text = summarize([given(1, 1, scope=only, open=choice)], day(5))
    assert text.count(LIMITED) == 1 and "nobody can tell" not in text
    assert (APPROVED in text) == (use is UseKind.RECORD_LEVEL)


def test_a_use_that_was_withdrawn_is_not_said_to_be_allowed():
    history = [given(1, 1), withdrawn(2, 2, scope=scope(uses=[UseKind.RECORD_LEVEL]))]
    text = summarize(history, day(5))
    assert LIMITED in text and APPROVED not in text
    assert LIMITED not in summarize([given(1, 1), withdrawn(2, 2)], day(5))


def test_days_are_those_of_the_site():
    zone = timezone(timedelta(hours=-5))
    assert "as of 5 January 2030" in summarize([given(1, 1)], day(5), zone=zone)


@settings(max_examples=100, deadline=None)
@drawn(histories(), MOMENTS)
def test_a_yes_is_said_where_the_rules_permit_and_nowhere_else(history, at):
    text = summarize(history, at)
    named = {version.scope.dataset for version in history}
    datasets = {"another" if dataset == "*" else dataset for dataset in named}
    permitted = any(
        state_at(history, at, Asked(dataset, kind, use)).state is State.PERMITTED
        for dataset in datasets
        for kind in DataType
        for use in UseKind
    )
    assert (": yes" in text) == permitted

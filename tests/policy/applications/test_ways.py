"""What would help somebody who was denied: one next step, from their own standing alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from beacon_node.model.application import Application, Award, Committee, Form, State
from beacon_node.model.data_use import read_purpose
from beacon_node.model.query import Granularity
from beacon_node.policy.applications.ways import Standpoint, Step, ways
from tests.policy.histories import DAY_0

COMMITTEE = Committee(frozenset({"eve"}), frozenset({"c"}), terms_version="v1")
FORM = Form("Hearts", "", read_purpose({"categories": ["biomedical"]}), frozenset({"c"}))
MINE = Application("A-1", "ann", FORM, terms=(("ann", "v1"),))
AWARD = Award(frozenset({"c"}), Granularity.RECORD, DAY_0 + timedelta(days=9))
ANN = Standpoint(COMMITTEE, DAY_0, "ann", login="/login")
STRANGER = replace(ANN, account="")
APPROVED = replace(MINE, state=State.APPROVED, award=AWARD)


@pytest.mark.parametrize(
    ("who", "steps"),
    [
        (STRANGER, [Step.LOG_IN, Step.APPLY]),
        (replace(STRANGER, login=""), []),
        (ANN, [Step.APPLY]),
        (replace(ANN, committee=replace(COMMITTEE, datasets=frozenset({"d"}))), []),
        (replace(ANN, applications=(MINE,)), [Step.SUBMIT]),
        (replace(ANN, applications=(replace(MINE, state=State.SUBMITTED),)), [Step.WAIT]),
        (replace(ANN, applications=(replace(MINE, state=State.RETURNED),)), [Step.CHANGE]),
        (replace(ANN, applications=(replace(MINE, state=State.REJECTED),)), [Step.APPLY]),
        (replace(ANN, applications=(replace(MINE, state=State.CLOSED),)), [Step.APPLY]),
        (replace(ANN, applications=(APPROVED,), at=AWARD.until), [Step.EXTEND]),
        (replace(ANN, applications=(replace(APPROVED, terms=()),)), [Step.ACCEPT]),
        (replace(ANN, blocked=frozenset({"c"})), [Step.ASK]),
        (replace(ANN, blocked=frozenset({"*"}), applications=(MINE,)), [Step.ASK]),
        (replace(ANN, blocked=frozenset({"d"})), [Step.APPLY]),
    ],
)
def test_the_next_step(who, steps):
    assert [way.step for way in ways("c", who)] == steps


def test_of_several_applications_the_one_that_came_furthest():
    draft = replace(MINE, id="A-2")
    waiting = replace(MINE, id="A-3", state=State.SUBMITTED)
    (way,) = ways("c", replace(ANN, applications=(draft, waiting)))
    assert way.path == "/dac/applications/A-3"


def test_applications_about_other_datasets_are_no_matter():
    other = replace(MINE, form=replace(FORM, datasets=frozenset({"d"})))
    assert ways("c", replace(ANN, applications=(other,)))[0].step is Step.APPLY

"""Rows of members as JSON: what is written is read back, and what others wrote is not trusted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.errors import InvalidRequest
from beacon_node.model.federation import Came, MemberRow, Told, Totals
from beacon_node.model.federation_documents import (
    DEEPEST,
    LONGEST_TEXT,
    read_row,
    read_totals,
    row_document,
    text,
    totals_document,
)
from beacon_node.model.query import Granularity

TOLD = Told(
    dataset="cohort",
    beacon="org.a",
    exists=True,
    count=12,
    precision="imprecise",
    adjusted_to=(">=5",),
    completeness=0.97,
    name="Cohort",
    assembly="GRCh38",
    via=("org.broker",),
)
ROW = MemberRow(
    member="org.a",
    name="Hospital A",
    came=Came.ANSWERED,
    exists=True,
    count=12,
    precision="imprecise",
    adjusted_to=(">=5",),
    granularity=Granularity.COUNT,
    datasets=(TOLD, Told("panel", "org.a", Came.NOT_SEQUENCED, reason="no probe there")),
    result_sets=({"id": "cohort", "results": []},),
    handovers=({"url": "https://a.example"},),
    count_of="individuals",
    elapsed_s=0.25,
    rows=(MemberRow("org.b", "B", Came.OFFLINE, reason="no answer"),),
    notes={"lowered": "asked as anybody"},
)


def through_json(document):
    return json.loads(json.dumps(document))


@pytest.mark.parametrize("row", [ROW, MemberRow("x", "X", Came.WAITING)])
def test_a_row_is_read_back_as_it_was_written(row):
    assert read_row(through_json(row_document(row))) == row


@pytest.mark.parametrize(
    "totals",
    [Totals(), Totals(True, 12, "imprecise", (">=5",), ("org.a",), 1, 3), Totals(False, 0)],
)
def test_totals_are_read_back_as_they_were_written(totals):
    assert read_totals(through_json(totals_document(totals))) == totals


def test_exists_is_always_there_so_that_no_answer_is_not_taken_for_a_no():
    assert row_document(MemberRow("x", "X", Came.OFFLINE))["exists"] is None


@pytest.mark.parametrize("came", [came for came in Came if came is not Came.ANSWERED])
def test_a_row_that_is_no_answer_says_neither_yes_nor_a_number(came):
    row = read_row({"id": "x", "status": came.value, "exists": True, "count": 7})
    assert (row.exists, row.count) == (None, None)


def test_an_unknown_status_is_a_failure_that_names_it():
    row = read_row({"id": "x", "status": "on holiday", "exists": False})
    assert (row.came, row.reason, row.exists) == (Came.FAILED, "status 'on holiday'", None)


@pytest.mark.parametrize("document", [None, [], {}, {"id": "x"}, {"status": "answered"}])
def test_what_is_no_row_is_refused(document):
    with pytest.raises(InvalidRequest):
        read_row(document)


def test_texts_of_others_cannot_steer_a_terminal_or_fill_it():
    row = read_row({"id": "x", "status": "failed", "reason": "\x1b]0;pwned\x07" + "a" * 10_000})
    assert row.reason.isprintable() and len(row.reason) <= LONGEST_TEXT


def test_rows_below_rows_end_somewhere():
    document = {"id": "x", "status": "answered"}
    for _ in range(200):
        document = {"id": "x", "status": "answered", "members": [document]}
    depth, row = 0, read_row(document)
    while row.rows:
        depth, (row,) = depth + 1, row.rows
    assert depth == DEEPEST


LEAVES = [None, True, 7, -1, 2.5, float("nan"), 10**30, "answered", "\x1b[2J", "a\u2028b", [], {}]
leaves = st.sampled_from(LEAVES)
names = st.sampled_from([*row_document(ROW), "via"])
values = (
    leaves | st.lists(leaves, max_size=3) | st.lists(st.dictionaries(names, leaves), max_size=2)
)


@given(st.dictionaries(names, values))
def test_whatever_is_read_is_a_row_or_refused(document):
    try:
        row = read_row(document)
    except InvalidRequest:
        return
    assert row.came is Came.ANSWERED or (row.exists, row.count) == (None, None)
    assert all(part.isprintable() for part in (row.member, row.name, row.reason))
    json.dumps(row_document(row), default=str)


@given(st.text())
def test_a_text_is_printable(value):
    assert text(value) == "" or text(value).isprintable()

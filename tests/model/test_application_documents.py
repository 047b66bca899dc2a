"""A command reads back as it was written, and junk is refused by the name of its field."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.errors import InvalidRequest
from beacon_node.model.application import (
    Approve,
    Award,
    Command,
    Form,
    Remark,
    RequestReview,
    SaveDraft,
    Submit,
    Vote,
)
from beacon_node.model.application_documents import (
    command_document,
    command_name,
    read_command,
)
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.query import Granularity

END = datetime(2031, 1, 7, tzinfo=UTC)
texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=20)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
purposes = st.builds(ResearchPurpose, categories=st.just(frozenset({"general"})))
st.register_type_strategy(ResearchPurpose, purposes)
st.register_type_strategy(datetime, moments)
st.register_type_strategy(str, texts)
commands = st.one_of(*(st.from_type(kind) for kind in get_args(Command)))


@given(commands)
def test_what_is_written_reads_back(command):
    document = json.loads(json.dumps(command_document(command)))
    assert read_command(document) == command


def test_a_command_has_a_word():
    assert [command_name(kind) for kind in (Submit, RequestReview)] == ["submit", "request-review"]
    approval = Approve(Award(frozenset("ab"), Granularity.COUNT, END))
    assert command_document(approval) == {
        "do": "approve",
        "award": {
            "datasets": ["a", "b"],
            "granularity": "count",
            "until": "2031-01-07T00:00:00.000000Z",
        },
    }


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "command"),
        ({}, "do"),
        ({"do": "grant"}, "do"),
        ({"do": "submit", "now": True}, "now"),
        ({"do": "vote"}, "opinion"),
        ({"do": "vote", "opinion": "maybe"}, "opinion"),
        ({"do": "remark", "text": 1}, "text"),
        ({"do": "remark", "text": "\x00"}, "text"),
        ({"do": "remark", "text": "x" * 9_000}, "text"),
        ({"do": "remark", "text": "x", "is_public": "yes"}, "is_public"),
        ({"do": "request-review", "reviewers": "eve"}, "reviewers"),
        ({"do": "request-review", "reviewers": [1]}, r"reviewers\[0\]"),
        ({"do": "extend", "until": "2031-01-07"}, "until"),
        ({"do": "extend", "until": "tomorrow"}, "until"),
        ({"do": "approve", "award": []}, "award"),
        ({"do": "approve", "award": {"datasets": ["a"]}}, "award.granularity"),
        ({"do": "save-draft", "form": {"title": "x", "colour": 1}}, "form.colour"),
        (
            {
                "do": "save-draft",
                "form": {"title": "", "description": "", "purpose": {"mood": 1}, "datasets": []},
            },
            "purpose.mood",
        ),
    ],
)
def test_what_is_not_understood_is_refused_by_its_field(document, field):
    with pytest.raises(InvalidRequest, match=f"^{field}:"):
        read_command(document)


def test_an_offset_is_taken_into_account():
    found = read_command({"do": "extend", "until": "2031-01-07T02:00:00+02:00"})
    assert found.until == END


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | texts,
        lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    )
)
def test_junk_is_refused_in_one_sentence(junk):
    for kind in (SaveDraft, Vote, Remark):
        name = fields(kind)[0].name
        try:
            read_command({"do": command_name(kind), name: junk})
        except InvalidRequest as refused:
            assert "\n" not in str(refused)
        else:
            assert isinstance(junk, str)


def test_a_form_keeps_its_words_as_they_are():
    form = Form("T", "two\nlines", ResearchPurpose(), frozenset("a"))
    assert read_command(command_document(SaveDraft(form))).form.description == "two\nlines"

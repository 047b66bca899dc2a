"""A consent as a document: the same both ways, and nothing is overlooked in reading."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from beacon_node.errors import InvalidRequest
from beacon_node.model.consent import OpenChoice
from beacon_node.model.consent_documents import (
    canonical_json,
    consent_document,
    moment_text,
    read_consent,
    read_moment,
    statement_digest,
    statement_document,
)
from beacon_node.model.data_use import ConsentTerm, Use
from tests.policy.histories import cancelled, day, given, histories, scope, stated, withdrawn

FULL = given(
    7,
    1,
    until=9,
    scope=scope("d"),
    use=Use.of(
        ConsentTerm("DUO:0000007", diseases=frozenset({"MONDO:0005105"})), ConsentTerm("X:1")
    ),
    open=OpenChoice(frozenset({"BRCA1"}), frozenset({"17-43045711-C-T"})),
)


@settings(max_examples=100, deadline=None)
@drawn(histories())
def test_what_is_written_is_read_as_it_was(history):
    assert [read_consent(consent_document(version)) for version in history] == history


@pytest.mark.parametrize("version", [FULL, withdrawn(2, 3), cancelled(3, 4, cancels=2)])
def test_a_document_survives_json(version):
    import json

    assert read_consent(json.loads(canonical_json(consent_document(version)))) == version


@pytest.mark.parametrize("field", sorted(consent_document(FULL)))
@pytest.mark.parametrize("wrong", [17.5, None, ["x"], {"x": 1}])
def test_a_field_of_another_form_is_refused_by_name(field, wrong):
    document = consent_document(FULL) | {field: wrong}
    with pytest.raises(InvalidRequest, match=field if field != "use" else "use|consent"):
        read_consent(document)


@pytest.mark.parametrize("field", sorted(set(consent_document(FULL)) - {"open", "effective_until"}))
def test_a_missing_field_is_refused(field):
    document = consent_document(FULL)
    del document[field]
    with pytest.raises(InvalidRequest):
        read_consent(document)


@pytest.mark.parametrize("place", [(), ("scope",), ("source",), ("open",), ("use",)])
def test_an_unknown_field_is_refused(place):
    document = consent_document(FULL)
    inner = document
    for step in place:
        inner = inner[step]
    inner["only_on_sundays"] = True
    with pytest.raises(InvalidRequest, match="only_on_sundays"):
        read_consent(document)


def test_equal_statements_have_equal_digests_whoever_recorded_them():
    one, other = given(1, 1, until=9), given(2, 1, until=9, recorded=5)
    renumbered = stated(1, other.status, 1, until=9, use=other.use)
    digest = statement_digest(statement_document(one))
    assert digest == statement_digest(statement_document(renumbered))
    assert digest != statement_digest(statement_document(other))  # it came from another form


def test_a_text_that_is_not_unicode_is_refused():
    with pytest.raises(InvalidRequest):
        canonical_json({"individual": "\ud800"})


def test_moments_are_written_in_utc_and_sort_as_they_follow():
    helsinki = timezone(timedelta(hours=2))
    assert moment_text(datetime(2030, 1, 7, 1, tzinfo=helsinki)) == "2030-01-06T23:00:00.000000Z"
    assert moment_text(day(1)) < moment_text(day(1) + timedelta.resolution) < moment_text(day(2))


@drawn(st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)))
def test_a_moment_is_read_as_it_was_written(moment):
    assert read_moment(moment_text(moment)) == moment


@pytest.mark.parametrize(
    "text", ["2030-01-07", "2030-01-07T10:31:00Z", "2030-13-07T10:31:00.000000Z"]
)
def test_other_spellings_of_a_moment_are_refused(text):
    with pytest.raises(ValueError):
        read_moment(text)

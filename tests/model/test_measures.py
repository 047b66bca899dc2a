"""Values compare by what they mean: numbers, ages and dates as amounts, anything else as text."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.errors import InvalidRequest
from beacon_node.model.measures import (
    OPERATORS,
    Kind,
    check_comparison,
    compare,
    like,
    parse_value,
    same_unit,
)


def holds(measured: str, operator: str, value: str) -> bool:
    """Compare a measure, as a record writes it, with a filter's value."""
    return compare(operator, parse_value(measured).amount, measured, parse_value(value))


@pytest.mark.parametrize(
    ("text", "kind", "amount", "unit"),
    [
        ("26.5", Kind.NUMBER, 26.5, ""),
        ("-1e3", Kind.NUMBER, -1000, ""),
        ("27.5 Kilogram per Square Meter", Kind.NUMBER, 27.5, "Kilogram per Square Meter"),
        ("85 NCIT:C28252", Kind.NUMBER, 85, "NCIT:C28252"),
        ("P70Y", Kind.DURATION, 70, ""),
        ("P1Y6M", Kind.DURATION, 1.5, ""),
        ("P12M", Kind.DURATION, 1, ""),
        ("0001-01-01", Kind.DAY, 0, ""),
        ("2020-01-01T12:00:00Z", Kind.MOMENT, 737424.5, ""),
        ("2020-01-01T13:00:00+01:00", Kind.MOMENT, 737424.5, ""),
        ("male", Kind.TEXT, None, ""),
        ("2020-02-30", Kind.TEXT, None, ""),  # no such day
        ("P", Kind.TEXT, None, ""),
        ("P1YT", Kind.TEXT, None, ""),
        ("1e999", Kind.TEXT, None, ""),  # not finite
        ("nan", Kind.TEXT, None, ""),
        ("", Kind.TEXT, None, ""),
    ],
)
def test_a_value_is_read_as_what_it_is(text, kind, amount, unit):
    value = parse_value(text)
    assert (value.kind, value.amount, value.unit) == (kind, amount, unit)


@pytest.mark.parametrize(
    ("measured", "operator", "value"),
    [
        ("26.63838307", "=", "26.63838307"),
        ("85", "=", "85.0"),
        ("25", "<=", "25"),
        ("26", ">", "25 NCIT:C28252"),
        ("P40Y1M1D", ">", "P40Y1M"),
        ("P40Y1M1D", ">", "40"),  # a number without a unit is years
        ("P13W", "<", "P1Y"),
        ("2015-09-30", "<", "2016-01-01"),
        ("2020-03-17T15:00:00Z", "=", "2020-03-17"),  # a day covers its moments
        ("2020-03-17T15:00:00Z", "<=", "2020-03-17"),
        ("Illumina", "=", "illumina"),
        ("Illumina HiSeq 2000", "=", "%hiseq%"),
        ("2015-09-30", "=", "2015-%"),
        ("26.6", "=", "26.%"),
        ("male", "!", "female"),
        ("P40Y", "!", "2020-01-01"),  # different kinds are unequal
        ("a.b", "!", "axb"),
        ("3 or 4", "=", "3 OR 4"),
    ],
)
def test_holds(measured, operator, value):
    assert holds(measured, operator, value)


@pytest.mark.parametrize(
    ("measured", "operator", "value"),
    [
        ("24.9", ">", "25"),
        ("25", "<", "25"),
        ("2020-03-17T15:00:00Z", ">", "2020-03-17"),
        ("male", "=", "female"),
        ("female", "=", "male%"),
        ("male", "<", "25"),  # a word has no order
        ("P40Y", "<", "2020-01-01"),
        ("2015-09-30", ">", "2000"),
        ("P40Y", ">", "30 kg"),
        ("5", "<", "P40Y"),
    ],
)
def test_does_not_hold(measured, operator, value):
    assert not holds(measured, operator, value)


@given(st.text(max_size=30), st.text(max_size=30))
def test_not_equal_is_the_opposite_of_equal(measured, value):
    assert holds(measured, "=", value) != holds(measured, "!", value)


@given(st.text(max_size=30))
def test_a_value_equals_itself_and_everything_matches_the_wildcard(text):
    assert holds(text, "=", text)
    assert holds(text, "=", "%")


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_exactly_one_of_less_equal_greater_holds_for_numbers(mine, other):
    results = [holds(repr(mine), operator, repr(other)) for operator in ("<", ">")]
    assert sum(results) + (mine == other) == 1
    assert holds(repr(mine), "<=", repr(other)) == (mine <= other)


@given(st.dates(), st.dates())
def test_dates_order_as_the_calendar_does(mine, other):
    assert holds(mine.isoformat(), "<", other.isoformat()) == (mine < other)


@given(st.integers(0, 120), st.integers(0, 11), st.integers(0, 27))
def test_more_of_any_part_is_a_longer_duration(years, months, days):
    age = f"P{years}Y{months}M{days}D"
    for longer in (f"P{years + 1}Y{months}M{days}D", f"P{years}Y{months}M{days + 1}D"):
        assert holds(age, "<", longer)


@pytest.mark.parametrize("operator", ["<", ">", "<=", ">="])
def test_an_order_needs_a_value_that_has_one(operator):
    with pytest.raises(InvalidRequest, match="needs a number"):
        check_comparison(operator, parse_value("male"))


def test_an_unknown_operator_is_refused_by_name():
    with pytest.raises(InvalidRequest, match="'~'"):
        check_comparison("~", parse_value("5"))
    for operator in OPERATORS:
        check_comparison(operator, parse_value("5"))


def test_units_agree_by_id_or_label_and_are_never_converted():
    assert same_unit("", "NCIT:C28252", "Kilogram")
    assert same_unit("ncit:c28252", "NCIT:C28252", "Kilogram")
    assert same_unit("kilogram", "NCIT:C28252", "Kilogram")
    assert not same_unit("gram", "NCIT:C28252", "Kilogram")


@given(st.text("ab%", max_size=8), st.text("abA", max_size=8))
def test_a_pattern_means_what_it_means_as_a_regular_expression(pattern, text):
    meant = ".*".join(map(re.escape, pattern.lower().split("%")))
    assert like(text, pattern) is (re.fullmatch(meant, text.lower()) is not None)


def test_no_pattern_takes_long():
    started = time.process_time()
    assert not like("a" * 1_000, "%a" * 499 + "%b")
    assert not like("ab" * 500, "%" * 999 + "c")
    assert parse_value("1" * 1_000 + "x").kind is Kind.TEXT
    assert time.process_time() - started < 1

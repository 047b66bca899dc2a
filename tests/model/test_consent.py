"""What a consent version must hold, and which moment a day of the site stands for."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from beacon_node.errors import InvalidRequest
from beacon_node.model.consent import (
    EVERYTHING,
    PROTECTED,
    Asked,
    ConsentVersion,
    DataType,
    OpenChoice,
    Permission,
    Scope,
    Source,
    Standing,
    State,
    Status,
    UseKind,
    end_moment,
    first_moment,
    read_when,
    signature_moment,
)
from beacon_node.model.data_use import ConsentTerm, Use

HELSINKI = ZoneInfo("Europe/Helsinki")  # two hours ahead in winter, three in summer
SAO_PAULO = ZoneInfo("America/Sao_Paulo")  # until 2018 its clocks skipped midnight in spring
NOON = dt.datetime(2030, 1, 7, 12, tzinfo=dt.UTC)


def version(**facts) -> ConsentVersion:
    return ConsentVersion(
        **{
            "number": 1,
            "individual": "P-0001",
            "status": Status.GIVEN,
            "scope": EVERYTHING,
            "signed_on": NOON,
            "effective_from": NOON,
            "recorded_at": NOON,
            "recorded_by": "import",
            "source": Source("form-1", "0" * 64),
            **facts,
        }
    )


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"individual": ""}, "individual"),
        ({"status": Status.ENTERED_IN_ERROR}, "cancels"),
        ({"cancels": 3}, "cancels"),
        ({"status": Status.WITHDRAWN, "scope": Scope("*", frozenset(), frozenset())}, "scope"),
        (
            {"status": Status.REFUSED, "scope": Scope("*", frozenset(DataType), frozenset())},
            "scope",
        ),
        ({"effective_until": NOON}, "effective_until"),
    ],
)
def test_a_version_that_contradicts_itself_is_refused_by_field(facts, field):
    with pytest.raises(InvalidRequest) as refused:
        version(**facts)
    assert str(refused.value).split(": ")[0] == field


def test_an_odd_end_never_keeps_a_withdrawal_out():
    """Exports give withdrawals an end; nothing looks at it, so it need not make sense."""
    assert version(status=Status.WITHDRAWN, effective_until=utc("2020-01-01")).status.is_no


@pytest.mark.parametrize("field", ["signed_on", "effective_from", "recorded_at", "effective_until"])
@pytest.mark.parametrize(
    "moment",
    [dt.datetime(2031, 1, 7), dt.datetime(2031, 1, 7, tzinfo=HELSINKI)],
    ids=["naive", "local"],
)
def test_moments_are_in_utc(field, moment):
    with pytest.raises(ValueError, match="UTC"):
        version(**{field: moment})


def test_nothing_about_a_person_is_printed():
    choice = OpenChoice(frozenset({"BRCA1"}))
    one = version(open=choice)
    permission = Permission(frozenset({Use()}), choice)
    printed = repr([one, Standing(State.PERMITTED, one), permission, choice])
    assert "P-0001" not in printed and "BRCA1" not in printed and "form-1" not in printed


@pytest.mark.parametrize(
    ("asked", "is_named"),
    [
        (Asked("d", DataType.VARIANTS, UseKind.RESEARCH_DISCOVERY), True),
        (Asked("e", DataType.VARIANTS, UseKind.RESEARCH_DISCOVERY), False),
        (Asked("d", DataType.RUNS, UseKind.RESEARCH_DISCOVERY), False),
        (Asked("d", DataType.VARIANTS, UseKind.PUBLIC_DISCOVERY), False),
        (Asked("d", DataType.VARIANTS, UseKind.RECORD_LEVEL), False),
    ],
)
def test_a_scope_names_a_dataset_a_kind_of_data_and_a_kind_of_use(asked, is_named):
    scope = Scope("d", frozenset({DataType.VARIANTS}), frozenset({UseKind.RESEARCH_DISCOVERY}))
    assert scope.names(asked) is is_named
    assert EVERYTHING.names(asked)


def test_permissions_together_ask_for_all_terms_and_open_what_both_open():
    one, other = Use(), Use.of(ConsentTerm("DUO:0000042"))
    here = Permission(frozenset({one}), OpenChoice(frozenset({"BRCA1", "TTN"})))
    there = Permission(frozenset({other}), OpenChoice(frozenset({"TTN"}), frozenset({"v"})))
    assert here & there == Permission(frozenset({one, other}), OpenChoice(frozenset({"TTN"})))
    assert not PROTECTED and OpenChoice(variants=frozenset({"v"}))


# Days and moments


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2030-01-07", dt.date(2030, 1, 7)),
        ("2030-01-07T10:31", dt.datetime(2030, 1, 7, 10, 31)),
        ("2030-01-07 10:31:05", dt.datetime(2030, 1, 7, 10, 31, 5)),
        ("2030-01-07T10:31:05.25Z", dt.datetime(2030, 1, 7, 10, 31, 5, 250_000, dt.UTC)),
    ],
)
def test_a_day_stays_a_day_and_a_moment_a_moment(text, when):
    found = read_when(text, "signed_on")
    assert (found, type(found)) == (when, type(when))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2030",
        "2030-01",
        "20300107",
        "2030-W02-1",
        "07.01.2030",
        "2030-02-30",
        "2030-01-07T25:00",
    ]
    + ["2030-01-07T10", " 2030-01-07", "2030-01-07Z", "[not completed]", "٢٠٣٠-01-07"],
)
def test_other_ways_of_writing_a_date_are_refused_by_field(text):
    with pytest.raises(InvalidRequest, match="^signed_on: "):
        read_when(text, "signed_on")


@pytest.mark.parametrize(
    ("when", "zone", "begins", "ends"),
    [
        (dt.date(2030, 1, 7), HELSINKI, "2030-01-06T22:00", "2030-01-07T22:00"),
        (dt.date(2030, 7, 7), HELSINKI, "2030-07-06T21:00", "2030-07-07T21:00"),
        (dt.date(2030, 3, 31), HELSINKI, "2030-03-30T22:00", "2030-03-31T21:00"),  # 23 hours
        (dt.date(2018, 11, 4), SAO_PAULO, "2018-11-04T03:00", "2018-11-05T02:00"),  # no midnight
        (dt.date(2028, 2, 28), dt.UTC, "2028-02-28T00:00", "2028-02-29T00:00"),
    ],
)
def test_a_day_lasts_from_midnight_to_midnight_of_the_site(when, zone, begins, ends):
    assert first_moment(when, zone, "effective_from") == utc(begins)
    assert end_moment(when, zone, "effective_until") == utc(ends)


@pytest.mark.parametrize(
    ("when", "moment"),
    [
        (dt.datetime(2030, 1, 7, 10, 31), "2030-01-07T08:31"),  # the site's time
        (dt.datetime(2030, 1, 7, 10, 31, tzinfo=dt.UTC), "2030-01-07T10:31"),
        (dt.datetime(2030, 10, 27, 3, 30), "2030-10-27T00:30"),  # occurs twice: the first
    ],
)
def test_a_time_is_that_moment_whether_it_begins_or_ends_something(when, moment):
    assert first_moment(when, HELSINKI, "effective_from") == utc(moment)
    assert end_moment(when, HELSINKI, "effective_until") == utc(moment)
    for status in Status:
        assert signature_moment(when, status, HELSINKI, "signed_on") == utc(moment)


def test_all_moments_come_out_in_utc():
    for found in (
        first_moment(dt.date(2030, 1, 7), HELSINKI, "f"),
        end_moment(dt.date(2030, 1, 7), HELSINKI, "f"),
        signature_moment(dt.date(2030, 1, 7), Status.WITHDRAWN, HELSINKI, "f"),
    ):
        assert found.tzinfo is dt.UTC


def test_the_year_9999_ends_never():
    assert end_moment(dt.date(9999, 12, 31), HELSINKI, "effective_until") is None
    assert end_moment(dt.datetime(9999, 12, 31, 23, 59), HELSINKI, "effective_until") is None
    assert end_moment(dt.date(3000, 1, 1), dt.UTC, "effective_until") == utc("3000-01-02")
    assert end_moment(dt.date(9998, 12, 31), dt.UTC, "effective_until") == utc("9999-01-01")


@pytest.mark.parametrize("year", [1, 203, 1899, 9999])
def test_a_year_that_cannot_be_meant_is_refused_by_field(year):
    with pytest.raises(InvalidRequest, match=f"^signed_on: the year {year} "):
        first_moment(dt.date(year, 12, 31), HELSINKI, "signed_on")
    with pytest.raises(InvalidRequest, match="^signed_on: "):
        signature_moment(dt.date(year, 12, 31), Status.WITHDRAWN, HELSINKI, "signed_on")


def test_on_one_day_with_a_time_unknown_the_withdrawal_is_the_later_signature():
    day, late = dt.date(2030, 1, 7), dt.datetime(2030, 1, 7, 23, 59, 59)
    given = signature_moment(day, Status.GIVEN, HELSINKI, "signed_on")
    assert given == first_moment(day, HELSINKI, "signed_on")
    for status in (Status.WITHDRAWN, Status.REFUSED):
        no = signature_moment(day, status, HELSINKI, "signed_on")
        assert given < signature_moment(late, Status.GIVEN, HELSINKI, "signed_on") < no
        assert no < signature_moment(
            day + dt.timedelta(days=1), Status.GIVEN, HELSINKI, "signed_on"
        )

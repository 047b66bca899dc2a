"""Tables of consents: each shape that exports have, and each way in which they can be bad."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.errors import InvalidInput
from beacon_node.ingest.consents.dates import DateForm
from beacon_node.model.consent import DataType, UseKind
from tests.ingest.consents.tables import MAPPING, read, told

HEAD = "id,signed\n"


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def instead(*changes: tuple[str, str]) -> str:
    mapping = MAPPING
    for old, new in changes:
        assert old in mapping
        mapping = mapping.replace(old, new)
    return mapping


@pytest.mark.parametrize(
    "table",
    [
        "id,signed\nP,2026-01-07\n",
        "\ufeffid,signed\nP,2026-01-07\n",
        "id;signed\r\nP;2026-01-07\r\n",
        "id\tsigned\nP\t2026-01-07\n",
        '"id","other","signed"\n"P","a,\nb","2026-01-07"\n',
        "id,signed\n\n , \n P , 2026-01-07 \n",
    ],
    ids=["plain", "byte-order-mark", "semicolon", "tab", "quoted-and-broken", "blanks"],
)
def test_tables_are_read_however_they_are_written(tmp_path, table):
    (line,) = read(tmp_path, table)
    assert told(line) == ("given", "P", "GRU")
    assert line.version.signed_on == moment(2026, 1, 6, 22)  # midnight in Helsinki


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-16"])
def test_other_encodings_are_declared(tmp_path, encoding):
    mapping = instead(("[columns]", f'[file]\nencoding = "{encoding}"\n[columns]'))
    (line,) = read(tmp_path, "id,signed\nPäivi,2026-01-07\n".encode(encoding), mapping)
    assert line.individual == "Päivi"
    with pytest.raises(InvalidInput, match="not UTF-8"):
        read(tmp_path, "id,signed\nPäivi,2026-01-07\n".encode("windows-1252"))


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("YYYY-MM-DD", "2026-02-01", "2026-02-01"),
        ("DD/MM/YYYY", "01/02/2026", "2026-02-01"),
        ("DD/MM/YYYY", "1/2/2026", "2026-02-01"),
        ("MM/DD/YYYY", "01/02/2026", "2026-01-02"),
        ("DD.MM.YYYY", "01.02.2026 10:31", "2026-02-01T10:31:00"),
        ("YYYYMMDD", "20260201", "2026-02-01"),
    ],
)
def test_dates_are_read_as_the_mapping_declares(form, text, expected):
    assert DateForm(form).read(text, "signed").isoformat() == expected


@settings(max_examples=30)
@given(st.dates(min_value=datetime(1900, 1, 1).date()))
def test_every_day_is_read_back_from_every_form(day):
    for form, written in (("DD/MM/YYYY", "%d/%m/%Y"), ("MM-DD-YYYY", "%m-%d-%Y")):
        assert DateForm(form).read(day.strftime(written), "signed") == day


REDCAP = instead(
    ("[columns]", '[rows]\nonly = { event = ["enrol"] }\nfilled = ["signed"]\n[columns]'),
    (
        '[scope]\ndataset = "d"\n[[terms]]\nduo = "GRU"\n',
        """status = "decision"
withdrawn_on = "stopped"
document = ["id", "instance"]
[status]
"1" = "given"
"0" = "refused"
"9" = "entered-in-error"
[scope]
dataset = "d"
uses = { checkboxes = { uses___1 = "research_discovery", uses___2 = "record_level" } }
[[terms]]
duo = "GRU"
when = { consent___1 = "1" }
[[terms]]
duo = "DS"
when = { consent___2 = "1" }
diseases = { column = "disease", separator = " ", codes = { mel = "MONDO:0005105" } }
[[terms]]
duo = "NPUNCU"
when = { companies = "no" }
[other_values]
companies = ["yes"]
""",
    ),
)
REDCAP_HEAD = (
    "id,event,instance,signed,decision,stopped,uses___1,uses___2,"
    "consent___1,consent___2,disease,companies\n"
)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("P,enrol,1,2026-01-07,1,,1,0,1,0,,yes", [("given", "P", "GRU")]),
        ("P,enrol,1,2026-01-07,1,,1,0,0,1,mel,no", [("given", "P", "DS NPUNCU")]),
        ("P,enrol,1,2026-01-07,1,,1,0,0,0,,yes", [("given", "P", "")]),
        ("P,enrol,1,2026-01-07,1,,1,0,Checked,Unchecked,,no", [("given", "P", "GRU NPUNCU")]),
        ("P,enrol,1,2026-01-07,0,,,,,,,", [("refused", "P")]),
        (
            "P,enrol,1,2026-01-07,1,2026-02-01,1,0,1,0,,yes",
            [("given", "P", "GRU"), ("withdrawn", "P")],
        ),
        # a withdrawal of the same day is fine, one from before the signature is a slip
        (
            "P,enrol,1,2026-01-07 14:30,1,2026-01-07,1,0,1,0,,yes",
            [("given", "P", "GRU"), ("withdrawn", "P")],
        ),
        ("P,enrol,1,2026-01-07,0,2026-01-07 10:31,,,,,,", [("refused", "P"), ("withdrawn", "P")]),
        ("P,enrol,1,2026-01-07,1,2025-02-01,1,0,1,0,,yes", [("rejected", 2, "stopped")]),
        (
            "P,enrol,1,2026-01-07 14:30,1,2026-01-07 14:29,1,0,1,0,,yes",
            [("rejected", 2, "stopped")],
        ),
        ("P,enrol,1,2026-01-07,9,,,,,,,", [("cancelled", "P", "P/1")]),
        ("P,year2,1,2026-01-07,1,,1,0,1,0,,yes", []),
        ("P,enrol,1,[not completed],1,,1,0,1,0,,yes", []),
        # what cannot be taken, with the column that is to blame
        ("P,enrol,1,2026-02-30,1,,1,0,1,0,,yes", [("rejected", 2, "signed")]),
        ("P,enrol,1,1026-01-07,1,,1,0,1,0,,yes", [("rejected", 2, "signed")]),
        (",enrol,1,2026-01-07,1,,1,0,1,0,,yes", [("rejected", 2, "id")]),
        ("P,enrol,1,2026-01-07,2,,1,0,1,0,,yes", [("rejected", 2, "decision")]),
        ("P,enrol,1,2026-01-07,1,soon,1,0,1,0,,yes", [("rejected", 2, "stopped")]),
        ("P,enrol,1,2026-01-07,1,,1,0,2,0,,yes", [("rejected", 2, "consent___1")]),
        ("P,enrol,1,2026-01-07,1,,1,0,,0,,yes", [("rejected", 2, "consent___1")]),
        ("P,enrol,1,2026-01-07,1,,1,0,1,0,,maybe", [("rejected", 2, "companies")]),
        ("P,enrol,1,2026-01-07,1,,1,0,0,1,,yes", [("rejected", 2, "disease")]),
        ("P,enrol,1,2026-01-07,1,,1,0,0,1,flu,yes", [("rejected", 2, "disease")]),
        ("P,enrol,1", [("rejected", 2, "")]),
    ],
)
def test_a_redcap_row_states(tmp_path, row, expected):
    assert [told(line) for line in read(tmp_path, REDCAP_HEAD + row + "\n", REDCAP)] == expected


def test_a_bad_row_does_not_hide_the_others(tmp_path):
    lines = read(tmp_path, HEAD + "P,2026-01-07\nQ,never\nR,2026-01-07\nS,never\n")
    assert [told(line)[0] for line in lines] == ["given", "rejected", "given", "rejected"]
    assert str(lines[1]) == (
        f"{tmp_path}/consents.csv, line 3, signed: a date (2026-01-31) or a date and time "
        "is expected"
    )
    assert lines[1].individual == "Q" and "Q" not in repr(lines[1])


def test_ends_scope_and_choices_come_from_their_columns(tmp_path):
    mapping = instead(
        ('signed_on = "signed"', 'signed_on = "signed"\neffective_until = "end"\ndataset = "set"'),
        ('dataset = "d"\n', 'data_types = ["variants"]\nuses = ["public_discovery"]\n'),
        ("[[terms]]", '[open_choice]\ngenes = { column = "genes", separator = "," }\n[[terms]]'),
    )
    table = 'id,signed,end,set,genes\nP,2026-01-07,2029-12-31,e,"TP53, BRCA1"\nQ,2026-01-07,,,\n'
    line, empty = read(tmp_path, table, mapping)
    version = line.version
    assert version.effective_until == moment(2029, 12, 31, 22)  # the end of that day
    assert version.scope.dataset == "e" and version.scope.data_types == {DataType.VARIANTS}
    assert version.scope.uses == {UseKind.PUBLIC_DISCOVERY}
    assert version.open.genes == {"TP53", "BRCA1"}
    assert told(empty) == ("rejected", 3, "set")


@pytest.mark.parametrize(("start", "column"), [("", "signed"), ("2026-01-08", "start")])
def test_a_consent_that_ends_before_it_begins_names_the_columns(tmp_path, start, column):
    columns = 'signed_on = "signed"\neffective_from = "start"\neffective_until = "end"'
    mapping = instead(('signed_on = "signed"', columns))
    (line,) = read(tmp_path, f"id,signed,start,end\nP,2026-01-07,{start},2026-01-06\n", mapping)
    assert told(line) == ("rejected", 2, "end")
    assert str(line).endswith(f"line 2, end: the consent ends before it begins ({column})")


def test_the_same_statement_in_another_export_has_the_same_digest(tmp_path):
    (one,) = read(tmp_path, HEAD + "P,2026-01-07\n")
    (two,) = read(tmp_path, "signed;note;id\n2026-01-07;x;P\n")
    assert one.version == two.version and len(one.version.source.sha256) == 64


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("id,date\nP,2026-01-07\n", "line 1, signed: there is no such column"),
        ("id,signed,id\nP,2026-01-07,Q\n", "line 1, id: the column comes twice"),
        ('id,signed\n"P,2026-01-07\n', "not a table from here on"),
        ("", "line 1, id: there is no such column"),
    ],
    ids=["missing", "twice", "open-quote", "empty"],
)
def test_a_table_that_cannot_be_trusted_is_refused_as_a_whole(tmp_path, table, problem):
    with pytest.raises(InvalidInput, match=problem):
        read(tmp_path, table)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("[scope]", "[scope]\nuse = 1"), "scope.use: not known here"),
        (("[columns]", "[columns]\nname = 'x'"), "columns.name: not known here"),
        (("Europe/Helsinki", ""), "time_zone: a text is expected"),
        (("Europe/Helsinki", "Helsinki"), "time_zone: a time zone like"),
        (('format = "csv"', 'format = "fhir"'), 'for "fhir" files'),
        (('"GRU"', '"GRU-CC"'), r"terms\[1\].duo: a current DUO"),
        (('"GRU"', '"DS"'), r"terms\[1\].diseases: DS says nothing without"),
        (('"GRU"', '"GS"\ncountries = ["XX"]'), r"terms\[1\].countries: XX is neither"),
        (('"GRU"', '"GRU"\ndiseases = ["x"]'), r"terms\[1\].diseases: not known here"),
        (('"GRU"', '"GRU"\nwhen = { a___1 = "yes" }'), "a checkbox is"),
        (('[[terms]]\nduo = "GRU"', ""), "nothing is permitted without"),
        (('signed_on = "signed"', 'signed_on = "signed"\nstatus = "s"'), "go together"),
        (("[columns]", '[file]\ndate_format = "DD/MM/YY"\n[columns]'), "file.date_format"),
        (("[columns]", '[file]\ndelimiter = "|"\n[columns]'), "file.delimiter"),
        (("[columns]", '[file]\nencoding = "hex"\n[columns]'), "file.encoding"),
        (("[columns]", "[columns"), "not valid TOML"),
    ],
)
def test_a_mapping_that_is_not_understood_is_refused(tmp_path, change, problem):
    with pytest.raises(InvalidInput, match=problem):
        read(tmp_path, HEAD, instead(change))

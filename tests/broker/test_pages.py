"""The page without a script: a form that is sent, and every site's line in what comes back."""

import csv
import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from beacon_node.broker.health import Change, Condition, MemberHealth
from beacon_node.broker.web.page_views import site_view
from beacon_node.model.federation import Member
from tests.broker.sites import Site, answered, network, ready

ABOUT_23 = answered("clinic", exists=True, count=23, countPrecision="imprecise")
QUESTION = "/?q=17-43045711-C-T"


@pytest.fixture
def found(tmp_path):
    return network(
        tmp_path,
        ready("North", ABOUT_23),
        ready("South", answered("biobank", exists=False)),
        ready("East", {"id": "oncology", "status": "not answerable", "reason": "too rare to tell"}),
    )


def page(found, address, **headers):
    return found.client.get(address, headers=headers)


def test_the_first_page_asks_nobody_and_has_one_box(found):
    shown = page(found, "/").text
    assert shown.count('type="search"') == 1 and "Ask 3 sites" in shown
    assert not found.wire.sent


def test_a_question_in_the_address_is_answered_in_one_page(found):
    shown = page(found, QUESTION).text
    assert "C&gt;T at 17:43,045,711 of GRCh38 (counted from 0: 43,045,710)" in shown
    assert (
        "2 of 3 sites answered, 1 with yes. About 23 individuals in all, at North alone." in shown
    )
    assert shown.count('<tbody id="row-') == 3 and shown.index("North") < shown.index("South")
    assert "about 23" in shown and "Too rare to tell" in shown and "Waiting for" not in shown


def test_silence_is_never_shown_as_no(found):
    lines = page(found, QUESTION).text.split("<tbody ")
    (east,) = [line for line in lines if "East" in line and 'id="row-' in line]
    assert 'class="badge">not answerable<' in east and ">no<" not in east


def test_what_is_not_understood_is_said_and_asks_nobody(found):
    answer = page(found, "/?q=what+is+this%3F")
    assert answer.status_code == 400 and 'role="alert"' in answer.text
    assert "17-43045711-C-T" in answer.text and not found.wire.sent


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_is_typed_is_text(found, text):
    shown = page(
        found,
        "/",
    ).text
    answer = found.client.get("/", query_string={"q": text, "filter": text})
    assert text not in answer.text and "<img" not in shown


def test_what_sites_say_is_text(tmp_path):
    bad = "<script>alert(1)</script>"
    row = {"id": bad, "status": "not permitted", "reason": bad}
    shown = page(network(tmp_path, ready("North", row)), QUESTION).text
    assert bad not in shown and "&lt;script&gt;" in shown


def test_pages_run_only_their_own_script_and_are_not_kept(found):
    answer = page(found, QUESTION)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy
    assert "unsafe" not in policy and answer.headers["Cache-Control"] == "no-store"
    assert '<script type="module" src="/static/ask.js"></script>' in answer.text
    assert answer.text.count("<script") == 1 and " style=" not in answer.text


def test_filters_stand_in_one_field_with_commas_between(found):
    shown = page(found, "/?q=rs6025&filter=HP:0001513,+LOINC:39156-5%3E30").text
    assert "with HP:0001513" in shown and "LOINC:39156-5" in shown
    assert 'value="HP:0001513, LOINC:39156-5&gt;30"' in shown


def test_the_table_can_be_had_as_csv(found):
    answer = page(found, "/ask.csv?q=17-43045711-C-T")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["site_name"], row["answer"]) for row in rows] == [
        ("North", "about 23"),
        ("South", "no"),
        ("East", "not answerable"),
    ]
    assert "attachment" in answer.headers["Content-Disposition"]


def test_lines_of_the_stream_are_for_our_own_page(found):
    elsewhere = page(found, "/ask/rows?q=rs6025", **{"Sec-Fetch-Site": "cross-site"}).text
    assert "event: problem" in elsewhere and not found.wire.sent
    own = page(found, "/ask/rows?q=rs6025", **{"Sec-Fetch-Site": "same-origin"}).text
    assert own.count("event: member") == 3 and own.rstrip().endswith("event: done\ndata: {}")


def test_sites_are_listed_with_how_they_do(found):
    assert page(found, "/sites").text.count("not asked yet") == 3


@pytest.mark.parametrize(
    ("condition", "kind", "since"),
    [
        (Condition.ANSWERS, "yes", "Since 2030-01-07 14:00"),
        (Condition.IS_SILENT, "away", "Since 2030-01-07 14:00: connection refused"),
    ],
)
def test_a_site_s_condition_is_told_in_the_network_s_time_zone(condition, kind, since):
    change = Change("org.north", condition, datetime(2030, 1, 7, 12, tzinfo=UTC))
    health = MemberHealth("org.north", (change,), last_reason="connection refused")
    member = Member("org.north", "North", "https://north.example")
    shown = site_view(member, health, ZoneInfo("Europe/Helsinki"))
    assert (shown.state, shown.kind, shown.since) == (condition, kind, since)


def test_a_network_without_sites_says_how_one_joins(tmp_path):
    shown = page(network(tmp_path), "/").text
    assert "No site has joined" in shown and "beacon-node network join" in shown


def test_a_site_that_hangs_leaves_the_others_lines(tmp_path):
    slow = Site("South", [])
    found = network(tmp_path, ready("North", ABOUT_23), slow)
    coming = found.client.get("/ask/rows?q=rs6025", buffered=False).response
    parts = iter(coming)
    seen = b""
    while b"row-org.example.north" not in seen.replace(
        b'row-org.example.north\\" class=\\"row waiting', b""
    ):
        seen += next(parts)
    assert b"about 23" in seen
    slow.may_answer.set()
    assert b"event: done" in b"".join(parts)

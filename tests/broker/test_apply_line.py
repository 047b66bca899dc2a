"""The line under an answer that says where access can be applied for."""

from dataclasses import replace
from html import unescape

import pytest

from beacon_node.broker.web.apply_line import Reached, apply_line
from beacon_node.model.federation import Came, MemberKind, MemberRow, Told
from beacon_node.model.query import Granularity
from tests.broker.sites import NORTH, answered, network, ready

URL = "https://network.example"


def test_where_nobody_can_log_in_the_command_stands_there(tmp_path):
    closed = {"id": "oncology", "status": "not permitted", "reason": "closed"}
    made = network(tmp_path, ready("North", closed), ready("South", answered("x", exists=False)))
    shown = unescape(made.client.get("/?q=rs6025").text)
    url = made.broker.settings.public_url
    command = f"beacon-node apply --at {url} --sites org.example.north --form form.toml"
    assert command in shown and "/apply?" not in shown
    assert made.client.get("/apply").status_code == 404


def test_the_line_comes_with_the_rows_of_a_stream(tmp_path):
    closed = {"id": "oncology", "status": "not permitted"}
    made = network(tmp_path, ready("North", closed))
    own = {"Sec-Fetch-Site": "same-origin"}
    events = made.client.get("/ask/rows?q=rs6025", headers=own).text
    assert "event: apply" in events and "--sites org.example.north" in events


HAVE = {
    "not permitted": (MemberRow("org.north", "North", Came.NOT_PERMITTED), True),
    "not answerable": (MemberRow("org.north", "North", Came.NOT_ANSWERABLE), True),
    "budget used up": (MemberRow("org.north", "North", Came.BUDGET_SPENT), True),
    "a bare yes": (MemberRow("org.north", "North", Came.ANSWERED, exists=True), True),
    "a count": (MemberRow("org.north", "North", Came.ANSWERED, exists=True, count=3), False),
    "no": (MemberRow("org.north", "North", Came.ANSWERED, exists=False), False),
    "away": (MemberRow("org.north", "North", Came.OFFLINE), False),
    "one dataset of two": (
        MemberRow(
            "org.north",
            "North",
            Came.ANSWERED,
            exists=True,
            count=3,
            datasets=(
                Told("open", "org.north", exists=True, count=3),
                Told("closed", "org.north", Came.NOT_PERMITTED),
            ),
        ),
        True,
    ),
}


@pytest.mark.parametrize(("told", "is_there"), HAVE.values(), ids=HAVE.keys())
def test_only_what_a_committee_could_grant_leads_to_the_form(told, is_there):
    line = apply_line([(told, NORTH)], Granularity.COUNT, Reached(URL, has_logins=True))
    assert bool(line) is is_there


def test_only_what_is_withheld_is_chosen_and_only_members_with_a_committee():
    told, _ = HAVE["one dataset of two"]
    others = [replace(NORTH, kind=kind) for kind in (MemberKind.BEACON, MemberKind.BROKER)]
    rows = [(told, NORTH), *((told, other) for other in others)]
    line = apply_line(rows, Granularity.COUNT, Reached(URL, has_logins=True))
    assert line.link == "/apply?site=org.north&dataset=org.north%2Fclosed"
    assert line.names == "North"

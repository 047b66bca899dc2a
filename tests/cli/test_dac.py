"""`beacon-node dac …`: the administrator acts for people, who are named beside him."""

import csv
import getpass
import io
import json
import shutil

import pytest

from beacon_node.actions.identify import account_of
from beacon_node.cli.main import run
from beacon_node.model.application_documents import LONGEST_TEXT
from beacon_node.model.passport import Subject
from beacon_node.node import open_node
from tests.actions.applications.office import ANN, BOB, EVE, FAY, GUS, SAM, counted, open_office
from tests.consent.clinic import reopened
from tests.notify.post_office import Office, opened

FORM = {"title": "Hearts", "description": "Why", "datasets": ["c"], "granularity": "count"}
FORM |= {"purpose": {"categories": ["biomedical"], "sensitive": ["behaviour"]}}


@pytest.fixture(scope="module")
def office_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("office") / "home"
    open_office(home).ledger.close()
    return home


@pytest.fixture
def home(office_home, tmp_path, monkeypatch):
    shutil.copytree(office_home, tmp_path / "home")
    monkeypatch.setenv("BEACON_NODE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "form.json").write_text(json.dumps(FORM))
    return tmp_path / "home"


@pytest.fixture
def dac(home, capsys):
    """Return a function that runs a command and returns its JSON, or its error as JSON."""

    def dac(*arguments: str):
        code = run(["dac", *arguments, "--json"])
        out, err = capsys.readouterr()
        return json.loads(err)["error"] | {"code": code} if code else json.loads(out)

    return dac


@pytest.fixture
def said(home, capsys):
    """Return a function that runs a command and returns what it prints for people."""

    def said(*arguments: str) -> str:
        assert run(["dac", *arguments]) == 0
        return capsys.readouterr().out

    return said


def submitted(dac) -> str:
    id = dac("applications", "begin", "form.json", "--as", ANN)["application"]["id"]
    dac("accept-terms", id, "v1", "--as", ANN)
    assert dac("submit", id, "--as", ANN)["application"]["state"] == "submitted"
    return id


def approved(dac) -> str:
    id = submitted(dac)
    dac("vote", id, "approve", "--as", EVE)
    (report,) = dac("applications", "show", id)["application"]["datasetReports"]
    assert report["outcome"] == "manual_review"
    (point,) = report["points"]
    told = dac("approve", id, "--until", "2030-01-31", "--decide", point, "--as", FAY)
    assert told["application"]["state"] == "approved"
    return id


@pytest.fixture
def is_2030(monkeypatch):
    """Commands run on the second day of 2030."""
    from datetime import UTC, datetime

    from beacon_node import randomness

    at = datetime(2030, 1, 2, tzinfo=UTC)
    monkeypatch.setattr(randomness.SystemClock, "now", lambda clock: at)


pytestmark = pytest.mark.usefixtures("is_2030")


def test_from_the_form_to_an_exact_answer_and_back(dac, home):
    id = approved(dac)
    award = dac("applications", "show", id)["application"]["award"]
    assert (award["datasets"], award["granularity"]) == (["c"], "count")
    assert award["until"] == "2030-02-01T00:00:00Z"  # the day itself is in
    node = open_node(home, {})
    assert counted(node) == 3 and counted(reopened(node), BOB) is None
    dac("revoke", id, "--reason", "shared", "--as", GUS)
    assert counted(node) is None
    assert dac("blocks")["blocks"][0]["account"] == ANN
    dac("unblock", ANN, "--reason", "served", "--as", EVE)
    assert dac("blocks")["blocks"] == []


def test_who_ran_the_command_is_recorded_beside_whom_it_was_for(dac, home):
    id = submitted(dac)
    entries = open_node(home, {}).ledger.application_entries(id)
    assert {(e.by.account, e.by.through) for e in entries} == {
        (ANN, f"administrator {getpass.getuser()}")
    }


def test_every_deed_has_a_command(dac):
    id = submitted(dac)
    dac("request-review", id, "--reviewer", SAM, "--comment", "please", "--as", EVE)
    dac("review", id, "reject", "--comment", "weak", "--as", SAM)
    dac("remark", id, "Say more.", "--public", "--as", EVE)
    dac("return", id, "--comment", "Say more.", "--as", EVE)
    dac("add-member", id, BOB, "--as", ANN)
    dac("remove-member", id, BOB, "--as", ANN)
    dac("submit", id, "--as", ANN)
    told = dac("reject", id, "--comment", "no", "--as", FAY)["application"]
    assert [event["do"] for event in told["events"]] == [
        *("save-draft", "accept-terms", "submit", "request-review", "review", "remark"),
        *("return", "add-member", "remove-member", "submit", "reject"),
    ]
    copy = dac("applications", "copy", id, "--as", ANN)["application"]["id"]
    told = dac("withdraw", copy, "--comment", "not now", "--as", ANN)["application"]
    assert told["state"] == "closed"


def test_an_extension_and_a_closing(dac):
    id = approved(dac)
    dac("vote", id, "approve", "--as", GUS)
    told = dac("extend", id, "--until", "2030-03-01T12:00:00+02:00", "--as", EVE)["application"]
    assert told["award"]["until"] == "2030-03-01T10:00:00Z"
    assert dac("close", id, "--comment", "done", "--as", ANN)["application"]["state"] == "closed"


def test_a_file_may_say_what_is_done(dac, tmp_path):
    id = submitted(dac)
    (tmp_path / "vote.json").write_text('{"do": "vote", "opinion": "approve"}')
    assert dac("act", id, "vote.json", "--as", EVE)["application"]["votes"] == {EVE: "approve"}
    (tmp_path / "bad.json").write_text("{")
    assert "bad.json" in dac("act", id, "bad.json", "--as", EVE)["message"]
    (tmp_path / "long.json").write_text(
        json.dumps({"do": "remark", "text": "x" * (LONGEST_TEXT + 1)})
    )
    assert dac("act", id, "long.json", "--as", EVE)["kind"] == "InvalidRequest"


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("vote", "A-NONE", "approve", "--as", EVE), "NotFound"),
        (("revoke", "ID", "--as", EVE), "InvalidRequest"),
        (("vote", "ID", "approve", "--as", ANN), "NotPermitted"),
        (("extend", "ID", "--until", "2030-02-01", "--as", EVE), "Conflict"),
        (("approve", "ID", "--as", EVE), "InvalidRequest"),
        (("approve", "ID", "--until", "9999-12-31", "--as", EVE), "InvalidRequest"),
        (("committee", "set", "--member", EVE, "--dataset", "c"), "InvalidRequest"),
        (("committee", "set", "--member", EVE, "--dataset", "zzz", "--votes", "1"), "NotFound"),
        (("vote", "ID", "approve"), "UsageError"),
    ],
)
def test_what_may_not_be_done_is_refused(dac, arguments, kind):
    id = submitted(dac)
    found = dac(*(id if one == "ID" else one for one in arguments))
    assert found["kind"] == kind and found["code"] in (2, 3, 4)


def test_the_committee_and_its_terms_are_set_and_shown(dac, said, tmp_path):
    arguments = ("--member", f"{EVE},{FAY}", "--dataset", "c", "--votes", "2")
    dac("committee", "set", *arguments, "--longest-days", "30")
    (tmp_path / "terms.md").write_text("Be kind.")
    dac("terms", "v2", "terms.md")
    shown = dac("committee", "show")["committee"]
    assert shown["terms"] == {"version": "v2", "text": "Be kind."}
    assert (shown["members"], shown["votes_needed"], shown["longest_days"]) == ([EVE, FAY], 2, 30)
    assert "30 days" in said("committee", "show")


def test_the_account_of_a_passport_is_told(dac, home):
    key = open_node(home, {}).pseudonym_key
    found = dac("account", "https://broker.example/", "anna")["account"]
    assert found == account_of(key, Subject("https://broker.example/", "anna"))


def test_people_read_the_same_in_words(dac, said):
    id = approved(dac)
    shown = said("applications", "show", id)
    assert "Hearts" in shown and "c: approve, of the people in it <50" in shown
    assert f"{FAY}  approve" in shown and "until        2030-02-01T00:00:00Z" in shown
    seen_by_ann = said("applications", "show", id, "--as", ANN)
    assert FAY not in seen_by_ann and "<50" not in seen_by_ann
    listed = said("applications", "list", "--state", "approved")
    assert listed.splitlines()[1].startswith(f"{id}\tapproved\tHearts\t{ANN}\tc\t")
    assert said("applications", "list", "--state", "draft").count("\n") == 1


def test_exports_are_csv_for_people_and_lists_as_json(dac, said):
    id = approved(dac)
    (row,) = csv.DictReader(io.StringIO(said("applications", "export", "grants")))
    assert (row["account"], row["dataset"], row["application"]) == (ANN, "c", id)
    assert dac("applications", "export", "grants")["grants"] == [row]
    (decision,) = dac("applications", "export", "decisions")["decisions"]
    assert (decision["decision"], decision["by"]) == ("approve", FAY)


def test_what_was_asked_under_a_grant_is_shown(dac, said, home):
    id = approved(dac)
    counted(open_node(home, {}))
    (asked,) = dac("applications", "questions", id)["questions"]
    assert asked["account"] == ANN and asked["told"]["c"]["granularity"] == "count"
    assert f"{ANN}\tindividual\tc: count" in said("applications", "questions", id)


def test_reminders_name_who_can_do_something(dac, said, monkeypatch):
    from datetime import UTC, datetime

    from beacon_node import randomness

    waiting, granted = submitted(dac), approved(dac)
    dac("vote", waiting, "approve", "--as", GUS)
    assert {one["cause"] for one in dac("remind")["reminders"]} == {"ending"}
    later = datetime(2030, 1, 26, 12, tzinfo=UTC)
    monkeypatch.setattr(randomness.SystemClock, "now", lambda clock: later)
    found = {one["cause"]: one for one in dac("remind")["reminders"]}
    assert found["waiting"]["application"] == waiting and found["waiting"]["days"] == 24
    assert found["waiting"]["to"] == [EVE, FAY]
    assert found["ending"]["to"] == [ANN] and found["ending"]["days"] == 7
    assert found["ending"]["application"] == granted
    assert f"{EVE}, {FAY}\t{waiting}\tIt waits" in said("remind")
    assert len(dac("remind", "--waiting-days", "30")["reminders"]) == 1


def test_letters_are_sent_where_people_want_them(dac, said, monkeypatch):
    office = Office()
    told = dac("remind", "--send")
    assert told["code"] == 78 and "mail.host names no mail server" in told["message"]
    with opened(office) as account:
        own = {
            "HOST": account.host,
            "PORT": account.port,
            "SECURITY": "none",
            "SENDER": "b@h.example",
        }
        for key, value in own.items():
            monkeypatch.setenv(f"BEACON_NODE_MAIL_{key}", str(value))
        assert said("address", EVE, "eve@mail.example") == "eve@mail.example\n"
        assert dac("remind", "--send")["letters"]["sent"] == 0, "letters begin now"
        submitted(dac)
        assert dac("remind", "--send")["letters"] | {"queued": 0} == {
            **{"queued": 0, "sent": 1, "waiting": 0},
            "given_up": 2,
        }, "the other two said nowhere"
        assert said("remind", "--send").startswith("0 letters were sent")
    assert office.recipients == ["eve@mail.example"]
    said("address", EVE, "--remove")
    assert dac("address", EVE)["code"] == 4 and dac("address", EVE, "a b")["code"] == 2

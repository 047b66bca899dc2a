"""Applications over HTTP: for whoever brings a passport, and never more than they may see."""

import csv
import io
import shutil
from dataclasses import replace

import pytest

from beacon_node.actions.applications.desk import set_committee
from beacon_node.actions.identify import account_of
from beacon_node.model.passport import Subject
from beacon_node.model.requester import ANONYMOUS
from beacon_node.node import open_node
from beacon_node.node_web.app import create_app
from beacon_node.node_web.passports import PassportDesk, add_passports, clearinghouse_of
from beacon_node.settings import Access
from tests.actions.applications.office import (
    ADMIN,
    ANN,
    BOB,
    COMMITTEE,
    EVE,
    FAY,
    GUS,
    applied,
    granted,
    open_office,
    researcher,
)
from tests.consent.clinic import at_site, with_clock

FORM = {"title": "Hearts", "description": "Why", "datasets": ["c"]}
FORM |= {"purpose": {"categories": ["biomedical"]}}
AWARD = {"datasets": ["c"], "granularity": "count", "until": "2030-02-01T00:00:00Z"}
QUESTION = f"/api/individuals?requestedGranularity=count&{at_site(0)}"


@pytest.fixture(scope="module")
def office_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("office") / "home"
    open_office(home).ledger.close()
    return home


@pytest.fixture
def node(office_home, tmp_path):
    shutil.copytree(office_home, tmp_path / "home")
    return with_clock(open_node(tmp_path / "home", {}))


@pytest.fixture
def says(node):
    """Return a function by which somebody asks for a path; returns the response."""

    def says(who: str, path: str, body: object = None):
        app = create_app(node, lambda: researcher(node, who) if who else ANONYMOUS)
        client = app.test_client()
        return client.get(path) if body is None else client.post(path, json=body)

    return says


def commands(says, id: str, who: str, **command):
    return says(who, f"/dac/applications/{id}/commands", {"command": command})


def test_from_an_application_to_an_exact_answer_and_back(says):
    opened = says(ANN, "/dac/applications", {"form": FORM})
    assert opened.status_code == 201 and opened.json["state"] == "draft"
    id = opened.json["id"]
    assert {"save-draft", "submit", "accept-terms"} <= set(opened.json["may"])
    version = says(ANN, "/dac/committee").json["terms"]["version"]
    for told in ({"do": "accept-terms", "version": version}, {"do": "submit"}):
        assert commands(says, id, ANN, **told).status_code == 200
    assert "numTotalResults" not in says(ANN, QUESTION).json["responseSummary"]
    seen = commands(says, id, EVE, do="vote", opinion="approve").json
    assert seen["votes"] == {EVE: "approve"} and seen["datasetReports"][0]["people"] == "<50"
    approved = commands(says, id, FAY, do="approve", award=AWARD)
    assert approved.json["award"] == AWARD | {"decided": [], "conditions": ""}
    assert says(ANN, QUESTION).json["responseSummary"]["numTotalResults"] == 3
    assert commands(says, id, GUS, do="revoke", reason="shared").json["state"] == "revoked"
    assert "numTotalResults" not in says(ANN, QUESTION).json["responseSummary"]
    assert says(EVE, "/dac/blocks").json["blocks"][0]["account"] == ANN


def test_the_committee_sees_what_was_asked_under_a_grant_but_not_how_many_could_be_counted(
    node, says
):
    id, other = granted(node), granted(node, BOB)
    says(ANN, QUESTION)
    says(EVE, QUESTION)
    (asked,) = says(EVE, f"/dac/applications/{id}/questions").json["questions"]
    assert asked["account"] == ANN and asked["question"]["entry_type"] == "individual"
    assert asked["told"] == {"c": {"status": "answered", "granularity": "count"}}
    assert says(EVE, f"/dac/applications/{other}/questions").json["questions"] == []
    assert says(ANN, f"/dac/applications/{id}/questions").status_code == 403
    assert says(EVE, "/dac/applications/A-NONE/questions").status_code == 404


PATHS = ("applications", "applications/A", "applications/A/questions", "committee", "blocks")


@pytest.mark.parametrize("path", [*PATHS, "exports/grants", "exports/x"])
def test_whoever_brings_no_passport_is_asked_for_one(says, path):
    answer = says("", f"/dac/{path}")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_is_kept_by_caches(node, says):
    id = granted(node)
    for path in (f"applications/{id}", "applications", "committee", "blocks", "exports/grants"):
        answer = says(EVE, f"/dac/{path}")
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"


def test_others_applications_and_none_are_the_same_answer(node, says):
    id = applied(node)
    answers = [
        says(BOB, f"/dac/applications/{id}"),
        says(BOB, "/dac/applications/A-NONE"),
        commands(says, id, BOB, do="withdraw"),
        commands(says, "A-NONE", BOB, do="withdraw"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json["error"]["errorMessage"] for answer in answers}) == 1


def test_an_applicant_is_told_nothing_of_votes_and_of_no_member_of_the_committee(node, says):
    id = applied(node)
    before = says(ANN, f"/dac/applications/{id}").data
    commands(says, id, EVE, do="vote", opinion="reject", comment="never")
    commands(says, id, EVE, do="remark", text="never mind")
    after = says(ANN, f"/dac/applications/{id}")
    assert after.data == before
    told = after.text + says(ANN, "/dac/committee").text + says(ANN, "/dac/applications").text
    assert not any(member in told for member in (EVE, FAY, GUS))


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        ({"do": "dance"}, 400, "do: one of"),
        ({"do": "vote", "opinion": "maybe"}, 400, "opinion"),
        ({"do": "approve", "award": AWARD | {"until": "0001-01-01T00:00:00+14:00"}}, 400, "until"),
        ({"do": "approve", "award": AWARD | {"granularity": "all"}}, 400, "award.granularity"),
        ({"do": "approve", "award": AWARD}, 409, "2 members of the committee must be for it"),
        ({"do": "submit"}, 403, "only the applicant"),
        ({"do": "extend", "until": "2030-02-01T00:00:00Z"}, 409, "the application is submitted"),
    ],
)
def test_what_may_not_be_done_is_refused_with_why(node, says, command, status, words):
    answer = commands(says, applied(node), EVE, **command)
    assert answer.status_code == status and words in answer.json["error"]["errorMessage"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("applications", []),
        ("applications", {}),
        ("applications", {"form": {}}),
        ("applications", {"form": FORM, "copyOf": "A"}),
        ("applications", {"form": FORM, "by": EVE}),
        ("applications", {"copyOf": 7}),
        ("blocks", {"block": {"account": ANN}}),
        ("blocks", {"block": {"account": ANN, "dataset": 1, "reason": "x"}}),
        ("applications?state=gone", None),
        ("applications?limit=100000", None),
        ("applications?skip=-1", None),
    ],
)
def test_a_request_that_is_not_understood_is_refused(says, path, body):
    assert says(EVE, f"/dac/{path}", body).status_code == 400


def test_a_body_that_is_no_json_or_too_large_is_refused(node):
    client = create_app(node, lambda: researcher(node)).test_client()
    assert client.post("/dac/applications", data=b"{").status_code == 400
    assert client.post("/dac/applications", data=b"x" * 1_000_001).status_code == 413


def test_a_list_is_of_some_states_and_in_pages(node, says):
    ids = [applied(node) for _ in range(3)]

    def listed(query: str) -> list[str]:
        rows = says(EVE, f"/dac/applications{query}").json["applications"]
        return [row["id"] for row in rows]

    assert listed("") == ids[::-1] and listed("?skip=1&limit=1") == [ids[1]]
    assert listed("?state=submitted&state=draft") == ids[::-1] and listed("?state=draft") == []


def test_a_copy_is_opened_by_the_id_of_one_s_own(node, says):
    id = applied(node)
    assert says(ANN, "/dac/applications", {"copyOf": id}).json["form"]["title"] == "Hearts"
    assert says(BOB, "/dac/applications", {"copyOf": id}).status_code == 404


def test_the_committee_blocks_and_takes_it_back(node, says):
    granted(node)
    block = {"account": ANN, "dataset": "*", "reason": "why"}
    assert says(ANN, "/dac/blocks", {"block": block}).status_code == 403
    assert says(EVE, "/dac/blocks", {"block": block}).json["blocks"] == [block]
    assert "numTotalResults" not in says(ANN, QUESTION).json["responseSummary"]
    assert says(EVE, "/dac/blocks", {"unblock": block}).json["blocks"] == []
    assert says(ANN, QUESTION).json["responseSummary"]["numTotalResults"] == 3
    assert says(ANN, "/dac/blocks").status_code == 403


def test_exports_are_tables_that_no_spreadsheet_runs(node, says):
    id = granted(node)
    commands(says, id, EVE, do="close", comment="=HYPERLINK(1)")
    answer = says(FAY, "/dac/exports/decisions")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    approve, close = csv.DictReader(io.StringIO(answer.text))
    assert (approve["decision"], approve["by"], approve["datasets"]) == ("approve", FAY, "c")
    assert close["comment"] == "'=HYPERLINK(1)"
    (line,) = says(FAY, "/dac/exports/grants").text.splitlines()
    assert line.startswith("account,dataset,application")
    granted(node)
    assert says(FAY, "/dac/exports/grants").text.splitlines()[1].startswith(f"{ANN},c,A-")
    assert says(ANN, "/dac/exports/grants").status_code == 403
    assert says(FAY, "/dac/exports/everything").status_code == 404


def test_who_is_of_the_committee_does_not_export_decisions_on_their_own_application(node, says):
    id = applied(node, by=EVE)
    commands(says, id, FAY, do="reject", comment="too broad")
    assert id in says(GUS, "/dac/exports/decisions").text
    assert id not in says(EVE, "/dac/exports/decisions").text


def test_a_passport_says_who_applies_and_later_what_was_granted(node, tmp_path, monkeypatch):
    from tests.clearinghouse.world import NOW, make_internet, make_world, passport

    internet = make_internet()
    make_world(node.home, internet)
    node.clock.at = NOW
    settings = replace(node.settings, access=Access(trusted_issuers="trusted_issuers.toml"))
    node = replace(node, settings=settings)
    monkeypatch.setattr("beacon_node.node_web.passports.new_session", internet.session)
    desk = PassportDesk(node, clearinghouse_of(node))
    app = create_app(node, desk.who_asks)
    add_passports(app, desk)
    body = {"form": FORM, "passports": [passport()]}
    answer = app.test_client().post("/dac/applications", json=body)
    anna = account_of(node.pseudonym_key, Subject("https://broker.example/oidc/", "anna"))
    assert answer.status_code == 201 and answer.json["applicant"] == anna
    granted(node, anna)
    bearer = {"Authorization": f"Bearer {passport()}"}
    told = app.test_client().get("/whoami", headers=bearer).json
    assert told["tier"] == "controlled" and told["registered"] is False
    assert [grant["datasetId"] for grant in told["grants"]] == ["c"]
    answer = app.test_client().get(QUESTION, headers=bearer).json
    assert answer["responseSummary"]["numTotalResults"] == 3
    set_committee(node, replace(COMMITTEE, members=COMMITTEE.members | {anna}), ADMIN)
    assert app.test_client().get("/dac/committee", headers=bearer).json["isMember"] is True


def test_everybody_says_for_themselves_where_they_want_mail(node):
    def asks(method: str, who: str = ANN, body: object = None):
        app = create_app(node, lambda: researcher(node, who) if who else ANONYMOUS)
        return app.test_client().open("/dac/address", method=method, json=body)

    assert asks("GET").json == {"account": ANN, "mail": None}
    before = node.ledger.head()
    assert asks("PUT", body={"mail": "ann@uni.example"}).json["mail"] == "ann@uni.example"
    assert asks("GET").json["mail"] == "ann@uni.example" and asks("GET", BOB).json["mail"] is None
    for bad in ({"mail": "a@b, c@d"}, {"mail": 7}, {}, {"mail": "a@b", "for": BOB}, []):
        assert asks("PUT", body=bad).status_code == 400
    assert asks("DELETE").json["mail"] is None and asks("GET").json["mail"] is None
    assert asks("PUT", who="", body={"mail": "a@b"}).status_code == 401
    assert node.ledger.head() == before, "addresses are not in the ledger"

"""`beacon-node apply` and `applications`: a row per site; a mistake is told before it is sent."""

import json

import pytest
from flask import Flask, request

from beacon_node.cli import main as cli
from tests.client.stub import served

FORM = """\
title = "Hearts"
description = "Why"
purpose = { categories = ["biomedical"] }
until = 2031-01-01T00:00:00Z

[datasets]
"org.north" = ["c"]
"org.south" = ["c", "d"]
"""
VIEW = {
    "id": "A-1",
    "state": "draft",
    "may": ["submit", "accept-terms"],
    "form": {"title": "Hearts"},
    "committee": {
        "terms": {"version": "v1", "text": "Nobody is\x1b[2J to be\nnamed." + " a" * 2_000}
    },
}


class Committees:
    """A broker's applications, at two sites of which the second may be away."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict]] = []
        self.state, self.is_south_away = "draft", False

    def app(self) -> Flask:
        app = Flask("committees")

        @app.get("/services")
        def services():
            return [{"id": "org.north"}, {"id": "org.south"}]

        @app.post("/dac/applications")
        def opened():
            self.said.append(("open", request.get_json()))
            return self.shown(), 201

        @app.get("/dac/applications")
        def listed():
            return {"applications": [self.shown()]}

        @app.get("/dac/applications/B-1")
        def one():
            return self.shown()

        @app.post("/dac/applications/B-1/commands")
        def acted():
            body = request.get_json()
            self.said.append((body["command"]["do"], body))
            self.state = {"submit": "submitted"}.get(body["command"]["do"], self.state)
            return self.shown(body.get("sites"))

        return app

    def shown(self, sites=None) -> dict:
        rows = [self.row("org.north", "North", False)]
        rows += [self.row("org.south", "South", self.is_south_away)]
        return {"id": "B-1", "sites": [row for row in rows if not sites or row["member"] in sites]}

    def row(self, member: str, name: str, is_away: bool) -> dict:
        if is_away:
            return {"member": member, "name": name, "status": "offline", "reason": "it is away"}
        view = {**VIEW, "state": self.state}
        told = {"application": "A-1", "status": "answered"}
        return {"member": member, "name": name, **told, "view": view}


@pytest.fixture
def committees(monkeypatch):
    monkeypatch.setenv("BEACON_TOKEN", "t")
    found = Committees()
    with served(found.app()) as url:
        monkeypatch.setenv("BEACON_AT", url)
        yield found


@pytest.fixture
def form(tmp_path):
    file = tmp_path / "form.toml"
    file.write_text(FORM)
    return file


def run(capsys, *arguments):
    code = cli.run(list(arguments))
    return code, *capsys.readouterr()


def test_a_draft_is_opened_at_the_sites_that_the_form_names(committees, form, capsys):
    code, out, _ = run(capsys, "apply", "--form", str(form))
    assert code == 0
    assert out.splitlines() == [
        "Application B-1",
        "",
        "site\tapplication\tstate\tyou may",
        "North\tA-1\tdraft\tsubmit, accept-terms",
        "South\tA-1\tdraft\tsubmit, accept-terms",
    ]
    ((_, body),) = committees.said
    assert body["sites"] == {"org.north": ["c"], "org.south": ["c", "d"]}
    assert body["form"]["until"] == "2031-01-01T00:00:00+00:00" and "datasets" not in body["form"]


def test_some_of_them_can_be_chosen(committees, form, capsys):
    run(capsys, "apply", "--form", str(form), "--sites", "org.south")
    assert committees.said[0][1]["sites"] == {"org.south": ["c", "d"]}
    code, _, err = run(capsys, "apply", "--form", str(form), "--sites", "org.west")
    assert code == 2 and "no datasets of org.west" in err and len(committees.said) == 1


def test_handing_in_shows_and_accepts_each_sites_own_terms(committees, form, capsys):
    code, out, err = run(capsys, "apply", "--form", str(form), "--submit")
    assert code == 0 and "North\tA-1\tsubmitted" in out
    assert "Terms of North, version v1:\nNobody is [2J to be\nnamed." + " a" * 2_000 in err
    assert [(do, body.get("sites")) for do, body in committees.said] == [
        ("open", committees.said[0][1]["sites"]),
        ("accept-terms", ["org.north"]),
        ("accept-terms", ["org.south"]),
        ("submit", ["org.north", "org.south"]),
    ]


def test_a_site_that_is_away_is_a_row_and_is_not_handed_in_to(committees, form, capsys):
    committees.is_south_away = True
    code, out, _ = run(capsys, "apply", "--form", str(form), "--submit")
    assert code == 0 and "South\t\toffline\t" in out and "South: it is away" in out
    assert committees.said[-1] == (
        "submit",
        {"command": {"do": "submit"}, "sites": ["org.north"]},
    )


def test_what_was_applied_for_is_listed_shown_and_withdrawn(committees, capsys):
    _, out, _ = run(capsys, "applications")
    assert "B-1\tHearts\tNorth\tA-1\tdraft" in out
    _, out, _ = run(capsys, "applications", "B-1", "--json")
    assert [one["state"] for one in json.loads(out)["sites"]] == ["draft", "draft"]
    told = ("--do", "withdraw", "--sites", "org.south", "--comment", "done")
    run(capsys, "applications", "B-1", *told)
    assert committees.said == [
        (
            "withdraw",
            {"command": {"do": "withdraw", "comment": "done"}, "sites": ["org.south"]},
        )
    ]
    assert run(capsys, "applications", "--do", "withdraw")[0] == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Hearts"', "", "form.toml, title: it is missing"),
        ("biomedical", "\\u0000", "form.toml, "),
        ('title = "Hearts"', 'tittle = "Hearts"', "form.toml, tittle: not known here"),
        ('"org.north" = ["c"]', '"org.north" = "c"', "datasets.org.north: a list"),
        ("[datasets]", "[other]", "datasets: a table of sites"),
        ('title = "Hearts"', "title =", "no TOML"),
    ],
)
def test_a_mistake_in_the_form_is_told_and_nothing_sent(committees, form, capsys, old, new, said):
    form.write_text(FORM.replace(old, new))
    code, _, err = run(capsys, "apply", "--form", str(form))
    assert code == 2 and said in err and not committees.said

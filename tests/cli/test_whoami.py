"""`beacon-node whoami`: what a token gives, and a purpose that is stated on purpose."""

import pytest
from flask import Flask, request

from beacon_node.cli import main as cli
from tests.client.stub import served

ME = {
    "tier": "registered",
    "account": "acc-1",
    "organisation": None,
    "purpose": None,
    "grants": [{"datasetId": "c", "ceiling": "count", "until": "2030-02-01"}],
    "until": "2030-01-07T12:00:00+00:00",
    "visas": [
        {"number": 1, "used": True, "type": "ResearcherStatus", "usedFor": ["registered"]},
        {"number": 2, "used": False, "type": "AffiliationAndRole", "why": "not used: it ended"},
        {"number": 3, "used": False, "why": "\x1b[31mnot a visa"},
    ],
}


@pytest.fixture
def stated(monkeypatch):
    """Serve a broker that knows a researcher; yields the purposes that were stated."""
    app, found = Flask("me"), []
    app.add_url_rule("/services", "services", lambda: [])
    app.add_url_rule("/whoami", "me", lambda: ME)

    @app.post("/whoami/purpose")
    def purpose():
        found.append(request.get_json())
        return ME | {"purpose": found[-1]["purpose"]}

    monkeypatch.setenv("BEACON_TOKEN", "t")
    with served(app) as url:
        monkeypatch.setenv("BEACON_AT", url)
        yield found


def test_each_visa_says_why_it_counts_or_not(stated, capsys):
    assert cli.run(["whoami"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "answered as anybody" in out and "purpose none stated" in out
    assert "visa ResearcherStatus: registered" in out
    assert "visa AffiliationAndRole: not used: it ended" in out
    assert "visa unreadable: [31mnot a visa" in out
    assert "grant c: count, until 2030-02-01" in out


def test_a_purpose_is_stated_only_for_good(stated, capsys):
    purpose = '{"categories": ["biomedical"]}'
    assert cli.run(["whoami", "--purpose", purpose]) == 2 and not stated
    assert "--for-good" in capsys.readouterr().err
    for wrong in ("biomedical", "[]"):
        assert cli.run(["whoami", "--purpose", wrong, "--for-good"]) == 2 and not stated
    assert cli.run(["whoami", "--purpose", purpose, "--for-good"]) == 0
    assert stated == [{"purpose": {"categories": ["biomedical"]}, "forGood": True}]
    assert "a registered researcher" in capsys.readouterr().out

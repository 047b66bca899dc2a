"""From an anonymous yes to record level and back, on a served node, as people do it.

The walk with the node's own committee and passports alone is `docs/walk.md`, whose commands run.
Here a third party's committee grants by visas, and people log in at an identity provider.
"""

import json
from datetime import UTC, datetime, timedelta

from beacon_node.cli.main import run
from tests.notify.post_office import until

PLACE = "assemblyId=GRCh38&referenceName=1&start=169549810&referenceBases=C&alternateBases=T"
QUESTION = f"/api/individuals?{PLACE}"  # factor V Leiden
COUNT, RECORD = f"{QUESTION}&requestedGranularity=count", f"{QUESTION}&requestedGranularity=record"
BIOMEDICAL = {"categories": ["biomedical"]}


def command(served, capsys, *arguments: str) -> dict:
    """Run a command line of the node, and return its JSON."""
    capsys.readouterr()
    assert run([*arguments, "--home", str(served.home), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def level(answer: dict) -> tuple[str, str | None]:
    """Return how much an answer told, and how exactly."""
    summary = answer["responseSummary"]
    return answer["meta"]["returnedGranularity"], summary.get("countPrecision")


def test_with_a_third_partys_visa_issuer(served, issuers, trusted, capsys):
    # Anybody: yes, and nothing else.
    answer = served.curl(RECORD)
    assert level(answer) == ("boolean", None) and answer["responseSummary"]["exists"]

    # A registered researcher with a purpose: a count with noise.
    status = [*issuers.status("ann"), issuers.joined("ann", issuers.iss("broker"))]
    registered = issuers.passport("ann", *status)
    purpose = json.dumps({"purpose": BIOMEDICAL, "forGood": True})
    body = ("-H", "Content-Type: application/json", "-d", purpose)
    assert served.curl("/whoami/purpose", *body, token=registered)["tier"] == "registered"
    assert level(served.curl(COUNT, token=registered)) == ("count", "imprecise")

    # The committee's REMS has granted: records, exactly, also where the visas come in the body.
    granted = issuers.passport("ann", *status, issuers.grant("ann"))
    (grant,) = served.curl("/whoami", token=granted)["grants"]
    assert (grant["datasetId"], grant["ceiling"]) == ("clinic", "record")
    answer = served.curl(f"{RECORD}&limit=1", token=granted)
    assert level(answer) == ("record", "exact")
    assert len(answer["response"]["resultSets"][0]["results"]) == 1
    posted = json.dumps({"passports": [granted], "query": {"requestedGranularity": "count"}})
    answer = served.curl("/api/individuals", "-H", body[1], "-d", posted)
    assert level(answer) == ("count", "exact")

    # The same visa in somebody else's passport gives nothing.
    stolen = issuers.passport("bob", issuers.grant("ann"))
    assert level(served.curl(RECORD, token=stolen)) == ("boolean", None)

    # Taken back: the administrator blocks her, and from the next request on she is refused.
    blocked = f'\n[[blocked]]\niss = "{issuers.iss("broker")}"\nsub = "ann"\n'
    served.trust(trusted + blocked)
    assert all(served.curl(RECORD, token=granted)["status"] == 401 for _ in range(4))
    # The block taken back, the committee's datasets not trusted any more: a count, as before.
    served.trust(trusted[: trusted.index("[[dataset]]")])
    assert all(level(served.curl(RECORD, token=granted))[1] == "imprecise" for _ in range(4))
    served.trust(trusted)

    # What is on record is whole, also by the checkpoint that the server left by itself; it says who
    # was told what, and why.
    until(lambda: list((served.home.parent / "share").iterdir()))
    verified = command(served, capsys, "audit", "verify")
    assert verified["is_good"] and len(verified["checkpoints"]) == 1
    report = command(served, capsys, "audit", "report", "clinic")
    counted = {(line["tier"], line["basis"]) for line in report["lines"]}
    assert {("public", "public tier"), ("registered", "registered tier")} <= counted
    assert ("controlled", "grant") in counted


def test_with_login_at_an_identity_provider(served, issuers, capsys):
    status = [*issuers.status("carla"), issuers.joined("carla", served.provider)]
    carla = served.browser("carla", status)
    eve, fay = served.browser("eve"), served.browser("fay")
    judges = [served.get(who, "/whoami")["account"] for who in (eve, fay)]
    members = [word for one in judges for word in ("--member", one)]
    command(served, capsys, "dac", "committee", "set", *members, "--dataset", "clinic")
    (served.home / "terms.txt").write_text("Nobody is to be named.")
    command(served, capsys, "dac", "terms", "v1", str(served.home / "terms.txt"))

    # Not logged in, registered with a purpose.
    assert level(served.curl(RECORD)) == ("boolean", None)
    told = served.post(carla, "/whoami/purpose", {"purpose": BIOMEDICAL, "forGood": True})
    assert told["tier"] == "registered"
    assert level(served.get(carla, COUNT)) == ("count", "imprecise")

    # An application, two votes, an approval: records from the next request on.
    form = {"title": "Clots", "description": "Why", "datasets": ["clinic"], "purpose": BIOMEDICAL}
    id = served.post(carla, "/dac/applications", {"form": form})["id"]
    desk = f"/dac/applications/{id}/commands"
    for do in ({"do": "accept-terms", "version": "v1"}, {"do": "submit"}):
        assert "id" in served.post(carla, desk, {"command": do})
    assert level(served.get(carla, RECORD))[0] == "count"
    vote = {"command": {"do": "vote", "opinion": "approve"}}
    assert served.post(eve, desk, vote)["state"] == "submitted"
    until = ("--until", "2099-01-01")
    capsys.readouterr()
    late = ["dac", "approve", id, *until, "--as", judges[1], "--home", str(served.home), "--json"]
    assert run(late) == 2, "no grant lasts for ever"
    award = {"datasets": ["clinic"], "granularity": "record", "until": _in_days(90)}
    approved = served.post(fay, desk, {"command": {"do": "approve", "award": award}})
    assert approved["state"] == "approved"
    assert level(served.get(carla, f"{RECORD}&limit=1")) == ("record", "exact")

    # Revoked: a count again; she is told by whom that could change, and everything is on record.
    served.post(eve, desk, {"command": {"do": "revoke", "reason": "The data were handed on."}})
    assert all(level(served.get(carla, RECORD))[1] == "imprecise" for _ in range(4))
    (block,) = command(served, capsys, "dac", "blocks")["blocks"]
    assert block["dataset"] == "clinic"
    assert command(served, capsys, "audit", "verify")["is_good"]
    report = command(served, capsys, "audit", "report", "clinic")
    decisions = {line["which"] for line in report["lines"] if line["what"] == "decisions"}
    assert {"submit", "vote", "approve", "revoke"} <= decisions


def _in_days(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT00:00:00Z}"

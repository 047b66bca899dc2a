"""Whoever withdraws is in no answer that starts later, wherever one asks and whatever happens."""

import json
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace

import pytest

from beacon_node.actions.release_dataset import release
from beacon_node.errors import LedgerBroken
from beacon_node.model.consent import DataType, Status, UseKind
from beacon_node.model.entries import EntryType
from beacon_node.node import Node
from tests.actions.homes import open_data
from tests.consent.askers import URL, start
from tests.consent.clinic import (
    GOUT,
    LEAVER,
    LONG,
    SALIVA,
    at_site,
    audits,
    client,
    closed,
    crowd,
    gives,
    granted,
    make_clinic,
    reopened,
    says,
    set_clock,
    shown,
    withdraws,
)

ALL, LEFT = 26, 25
INDIVIDUAL, BIOSAMPLE = EntryType.INDIVIDUAL, EntryType.BIOSAMPLE
RUN, ANALYSIS = EntryType.RUN, EntryType.ANALYSIS
RECORDS = "requestedGranularity=record&limit=100&includeResultsetResponses=ALL"
OWN = {INDIVIDUAL: LEAVER, BIOSAMPLE: f"s{LEAVER}", RUN: f"s{LEAVER}-run"}
OWN |= {ANALYSIS: f"s{LEAVER}-analysis"}


def counted(asker, url: str = URL) -> int:
    """Return the total of an answer."""
    return asker.get(url).json["responseSummary"]["numTotalResults"]


def results(asker, url: str) -> list[dict]:
    """Return the records of dataset `o` in a record answer."""
    said = asker.get(url)
    assert said.status_code == 200, said.data
    return [found for one in said.json["response"]["resultSets"] for found in one["results"]]


# ---- while many ask ------------------------------------------------------------------------------


def test_no_answer_that_starts_after_the_acknowledgement_counts_her(node):
    """200 threads and two processes ask; she withdraws when some have been answered."""
    processes = [start("on", node.home) for _ in range(2)]
    told = [process.stdout.readline() for process in processes]
    app = client(node).application
    found: list[tuple[float, int]] = []
    go, answered, withdrawn = threading.Semaphore(0), threading.Semaphore(0), threading.Event()

    def ask(is_late: bool) -> None:
        if is_late:
            withdrawn.wait()
        else:
            go.acquire()
        began = time.monotonic()
        found.append((began, counted(app.test_client())))
        answered.release()

    threads = [threading.Thread(target=ask, args=[number >= 150]) for number in range(200)]
    for thread in threads:
        thread.start()
    go.release(150)
    for _ in range(20):
        answered.acquire()
    withdraws(node, LEAVER)
    acknowledged = time.monotonic()
    withdrawn.set()
    for thread in threads:
        thread.join()
    for process in processes:  # a few more, which began after the acknowledgement
        told += [process.stdout.readline() for _ in range(40)]
        process.stdin.close()
        told += process.stdout.read().splitlines()
        assert process.wait() == 0
    found += [(float(line.split()[0]), int(line.split()[1])) for line in told]
    before = [count for began, count in found if began < acknowledged]
    after = [count for began, count in found if began >= acknowledged]
    assert len(found) >= 200 and len(after) > 50
    assert ALL in before and set(before) <= {ALL, LEFT}
    assert set(after) == {LEFT}
    _no_audit_is_older_than_a_consent_before_it(node)
    assert len(audits(node)) == len(found)


def _no_audit_is_older_than_a_consent_before_it(node: Node) -> None:
    version = 0
    for entry in node.ledger.entries():
        if entry.kind == "consent":
            version = entry.sequence
        elif entry.kind == "audit":
            assert json.loads(entry.body)["consent_version"] == version
    assert node.ledger.verify().is_whole


class Interrupted:
    """Lets something happen just before the first call of one method, then does as told."""

    def __init__(self, inner, method: str, happens) -> None:
        self.inner, self.method, self.happens = inner, method, happens

    def __getattr__(self, name: str):
        if name == self.method and self.happens:
            happens, self.happens = self.happens, None
            happens()
        return getattr(self.inner, name)


@pytest.mark.parametrize(
    "where",
    ["moment", "changed_since", "dated_between", "next_boundary", "audit", "search"],
)
@pytest.mark.parametrize("is_warm", [True, False], ids=["warm", "cold"])
def test_a_question_under_way_is_answered_without_her(node, where, is_warm):
    """She withdraws while a question is worked on: at whatever step, one entry says all of it."""
    part = "store" if where == "search" else "ledger"
    double = Interrupted(getattr(node, part), where, lambda: withdraws(node, LEAVER))
    interrupted = replace(node, **{part: double})
    if is_warm:
        assert counted(client(node)) == ALL
    says(node, "p07", Status.GIVEN)  # so that the consents have to be looked at anew
    asked = len(audits(node))
    assert counted(client(interrupted)) == LEFT
    assert double.happens is None
    (told,) = audits(node)[asked:]
    assert told["told"]["o"]["individuals"] == LEFT
    _no_audit_is_older_than_a_consent_before_it(node)


def test_a_question_that_is_overtaken_again_and_again_is_not_answered(node):
    class Busy(Interrupted):
        def __getattr__(self, name):
            if name == "audit":
                withdraws(node, "p09")
            return getattr(self.inner, name)

    said = client(replace(node, ledger=Busy(node.ledger, "", None))).get(URL)
    assert said.status_code == 503 and "responseSummary" not in said.json
    assert audits(node) == []


# ---- where she is gone from ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["individuals", "biosamples", "runs", "analyses"])
@pytest.mark.parametrize("conditions", ["", at_site(0), f"filters={SALIVA},{GOUT}", at_site(2)])
def test_every_list_and_number_is_one_less(node, kind, conditions):
    asker, has_others = client(node), conditions in ("", at_site(0))
    for granularity in ("boolean", "count", "record"):
        url = f"/api/{kind}?requestedGranularity={granularity}&limit=100&{conditions}"
        assert asker.get(url).json["responseSummary"]["exists"] is True
    url = f"/api/{kind}?{RECORDS}&{conditions}"
    before = results(asker, url)
    withdraws(node, LEAVER)
    after = results(asker, url)
    assert len(after) == len(before) - 1 == (LEFT if has_others else 0)
    assert [one for one in before if one in after] == after
    for granularity in ("boolean", "count", "record"):
        url = f"/api/{kind}?requestedGranularity={granularity}&limit=100&{conditions}"
        summary = asker.get(url).json["responseSummary"]
        assert summary["exists"] is has_others
        assert summary.get("numTotalResults", len(after)) == len(after)


def test_a_variation_has_one_carrier_two_places_and_one_case_less(node):
    asker, url = client(node), f"/api/g_variants?{RECORDS}&{at_site(0)}"

    def told() -> tuple:
        ((record,), text) = results(asker, url), asker.get(url).text
        frequencies = record["frequencyInPopulations"][0]["frequencies"][0]
        own = shown(node, "o", BIOSAMPLE, OWN[BIOSAMPLE])
        counts = frequencies["alleleCount"], frequencies["alleleNumber"]
        return *counts, len(record["caseLevelData"]), own in text

    assert told() == (ALL, 2 * ALL, ALL, True)
    withdraws(node, LEAVER)
    assert told() == (LEFT, 2 * LEFT, LEFT, False)
    others = asker.get(f"/api/g_variants?requestedGranularity=count&{at_site(2)}").json
    assert others["responseSummary"]["numTotalResults"] == 0


@pytest.mark.parametrize("kind", OWN)
def test_her_records_are_as_unknown_as_any(node, kind):
    asker, own, other = client(node), shown(node, "o", kind, OWN[kind]), "ind-aaaaaaaaaaaaaaaa"
    assert asker.get(f"/api/{kind.path}/{own}").status_code == 200
    withdraws(node, LEAVER)
    gone, unknown = (asker.get(f"/api/{kind.path}/{id}") for id in (own, other))
    assert gone.status_code == 404
    assert (gone.data, dict(gone.headers)) == (unknown.data, dict(unknown.headers))
    for part in ("g_variants", "biosamples", "runs", "analyses"):
        of_hers, of_nobody = (asker.get(f"/api/{kind.path}/{id}/{part}") for id in (own, other))
        assert of_hers.data == of_nobody.data


@pytest.mark.parametrize("conditions", [at_site(2), f"filters={GOUT}", f"filters={LONG}"])
@pytest.mark.parametrize("path", ["datasets", "cohorts"])
def test_datasets_and_cohorts_have_nothing_of_hers(node, path, conditions):
    asker, url = client(node), f"/api/{path}?requestedGranularity=count&{conditions}"
    assert counted(asker, url) == 1
    withdraws(node, LEAVER)
    assert counted(asker, url) == 0
    part = "datasets/o" if path == "datasets" else "cohorts/all"
    for kind in ("g_variants", "individuals", "biosamples", "runs", "analyses"):
        url = f"/api/{part}/{kind}?requestedGranularity=count&{conditions}"
        assert counted(asker, url) == 0


@pytest.mark.parametrize(
    "no",
    [
        {"status": Status.WITHDRAWN, "types": {DataType.RUNS}},
        {"status": Status.REFUSED, "uses": {UseKind.RECORD_LEVEL}, "dataset": "o"},
    ],
)
def test_of_open_data_any_no_takes_all_of_hers_out(node, no):
    says(node, LEAVER, **no)
    assert counted(client(node)) == counted(client(reopened(node))) == LEFT


def test_a_no_about_another_dataset_is_none(node):
    withdraws(node, LEAVER, dataset="elsewhere")
    assert counted(client(node)) == ALL


# ---- before, at and after a release --------------------------------------------------------------


def test_who_consents_again_is_back_after_the_next_release(node):
    asker = client(node)
    set_clock(node, 1)
    withdraws(node, LEAVER)
    set_clock(node, 2)
    gives(node, LEAVER)
    assert counted(asker) == counted(client(reopened(node))) == LEFT
    release(node, "o")
    assert counted(asker) == ALL


def test_under_a_grant_who_consents_again_is_back_after_the_next_release(tmp_path):
    node = make_clinic(tmp_path / "home", closed("d"), people=crowd(3))
    gives(node, "p00", "p01")
    release(node, "d")
    asker = client(node, granted("d"))
    assert counted(asker) == 2
    set_clock(node, 1)
    withdraws(node, LEAVER)
    assert counted(asker) == 1
    set_clock(node, 2)
    gives(node, LEAVER, "p02")
    assert counted(asker) == counted(client(reopened(node), granted("d"))) == 1
    release(node, "d")
    assert counted(asker) == 3


def test_who_withdraws_between_load_and_release_was_never_there(tmp_path):
    node = make_clinic(tmp_path / "home", closed("d"), people=crowd(3))
    gives(node, "p00", "p01")
    withdraws(node, LEAVER)
    done = release(node, "d")
    assert done.people == 1 and counted(client(node, granted("d"))) == 1


def test_what_is_said_while_a_release_is_made_waits_or_acts_at_once(tmp_path):
    """A yes that comes during a release is in the next one; a no holds from then on."""
    node = make_clinic(tmp_path / "home", closed("d"), open_data("o"), people=crowd(4))
    gives(node, "p00", "p01", "p03")
    withdraws(node, "p02", "p03")
    set_clock(node, 1)

    def happens() -> None:
        withdraws(node, LEAVER)
        gives(node, "p02", "p03")

    release(replace(node, ledger=Interrupted(node.ledger, "histories", happens)), "d")
    assert counted(client(node, granted("d")), f"{URL}&datasets=d") == 1
    release(node, "d")
    assert counted(client(node, granted("d")), f"{URL}&datasets=d") == 3
    withdraws(node, "p02")
    set_clock(node, 2)
    double = Interrupted(node.ledger, "histories", lambda: gives(node, "p00", "p02"))
    release(replace(node, ledger=double), "o")
    assert counted(client(node), f"{URL}&datasets=o") == 2
    release(node, "o")
    assert counted(client(node), f"{URL}&datasets=o") == 4


def test_a_release_leaves_her_out_of_what_is_published(node):
    asker = client(node)
    withdraws(node, LEAVER)
    release(node, "o")
    terms = asker.get("/api/filtering_terms").text
    assert not any(term in terms for term in (GOUT, SALIVA, LONG))
    (dataset,) = asker.get("/api/datasets?requestedGranularity=record").json["response"][
        "collections"
    ]
    assert dataset["info"]["sizes"]["individuals"] == LEFT
    assert dataset["info"]["sizes"]["g_variants"] == 2
    (cohort,) = asker.get("/api/cohorts?requestedGranularity=record").json["response"][
        "collections"
    ]
    assert cohort["cohortSize"] == LEFT
    assert asker.get(f"/api/individuals?filters={GOUT}").status_code == 400


# ---- where nothing can be recorded, nothing is answered ------------------------------------------


def is_refused(said) -> bool:
    """Whether a response is a 503 that tells nothing."""
    return said.status_code == 503 and set(said.json) == {"meta", "error"}


def test_a_full_disk_ends_the_answers(node):
    counted(client(node))  # so that there is a log
    process = start("without-room", node.home)
    said = process.communicate()[0].splitlines()
    assert said[-2] == "503" and set(said[:-2]) <= {"200"}
    assert set(json.loads(said[-1])) == {"meta", "error"}
    assert len(audits(node)) == 1 + said.count("200")
    assert counted(client(node)) == ALL


def test_a_ledger_that_may_not_be_written_ends_the_answers(node, monkeypatch):
    """As on a file system that was made read-only: SQLite opens the file so, and cannot add."""
    from beacon_node.store.ledger import writer

    def read_only(path):
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        return connection

    asker = client(reopened(node))
    monkeypatch.setattr(writer, "connect", read_only)
    assert is_refused(asker.get(URL))
    assert audits(node) == []


def test_a_broken_chain_ends_the_answers(node):
    """The process that wrote last finds it when its questions come into the database."""
    asker = client(node)
    assert counted(asker) == ALL
    with closing(sqlite3.connect(node.ledger.path)) as db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute(
            "UPDATE entry SET body = '{}' WHERE sequence = (SELECT max(sequence) FROM entry)"
        )
        db.commit()
    assert is_refused(client(reopened(node)).get(URL))
    asker.get(URL)
    with pytest.raises(LedgerBroken):
        node.ledger.settle()  # within a second somebody does
    assert is_refused(asker.get(URL))


def test_a_forged_consent_ends_the_answers(tmp_path):
    """Somebody writes a withdrawal over in the file: she is not counted for it."""
    node = make_clinic(tmp_path / "home", closed("d"), people=crowd(3))
    gives(node, "p00", "p01")
    release(node, "d")
    withdraws(node, LEAVER)
    with closing(sqlite3.connect(node.ledger.path)) as db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute(
            "UPDATE entry SET body = replace(body, 'withdrawn', 'given') WHERE kind='consent'"
        )
        db.commit()
    for one in (node, reopened(node)):
        assert is_refused(client(one, granted("d")).get(URL))


def test_made_up_answers_of_test_mode_are_not_recorded(node):
    said = client(node).get(f"{URL}&testMode=true")
    assert said.status_code == 200 and said.json["meta"]["testMode"] is True
    assert audits(node) == []

"""Each question leaves one entry: who asked what and why it was answered, and nothing found."""

import json
import shutil
from pathlib import Path

import pytest

from beacon_node.actions.release_dataset import release
from beacon_node.model.data_use import read_purpose
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity
from beacon_node.model.requester import Requester, Tier
from beacon_node.node import Node, open_node
from tests.actions.homes import open_data
from tests.consent.askers import URL, start
from tests.consent.clinic import (
    ASTHMA,
    BIOMEDICAL,
    FEMALE,
    IDS,
    at_site,
    audits,
    client,
    closed,
    gives,
    granted,
    make_clinic,
    set_clock,
    shown,
    with_clock,
    withdraws,
)

KINDS = ("g_variants", "individuals", "biosamples", "runs", "analyses", "datasets", "cohorts")
ANCESTRY = read_purpose({"categories": ["ancestry"]})
INDIVIDUAL = EntryType.INDIVIDUAL


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A node with the released datasets `d`, in which ann, bob and dea consent, and `o`, open."""
    home = tmp_path_factory.mktemp("audit") / "home"
    node = make_clinic(home, closed("d"), open_data("o"), cohort=True)
    gives(node, "ann", "bob", "dea", dataset="d")
    set_clock(node, 1)
    for dataset in ("d", "o"):
        release(node, dataset)
    node.ledger.close()
    return home


@pytest.fixture
def node(home, tmp_path) -> Node:
    shutil.copytree(home, tmp_path / "home")
    node = with_clock(open_node(tmp_path / "home", {}))
    set_clock(node, 2)
    return node


def entry_of(node: Node, url: str, requester: Requester) -> dict:
    """Ask, and return the one entry that it left."""
    before = len(audits(node))
    assert client(node, requester).get(f"/api/{url}").status_code in (200, 404)
    (added,) = audits(node)[before:]
    return added


# ---- one entry each ------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["boolean", "count", "record"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_question_leaves_one_entry(node, kind, word):
    told = entry_of(node, f"{kind}?requestedGranularity={word}&{at_site(0)}", granted("d"))
    assert told["datasets"] == ["d", "o"]
    sub = "individuals" if kind == "g_variants" else "g_variants"
    id = {"datasets": "d", "cohorts": "all", "g_variants": "GRCh37.22.99.100.A.C"}.get(kind, "x")
    if kind != "g_variants":
        told = entry_of(node, f"{kind}/{id}/{sub}?requestedGranularity={word}", granted("d"))
        assert id in told["asked"]["within"]


def test_a_question_by_post_leaves_the_entry_of_the_same_by_get(node):
    body = {"query": {"filters": [{"id": FEMALE}], "requestedGranularity": "count"}}
    client(node).post("/api/individuals", json=body)
    client(node).get(f"/api/individuals?filters={FEMALE}&requestedGranularity=count")
    posted, got = audits(node)
    assert posted["asked"] == got["asked"] and posted["told"] == got["told"]


def test_it_says_who_asked_what_and_why_it_was_answered(node):
    asker = Requester(
        Tier.CONTROLLED,
        account="researcher-7",
        organisation="Institute",
        broker="broker-1",
        grants=granted("d", ceiling=Granularity.COUNT).grants,
    )
    told = entry_of(node, f"individuals?requestedGranularity=record&{at_site(0)}", asker)
    assert told["by"] == {
        "tier": "controlled",
        "account": "researcher-7",
        "organisation": "Institute",
        "broker": "broker-1",
    }
    assert told["asked"]["entry_type"] == "individual"
    assert told["asked"]["variation"]["alt"] == "C"
    assert told["consent_version"] == node.ledger.consent_version()
    part = told["told"]["d"]
    assert (part["basis"], part["granularity"], part["individuals"]) == ("grant DAC-d", "count", 3)
    assert told["told"]["o"]["basis"] == "open data"


def test_it_says_how_many_could_be_counted_and_which_consents_held(node):
    first = entry_of(node, f"individuals?{at_site(0)}", granted("d"))
    withdraws(node, "ann")
    then = entry_of(node, f"individuals?{at_site(0)}", granted("d"))
    assert then["consent_version"] > first["consent_version"]
    assert [one["told"]["d"]["individuals"] for one in (first, then)] == [3, 2]
    assert [one["told"]["o"]["individuals"] for one in (first, then)] == ["all", len(IDS) - 1]


def test_a_closed_dataset_has_its_entry_too(node):
    told = entry_of(node, f"individuals?{at_site(0)}", Requester())
    assert told["told"]["d"] == {"status": "not permitted"}


# ---- nothing of what was found -------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS[:5])
@pytest.mark.parametrize("word", ["boolean", "count", "record"])
def test_what_was_found_is_not_in_it(node, kind, word):
    """The entries of a question with matches and of one without differ in the question alone."""

    def entry(site: int) -> dict:
        found = entry_of(node, f"{kind}?requestedGranularity={word}&{at_site(site)}", granted("d"))
        del found["asked"]["variation"], found["decided_at"]
        return found

    with_matches, without = entry(0), entry(2)  # cid alone carries it, and did not consent
    with_matches["told"].pop("o"), without["told"].pop("o")
    assert with_matches == without
    text = json.dumps(audits(node))
    for id in (*IDS, "a1", "b1"):
        assert f'"{id}"' not in text
    for id in IDS:
        assert shown(node, "d", INDIVIDUAL, id) not in text


def test_ids_stand_in_it_only_where_the_asker_sent_them(node):
    own = shown(node, "d", INDIVIDUAL, "ann")
    told = entry_of(node, f"individuals/{own}?requestedGranularity=record", granted("d"))
    assert told["asked"]["id"] == own
    del told["asked"]
    assert own not in json.dumps(told)
    unknown = entry_of(node, "individuals/ind-aaaaaaaaaaaaaaaa", granted("d"))
    for one in (told, unknown):
        one.pop("asked", None)
        del one["decided_at"]
    assert told == unknown


# ---- it stays ------------------------------------------------------------------------------------


def test_an_entry_outlives_the_process_that_answered(node):
    process = start("once", node.home)
    assert process.stdout.readline() == "200\n"
    process.kill()
    process.communicate()
    (told,) = audits(node)
    assert told["asked"]["entry_type"] == "individual"
    assert node.ledger.verify().is_whole


# ---- one purpose for an account ------------------------------------------------------------------


def registered(purpose) -> Requester:
    return Requester(Tier.REGISTERED, account="r-1", purpose=purpose)


def test_a_second_purpose_is_refused_and_leaves_no_answer(node):
    assert client(node, registered(BIOMEDICAL)).get(URL).status_code == 200
    asked = len(audits(node))
    said = client(node, registered(ANCESTRY)).get(URL)
    assert said.status_code == 403 and set(said.json) == {"meta", "error"}
    assert len(audits(node)) == asked
    assert client(node, registered(BIOMEDICAL)).get(URL).status_code == 200
    assert node.ledger.purpose_of("r-1") == BIOMEDICAL


def test_the_purposes_of_two_accounts_are_their_own(node):
    other = Requester(Tier.REGISTERED, account="r-2", purpose=ANCESTRY)
    assert client(node, registered(BIOMEDICAL)).get(URL).status_code == 200
    assert client(node, other).get(URL).status_code == 200


def test_a_filter_nobody_knows_is_refused(node):
    said = client(node, granted("d")).get("/api/individuals?filters=MONDO:0000000")
    assert said.status_code == 400 and ASTHMA not in said.text

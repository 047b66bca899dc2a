"""From an application to exact answers and back, and who may do and see what on the way."""

import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from beacon_node.actions.applications.desk import (
    MOST_A_DAY,
    MOST_DEEDS,
    MOST_OPEN,
    act,
    block,
    open_application,
    set_committee,
)
from beacon_node.actions.applications.grants import grants_at, with_own_grants
from beacon_node.actions.applications.views import view
from beacon_node.errors import Conflict, InvalidRequest, NotFound, NotPermitted, QuotaExceeded
from beacon_node.model.application import (
    AcceptTerms,
    AddMember,
    Approve,
    Block,
    Close,
    Committee,
    Reject,
    Remark,
    Return,
    Revoke,
    SaveDraft,
    State,
    Submit,
    Withdraw,
)
from beacon_node.model.dac import Actor, Unblock
from beacon_node.model.query import Granularity
from beacon_node.model.requester import Grant, Requester, Tier
from tests.actions.applications.office import (
    ADMIN,
    ANN,
    AWARD,
    AYE,
    BOB,
    CARRIERS,
    COMMITTEE,
    EVE,
    FAY,
    FORM,
    GUS,
    SAM,
    UNTIL,
    applied,
    asked,
    counted,
    does,
    granted,
    researcher,
)
from tests.consent.clinic import BIOMEDICAL, reopened, withdraws

ROOT = Path(__file__).resolve().parents[3]


def test_an_approved_application_opens_exact_answers_and_a_revocation_ends_them(node):
    assert counted(node) is None
    id = applied(node)
    does(node, id, EVE, AYE)
    assert counted(node) is None
    does(node, id, FAY, Approve(AWARD))
    assert counted(node) == CARRIERS and counted(node, BOB) is None
    assert asked(node, granularity="record")["response"]["resultSets"][0]["resultsCount"] == 3
    does(node, id, GUS, Revoke("The data were shared."))
    assert counted(node) is None


def test_a_withdrawn_consent_is_not_counted_under_a_grant(node):
    granted(node)
    withdraws(node, "bob")
    assert counted(node) == CARRIERS - 1


def test_a_revocation_holds_in_another_process_from_its_next_question_on(node):
    id = granted(node)
    program = "import sys; from tests.actions.applications.askers import ask; ask(*sys.argv[1:])"
    command = [sys.executable, "-c", program, str(node.home), node.clock.at.isoformat()]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:

        def ask() -> str:
            other.stdin.write("\n")
            other.stdin.flush()
            return other.stdout.readline().strip()

        assert ask() == str(CARRIERS)
        does(node, id, EVE, Close("Done early."))
        assert ask() == "None"
        other.stdin.close()


def test_another_node_object_sees_at_once_what_was_decided(node):
    other = reopened(node)
    assert grants_at(other, ANN, node.clock.at) == ()
    id = granted(node)
    (grant,) = grants_at(other, ANN, node.clock.at)
    assert grant == Grant("c", BIOMEDICAL, UNTIL, id, Granularity.RECORD)
    assert grants_at(other, ANN, UNTIL) == () == grants_at(other, "", node.clock.at)


def test_of_votes_at_the_same_time_none_is_lost(node):
    set_committee(node, replace(COMMITTEE, votes_needed=3), ADMIN)
    id = applied(node)
    other = reopened(node)
    with ThreadPoolExecutor(2) as threads:
        votes = [(node, EVE), (other, FAY)]
        list(threads.map(lambda vote: act(vote[0], id, AYE, vote[1]), votes))
    assert does(node, id, GUS, Approve(AWARD)).application.state is State.APPROVED


def test_of_two_decisions_at_the_same_time_one_holds_and_the_other_is_told(node):
    id = applied(node)
    does(node, id, EVE, AYE)

    def tried(wish) -> str:
        at, command, who = wish
        try:
            return act(at, id, command, who).application.state.value
        except Conflict:
            return "conflict"

    wishes = [(node, Approve(AWARD), FAY), (reopened(node), Reject("Too broad."), GUS)]
    with ThreadPoolExecutor(2) as threads:
        outcomes = set(threads.map(tried, wishes))
    assert "conflict" in outcomes and outcomes & {"approved", "rejected"}
    assert view(node, id, ANN).application.state.value in outcomes


def test_who_waited_while_another_decided_decides_on_what_is_on_record_then(node):
    id = applied(node)
    does(node, id, EVE, AYE)

    def tried(wish) -> str:
        try:
            return act(*wish).application.state.value
        except Conflict:
            return "conflict"

    approving = (reopened(node), id, Approve(AWARD), FAY)
    rejecting = (reopened(node), id, Reject("Too broad."), GUS)
    with ThreadPoolExecutor(2) as threads:
        with node.ledger.deciding(now=node.clock.now()):
            waiting = [threads.submit(tried, wish) for wish in (approving, rejecting)]
            time.sleep(0.5)  # until both have asked for their turn
            assert not any(one.done() for one in waiting)
        outcomes = sorted(one.result() for one in waiting)
    assert outcomes in (["approved", "conflict"], ["conflict", "rejected"])


def test_no_applicant_makes_a_judge_a_member_to_be_rid_of_a_vote(node):
    id = open_application(node, FORM, ANN).application.id
    with pytest.raises(Conflict, match="only the committee can add"):
        act(node, id, AddMember(GUS), ANN)
    does(node, id, ANN, AddMember(BOB), AcceptTerms("v1"), Submit())
    does(node, id, EVE, AddMember(GUS))
    with pytest.raises(NotPermitted):
        act(node, id, AYE, GUS)


# ---- what is on record ---------------------------------------------------------------------------


def test_everything_is_an_entry_of_the_chain_with_who_did_it_and_through_whom(node):
    before = node.ledger.head().sequence
    id = granted(node)
    act(node, id, Remark("Noted."), EVE, through="administrator root")
    entries = node.ledger.application_entries(id)
    assert [entry.by.account for entry in entries] == [ANN, ANN, ANN, EVE, FAY, EVE]
    assert [entry.by.through for entry in entries] == ["", "", "", "", "", "administrator root"]
    assert node.ledger.head().sequence == before + 6 and node.ledger.verify().is_whole
    assert [event.at for event in view(node, id, EVE).events] == [entry.at for entry in entries]


def test_what_is_refused_leaves_no_entry(node):
    id = applied(node)
    before = node.ledger.head()
    for by, command, error in (
        (EVE, Approve(AWARD), Conflict),  # a second vote is missing
        (ANN, Approve(AWARD), NotPermitted),
        (BOB, Withdraw(), NotFound),
        (EVE, Return(" "), InvalidRequest),
    ):
        with pytest.raises(error):
            act(node, id, command, by)
    assert node.ledger.head() == before


def test_drafts_and_deeds_of_one_account_are_limited_but_who_withdraws_has_the_last_word(node):
    ids = [open_application(node, FORM, ANN).application.id for _ in range(MOST_OPEN)]
    with pytest.raises(QuotaExceeded, match=f"at most {MOST_OPEN}"):
        open_application(node, FORM, ANN)
    open_application(node, FORM, BOB)
    for number in range(MOST_DEEDS - 1):
        act(node, ids[0], SaveDraft(replace(FORM, title=f"Hearts {number}")), ANN)
    with pytest.raises(QuotaExceeded):
        act(node, ids[0], Remark("more", True), ANN)
    act(node, ids[0], Withdraw(), ANN)
    with pytest.raises(QuotaExceeded, match=f"{MOST_A_DAY} applications a day"):
        open_application(node, FORM, ANN)
    node.clock.at += timedelta(days=2)
    open_application(node, FORM, ANN)


def test_nothing_is_opened_without_a_title_or_where_there_is_no_committee(node, tmp_path):
    from tests.actions.homes import new_node

    with pytest.raises(InvalidRequest, match="title"):
        open_application(node, replace(FORM, title=" "), ANN)
    with pytest.raises(Conflict, match="no data access committee"):
        open_application(new_node(tmp_path / "new"), FORM, ANN)


# ---- blocks --------------------------------------------------------------------------------------


def test_who_was_revoked_is_blocked_whatever_else_is_granted_until_it_is_taken_back(node):
    first, second = granted(node), granted(node)
    does(node, first, EVE, Revoke("The data were shared."))
    assert view(node, second, ANN).application.state is State.APPROVED and counted(node) is None
    assert [one.dataset for one in view(node, second, EVE).blocks] == ["c"]
    block(node, Unblock(ANN, "c", "It was a mistake."), Actor(EVE))
    assert counted(node) == CARRIERS


def test_a_block_takes_visa_grants_too_and_one_from_everything_the_registered_tier(node):
    visas = (Grant("c", BIOMEDICAL, UNTIL, "visa"), Grant("x", BIOMEDICAL, UNTIL, "visa"))
    proved = Requester(Tier.REGISTERED, ANN, purpose=BIOMEDICAL, grants=visas)
    at = node.clock.now()
    assert with_own_grants(node, proved, at).grants == visas
    block(node, Block(ANN, "c", "He asked for names."), Actor(FAY))
    found = with_own_grants(node, proved, at)
    assert found.grants == visas[1:] and found.tier is Tier.CONTROLLED
    block(node, Block(ANN, "*", "Again."), Actor(FAY))
    assert with_own_grants(node, proved, at) == Requester(Tier.PUBLIC, ANN)
    block(node, Unblock(ANN, "*", "He explained it."), Actor(GUS))
    assert with_own_grants(node, proved, at).grants == visas


def test_without_a_grant_a_tier_stays_what_was_proved(node):
    proved = Requester(Tier.REGISTERED, ANN)
    assert with_own_grants(node, proved, node.clock.now()) == proved
    granted(node)
    assert researcher(node).tier is Tier.CONTROLLED


@pytest.mark.parametrize("who", [ANN, BOB])
def test_only_the_committee_blocks_and_nobody_themselves(node, who):
    with pytest.raises(NotPermitted):
        block(node, Block(SAM, "c", "why"), Actor(who))
    with pytest.raises(NotPermitted):
        block(node, Unblock(EVE, "*", "why"), Actor(EVE))
    block(node, Block(EVE, "c", "why"), ADMIN)


# ---- the committee -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("committee", "field"),
    [
        (Committee(frozenset(), frozenset("c")), "members"),
        (Committee(frozenset({EVE}), frozenset()), "datasets"),
        (Committee(frozenset({EVE, " "}), frozenset("c")), "members"),
        (Committee(frozenset({EVE}), frozenset("c"), votes_needed=2), "votes_needed"),
        (Committee(frozenset({EVE}), frozenset("c"), votes_needed=0), "votes_needed"),
        (Committee(frozenset({EVE}), frozenset("c"), longest_days=0), "longest_days"),
    ],
)
def test_a_committee_that_could_not_decide_is_refused(node, committee, field):
    with pytest.raises(InvalidRequest, match=field):
        set_committee(node, committee, ADMIN)


def test_a_committee_of_datasets_that_are_not_here_is_refused(node):
    with pytest.raises(NotFound):
        set_committee(node, replace(COMMITTEE, datasets=frozenset({"zzz"})), ADMIN)


def test_who_left_the_committee_has_no_vote_any_more(node):
    id = applied(node)
    does(node, id, EVE, AYE)
    set_committee(node, replace(COMMITTEE, members=frozenset({FAY, GUS})), ADMIN)
    with pytest.raises(Conflict, match="2 members"):
        act(node, id, Approve(AWARD), FAY)


# ---- time ----------------------------------------------------------------------------------------


def test_looking_up_grants_takes_well_under_a_millisecond(node):
    granted(node)
    at, took = node.clock.at, []
    for _ in range(200):
        began = time.perf_counter()
        assert grants_at(node, ANN, at)
        took.append(time.perf_counter() - began)
    assert statistics.median(took) < 0.001

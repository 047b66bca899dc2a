"""Who has several accounts applies, judges, holds grants and is blocked as one person."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beacon_node.actions.applications.desk import act, block, open_application, set_committee
from beacon_node.actions.applications.exports import decisions_table, grants_table
from beacon_node.actions.applications.grants import grants_at
from beacon_node.actions.applications.views import ADMINISTRATOR, list_applications, view
from beacon_node.actions.applications.work import NOTHING, advanced, present_work
from beacon_node.errors import BeaconNodeError, Conflict, InvalidRequest, NotFound, NotPermitted
from beacon_node.model.application import (
    AcceptTerms,
    AddMember,
    Approve,
    Block,
    Close,
    Extend,
    Opinion,
    Reject,
    RemoveMember,
    RequestReview,
    Review,
    Revoke,
    Role,
    Submit,
    Vote,
)
from beacon_node.model.dac import Actor, Unblock
from beacon_node.model.linked import How
from beacon_node.node import open_node
from beacon_node.policy.applications.attention import Cause
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
    TERMS,
    UNTIL,
    applied,
    counted,
    does,
    granted,
)
from tests.consent.clinic import with_clock

NAY = Vote(Opinion.REJECT)
ANEW = Extend(UNTIL - timedelta(days=1))


def link(node, *accounts: str) -> None:
    node.clock.at += timedelta(minutes=1)
    node.ledger.link(accounts, How.VISAS, now=node.clock.now())


def causes(node, id: str) -> set[Cause]:
    return {notice.cause for notice in view(node, id, ADMINISTRATOR).notices}


def has_grant(node, account: str) -> bool:
    return bool(grants_at(node, account, node.clock.now()))


# ---- who judges ----------------------------------------------------------------------------------


def test_one_person_has_one_vote(node):
    id = applied(node)
    does(node, id, EVE, AYE)
    link(node, EVE, FAY)
    does(node, id, FAY, AYE)
    assert view(node, id, GUS).application.votes == ((EVE, Opinion.APPROVE),)
    with pytest.raises(Conflict, match="2 members"):
        does(node, id, FAY, Approve(AWARD))
    does(node, id, GUS, Approve(AWARD))
    assert has_grant(node, ANN)


def test_of_two_votes_of_one_person_the_later_one_stays(node):
    id = applied(node)
    does(node, id, FAY, AYE)
    does(node, id, EVE, NAY)
    link(node, EVE, FAY)
    assert [opinion for _, opinion in view(node, id, GUS).application.votes] == [Opinion.REJECT]


@pytest.mark.parametrize("own", [ANN, BOB], ids=["applicant", "member"])
def test_nobody_decides_on_their_own_request_under_another_identity(node, own):
    id = applied(node)
    does(node, id, EVE, AddMember(BOB), AYE)
    link(node, own, EVE)
    for command in (AYE, Approve(AWARD), Reject("no")):
        with pytest.raises(NotPermitted):
            does(node, id, EVE, command)
    assert Role.COMMITTEE not in view(node, id, EVE).roles
    with pytest.raises(Conflict, match="1 are"):
        does(node, id, FAY, Approve(AWARD))


def test_what_an_applicant_turns_out_to_have_approved_gives_nothing_until_decided_anew(node):
    id = granted(node)  # EVE and FAY were for it
    assert counted(node) == CARRIERS
    link(node, FAY, ANN)
    assert not has_grant(node, ANN) and counted(node) is None
    assert Cause.UNDECIDED in causes(node, id)
    does(node, id, EVE, AYE)
    does(node, id, GUS, ANEW)
    assert has_grant(node, ANN) and Cause.UNDECIDED not in causes(node, id)


def test_what_one_person_turns_out_to_have_decided_alone_gives_nothing(node):
    id = granted(node)
    link(node, EVE, FAY)
    assert not has_grant(node, ANN)
    does(node, id, EVE, AYE)
    with pytest.raises(Conflict, match="1 are"):
        does(node, id, FAY, ANEW)
    does(node, id, GUS, ANEW)
    assert has_grant(node, ANN)


def test_where_enough_others_were_for_it_a_grant_goes_on(node):
    id = applied(node)
    does(node, id, EVE, AYE)
    does(node, id, GUS, AYE)
    does(node, id, FAY, Approve(AWARD))
    link(node, EVE, FAY)
    assert has_grant(node, ANN) and Cause.UNDECIDED not in causes(node, id)


def test_a_colleague_of_the_committee_who_joins_later_takes_nothing_away(node):
    id = granted(node)
    does(node, id, GUS, AddMember(EVE))
    link(node, EVE, SAM)
    assert has_grant(node, ANN)


def test_a_reviewer_who_turns_out_to_be_the_applicant_reviews_no_more(node):
    id = applied(node)
    does(node, id, EVE, RequestReview(frozenset({SAM})))
    link(node, ANN, SAM)
    with pytest.raises(NotPermitted):
        does(node, id, SAM, Review(Opinion.APPROVE, "Very good."))


def test_a_committee_of_two_accounts_of_one_person_cannot_have_four_eyes(node):
    link(node, EVE, SAM)
    with pytest.raises(InvalidRequest, match="votes_needed"):
        set_committee(node, replace(COMMITTEE, members=frozenset({EVE, SAM})), ADMIN)
    set_committee(node, replace(COMMITTEE, members=frozenset({SAM, FAY})), ADMIN)
    assert present_work(node).committee.members == {EVE, FAY}


def test_a_member_of_the_committee_is_one_under_each_account(node):
    id = applied(node)
    link(node, EVE, SAM)
    assert view(node, id, SAM).roles == {Role.COMMITTEE}
    does(node, id, SAM, AYE)
    assert view(node, id, GUS).events[-1].by == EVE
    assert decisions_table(node, SAM) == decisions_table(node, EVE)


# ---- who holds grants ----------------------------------------------------------------------------


def test_a_grant_holds_under_every_identity(node):
    granted(node)
    assert counted(node, BOB) is None
    link(node, ANN, BOB)
    assert counted(node, ANN) == counted(node, BOB) == CARRIERS
    assert [row[0] for row in grants_table(node, EVE)] == [ANN]


def test_an_application_is_seen_and_gone_on_with_under_either(node):
    id = open_application(node, FORM, BOB).application.id
    with pytest.raises(NotFound):
        view(node, id, ANN)
    link(node, ANN, BOB)
    does(node, id, ANN, AcceptTerms(TERMS.version), Submit())
    assert view(node, id, BOB).roles == {Role.APPLICANT}
    assert [row.application.id for row in list_applications(node, ANN)] == [id]


def test_who_is_removed_is_removed_under_all_accounts(node):
    id = granted(node)
    does(node, id, EVE, AddMember(BOB), AddMember(SAM))
    link(node, BOB, SAM)
    does(node, id, BOB, AcceptTerms(TERMS.version))
    assert has_grant(node, SAM)
    does(node, id, ANN, RemoveMember(SAM))
    assert not has_grant(node, BOB) and not has_grant(node, SAM)
    assert view(node, id, ANN).application.members == frozenset()


def test_who_was_removed_under_one_account_before_a_link_stays_under_the_other(node):
    id = granted(node)
    does(node, id, EVE, AddMember(BOB), AddMember(SAM), RemoveMember(BOB))
    does(node, id, SAM, AcceptTerms(TERMS.version))
    link(node, BOB, SAM)
    assert has_grant(node, BOB) and has_grant(node, SAM)


# ---- who is blocked ------------------------------------------------------------------------------


def says(node, said, by: str = EVE) -> None:
    node.clock.at += timedelta(minutes=1)
    block(node, said, Actor(by))


def test_a_block_of_either_account_blocks_the_person(node):
    granted(node)
    says(node, Block(BOB, "c", "misuse"))
    assert counted(node, ANN) == CARRIERS
    link(node, ANN, BOB)
    assert counted(node, ANN) is None and counted(node, BOB) is None


def test_a_revocation_blocks_who_comes_back_under_another_identity(node):
    id = granted(node)
    does(node, id, EVE, Revoke("handed on"))
    link(node, SAM, ANN)
    other = granted(node, SAM)
    assert not has_grant(node, SAM) and Cause.BLOCKED in causes(node, other)


def test_nobody_is_free_by_being_linked_to_somebody_who_was_let_off(node):
    """The committee let BOB off before it knew that he is ANN, whom it had blocked."""
    granted(node)
    says(node, Block(ANN, "c", "misuse"))
    says(node, Block(BOB, "c", "an error"))
    says(node, Unblock(BOB, "c", "it was an error"))
    link(node, ANN, BOB)
    assert not has_grant(node, ANN) and not has_grant(node, BOB)
    says(node, Unblock(BOB, "*", "for both, knowing it"))
    assert has_grant(node, ANN) and has_grant(node, BOB)


def test_nobody_blocks_or_frees_themselves_under_another_identity(node):
    says(node, Block(EVE, "c", "misuse"), by=FAY)
    link(node, EVE, SAM)
    for account in (EVE, SAM):
        with pytest.raises(NotPermitted, match="themselves"):
            says(node, Unblock(account, "c", "it was nothing"), by=SAM)


# ---- in every process, at any time ---------------------------------------------------------------


def test_another_process_knows_it_from_the_next_request_on(node):
    granted(node)
    other = replace(with_clock(open_node(node.home, {})), clock=node.clock)
    assert counted(other, BOB) is None
    link(node, ANN, BOB)
    assert counted(other, BOB) == CARRIERS
    says(node, Block(BOB, "c", "misuse"))
    assert counted(other, ANN) is None
    other.ledger.close()


def test_a_link_of_others_leaves_the_work_as_it_is(node):
    granted(node)
    before = present_work(node)
    link(node, "acc-x", "acc-y")
    assert present_work(node).applications is not None
    assert present_work(node).applications == before.applications


PEOPLE = (ANN, BOB, EVE, FAY, GUS, SAM)
WISHES = st.one_of(
    st.sampled_from((AYE, NAY, Approve(AWARD), ANEW, Submit(), AcceptTerms(TERMS.version))),
    st.sampled_from((Revoke("misuse"), Close("done"), Review(Opinion.APPROVE, "good"))),
    st.sampled_from(PEOPLE).map(AddMember),
    st.sampled_from(PEOPLE).map(RemoveMember),
    st.sampled_from(PEOPLE).map(lambda who: RequestReview(frozenset({who}))),
)
STEPS = st.one_of(
    st.tuples(st.just("act"), st.sampled_from(PEOPLE), WISHES),
    st.tuples(st.just("link"), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
    st.tuples(st.sampled_from((Block, Unblock)), st.sampled_from(PEOPLE), st.sampled_from("cd*")),
)
_LENIENT = [HealthCheck.function_scoped_fixture]


@settings(max_examples=40, deadline=None, suppress_health_check=_LENIENT)
@given(steps=st.lists(STEPS, max_size=25))
def test_one_person_is_never_two_in_the_work_of_a_committee(office_home, tmp_path_factory, steps):
    """Whatever random people do, under whatever accounts, and whoever is linked when."""
    node = _copy(office_home, tmp_path_factory)
    id = applied(node)
    for kind, who, what in steps:
        node.clock.at += timedelta(minutes=1)
        try:
            if kind == "act":
                act(node, id, what, who)
            elif kind == "link":
                link(node, who, what)
            else:
                block(node, kind(who, what, "because"), ADMIN)
        except BeaconNodeError:
            pass
        _assert_everybody_is_one_person(node, id)
    assert node.ledger.verify().is_whole
    node.ledger.close()


def _assert_everybody_is_one_person(node, id: str) -> None:
    work, linked = present_work(node), node.ledger.linked()
    application, committee = work.applications[id].application, work.committee
    named = application.people | application.reviewers | committee.members | set(work.blocks)
    named |= {who for who, _ in (*application.votes, *application.terms)}
    assert linked.persons(named) == named
    assert len(dict(application.votes)) == len(application.votes)
    anew = advanced(NOTHING, node.ledger.dac_entries(), linked)
    assert (anew.applications, anew.blocks) == (work.applications, work.blocks)
    holders = {who for who in PEOPLE if has_grant(node, who)}
    assert holders == {who for who in PEOPLE if linked.person(who) in linked.persons(holders)}
    assert not holders or len(application.judges) >= COMMITTEE.votes_needed


def _copy(home, tmp_path_factory):
    target = tmp_path_factory.mktemp("linked") / "home"
    shutil.copytree(home, target)
    return with_clock(open_node(target, {}))

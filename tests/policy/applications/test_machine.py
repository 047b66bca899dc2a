"""Nothing outside the table of states and roles is allowed, whoever tries what in which order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from beacon_node.errors import BeaconNodeError, Conflict, InvalidRequest, NotPermitted
from beacon_node.model.application import (
    AcceptTerms,
    AddMember,
    Application,
    Approve,
    Award,
    Close,
    Command,
    Committee,
    Event,
    Extend,
    Form,
    Opinion,
    Reject,
    Remark,
    RemoveMember,
    RequestReview,
    Return,
    Review,
    Revoke,
    SaveDraft,
    State,
    Submit,
    Vote,
    Withdraw,
)
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.query import Granularity
from beacon_node.policy.applications import allowed, blocks_of, decide, fold, grants_of

NOW = datetime(2030, 1, 7, tzinfo=UTC)
FORM = Form("Hearts", "", ResearchPurpose(categories=frozenset({"biomedical"})), frozenset("ab"))
COMMITTEE = Committee(frozenset({"eve", "fay", "gus"}), frozenset("abc"), 2, 365, "v1")
AWARD = Award(frozenset("a"), Granularity.COUNT, NOW + timedelta(days=90))
PEOPLE = ("ann", "bob", "eve", "fay", "gus", "rex", "sam")


class Desk:
    """One application as people act on it; time goes on by itself."""

    def __init__(self, committee: Committee = COMMITTEE, form: Form = FORM) -> None:
        self.committee, self.at = committee, NOW
        self.events = [Event(NOW, "ann", SaveDraft(form))]

    @property
    def application(self) -> Application:
        return fold("A1", self.events)

    def does(self, who: str, *commands: Command) -> "Desk":
        for command in commands:
            self.at += timedelta(minutes=1)
            event = decide(self.application, command, (who, self.at), self.committee)
            self.events.append(event)
        return self

    def grants(self, account: str = "ann", **changed):
        told = {"committee": self.committee, "blocks": (), "at": self.at} | changed
        return grants_of(
            account, [self.application], told["committee"], told["blocks"], at=told["at"]
        )


def submitted(**committee) -> Desk:
    desk = Desk(replace(COMMITTEE, **committee))
    return desk.does("ann", AcceptTerms("v1"), Submit())


def approved(**committee) -> Desk:
    return submitted(**committee).does("eve", Vote(Opinion.APPROVE)).does("fay", Approve(AWARD))


# ---- the way of an application -------------------------------------------------------------------


def test_an_approved_application_gives_its_people_what_was_awarded():
    (grant,) = approved().grants()
    assert (grant.dataset_id, grant.ceiling, grant.reference) == ("a", Granularity.COUNT, "A1")
    assert (grant.purpose, grant.until) == (FORM.purpose, AWARD.until)


@pytest.mark.parametrize(
    "changed",
    [
        {"at": AWARD.until},
        {"committee": replace(COMMITTEE, terms_version="v2")},
        {"committee": replace(COMMITTEE, datasets=frozenset("b"))},
        {"account": "bob"},
        {"account": ""},
    ],
    ids=["ended", "new terms", "dataset no longer offered", "no member", "nobody"],
)
def test_nothing_is_granted_any_more(changed):
    assert approved().grants(**changed) == ()


@pytest.mark.parametrize("last", [Close("done"), Revoke("shared the data")])
def test_who_is_closed_or_revoked_has_nothing(last):
    assert approved().does("gus", last).grants() == ()


def test_a_member_has_the_grant_once_the_terms_are_accepted():
    desk = approved().does("eve", AddMember("bob"))
    assert desk.grants("bob") == ()
    assert len(desk.does("bob", AcceptTerms("v1")).grants("bob")) == 1
    assert desk.does("ann", RemoveMember("bob")).grants("bob") == ()


def test_a_revocation_blocks_its_people_from_the_dataset_whatever_else_they_were_granted():
    desk = approved().does("eve", AddMember("bob"), Revoke("shared the data"))
    blocks = blocks_of([desk.application])
    assert {(block.account, block.dataset) for block in blocks} == {("ann", "a"), ("bob", "a")}
    assert approved().grants(blocks=blocks) == ()
    assert approved().does("gus", Close("done")) and blocks_of([approved().application]) == ()


# ---- votes ---------------------------------------------------------------------------------------


def test_one_of_two_needed_votes_approves_nothing():
    with pytest.raises(Conflict, match="2 members .* 1 are"):
        submitted().does("eve", Vote(Opinion.APPROVE), Approve(AWARD))


def test_who_changed_their_mind_or_left_the_committee_counts_no_more():
    desk = submitted().does("eve", Vote(Opinion.APPROVE), Vote(Opinion.REJECT))
    with pytest.raises(Conflict):
        desk.does("fay", Approve(AWARD))
    desk.does("eve", Vote(Opinion.APPROVE))
    desk.committee = replace(COMMITTEE, members=frozenset({"fay", "gus"}))
    with pytest.raises(Conflict):
        desk.does("fay", Approve(AWARD))


def test_votes_and_reviews_are_about_what_was_submitted():
    desk = submitted().does("eve", Vote(Opinion.APPROVE), RequestReview(frozenset({"rex"})))
    desk.does("rex", Review(Opinion.APPROVE, "sound")).does("eve", Return("which hearts?"))
    desk.does("ann", Submit())
    assert (desk.application.votes, desk.application.reviews) == ((), ())
    with pytest.raises(NotPermitted):
        desk.does("rex", Review(Opinion.APPROVE, "still sound"))


def test_an_extension_needs_votes_of_its_own():
    later, desk = Extend(NOW + timedelta(days=300)), approved()
    with pytest.raises(Conflict):
        desk.does("eve", later)
    desk.does("gus", Vote(Opinion.APPROVE)).does("eve", later)
    (grant,) = desk.grants()
    assert grant.until == later.until


def test_nobody_of_an_application_decides_on_it():
    desk = submitted(members=frozenset({"ann", "eve"}), votes_needed=1)
    with pytest.raises(NotPermitted):
        desk.does("ann", Approve(AWARD))
    voted = submitted().does("eve", Vote(Opinion.APPROVE)).does("fay", AddMember("eve"))
    with pytest.raises(Conflict, match="1 are"):
        voted.does("fay", Approve(AWARD))


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("award", "field"),
    [
        (replace(AWARD, datasets=frozenset("c")), "award.datasets"),
        (replace(AWARD, datasets=frozenset()), "award.datasets"),
        (replace(AWARD, until=NOW), "until"),
        (replace(AWARD, until=NOW + timedelta(days=400)), "until"),
    ],
    ids=["not applied for", "none", "past", "too long"],
)
def test_awards_that_make_no_sense_are_refused(award, field):
    with pytest.raises(InvalidRequest, match=field):
        submitted(votes_needed=1).does("eve", Approve(award))


def test_no_more_is_awarded_than_was_applied_for():
    desk = Desk(form=replace(FORM, granularity=Granularity.BOOLEAN))
    desk.does("ann", AcceptTerms("v1"), Submit()).does("eve", Vote(Opinion.APPROVE))
    with pytest.raises(InvalidRequest, match="granularity"):
        desk.does("fay", Approve(AWARD))


@pytest.mark.parametrize(
    "form",
    [
        replace(FORM, title=" "),
        replace(FORM, datasets=frozenset()),
        replace(FORM, datasets=frozenset("z")),
        replace(FORM, purpose=ResearchPurpose()),
        replace(FORM, until=NOW),
    ],
)
def test_a_form_that_cannot_be_decided_on_is_not_submitted(form):
    with pytest.raises(InvalidRequest):
        Desk(form=form).does("ann", AcceptTerms("v1"), Submit())


def test_who_has_not_accepted_the_terms_cannot_submit():
    with pytest.raises(Conflict, match="terms"):
        Desk().does("ann", Submit())
    with pytest.raises(Conflict, match="another one"):
        Desk().does("ann", AcceptTerms("v0"))


@pytest.mark.parametrize(
    "command", [Return(""), Reject(" "), Close(""), Review(Opinion.REJECT, "")]
)
def test_what_is_decided_against_somebody_is_said_in_words(command):
    with pytest.raises(InvalidRequest, match="in words"):
        submitted().does("eve", command)


def test_what_never_was_granted_is_not_revoked():
    desk = submitted().does("eve", Close("no time"))
    with pytest.raises(Conflict, match="granted"):
        desk.does("eve", Revoke("still"))


# ---- whatever anybody tries ----------------------------------------------------------------------

# Who may do what, written down a second time: (state, role) → commands.
_TEAM = {AcceptTerms, Remark}
_OWN = {SaveDraft, Submit, Withdraw, AddMember, RemoveMember, *_TEAM}
_DECIDING = {Return, RequestReview, Review, Vote, Approve, Reject, Close, Remark}
MAY = {
    "applicant": {
        State.DRAFT: _OWN,
        State.RETURNED: _OWN,
        State.SUBMITTED: {Withdraw, RemoveMember, *_TEAM},
        State.APPROVED: {Close, RemoveMember, *_TEAM},
    },
    "member": dict.fromkeys((State.DRAFT, State.RETURNED, State.SUBMITTED, State.APPROVED), _TEAM),
    "reviewer": dict.fromkeys(State, {Remark}) | {State.SUBMITTED: {Review, Remark}},
    "committee": {
        State.DRAFT: {Remark},
        State.RETURNED: {Remark, Close},
        State.SUBMITTED: {*_DECIDING, AddMember, RemoveMember},
        State.APPROVED: {Vote, Extend, Close, Revoke, AddMember, RemoveMember, Remark},
        State.REJECTED: {Remark},
        State.CLOSED: {Revoke, Remark},
        State.REVOKED: {Remark},
    },
}

accounts = st.sampled_from(PEOPLE)
ends = st.integers(-5, 500).map(lambda days: NOW + timedelta(days=days))
opinions = st.sampled_from(Opinion)
words = st.sampled_from(["", "because"])
sets = st.frozensets(st.sampled_from("abz"), max_size=2)
awards = st.builds(Award, sets, st.sampled_from(Granularity), ends)
commands = st.one_of(
    st.builds(SaveDraft, st.builds(replace, st.just(FORM), datasets=sets)),
    *(st.just(command) for command in (Submit(), Withdraw(), AcceptTerms("v1"))),
    *(st.builds(kind, words) for kind in (Return, Reject, Close, Revoke, AcceptTerms)),
    st.builds(RequestReview, st.frozensets(accounts, max_size=2)),
    st.builds(Review, opinions, words),
    st.builds(Vote, opinions),
    st.builds(Vote, st.just(Opinion.APPROVE)),
    st.builds(Approve, awards),
    st.just(Approve(AWARD)),
    st.builds(Extend, ends),
    st.builds(AddMember, accounts),
    st.builds(RemoveMember, accounts),
    st.builds(Remark, words, st.booleans()),
)


class Anybody(RuleBasedStateMachine):
    """Random people give random commands; what is accepted must be in `MAY`."""

    @initialize(needed=st.integers(1, 2))
    def begin(self, needed):
        self.desk = Desk(replace(COMMITTEE, votes_needed=needed))

    @rule(who=accounts, command=commands)
    def tries(self, who, command):
        before = self.desk.application
        may = {
            kind for role in self._roles(before, who) for kind in MAY[role].get(before.state, ())
        }
        assert allowed(before, who, self.desk.committee) == may
        try:
            self.desk.does(who, command)
        except BeaconNodeError as refused:
            assert refused.http_status in (400, 403, 409) and self.desk.application == before
            return
        assert type(command) in may
        self._check_decision(before, command, who)

    @rule()
    def is_handed_in(self):
        """Without this most random ways end before anything is decided."""
        for who, command in (("ann", AcceptTerms("v1")), ("ann", Submit())):
            self.tries(who, command)

    def _roles(self, application, who):
        if who == application.applicant:
            return ["applicant"]
        if who in application.members:
            return ["member"]
        is_reviewer = who in application.reviewers
        return ["committee"] * (who in COMMITTEE.members) + ["reviewer"] * is_reviewer

    def _check_decision(self, before, command, who):
        if not isinstance(command, Approve | Extend):
            return
        voted = {v for v, opinion in before.votes if opinion is Opinion.APPROVE} | {who}
        independent = voted - before.people
        assert independent <= COMMITTEE.members
        assert len(independent) >= self.desk.committee.votes_needed

    @invariant()
    def only_an_approved_application_grants(self):
        if not hasattr(self, "desk"):
            return
        application = self.desk.application
        for who in PEOPLE:
            granted = self.desk.grants(who)
            assert not granted or (
                application.state is State.APPROVED and who in application.people
            )
            assert {grant.dataset_id for grant in granted} <= application.form.datasets


Anybody.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnybody = Anybody.TestCase

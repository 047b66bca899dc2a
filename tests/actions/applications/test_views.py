"""Who sees what of an application, and what a committee is told before it decides."""

from dataclasses import replace
from datetime import timedelta

import pytest

from beacon_node.actions.applications.asked import asked_under
from beacon_node.actions.applications.desk import (
    act,
    copy_application,
    open_application,
    set_committee,
    set_terms,
)
from beacon_node.actions.applications.grants import grants_at
from beacon_node.actions.applications.views import ADMINISTRATOR, list_applications, view
from beacon_node.errors import Conflict, NotFound, NotPermitted
from beacon_node.model.application import (
    AcceptTerms,
    AddMember,
    Approve,
    Close,
    Extend,
    Opinion,
    Remark,
    RemoveMember,
    RequestReview,
    Review,
    State,
    Withdraw,
)
from beacon_node.model.dac import Terms
from beacon_node.model.data_use import ResearchPurpose
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
    counted,
    does,
    granted,
)

# ---- who sees what -------------------------------------------------------------------------------


def test_unknown_and_not_visible_are_told_in_the_same_words(node):
    draft = open_application(node, FORM, ANN).application.id
    said = set()
    for id, by in (("A-NONE", ANN), (draft, BOB), (draft, EVE), (applied(node), BOB), ("", ANN)):
        for try_it in (lambda: view(node, id, by), lambda: act(node, id, Withdraw(), by)):  # noqa: B023
            with pytest.raises(NotFound) as error:
                try_it()
            said.add(str(error.value))
    assert len(said) == 1


def test_applicants_see_neither_votes_reviews_nor_internal_remarks_nor_that_there_were_any(node):
    id = applied(node)
    before = view(node, id, ANN)
    does(node, id, EVE, AYE, RequestReview(frozenset({SAM})), Remark("We doubt it."))
    does(node, id, SAM, Review(Opinion.REJECT, "Weak."))
    assert view(node, id, ANN) == before
    does(node, id, EVE, Remark("Please wait.", is_public=True))
    shown = view(node, id, ANN)
    assert shown.events[-1].did == Remark("Please wait.", is_public=True)
    assert shown.events[-1].by == "committee" and len(shown.events) == len(before.events) + 1
    assert shown.committee.members == frozenset() and shown.reports == ()
    for judge in (EVE, SAM, ADMINISTRATOR):
        assert len(view(node, id, judge).events) == len(before.events) + 5


def test_a_member_of_the_committee_is_an_applicant_like_others_on_their_own_application(node):
    id = applied(node, by=EVE)
    does(node, id, FAY, AYE)
    shown = view(node, id, EVE)
    assert not shown.application.votes and "vote" not in shown.may and not shown.reports
    with pytest.raises(NotPermitted):
        act(node, id, AYE, EVE)


def test_a_list_has_what_somebody_may_see_newest_first(node):
    draft = open_application(node, FORM, ANN).application.id
    first, second = applied(node, BOB), applied(node, SAM)

    def ids(by, **more):
        return [row.application.id for row in list_applications(node, by, **more)]

    assert ids(EVE) == [second, first] and ids(ANN) == [draft] and ids(GUS, skip=1) == [first]
    assert ids(ADMINISTRATOR, states=frozenset({State.DRAFT})) == [draft] and ids("x") == []


def test_a_member_sees_the_application_and_is_granted_once_the_terms_are_accepted(node):
    id = granted(node)
    does(node, id, EVE, AddMember(BOB))
    assert view(node, id, BOB).application.members == {BOB} and counted(node, BOB) is None
    (notice,) = view(node, id, BOB).notices
    assert notice.cause == "terms" and notice.to == {BOB}
    does(node, id, BOB, AcceptTerms("v1"))
    assert counted(node, BOB) == CARRIERS
    does(node, id, ANN, RemoveMember(BOB))
    assert counted(node, BOB) is None
    with pytest.raises(NotFound):
        view(node, id, BOB)


def test_new_terms_end_every_grant_until_they_are_accepted(node):
    id = granted(node)
    set_terms(node, Terms("v2", "Nor guessed."), ADMIN)
    assert counted(node) is None
    with pytest.raises(Conflict):
        act(node, id, AcceptTerms("v1"), ANN)
    does(node, id, ANN, AcceptTerms("v2"))
    assert counted(node) == CARRIERS
    with pytest.raises(Conflict, match="another text before"):
        set_terms(node, Terms("v1", "Another text"), ADMIN)


def test_a_dataset_the_committee_does_not_decide_about_any_more_is_closed(node):
    id = granted(node)
    set_committee(node, replace(COMMITTEE, datasets=frozenset({"d"})), ADMIN)
    assert counted(node) is None
    assert "not_offered" in {one.cause for one in view(node, id, EVE).notices}


def test_a_copy_is_a_new_draft_with_the_same_form(node):
    id = granted(node)
    does(node, id, ANN, Close("Done."))
    copy = copy_application(node, id, ANN).application
    assert (copy.form, copy.state, copy.terms) == (FORM, State.DRAFT, ()) and copy.id != id
    with pytest.raises(NotPermitted):
        copy_application(node, id, EVE)


def test_an_extension_needs_its_votes_anew(node):
    id = granted(node)
    later = UNTIL + timedelta(days=90)
    with pytest.raises(Conflict, match="2 members"):
        act(node, id, Extend(later), EVE)
    does(node, id, FAY, AYE)
    does(node, id, EVE, Extend(later))
    assert len(grants_at(node, ANN, UNTIL)) == 1 and grants_at(node, ANN, later) == ()


# ---- the report ----------------------------------------------------------------------------------


def test_the_committee_sees_reasons_and_people_in_bands(node):
    (report,) = view(node, applied(node), EVE).reports
    assert report.verdict.outcome.word == "approve" and report.verdict.reasons
    assert (report.people, report.people_after_review) == ("<50", "<50")


def test_a_purpose_that_the_terms_forbid_or_question_is_reported_with_why(node):
    odd = ResearchPurpose(frozenset({"biomedical"}), sensitive=frozenset({"behaviour"}))
    (report,) = view(node, applied(node, form=replace(FORM, purpose=odd)), EVE).reports
    assert report.verdict.outcome.word == "manual_review"
    assert len(report.points) == 1 and "behaviour" in next(iter(report.points))
    award = replace(AWARD, decided=report.points)
    id = applied(node, BOB, replace(FORM, purpose=odd))
    does(node, id, EVE, AYE)
    does(node, id, FAY, Approve(award))
    (decided,) = view(node, id, EVE).reports
    assert decided.verdict.outcome.word == "approve" and decided.points == frozenset()
    assert counted(node, BOB) == CARRIERS


def test_people_who_count_after_review_are_told_apart(node, monkeypatch):
    """Five people are below every band, so that the numbers themselves are looked at here."""
    monkeypatch.setattr("beacon_node.actions.applications.reports.band", str)
    odd = ResearchPurpose(frozenset({"biomedical"}), sensitive=frozenset({"behaviour"}))
    (report,) = view(node, applied(node, form=replace(FORM, purpose=odd)), EVE).reports
    assert (report.people, report.people_after_review) == ("0", "5")
    (report,) = view(node, applied(node), EVE).reports
    assert (report.people, report.people_after_review) == ("5", "5")


def test_a_dataset_without_a_release_is_reported_so(node):
    both = replace(FORM, datasets=frozenset({"c", "d"}))
    found = {one.dataset: one.note for one in view(node, applied(node, form=both), EVE).reports}
    assert found["c"] == "" and "no release" in found["d"]


# ---- what was asked ------------------------------------------------------------------------------


def test_of_a_question_only_what_was_told_under_the_grant_is_shown(node):
    id = granted(node)
    told = {
        "c": {"status": "answered", "basis": f"grant {id}", "granularity": "count"},
        "o": {"status": "answered", "basis": "open data", "granularity": "record"},
        "x": {"status": "not_permitted"},
    }
    asked = {"asked": {}, "by": {"account": ANN}, "told": told}
    body = asked | {"consent_version": 0, "datasets": list(told)}
    node.ledger.audit(body, now=node.clock.now())
    node.ledger.audit(body | {"told": "refused"}, now=node.clock.now())
    node.ledger.audit(body | {"told": {}, "asked": f"grant {id}"}, now=node.clock.now())
    (found,) = asked_under(node, id, EVE)
    assert found.told == {"c": {"status": "answered", "granularity": "count"}}
    assert asked_under(node, id, EVE, skip=1) == ()

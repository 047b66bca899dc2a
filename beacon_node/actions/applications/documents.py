"""What views say as JSON documents, for pages and programs; the command line prints the same."""

from datetime import datetime

from beacon_node.actions.applications.asked import AskedQuestion
from beacon_node.actions.applications.reports import DatasetReport
from beacon_node.actions.applications.views import Row, View
from beacon_node.model.application import Application, Block, Committee, Event, SaveDraft
from beacon_node.model.application_documents import command_document
from beacon_node.model.dac import Terms, committee_document
from beacon_node.model.verdict import Reason
from beacon_node.policy.applications.attention import Notice


def view_document(view: View) -> dict:
    """Return an application as one person sees it; what they may not see is not there."""
    return {
        **_application(view.application),
        "submittedAt": moment(view.submitted_at),
        "roles": sorted(view.roles),
        "may": list(view.may),
        "notices": [notice_document(one) for one in view.notices],
        "events": [_event(event) for event in view.events],
        "committee": rules_document(view.committee, view.terms),
        "datasetReports": [_report(one) for one in view.reports],
        "blocks": [block_document(one) for one in view.blocks],
        "names": dict(sorted(view.names.items())),
    }


def row_document(row: Row) -> dict:
    """Return an application in a list."""
    application = row.application
    return {
        "id": application.id,
        "title": application.form.title,
        "state": application.state.value,
        "applicant": application.applicant,
        "datasets": sorted(application.form.datasets),
        "submittedAt": moment(row.submitted_at),
        "until": moment(application.award.until if application.award else None),
        "notices": [notice_document(one) for one in row.notices],
    }


def notice_document(notice: Notice) -> dict:
    told = {"cause": notice.cause.value, "text": notice.text, "to": sorted(notice.to)}
    return told if notice.days is None else told | {"days": notice.days}


def rules_document(committee: Committee, terms: Terms | None) -> dict:
    """Return how a committee decides; without its members if they are not to be told."""
    found = committee_document(committee)
    if not committee.members:
        del found["members"]
    return found | {"terms": terms and {"version": terms.version, "text": terms.text}}


def block_document(block: Block) -> dict:
    return {"account": block.account, "dataset": block.dataset, "reason": block.reason}


def asked_document(one: AskedQuestion) -> dict:
    return {
        "askedAt": moment(one.at),
        "account": one.account,
        "question": one.question,
        "told": one.told,
    }


def moment(at: datetime | None) -> str | None:
    """Return a moment in UTC to the second."""
    return at and f"{at:%Y-%m-%dT%H:%M:%SZ}"


# ---- parts ---------------------------------------------------------------------------------------


def _application(application: Application) -> dict:
    award = application.award
    return {
        "id": application.id,
        "state": application.state.value,
        "applicant": application.applicant,
        "members": sorted(application.members),
        "form": command_document(SaveDraft(application.form))["form"],
        "award": award and _award(application),
        "termsAccepted": dict(sorted(application.terms)),
        "reviewers": sorted(application.reviewers),
        "reviews": [
            {"by": who, "opinion": one.opinion.value, "comment": one.comment}
            for who, one in application.reviews
        ],
        "votes": {who: opinion.value for who, opinion in application.votes},
        "changedAt": moment(application.changed_at),
    }


def _award(application: Application) -> dict:
    award = application.award
    return {
        "datasets": sorted(award.datasets),
        "granularity": award.granularity.word,
        "until": moment(award.until),
        "decided": sorted(award.decided),
        "conditions": award.conditions,
    }


def _event(event: Event) -> dict:
    return {"at": moment(event.at), "by": event.by, **command_document(event.did)}


def _report(report: DatasetReport) -> dict:
    if report.verdict is None:
        return {"dataset": report.dataset, "note": report.note}
    return {
        "dataset": report.dataset,
        "outcome": report.verdict.outcome.word,
        "reasons": [_reason(one) for one in report.verdict.reasons],
        "diseaseRelease": report.verdict.disease_release,
        "points": sorted(report.points),
        "people": report.people,
        "peopleAfterReview": report.people_after_review,
    }


def _reason(reason: Reason) -> dict:
    return {"outcome": reason.outcome.word, "code": reason.code.value, "text": reason.text}

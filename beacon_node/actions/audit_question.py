"""What the ledger keeps of one question: who asked what, and why it was answered so."""

from collections.abc import Sequence

from beacon_node.model.answer import DatasetAnswer
from beacon_node.model.consent import DataType
from beacon_node.model.consent_documents import moment_text
from beacon_node.model.decision import DatasetDecision, Decision
from beacon_node.model.ledger import Moment
from beacon_node.model.people import EVERYBODY, People
from beacon_node.model.query import Query
from beacon_node.model.query_documents import query_document
from beacon_node.model.requester import Requester


def audit_body(
    query: Query,
    requester: Requester,
    moment: Moment,
    decision: Decision,
    parts: Sequence[DatasetAnswer] | None,
) -> dict:
    """Return the audit entry of a question that was decided at `moment`.

    It says how much was told of each dataset and how many individuals could be counted, never what
    was found. `parts` None: the question was refused, for it makes no sense.
    """
    told = {p.dataset_id: _told(p, decision.datasets[p.dataset_id]) for p in parts or ()}
    return {
        "asked": query_document(query),
        "by": _requester(requester),
        "decided_at": moment_text(moment.at),
        "consent_version": moment.consent_version,
        "datasets": list(decision.datasets),
        "told": "refused" if parts is None else told,
    }


def _requester(requester: Requester) -> dict[str, str]:
    found = {
        "tier": requester.tier.name.lower(),
        "account": requester.account,
        "organisation": requester.organisation,
        "broker": requester.broker,
    }
    return {name: value for name, value in found.items() if value}


def _told(part: DatasetAnswer, own: DatasetDecision) -> dict:
    if own.ceiling is None or part.granularity is None:
        return {"status": part.status.value}
    return {
        "status": part.status.value,
        "granularity": part.granularity.word,
        "basis": own.basis,
        "individuals": _how_many(own.people),
    }


def _how_many(people: People | None) -> int | str:
    """Return how many individuals of the release let their variants be used for the question."""
    if people is None:
        return 0
    return "all" if people is EVERYBODY else len(people.by_type[DataType.VARIANTS])

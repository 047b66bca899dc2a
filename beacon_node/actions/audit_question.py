"""What the ledger keeps of one question: who asked what, and why it was answered so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from beacon_node.actions.registered.asked import Asked, Outcome
from beacon_node.model.answer import DatasetAnswer, NoisyCount
from beacon_node.model.consent import DataType
from beacon_node.model.consent_documents import moment_text
from beacon_node.model.decision import DatasetDecision, Decision, Guard
from beacon_node.model.entries import EntryType
from beacon_node.model.ledger import Moment
from beacon_node.model.people import EVERYBODY, People
from beacon_node.model.query import Granularity, Query
from beacon_node.model.query_documents import query_document
from beacon_node.model.requester import Requester, Tier


@dataclass(frozen=True, slots=True)
class Decided:
    """A question of a requester as it was decided at a moment."""

    query: Query
    requester: Requester
    moment: Moment
    decision: Decision


def audit_body(
    decided: Decided,
    parts: Sequence[DatasetAnswer] | None,
    charges: Mapping[str, Mapping] | None = None,
) -> dict:
    """Return the audit entry of a question.

    It says how much was told of each dataset and how many individuals could be counted, never what
    was found. `parts` None: the question was refused, for it makes no sense. `charges` are what its
    noisy counts cost (`charges_of`), by dataset.
    """
    own, moment = decided.decision.datasets, decided.moment
    told = {p.dataset_id: _told(p, own[p.dataset_id], decided.query) for p in parts or ()}
    body = {
        "asked": query_document(decided.query),
        "by": _requester(decided.requester),
        "decided_at": moment_text(moment.at),
        "consent_version": moment.consent_version,
        "datasets": list(own),
        "told": "refused" if parts is None else told,
    }
    return body | {"charged": charges} if charges else body


def charges_of(asked: Iterable[Asked], outcomes: Mapping[str, Outcome]) -> dict[str, Mapping]:
    """Return what each noisy count cost, by dataset: whose kinds of accounts paid which prices.

    Prices are in the units of the budgets. A count that was drawn before cost nothing again.
    """
    return charges_among((one, outcomes[one.dataset_id]) for one in asked)


def charges_among(counts: Iterable[tuple[Asked, Outcome]]) -> dict[str, Mapping]:
    """Return the same of counts that stand beside what came of them."""
    return {
        one.dataset_id: _charge(one) if outcome.is_new else {"drawn": "before"}
        for one, outcome in counts
        if isinstance(outcome, NoisyCount)
    }


def _charge(one: Asked) -> dict:
    kinds = [payer.partition(":")[0] for payer in one.payers]
    return {"drawn": "now", "payers": [*kinds, "pool"], "prices": asdict(one.question.prices)}


_TIERS = {tier: tier.name.lower() for tier in Tier}  # names of members are slow to read


def _requester(requester: Requester) -> dict[str, str]:
    found = {
        "tier": _TIERS[requester.tier],
        "account": requester.account,
        "organisation": requester.organisation,
        "broker": requester.broker,
    }
    return {name: value for name, value in found.items() if value}


def _told(part: DatasetAnswer, own: DatasetDecision, query: Query) -> dict:
    if own.ceiling is None or part.granularity is None:
        return {"status": str(part.status)}
    return {
        "status": str(part.status),
        "granularity": _granularity(part, own, query).word,
        "basis": own.basis,
        "individuals": _how_many(own.people),
    }


def _granularity(part: DatasetAnswer, own: DatasetDecision, query: Query) -> Granularity:
    """Return at which granularity was answered: of a noisy count not whether it reached the
    threshold, below which no number is told."""
    if own.guard is Guard.REGISTERED and query.entry_type is EntryType.INDIVIDUAL:
        return min(own.ceiling, query.granularity)
    return part.granularity


def _how_many(people: People | None) -> int | str:
    """Return how many individuals of the release let their variants be used for the question."""
    if people is None:
        return 0
    return "all" if people is EVERYBODY else len(people.by_type[DataType.VARIANTS])

"""Answer one question: decide, search, charge, disclose, record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from beacon_node.actions.audit_question import Decided, audit_body, charges_among, charges_of
from beacon_node.actions.consented_people import consented
from beacon_node.actions.plan_search import plan_search
from beacon_node.actions.public_answers import answer_publicly
from beacon_node.actions.registered.asked import Asked, Outcome
from beacon_node.actions.registered.charges import charge
from beacon_node.actions.registered.instead import instead
from beacon_node.actions.registered.posed import Asker
from beacon_node.actions.registered.questions import prepare
from beacon_node.actions.whole_ledger import require_whole_ledger
from beacon_node.errors import BudgetSpent, InvalidRequest, NotFound, ReleasedAnew, StoreUnavailable
from beacon_node.model.answer import (
    Answer,
    DatasetAnswer,
    Matches,
    Refused,
    Status,
    VariationRecord,
)
from beacon_node.model.decision import DatasetDecision, Decision, Guard
from beacon_node.model.entries import EntryType
from beacon_node.model.ledger import Moment
from beacon_node.model.query import Query
from beacon_node.model.requester import Requester
from beacon_node.model.variation import Allele
from beacon_node.node import Node
from beacon_node.policy.access import decide, public_decision
from beacon_node.ports import Dataset, Known, SearchPlan
from beacon_node.privacy.disclose import combine, disclose, disclose_noisy

_PUBLIC, _REGISTERED = Guard.PUBLIC, Guard.REGISTERED  # reading them off the enum is slow
_TRIES = 5  # a consent or release in the middle of a question is rare, a second one rarer


def answer(node: Node, query: Query, requester: Requester) -> Answer:
    """Return what `requester` may know, once it is on record that they asked.

    Every question is decided under the consents that are on record when it is recorded itself: if
    one was recorded meanwhile, or a dataset released, the question is decided anew. Test-mode
    queries are not for real data: never pass one. For datasets and cohorts, `exists` of a part says
    whether the dataset has anything that matches.

    Raises InvalidRequest for names, filters or units that mean nothing here, NotPermitted for a
    purpose that is not the one fixed for the account, BudgetSpent where no dataset answers and
    privacy budgets are the reason, StoreUnavailable where nothing can be recorded, LedgerBroken
    where consents are missing.
    """
    for _ in range(_TRIES):
        requester = _as_one_person(node, requester)
        _keep_to_purpose(node, requester)
        try:
            found = _answer_and_record(node, query, requester)
        except ReleasedAnew:
            continue
        if found is not None:
            return found
    raise StoreUnavailable(
        "consents are being recorded or datasets released just now; ask again in a moment"
    )


def _as_one_person(node: Node, requester: Requester) -> Requester:
    """Return the requester under the account that they count as by now."""
    if not requester.account:
        return requester
    account = node.ledger.linked().person(requester.account)
    return requester if account == requester.account else replace(requester, account=account)


def _keep_to_purpose(node: Node, requester: Requester) -> None:
    """Fix the purpose that a registered account states first; refuse any other one later.

    A purpose is a filter on consents: asked under many, the answers would tell who consented to
    what.
    """
    account, purpose = requester.account, requester.purpose
    if not account or purpose is None or node.ledger.purpose_of(account) == purpose:
        return
    node.ledger.fix_purpose(account, purpose, now=node.clock.now())


def _answer_and_record(node: Node, query: Query, requester: Requester) -> Answer | None:
    """Return the answer, on record; None if a consent was recorded while it was decided."""
    released = tuple(node.store.datasets())  # first: no release is younger than the moment
    moment = node.ledger.moment(node.clock.now())
    require_whole_ledger(released, moment)
    datasets = _selected(released, query)
    decision = _with_people(node, decide(requester, datasets, moment.at), datasets, moment)
    decided = Decided(query, requester, moment, decision)
    try:
        sought = _find(node, decided, datasets)
    except InvalidRequest:  # what data were looked at for is on record too
        _record(node, moment, audit_body(decided, None))
        raise
    parts = _told(node, decided, sought)
    if parts is None:
        return None
    _refuse_spent(parts)
    return combine(query.entry_type, parts, asked=query.granularity)


def _record(node: Node, moment: Moment, body: Mapping) -> bool:
    """Record a question; False if a consent was recorded since its moment: then it is not."""
    since = moment.consent_version
    return node.ledger.audit(body, now=node.clock.now(), unchanged_since=since) is not None


def _with_people(
    node: Node, decision: Decision, datasets: Iterable[Dataset], moment: Moment
) -> Decision:
    """Return the decision with the people who may be counted in each dataset that answers."""
    found = {
        dataset.id: _with_own(node, dataset, decision.datasets[dataset.id], moment)
        for dataset in datasets
    }
    return Decision(found)


def _with_own(
    node: Node, dataset: Dataset, own: DatasetDecision, moment: Moment
) -> DatasetDecision:
    if own.ceiling is None:
        return own
    return own.with_people(consented(node, dataset, own.consent, moment))


# ---- what each dataset says ----------------------------------------------------------------------

_Found = Matches | Refused | Asked


@dataclass(frozen=True, slots=True, repr=False)
class _Sought:
    """What each of some datasets has to say, noisy counts not yet charged; `sizes` of groups were,
    on the way."""

    plan: SearchPlan
    datasets: tuple[Dataset, ...]
    found: tuple[_Found, ...]
    sizes: Sequence[tuple[Asked, Outcome]] = ()


def _find(node: Node, decided: Decided, datasets: tuple[Dataset, ...]) -> _Sought:
    decision = decided.decision
    plan = plan_search(
        node, decided.query, tuple([d for d in datasets if decision.lets_search(d.id)])
    )
    askers = [_asker(node, decided, dataset) for dataset in datasets]
    found = tuple([_ask(by, plan) for by in askers])
    return _Sought(plan, datasets, found, [size for by in askers for size in by.sizes])


def _ask(by: Asker, plan: SearchPlan) -> _Found:
    node, dataset, own = by.node, by.dataset, by.own
    if own.ceiling is None:  # nothing is searched that may not be told
        return Matches(dataset.id)
    if own.guard is _REGISTERED:
        return prepare(by, plan)
    if own.guard is _PUBLIC:
        return answer_publicly(node, dataset, plan, own)
    return node.store.search(dataset, plan, own)


def _told(node: Node, decided: Decided, sought: _Sought) -> tuple[DatasetAnswer, ...] | None:
    """Return what is said, on record with all that it cost; None if a consent came meanwhile."""
    asked = [one for one in sought.found if isinstance(one, Asked)]
    if not asked:
        told = _settle(node, decided, sought, {})
        return told.parts if _record(node, decided.moment, told.body({})) else None
    settled: list[_Told] = []  # in the transaction that charges, and what is then said

    def record(outcomes: Mapping[str, Outcome]) -> Mapping:
        settled[:] = [_settle(node, decided, sought, outcomes)]
        return settled[0].body(charges_of(asked, outcomes))

    return None if charge(node, asked, decided.moment, record) is None else settled[0].parts


@dataclass(frozen=True, slots=True)
class _Told:
    """What is said and under which decision; `uncounted`: why no count was told, by dataset.

    `sized` is what the sizes of groups cost, by dataset.
    """

    decided: Decided
    parts: tuple[DatasetAnswer, ...]
    uncounted: Mapping[str, str]
    sized: Mapping[str, Mapping]

    def body(self, charges: Mapping[str, Mapping]) -> Mapping:
        more = {"not counted": dict(self.uncounted), "sized": self.sized}
        body = audit_body(self.decided, self.parts, charges)
        return body | {name: told for name, told in more.items() if told}


def _settle(
    node: Node, decided: Decided, sought: _Sought, outcomes: Mapping[str, Outcome]
) -> _Told:
    """Return what is said once it is known which counts there are; whoever gets none is answered as
    anybody is, where that is possible."""
    decision, settled, in_public, uncounted = decided.decision, [], {}, {}
    for dataset, found in zip(sought.datasets, sought.found, strict=True):
        one = outcomes[dataset.id] if isinstance(found, Asked) else found
        if isinstance(one, Refused):
            refused, by = one, _asker(node, decided, dataset)
            one = instead(by, sought.plan, refused)
            if one is not refused:
                uncounted[dataset.id] = refused.status.value
        if isinstance(one, Matches) and decision.guard(dataset.id) is _REGISTERED:
            public = public_decision(dataset.id)
            in_public[dataset.id] = _with_own(node, dataset, public, decided.moment)
        settled.append(one)
    if in_public:
        decided = replace(decided, decision=Decision({**decision.datasets, **in_public}))
    parts = tuple([_disclose(decided, one) for one in settled])
    return _Told(decided, parts, uncounted, charges_among(sought.sizes))


def _asker(node: Node, decided: Decided, dataset: Dataset) -> Asker:
    own = decided.decision.datasets[dataset.id]
    return Asker(node, dataset, own, decided.requester, decided.moment)


def _disclose(decided: Decided, found: Matches | Outcome) -> DatasetAnswer:
    query, decision = decided.query, decided.decision
    if isinstance(found, Matches):
        return disclose(found, decision, asked=query.granularity)
    return disclose_noisy(found, decision, entry_type=query.entry_type, asked=query.granularity)


def _refuse_spent(parts: Sequence[DatasetAnswer]) -> None:
    """Raise BudgetSpent if no dataset answered and some only because budgets are used up."""
    spent = [part for part in parts if part.status is Status.BUDGET_SPENT]
    if spent and all(part.status is not Status.ANSWERED for part in parts):
        raise BudgetSpent("; ".join(dict.fromkeys(part.reason for part in spent)))


def select_datasets(node: Node, query: Query) -> tuple[Dataset, ...]:
    """Return the released datasets a query is about; NotFound names one that is not here."""
    return _selected(tuple(node.store.datasets()), query)


def _selected(released: tuple[Dataset, ...], query: Query) -> tuple[Dataset, ...]:
    wanted = _wanted(query)
    if not wanted:
        return released
    known = {dataset.id for dataset in released}
    for dataset_id in wanted:
        if dataset_id not in known:
            raise NotFound(f"there is no dataset {dataset_id!r} here")
    return tuple([dataset for dataset in released if dataset.id in wanted])


def _wanted(query: Query) -> tuple[str, ...]:
    within = query.within
    if within and within.entry_type is EntryType.DATASET:
        return (within.id,)
    if query.entry_type is EntryType.DATASET and query.entry_id:
        return (query.entry_id,)
    return query.datasets


@dataclass(frozen=True, slots=True)
class Background:
    """Public knowledge about the variations of an answer, for its records."""

    known: Mapping[tuple[str, Allele], Known]  # by (assembly, allele)
    genes: Mapping[tuple[str, Allele], tuple[str, ...]]


def background(node: Node, answer: Answer) -> Background:
    """Return what the knowledge base says of the variations in `answer`'s records."""
    records = [
        record
        for part in answer.datasets
        for record in part.records
        if isinstance(record, VariationRecord)
    ]
    known: dict[tuple[str, Allele], Known] = {}
    for assembly in {record.assembly for record in records}:
        alleles = [record.allele for record in records if record.assembly == assembly]
        about = node.knowledge.about(assembly, alleles)
        known |= {(assembly, allele): facts for allele, facts in about.items()}
    genes = {
        (record.assembly, record.allele): node.knowledge.genes_at(
            record.assembly, record.allele.region
        )
        for record in records
    }
    return Background(known, genes)

"""Makes a registered question ready to be charged: whom it is about, and what its answer costs.

Whether it is answerable, and why not, follows from the question and from public facts: panels,
reference genomes, declared assays and filters, and rounded or noisy numbers of people.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from functools import lru_cache

from beacon_node.actions.consented_people import consented
from beacon_node.actions.public_answers import answer_publicly
from beacon_node.actions.registered.asked import Asked
from beacon_node.actions.registered.bounds import bounds_of
from beacon_node.actions.registered.callable import CallableThere
from beacon_node.actions.registered.charges import charge
from beacon_node.actions.registered.forms import (
    counted_plan,
    is_for_the_table,
    named_allele,
    why_not_counted,
)
from beacon_node.actions.registered.reasons import Why, not_answerable
from beacon_node.actions.registered.reference import AlleleFacts
from beacon_node.actions.registered.release import RegisteredRelease, Seated, for_life, open_release
from beacon_node.actions.registered.seats import Seats, seats_of
from beacon_node.errors import NotPermitted, ReleasedAnew
from beacon_node.model.answer import Matches, Refused, Status
from beacon_node.model.data_use import ResearchPurpose, purpose_document
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.ledger import Moment
from beacon_node.model.public_tier import Missing
from beacon_node.model.requester import Requester
from beacon_node.model.variation import Allele
from beacon_node.node import Node
from beacon_node.policy.access import public_decision
from beacon_node.ports import Dataset, SearchPlan
from beacon_node.privacy.queries import canonical_question
from beacon_node.privacy.registered.account import Place
from beacon_node.privacy.registered.bounds import Bounds
from beacon_node.privacy.registered.count import Group, Question
from beacon_node.privacy.registered.crowd import Crowd, Frequency
from beacon_node.privacy.registered.groups import group_size
from beacon_node.privacy.registered.prices import Prices, phenotype_price, price_list


def prepare(
    node: Node,
    dataset: Dataset,
    plan: SearchPlan,
    own: DatasetDecision,
    requester: Requester,
    moment: Moment,
) -> Asked | Matches | Refused:
    """Return a question ready to be charged, its public answer, or why there is none.

    Places, genes, lists and `g_variants` without filters are answered from the table of public
    answers, as is everything of an account without a purpose. With filters the size of their group
    is charged and drawn first. Raises ReleasedAnew where consents or the release changed meanwhile
    (it is to be decided anew), StoreUnavailable.
    """
    if requester.purpose is None or not requester.account or is_for_the_table(plan, dataset):
        return _publicly(node, dataset, plan, moment)
    if plan.lookups is not None and dataset.assembly not in plan.lookups:
        return Refused(dataset.id, Status.WRONG_ASSEMBLY, "")
    why = why_not_counted(plan, dataset, node.knowledge)
    if why is not None:
        return not_answerable(dataset, why)
    if own.people is None:
        return not_answerable(dataset, Why.TOO_FEW_PEOPLE)
    if dataset.public is None or not dataset.public.panels:
        return not_answerable(dataset, Why.RELEASED_BEFORE if dataset.public else Why.NO_PANEL)
    return _posed(_Asker(node, dataset, own, requester, moment), counted_plan(plan, dataset))


def _publicly(node: Node, dataset: Dataset, plan: SearchPlan, moment: Moment) -> Matches:
    """Return what anybody is told, of those who consented to that."""
    decision = public_decision(dataset.id)
    people = consented(node, dataset, decision.consent, moment)
    return answer_publicly(node, dataset, plan, replace(decision, people=people))


# ---- who asks what -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class _Asker:
    """Who asks a dataset, under which decision."""

    node: Node
    dataset: Dataset
    own: DatasetDecision
    requester: Requester
    moment: Moment

    def asked(self, canonical: str, question: Question) -> Asked:
        return Asked(self.dataset.id, self._key(canonical), _payers(self.requester), question)

    def _key(self, canonical: str) -> bytes:
        """Return what names the draw: one for each account, release, consents and purpose."""
        standing = self.node.ledger.standing_version(self.dataset.id, self.moment)
        account, fingerprint = self.requester.account, self.dataset.fingerprint
        return _digest([account, fingerprint, standing, self.purpose, canonical])

    @property
    def purpose(self) -> str:
        return _purpose_digest(self.requester.purpose)


@lru_cache(maxsize=1_024)
def _purpose_digest(purpose: ResearchPurpose) -> str:
    return _digest(purpose_document(purpose)).hex()


@dataclass(frozen=True, slots=True, repr=False)
class _Posed:
    """A question of somebody's, in canonical form, as it meets a release.

    `filters` names what it filters by, empty: nothing; `group` also the purpose it counts for.
    """

    by: _Asker
    plan: SearchPlan
    key: str
    filters: str
    bounds: Bounds
    release: RegisteredRelease

    @property
    def group(self) -> str:
        return _digest([self.filters, self.by.purpose]).hex()

    def people(self, plan: SearchPlan):
        return self.by.node.store.people(self.by.dataset, plan, self.by.own)

    def refused(self, why: Why | str) -> Refused:
        return not_answerable(self.by.dataset, why)

    @property
    def seats(self) -> Seats:
        return seats_of(self.by.node, self.by.dataset)


def _posed(by: _Asker, plan: SearchPlan) -> Asked | Refused:
    canonical = canonical_question(plan, by.dataset)
    release, bounds = open_release(by.node, by.dataset), bounds_of(by.node)
    posed = _Posed(by, plan, canonical.key, canonical.group, bounds, release)
    allele = named_allele(plan, by.dataset)
    return _of_people(posed) if allele is None else _of_carriers(posed, allele)


def _digest(facts: object) -> bytes:
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def _payers(requester: Requester) -> tuple[str, ...]:
    named = (
        ("researcher", requester.account),
        ("organisation", requester.organisation),
        ("broker", requester.broker),
    )
    return tuple(f"{kind}:{name}" for kind, name in named if name)


# ---- how many people there are -------------------------------------------------------------------


def _of_people(posed: _Posed) -> Asked | Refused:
    """Return the question how many people there are, of those who meet the filters."""
    reference = posed.release.reference.members(posed.filters)
    if isinstance(reference, Why):
        return posed.refused(reference)
    everybody = posed.people(replace(posed.plan, filters=(), filters_key="")).asked_about
    matching, seats = posed.people(posed.plan).asked_about, posed.seats
    people = Group(for_life(matching, seats), for_life(everybody, seats))
    prices = phenotype_price(posed.bounds)
    return posed.by.asked(posed.key, Question(people, reference, prices, group=posed.group))


def _size(posed: _Posed, there: CallableThere, seated: Seated) -> int | Refused:
    """Return a lower bound of how many people the filters select where the question is about.

    It is charged, drawn once and stored; the same draw serves all places where the same people can
    be asked about.
    """
    reference = posed.release.reference.members(posed.filters)
    if isinstance(reference, Why):
        return posed.refused(reference)
    matching = for_life(posed.people(posed.plan).asked_about & seated.there, posed.seats)
    question = Question(
        Group(matching, seated.seats), reference, phenotype_price(posed.bounds), group=posed.group
    )
    by = posed.by
    asked = by.asked(f"size of {posed.filters} among {there.name}", question)
    outcomes = charge(by.node, [asked], by.moment, record=None)
    if outcomes is None:  # a consent was recorded: whoever asks decides anew
        raise ReleasedAnew(by.dataset.id)
    found = outcomes[by.dataset.id]
    if isinstance(found, Refused):
        return found
    try:
        return group_size(found.noisy, posed.bounds)
    except NotPermitted as error:
        return posed.refused(str(error))


# ---- how many carry an allele --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class _Facts:
    """What is public of an allele, and who can be asked about it."""

    allele: Allele
    there: CallableThere
    known: AlleleFacts


def _of_carriers(posed: _Posed, allele: Allele) -> Asked | Refused:
    facts = _facts(posed, allele)
    if not isinstance(facts, _Facts):
        return facts
    everybody = posed.people(replace(posed.plan, filters=(), filters_key=""))
    seated = posed.release.seated(
        posed.by.own.people, everybody.asked_about, facts.there, posed.seats
    )
    if seated.crowd.two + seated.crowd.one < posed.bounds.group_floor:
        return posed.refused(Why.TOO_FEW_PEOPLE)
    prices = _prices(posed, seated.crowd, facts.known.frequency)
    if not prices.is_affordable(posed.bounds):  # nor would it be among fewer
        return posed.refused(Why.TOO_RARE)
    if posed.filters:
        return _of_some(posed, facts, seated)
    carriers = for_life(everybody.carriers & seated.there, posed.seats)
    return _asked(posed, facts, Group(carriers, seated.seats, seated.one_copy), prices)


def _of_some(posed: _Posed, facts: _Facts, seated: Seated) -> Asked | Refused:
    """Return the question about those who meet the filters; all have two copies."""
    size = _size(posed, facts.there, seated)
    if isinstance(size, Refused):
        return size
    prices = _prices(posed, Crowd(two=size), facts.known.frequency)
    if not prices.is_affordable(posed.bounds):
        return posed.refused(Why.TOO_RARE)
    found, seats = posed.people(posed.plan), posed.seats
    asked = for_life(found.asked_about & seated.there, seats)
    carriers = for_life(found.carriers & seated.there, seats)
    return _asked(posed, facts, Group(carriers, asked), prices)


def _asked(posed: _Posed, facts: _Facts, people: Group, prices: Prices) -> Asked:
    allele = facts.allele
    place = Place(allele.reference_name, allele.start, allele.end)
    question = Question(people, facts.known.reference, prices, place, posed.group)
    return posed.by.asked(posed.key, question)


_MISSING = {
    Missing.PANEL: Why.PANEL_GONE,
    Missing.GENOMES: Why.NO_GENOMES,
    Missing.ASSAY: Why.NO_ASSAY,
}


def _facts(posed: _Posed, allele: Allele) -> _Facts | Refused:
    release, dataset = posed.release, posed.by.dataset
    if dataset.public.missing:  # it tells the first of all that is
        return posed.refused(_MISSING[dataset.public.missing])
    there = release.callable.at(allele)
    if there is None:
        return Refused(dataset.id, Status.NOT_SEQUENCED, "")
    if posed.filters and not there.all_have_two:
        return posed.refused(Why.HALF_COPIES)
    known = release.reference.of(allele, posed.filters)
    return posed.refused(known) if isinstance(known, Why) else _Facts(allele, there, known)


def _prices(posed: _Posed, crowd: Crowd, frequency: Frequency) -> Prices:
    known, bounds = posed.by.node.prices, posed.bounds
    found = known.get(bounds)
    if found is None:
        found = known.setdefault(bounds, price_list(bounds))
    return found(crowd, frequency)

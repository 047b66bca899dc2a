"""Makes a registered question ready to be charged: whom it is about, and what its answer costs.

Whether it is answerable, and why not, follows from the question and from public facts: panels,
reference genomes, declared assays and filters, and rounded or noisy numbers of people.
"""

from dataclasses import replace

from beacon_node.actions.registered.asked import Asked
from beacon_node.actions.registered.bounds import bounds_of
from beacon_node.actions.registered.carriers import of_carriers
from beacon_node.actions.registered.forms import (
    counted_plan,
    is_for_the_table,
    named_allele,
    why_not_counted,
)
from beacon_node.actions.registered.group_sizes import of_people
from beacon_node.actions.registered.instead import publicly
from beacon_node.actions.registered.posed import Asker, Posed
from beacon_node.actions.registered.reasons import Why, not_answerable
from beacon_node.actions.registered.release import open_release
from beacon_node.model.answer import Matches, Refused, Status
from beacon_node.ports import SearchPlan
from beacon_node.privacy.queries import canonical_question


def prepare(by: Asker, plan: SearchPlan) -> Asked | Matches | Refused:
    """Return a question ready to be charged, its public answer, or why there is none.

    Places, genes, lists and `g_variants` without filters are answered from the table of public
    answers, as is everything of an account without a purpose. With filters the size of their group
    is charged and drawn first. Raises ReleasedAnew where consents or the release changed meanwhile
    (it is to be decided anew), StoreUnavailable.
    """
    dataset, requester = by.dataset, by.requester
    if requester.purpose is None or not requester.account or is_for_the_table(plan, dataset):
        return publicly(by, plan)
    if plan.lookups is not None and dataset.assembly not in plan.lookups:
        return Refused(dataset.id, Status.WRONG_ASSEMBLY, "")
    why = why_not_counted(plan, dataset, by.node.knowledge)
    if why is not None:
        return not_answerable(dataset, why)
    if by.own.people is None:
        return not_answerable(dataset, Why.TOO_FEW_PEOPLE)
    if dataset.public is None or not dataset.public.panels:
        return not_answerable(dataset, Why.RELEASED_BEFORE if dataset.public else Why.NO_PANEL)
    return _posed(by, counted_plan(plan, dataset))


def _posed(by: Asker, plan: SearchPlan) -> Asked | Refused:
    canonical = canonical_question(plan, by.dataset)
    release, bounds = open_release(by.node, by.dataset), bounds_of(by.node)
    posed = Posed(by, plan, canonical.key, canonical.group, bounds, release)
    allele = named_allele(plan, by.dataset)
    if allele is not None:
        return of_carriers(posed, allele)
    found = of_people(posed)
    is_asked = isinstance(found, Asked)
    return replace(found, size_floor=bounds.group_floor) if is_asked else found

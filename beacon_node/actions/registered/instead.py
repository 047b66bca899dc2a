"""What somebody is told who gets no count: what anybody is told."""

from dataclasses import replace

from beacon_node.actions.consented_people import consented
from beacon_node.actions.public_answers import answer_publicly
from beacon_node.actions.registered.posed import Asker
from beacon_node.model.answer import Matches, Refused, Status
from beacon_node.policy.access import public_decision
from beacon_node.ports import SearchPlan

_INSTEAD = frozenset({Status.NOT_ANSWERABLE, Status.BUDGET_SPENT})


def publicly(by: Asker, plan: SearchPlan) -> Matches:
    """Return what anybody is told, of those who consented to that."""
    decision = public_decision(by.dataset.id)
    people = consented(by.node, by.dataset, decision.consent, by.moment)
    return answer_publicly(by.node, by.dataset, plan, replace(decision, people=people))


def instead(by: Asker, plan: SearchPlan, refused: Refused) -> Matches | Refused:
    """Return the public answer to a question whose count was refused, with why; if there is none,
    and for questions with filters, the refusal.

    That a count is refused follows from what is public and what was asked: it chooses no answer
    that tells more.
    """
    if plan.filters or refused.status not in _INSTEAD:
        return refused
    found = publicly(by, plan)
    if found.status is not Status.ANSWERED:
        return refused
    why = f"this is what the public is told; there is no count: {refused.reason}"
    return replace(found, reason=f"{found.reason} {why}".strip())

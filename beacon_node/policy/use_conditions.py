"""The conditions (DUO modifiers) a consent attaches to a use, each on its own.

Nothing is concluded from the ontology's hierarchy, in which the stricter modifier is the parent.
A purpose that does not state what a condition asks for goes to a person, and so does a condition
that lacks its own parameter; a purpose that states something else is denied.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from beacon_node.model import duo_terms as duo
from beacon_node.model.data_use import Category, ConsentTerm, Organisation, ResearchPurpose
from beacon_node.model.duo_terms import DUO_TERMS, DuoKind, expand_countries
from beacon_node.model.verdict import Code, Outcome, Reason


def conditions(term: ConsentTerm, purpose: ResearchPurpose, as_of: date) -> tuple[Reason, ...]:
    """Return what a term asks of the purpose beyond its kind: nothing for a permission.

    A modifier that no rule knows goes to a person.
    """
    known = DUO_TERMS.get(term.id)
    if known is None or known.kind is not DuoKind.MODIFIER or term.id == duo.CC:
        return ()  # CC widens; what it permits is looked at with the permissions
    if term.id in _NEEDS:
        return tuple(_needed(term, need, purpose) for need in _NEEDS[term.id])
    check = _CHECKS.get(term.id, _no_rule)
    return (check(term, purpose, as_of),)


@dataclass(frozen=True, slots=True)
class _Need:
    """An attribute the purpose must have, and what that says in words."""

    attribute: str
    wanted: bool | Organisation
    claim: str


_NOT_FOR_PROFIT = _Need(
    "organisation", Organisation.NOT_FOR_PROFIT, "a not-for-profit organisation does the research"
)
_NOT_COMMERCIAL = _Need("commercial", False, "the use is not commercial")
_NEEDS: Mapping[str, tuple[_Need, ...]] = MappingProxyType(
    {
        duo.GSO: (_Need("genetic", True, "the study is a genetic one"),),
        duo.NPU: (_NOT_FOR_PROFIT,),
        duo.NCU: (_NOT_COMMERCIAL,),
        duo.NPUNCU: (_NOT_FOR_PROFIT, _NOT_COMMERCIAL),
        duo.IRB: (_Need("ethics_approval", True, "an ethics committee has approved the study"),),
        duo.PUB: (_Need("will_publish", True, "the results are published"),),
        duo.COL: (_Need("will_collaborate", True, "the study's investigators take part"),),
        duo.RTN: (_Need("will_return_data", True, "derived data are returned"),),
    }
)


def _needed(term: ConsentTerm, need: _Need, purpose: ResearchPurpose) -> Reason:
    stated = getattr(purpose, need.attribute)
    is_met = None if stated is None else stated == need.wanted
    return _finding(term, need.attribute, need.claim, is_met)


def _finding(term: ConsentTerm, subject: str, claim: str, is_met: bool | None) -> Reason:
    """Return the reason for a condition that is met, not met, or (None) not spoken of."""
    outcome, code, ending = _FINDINGS[is_met]
    return Reason(outcome, code, f"{term.name} requires that {claim}; {ending}.", term, subject)


_FINDINGS = MappingProxyType(
    {
        True: (Outcome.APPROVE, Code.CONDITION_MET, "this is so"),
        False: (Outcome.DENY, Code.CONDITION_NOT_MET, "this is not so"),
        None: (Outcome.MANUAL_REVIEW, Code.NOT_STATED, "the purpose does not say"),
    }
)


def _incomplete(term: ConsentTerm) -> Reason:
    parameter = DUO_TERMS[term.id].parameter.replace("_", " ")
    text = f"{term.name} does not say which {parameter} it means, so a person decides."
    return Reason(Outcome.MANUAL_REVIEW, Code.PARAMETER_MISSING, text, term)


def _within_countries(term: ConsentTerm, purpose: ResearchPurpose, as_of: date) -> Reason:
    if not term.countries:
        return _incomplete(term)
    claim = f"the research stays within {', '.join(sorted(term.countries))}"
    stated = expand_countries(purpose.countries)
    is_met = stated <= expand_countries(term.countries) if stated else None
    return _finding(term, "countries", claim, is_met)


def _after_embargo(term: ConsentTerm, purpose: ResearchPurpose, as_of: date) -> Reason:
    if term.date is None:
        return _incomplete(term)
    claim = f"nothing is published before {term.date.isoformat()}"
    stated = purpose.publish_not_before
    is_met = None if stated is None else stated >= term.date
    return _finding(term, "publish_not_before", claim, as_of >= term.date or is_met)


def _within_months(term: ConsentTerm, purpose: ResearchPurpose, as_of: date) -> Reason:
    if term.months is None:
        return _incomplete(term)
    claim = f"the use lasts at most {term.months} months"
    stated = purpose.duration_months
    is_met = None if stated is None else stated <= term.months
    return _finding(term, "duration_months", claim, is_met)


def _one_of(parameter: str, attribute: str) -> Callable[..., Reason]:
    """Return the check that the purpose's attribute is in the term's list, letter by letter."""

    def check(term: ConsentTerm, purpose: ResearchPurpose, as_of: date) -> Reason:
        allowed, stated = getattr(term, parameter), getattr(purpose, attribute)
        if not allowed:
            return _incomplete(term)
        claim = f"the {attribute} is one of those it names"
        return _finding(term, attribute, claim, stated in allowed if stated else None)

    return check


def _excluding(category: Category, claim: str) -> Callable[..., Reason]:
    """Return the check that a kind of research is no part of the purpose."""

    def check(term: ConsentTerm, purpose: ResearchPurpose, as_of: date) -> Reason:
        return _finding(term, category, claim, category not in purpose.categories)

    return check


def _research_specific(term: ConsentTerm, purpose: ResearchPurpose, as_of: date) -> Reason:
    kinds = ", ".join(sorted(term.research_types)) or "a kind of research it does not name"
    text = f"{term.name} limits the use to {kinds}; a person must decide whether this is it."
    return Reason(Outcome.MANUAL_REVIEW, Code.RESEARCH_SPECIFIC, text, term)


def _no_rule(term: ConsentTerm, purpose: ResearchPurpose, as_of: date) -> Reason:
    text = f"No rule knows the condition {term.name}, so a person decides."
    return Reason(Outcome.MANUAL_REVIEW, Code.TERM_NOT_USABLE, text, term)


_CHECKS: Mapping[str, Callable[..., Reason]] = MappingProxyType(
    {
        duo.NPOA: _excluding(Category.ANCESTRY, "ancestry is not studied"),
        duo.NMDS: _excluding(Category.METHODS, "no methods are developed"),
        duo.GS: _within_countries,
        duo.MOR: _after_embargo,
        duo.TS: _within_months,
        duo.US: _one_of("users", "user"),
        duo.PS: _one_of("projects", "project"),
        duo.IS: _one_of("institutions", "institution"),
        duo.RS: _research_specific,
    }
)

"""Which filters a registered count takes: those that the dataset's operator declared, in few forms.

Groups that differ in few people could be subtracted from each other. A declared list, whole terms
and steps of ten years leave few groups to choose from.
"""

from collections.abc import Sequence

from beacon_node.model.measures import Kind, parse_value
from beacon_node.model.query import AlphanumericFilter, Filter, OntologyFilter, Similarity
from beacon_node.ports import Dataset, Knowledge, SearchPlan

MOST_FILTERS = 2
AGE_STEP = 10  # years
_AGES = range(AGE_STEP, 100 + 1, AGE_STEP)  # beyond them everybody meets, or nobody
_AGE_OPERATORS = (">=", "<")
_MOST_LISTED = 10


def why_not_filtered(plan: SearchPlan, dataset: Dataset, knowledge: Knowledge) -> str | None:
    """Return why a dataset takes no registered question with these filters, None if it does.

    Depends on the question, the declared list and the loaded ontologies alone.
    """
    if len(plan.filters) > MOST_FILTERS:
        return f"filters: at most {MOST_FILTERS} can be used for a registered count; leave some out"
    reasons = (_why_not(one, plan, dataset.filters, knowledge) for one in plan.filters)
    return next(filter(None, reasons), None)


def _why_not(
    wanted: Filter, plan: SearchPlan, declared: Sequence[str], knowledge: Knowledge
) -> str | None:
    name = wanted.id if isinstance(wanted, OntologyFilter) else wanted.field
    if name.strip().casefold() not in {one.casefold() for one in declared}:
        return (
            f"filters: this dataset does not let people be counted by {name!r}; {listed(declared)}"
        )
    if isinstance(wanted, OntologyFilter):
        return _why_not_term(wanted, plan, knowledge)
    return _why_not_compared(wanted)


def listed(declared: Sequence[str]) -> str:
    """Return by what registered counts can be filtered; the first few of a long list.

    >>> listed(["HP:0003002", "ageOfOnset"])
    'registered counts can be filtered by HP:0003002, ageOfOnset (see /filtering_terms)'
    """
    if not declared:
        return "no filters were declared for registered counts (/filtering_terms would list them)"
    named = ", ".join(declared[:_MOST_LISTED]) + (" …" if len(declared) > _MOST_LISTED else "")
    return f"registered counts can be filtered by {named} (see /filtering_terms)"


def _why_not_term(wanted: OntologyFilter, plan: SearchPlan, knowledge: Knowledge) -> str | None:
    if wanted.similarity is not Similarity.EXACT:
        return (
            f"filters: registered counts do not take {wanted.id!r} by similarity; ask for the term "
            "itself, which stands for those below it too"
        )
    whole = knowledge.terms_for(OntologyFilter(wanted.id, wanted.scope))
    if (plan.terms or {}).get(wanted, frozenset((wanted.id,))) != whole:
        return (
            f"filters: registered counts take {wanted.id!r} only with the terms below it "
            "(includeDescendantTerms)"
        )
    return None


def _why_not_compared(wanted: AlphanumericFilter) -> str | None:
    value = parse_value(wanted.value)
    if value.kind is Kind.DURATION:
        if value.amount in _AGES and wanted.operator in _AGE_OPERATORS:
            return None
    elif value.kind is Kind.TEXT and wanted.operator == "=" and "%" not in value.text:
        return None
    return (
        f"filters: registered counts compare {wanted.field!r} only with a whole word (=) or with "
        f"an age in steps of {AGE_STEP} years up to 100, as in {wanted.field} >= P40Y or < P50Y"
    )

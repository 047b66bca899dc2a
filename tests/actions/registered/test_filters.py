"""Registered counts take declared filters, whole terms and steps of ten years."""

import pytest

from beacon_node.actions.registered.filters import why_not_filtered
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.query import AlphanumericFilter, OntologyFilter, Similarity
from beacon_node.ports import Dataset, SearchPlan

ASTHMA, LUNG = "MONDO:0004979", "MONDO:0005275"
BELOW = {LUNG: frozenset({LUNG, ASTHMA})}


class Ontology:
    """Lung diseases, one of which is asthma."""

    def terms_for(self, wanted: OntologyFilter) -> frozenset[str]:
        own = frozenset({wanted.id})
        return BELOW.get(wanted.id, own) if wanted.include_descendants else own


def why_not(*filters, declared=(LUNG, "age", "sex")) -> str | None:
    dataset = Dataset("d", "D", Assembly.GRCH38, False, filters=declared)
    terms = {f: Ontology().terms_for(f) for f in filters if isinstance(f, OntologyFilter)}
    plan = SearchPlan(EntryType.INDIVIDUAL, filters=filters, terms=terms)
    return why_not_filtered(plan, dataset, Ontology())


def age(operator: str, value: str) -> AlphanumericFilter:
    return AlphanumericFilter("age", operator, value)


@pytest.mark.parametrize(
    "wanted",
    [
        OntologyFilter(LUNG),
        OntologyFilter(LUNG, EntryType.INDIVIDUAL),
        OntologyFilter(LUNG.lower()),
        age(">=", "P40Y"),
        age("<", "P50Y"),
        age("<", "P100Y"),
        age(">=", "P480M"),
        AlphanumericFilter("Age", ">=", "P40Y"),
        AlphanumericFilter("sex", "=", "female"),
    ],
)
def test_taken(wanted):
    assert why_not(wanted) is None


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (
            OntologyFilter(ASTHMA),
            f"does not let people be counted by '{ASTHMA}'; registered counts",
        ),
        (
            AlphanumericFilter("bmi", ">=", "P40Y"),
            f"counted by 'bmi'; registered counts can be filtered by {LUNG}, age, sex",
        ),
        (OntologyFilter(LUNG, include_descendants=False), "only with the terms below it"),
        (OntologyFilter(LUNG, similarity=Similarity.HIGH), "by similarity"),
        (age(">", "P40Y"), "in steps of 10 years"),
        (age("<=", "P40Y"), "in steps of 10 years"),
        (age("=", "P40Y"), "in steps of 10 years"),
        (age("!", "P40Y"), "in steps of 10 years"),
        (age(">=", "P41Y"), "in steps of 10 years"),
        (age(">=", "P40Y1D"), "in steps of 10 years"),
        (age(">=", "P0Y"), "in steps of 10 years"),
        (age("<", "P110Y"), "in steps of 10 years up to 100"),
        (age("<", "P100Y12M"), "in steps of 10 years up to 100"),
        (age(">=", "40"), "in steps of 10 years"),
        (AlphanumericFilter("sex", "!", "female"), "with a whole word"),
        (AlphanumericFilter("sex", "=", "fem%"), "with a whole word"),
        (AlphanumericFilter("sex", "=", "2020-01-31"), "with a whole word"),
    ],
)
def test_not_taken(wanted, reason):
    assert reason in why_not(wanted)
    assert reason in why_not(OntologyFilter(LUNG), wanted)


def test_a_term_without_any_below_it_is_the_same_with_and_without_them():
    assert why_not(OntologyFilter(ASTHMA, include_descendants=False), declared=[ASTHMA]) is None


def test_at_most_two():
    three = OntologyFilter(LUNG), age(">=", "P40Y"), age("<", "P50Y")
    assert why_not(*three[:2]) is None
    assert "at most 2" in why_not(*three)


def test_nothing_is_taken_where_nothing_is_declared():
    assert why_not(OntologyFilter(LUNG), declared=()) is not None
    assert why_not() is None

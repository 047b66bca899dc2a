"""What lies below a term, and what is like it."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.model.ontology import counts_below, information, lin, reach, similar_terms


class Family:
    """A `Hierarchy` made of each term's parents."""

    def __init__(self, parents):
        self._parents = parents
        self._below = counts_below(parents)
        self.size = len(parents)

    def parents(self, terms):
        return [parent for term in terms for parent in self._parents[term]]

    def children(self, terms):
        return [child for child, above in self._parents.items() if set(above) & set(terms)]

    def counts_below(self, terms):
        return {term: self._below[term] for term in terms}


#            root
#         heart   eye
#       septum  valve
#     atrial  ventricular
HEART = Family(
    {
        "root": (),
        "heart": ("root",),
        "eye": ("root",),
        "septum": ("heart",),
        "valve": ("heart",),
        "atrial": ("septum",),
        "ventricular": ("septum",),
    }
)

graphs = st.integers(1, 14).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, size - 1), max_size=3), min_size=size, max_size=size
    )
)  # any graph, cycles included: term → parents


def naive_below(parents, term):
    """Terms from which `term` is reached upwards, one step after the other."""
    below = set()
    for other in parents:
        above, steps = {other}, 0
        while steps <= len(parents):
            above |= {p for one in above for p in parents[one]}
            steps += 1
        if term in above and other != term:
            below.add(other)
    return below


@given(graphs)
def test_descendants_are_those_of_a_plain_walk(lists):
    parents = dict(enumerate(map(tuple, lists)))
    family = Family(parents)
    for term in parents:
        below = naive_below(parents, term)
        assert reach(term, family.children) == below | {term}
        assert counts_below(parents)[term] == len(below)


def test_information_follows_seco():
    assert information(0, 1_000) == 1
    assert information(999, 1_000) == pytest.approx(0)
    assert information(9, 1_000) == pytest.approx(1 - log(10) / log(1_000))


def test_similarity_follows_lin():
    assert lin(0.5, 1, 1) == 0.5
    assert lin(0, 1, 1) == 0
    assert lin(1, 1, 1) == 1


@given(graphs, st.floats(0.05, 1))
def test_similar_terms_are_those_of_the_definition(lists, least):
    """Compared with every pair, the best common ancestor looked for one by one."""
    order = [tuple(p for p in above if p < n) for n, above in enumerate(lists)]  # no cycles
    parents = dict(enumerate(order))
    family = Family(parents)
    information_of = {t: information(c, family.size) for t, c in counts_below(parents).items()}
    ancestors = {t: {a for a in parents if t == a or t in naive_below(parents, a)} for t in parents}
    for term in parents:
        expected = {term}
        for other in parents:
            common = ancestors[term] & ancestors[other]
            shared = max((information_of[a] for a in common), default=0)
            if lin(shared, information_of[term], information_of[other]) >= least:
                expected.add(other)
        assert similar_terms(term, least, family) == expected


def test_siblings_are_nearer_than_cousins():
    near = similar_terms("atrial", 0.4, HEART)
    assert {"atrial", "ventricular", "septum"} <= near
    assert "eye" not in similar_terms("atrial", 0.01, HEART)


def test_a_looser_similarity_never_loses_a_term():
    for term in HEART._parents:
        kept = [similar_terms(term, least, HEART) for least in (0.85, 0.7, 0.55)]
        assert kept[0] <= kept[1] <= kept[2]

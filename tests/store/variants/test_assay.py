"""What was sequenced."""

import pytest

from beacon_node.model.genome import Assembly, Region
from beacon_node.model.query import AlleleSet, BracketQuery, RangeQuery, SequenceQuery
from beacon_node.model.variation import Allele
from beacon_node.store.variants.assay import Assays, Place

HG38 = Assembly.GRCH38
EXONS = [(0, 17, 100, 200), (0, 17, 150, 300), (0, 17, 400, 500), (0, 3, 0, 10)]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 100, False),
        (0, 101, True),
        (250, 251, True),
        (299, 300, True),
        (300, 400, False),
        (300, 401, True),
        (499, 900, True),
        (500, 900, False),
        (100, 100, True),  # a gap is covered with either of its neighbours
        (300, 300, True),
        (301, 301, False),
        (0, 1000, True),
    ],
)
def test_a_place_is_covered_if_any_of_it_was_assayed(start, end, expected):
    assert Assays(EXONS).covers(0, Place("17", start, end)) is expected


def test_a_sequence_without_stretches_is_not_covered():
    assert not Assays(EXONS).covers(0, Place("1", 100, 200))


def test_a_group_without_stretches_was_assayed_everywhere():
    assert Assays([]).covers(0, Place("1", 100, 200))
    assert Assays(EXONS).covers(7, Place("1", 100, 200))


def test_a_dataset_may_have_been_assayed_nowhere():
    assert not Assays([(0, 0, 0, 0)]).covers(0, Place("1", 0, 0))


@pytest.mark.parametrize(
    ("lookup", "expected"),
    [
        (AlleleSet((Allele("17", 350, 351, "A", "T"),)), False),
        (AlleleSet((Allele("17", 350, 351, "A", "T"), Allele("17", 450, 451, "A", "T"))), True),
        (AlleleSet(()), True),  # nothing is asked about
        (SequenceQuery(HG38, "17", 299, None, "T"), True),
        (SequenceQuery(HG38, "17", 300, None, "T"), False),
        (SequenceQuery(HG38, "17", 398, "NNN", "T"), True),
        (RangeQuery(HG38, Region("17", 300, 400)), False),
        (RangeQuery(HG38, Region("17", 300, 401)), True),
        (BracketQuery(HG38, "17", 310, 320, 330, 401), False),
        (BracketQuery(HG38, "17", 310, 320, 330, 402), True),
    ],
    ids=str,
)
def test_a_lookup_is_covered_if_any_place_of_it_is(lookup, expected):
    assert Assays(EXONS).covers_any((lookup,)) is expected

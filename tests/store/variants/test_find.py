"""Which alleles a lookup finds."""

import pytest

from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.query import (
    AlleleSet,
    BracketQuery,
    Granularity,
    RangeQuery,
    Selection,
    SequenceQuery,
    VariationIdQuery,
)
from beacon_node.model.variation import Allele, parse_variation_id, variation_id
from tests.store.variants.world import Calls, one_each

HG38 = Assembly.GRCH38
VARIANT = EntryType.GENOMIC_VARIANT


def allele(start: int, ref: str, alt: str, end: int | None = None, name: str = "17") -> Allele:
    return Allele(name, start, start + len(ref) if end is None else end, ref, alt)


@pytest.fixture
def found(ask):
    """Return a function: which of `alleles` do the lookups find, and in which order?"""

    def finding(alleles, *lookups, extents=(), effects=()) -> list[Allele]:
        calls = [
            Calls(
                one,
                het={0},
                extent=dict(extents).get(one),
                effects=dict(effects).get(one, []),
            )
            for one in alleles
        ]
        world = one_each(2, alleles=calls)
        listed = ask(world, VARIANT, *lookups, granularity=Granularity.RECORD)
        counted = ask(world, VARIANT, *lookups, granularity=Granularity.COUNT)
        asked = ask(world, VARIANT, *lookups, granularity=Granularity.BOOLEAN)
        people = ask(world, EntryType.INDIVIDUAL, *lookups)
        assert listed.total == counted.total == len(listed.page)
        assert bool(asked.total) is bool(people.total) is bool(listed.total)
        return [record.allele for record in listed.page]

    return finding


# ---- exact alleles -----------------------------------------------------------------------------

SNP, OTHER_SNP = allele(100, "A", "T"), allele(100, "A", "C")
INSERTION, DELETION = allele(101, "", "AC"), allele(101, "GG", "")
SHORT_DUP, LONG_DUP = allele(100, "", "<DUP>", 200), allele(100, "", "<DUP>", 9_000)
HERE = [SNP, OTHER_SNP, SHORT_DUP, LONG_DUP, INSERTION, DELETION, allele(100, "A", "T", name="1")]


@pytest.mark.parametrize("asked", HERE, ids=str)
def test_an_exact_allele_is_found_alone(found, asked):
    assert found(HERE, AlleleSet((asked,))) == [asked]


def test_an_allele_with_other_bases_is_not_found(found):
    assert found(HERE, AlleleSet((allele(100, "A", "G"),))) == []


def test_several_alleles_are_found_once_each_by_place(found):
    lookups = AlleleSet((INSERTION, SNP)), AlleleSet((SNP, DELETION))
    assert found(HERE, *lookups) == [SNP, INSERTION, DELETION]


def test_named_alleles_are_selected_like_any(found):
    selection = Selection(variant_types=frozenset({"SNP"}))
    assert found(HERE, AlleleSet((SNP, INSERTION, SHORT_DUP), selection)) == [SNP]
    longer = Selection(min_length=5_000)
    assert found(HERE, AlleleSet((SHORT_DUP, LONG_DUP), longer)) == [LONG_DUP]


@pytest.mark.parametrize("asked", HERE, ids=str)
def test_a_variation_is_found_by_its_id(found, asked):
    id = parse_variation_id(variation_id(HG38, asked))
    assert found(HERE, VariationIdQuery(id)) == [asked]


@pytest.mark.parametrize(
    ("start", "ref", "alt", "expected"),
    [
        (100, None, "T", [SNP]),
        (100, "N", "N", [SNP, OTHER_SNP]),
        (100, "A", "N", [SNP, OTHER_SNP]),
        (100, "C", "N", []),
        (101, None, "AC", [INSERTION]),
        (100, None, "TAC", [INSERTION]),  # VCF's spelling, with the base before it
        (100, "N", "NAC", [INSERTION]),
        (100, "N", "NNN", [INSERTION]),
        (101, None, "", [DELETION]),
        (100, "NGG", "N", [DELETION]),
        (100, "NGN", "N", [DELETION]),
        (101, "NN", "", [DELETION]),
        (100, None, "<DUP>", [SHORT_DUP, LONG_DUP]),
        (99, None, "T", []),
    ],
)
def test_a_sequence_with_wildcards_finds(found, start, ref, alt, expected):
    assert found(HERE, SequenceQuery(HG38, "17", start, ref, alt)) == expected


# ---- ranges ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (100, 101, True),
        (100, 100, False),  # a gap at its edge shares no base with it
        (99, 100, False),
        (101, 104, False),
        (90, 110, True),
    ],
)
def test_a_substitution_is_found_by_ranges_with_its_base(found, start, end, expected):
    assert found([SNP], RangeQuery(HG38, Region("17", start, end))) == [SNP] * expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(100, 101, False), (102, 103, True), (103, 104, False), (102, 102, True), (101, 101, False)],
)
def test_a_deletion_is_found_by_ranges_with_any_lost_base(found, start, end, expected):
    assert found([DELETION], RangeQuery(HG38, Region("17", start, end))) == [DELETION] * expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (100, 101, True),  # the base before the gap: VCF's POS
        (101, 102, True),  # the base behind it
        (99, 100, False),
        (102, 103, False),
        (101, 101, True),
        (100, 100, False),
    ],
)
def test_an_insertion_is_found_by_ranges_with_a_neighbouring_base(found, start, end, expected):
    lookup = RangeQuery(HG38, Region("17", start, end))
    assert found([INSERTION], lookup) == [INSERTION] * expected


def test_long_alleles_are_found_wherever_they_are_entered_once_and_in_order(found):
    long, longer = allele(5_000, "", "<DEL>", 8_000), allele(4_000, "", "<DUP>", 900_000)
    near = allele(6_900, "A" * 900, "", 7_800)
    inside = allele(7_500, "A", "G")
    elsewhere = allele(5_000, "", "<DEL>", 8_000, name="1")
    alleles = [long, longer, near, inside, elsewhere]
    every = [longer, long, near, inside]
    for start in (7_500, 5_500, 5_000, 100):
        assert found(alleles, RangeQuery(HG38, Region("17", start, 7_600))) == every
    assert found(alleles, RangeQuery(HG38, Region("17", 8_000, 8_100))) == [longer]
    assert found(alleles, RangeQuery(HG38, Region("17", 900_000, 900_001))) == []


def test_ranges_that_overlap_count_a_variation_once(found):
    one, other = Region("17", 90, 101), Region("17", 100, 120)
    expected = [SNP, OTHER_SNP, INSERTION]
    assert (
        found([SNP, OTHER_SNP, INSERTION], RangeQuery(HG38, one), RangeQuery(HG38, other))
        == expected
    )


def test_a_range_may_reach_past_every_sequence(found):
    assert found(HERE, RangeQuery(HG38, Region("17", 0, 1 << 40))) == HERE[:-1]
    assert found(HERE, RangeQuery(HG38, Region("17", 1 << 30, 1 << 40))) == []


# ---- brackets ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bracket", "expected"),
    [
        ((100, 101, 200, 201), [SHORT_DUP]),
        ((100, 101, 101, 201), [SNP, OTHER_SNP, SHORT_DUP]),
        ((0, 100, 0, 10_000), []),
        ((101, 102, 101, 102), [INSERTION]),
        ((0, 200, 8_999, 9_000), []),
        ((0, 200, 9_000, 9_001), [LONG_DUP]),
    ],
)
def test_a_bracket_bounds_start_and_end_on_their_own(found, bracket, expected):
    assert found(HERE, BracketQuery(HG38, "17", *bracket)) == expected


# ---- selection ---------------------------------------------------------------------------------

CN0, CN3 = allele(300, "", "<CN0>", 400), allele(300, "", "<CN3>", 400)
BND = allele(500, "", "G]2:1001]")
FAR = allele(510, "", "<INS>")
ALL = [*HERE[:-1], CN0, CN3, BND, FAR]
EXTENTS = [
    (BND, {"mate": ["2", 1_000, 1_000]}),
    (FAR, {"length": 3_000}),
]
EFFECTS = [(SNP, [{"gene": "BRAF", "aminoacid_change": "V600E"}]), (DELETION, [{"gene": "BRAF"}])]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(variant_types=frozenset({"SNP"})), [SNP, OTHER_SNP]),
        (Selection(variant_types=frozenset({"DEL"})), [DELETION, CN0]),
        (Selection(variant_types=frozenset({"CNV"})), [CN0, CN3]),
        (Selection(variant_types=frozenset({"DUP"})), [SHORT_DUP, LONG_DUP, CN3]),
        (Selection(variant_types=frozenset({"BND"})), [BND]),
        (Selection(alternate_bases="T"), [SNP]),
        (Selection(alternate_bases="N"), [SNP, OTHER_SNP]),
        (Selection(alternate_bases="GAC"), [INSERTION]),
        (Selection(reference_bases="GG"), [DELETION]),
        (Selection(reference_bases="A", alternate_bases="C"), [OTHER_SNP]),
        (Selection(reference_bases="TGG", alternate_bases="T"), [DELETION]),
        (Selection(min_length=3, max_length=2_999), [SHORT_DUP, CN0, CN3]),
        (Selection(min_length=3_000), [LONG_DUP, FAR]),
        (Selection(max_length=0), [BND]),
        (Selection(mate_name="2"), [BND]),
        (Selection(mate_name="3"), []),
        (Selection(aminoacid_change="V600E"), [SNP]),
        (Selection(variant_types=frozenset({"INS", "BND"}), min_length=1), [INSERTION, FAR]),
    ],
    ids=str,
)
def test_a_range_selects(found, selection, expected):
    lookup = RangeQuery(HG38, Region("17", 0, 1_000), selection)
    assert found(ALL, lookup, extents=EXTENTS, effects=EFFECTS) == expected


def test_a_breakend_without_an_extent_names_its_mate_itself(found):
    lookup = RangeQuery(HG38, Region("17", 0, 1_000), Selection(mate_name="2"))
    assert found([BND], lookup) == [BND]


def test_long_alleles_are_selected_too(found):
    duplications = Selection(variant_types=frozenset({"DUP"}))
    lookup = RangeQuery(HG38, Region("17", 8_000, 8_001), duplications)
    other = allele(90, "", "<DEL>", 9_000)
    assert found([LONG_DUP, other], lookup) == [LONG_DUP]
    bracket = BracketQuery(HG38, "17", 0, 1_000, 8_000, 10_000, duplications)
    assert found([LONG_DUP, other], bracket) == [LONG_DUP]

"""A part holds each allele once, in order, with disjoint carrier sets; or it does not exist."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.errors import InvalidInput
from beacon_node.model.calls import AlleleCalls, Interval
from beacon_node.model.genome import Region
from beacon_node.model.variation import Extent
from beacon_node.store import parts
from beacon_node.store.parts import PartWriter
from beacon_node.store.schema import ORDINALS
from tests.store.alleles import allele, alleles_of, carriers, part, rows, stored

SAMPLES = [f"s{number}" for number in range(100)]


def test_an_allele_comes_back_as_it_was_written(tmp_path):
    full = AlleleCalls(
        *(23, 999, 7_000, "", "<DEL>"),
        *(stored(1), stored(2), stored(3), stored(4), stored(3, 5)),
        extent=Extent(6_001, (-5, 5), None, Region("X", 8_000, 8_001)),
        ids=("rs1", "rs2"),
        effects=({"gene": "BRCA1", "consequences": ["missense_variant"]},),
    )
    assert alleles_of(part(tmp_path / "p", SAMPLES, [full])) == [full]


def test_alleles_out_of_order_are_sorted_far_beyond_what_is_held_back(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "_HELD", 8)
    alleles = [allele(start, het=(start % 7,)) for start in range(500)]
    shuffled = random.Random(1).sample(alleles, len(alleles))
    assert alleles_of(part(tmp_path / "p", SAMPLES, shuffled)) == alleles


@pytest.mark.parametrize("held", [2, 8_192], ids=["met late", "met together"])
def test_two_records_of_one_allele_become_one(tmp_path, monkeypatch, held):
    monkeypatch.setattr(parts, "_HELD", held)
    first = allele(10, het=(1, 2), no_call=(3, 4), haploid=(5,), ids=("rs1",))
    other = [allele(start, het=(9,)) for start in range(100, 120)]
    second = allele(10, hom=(2,), het=(3,), single=(5, 1), haploid=(6,), ids=("rs2", "rs1"))
    found = alleles_of(part(tmp_path / "p", SAMPLES, [first, *other, second]))
    assert len(found) == 21
    assert carriers(found[0]) == {
        "hom": [2],
        "single": [1, 5],
        "het": [3],
        "no_call": [4],
        "haploid": [5, 6],
    }
    assert found[0].ids == ("rs1", "rs2")


def test_records_of_sites_add_their_alleles_but_saw_the_same_people(tmp_path):
    sites = [allele(10, allele_count=n, allele_number=an) for n, an in ((3, 200), (2, 198))]
    (found,) = alleles_of(part(tmp_path / "p", (), sites))
    assert (found.allele_count, found.allele_number) == (5, 200)


numbers = st.frozensets(st.integers(0, 30), max_size=6)
records = st.builds(
    lambda start, alt, het, hom, single: allele(
        start, alt=alt, hom=hom, single=single - hom, het=het - single - hom
    ),
    *(st.integers(0, 6), st.sampled_from("CG"), numbers, numbers, numbers),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(records, max_size=25), st.integers(0, 25))
def test_a_part_in_pieces_is_the_part_in_one(tmp_path_factory, alleles, cut):
    """Segments of a file may overlap by what normal form moved."""
    folder = tmp_path_factory.mktemp("pieces")
    whole = alleles_of(part(folder / "whole", SAMPLES, alleles))
    pieces = [
        part(folder / str(n), SAMPLES, piece)
        for n, piece in enumerate((alleles[:cut], alleles[cut:]))
    ]
    with PartWriter(folder / "joined", SAMPLES) as writer:
        for piece in pieces:
            writer.append(piece)
    joined = alleles_of(folder / "joined")
    assert _by_name(joined) == _by_name(whole)
    assert [a.start for a in joined] == sorted(a.start for a in joined)
    assert not any(piece.exists() for piece in pieces)


def _by_name(alleles):
    return {(a.start, a.alt): carriers(a) for a in alleles}


def test_pieces_keep_annotations_and_one_number_per_haploid_set(tmp_path):
    first = [allele(1, single=(1,), haploid=(1, 2)), allele(2, single=(3,), haploid=(3, 4))]
    second = [allele(5, single=(3,), haploid=(3, 4), ids=("rs5",)), allele(6, end=9_000, het=(1,))]
    pieces = [part(tmp_path / "1", SAMPLES, first), part(tmp_path / "2", SAMPLES, second)]
    with PartWriter(tmp_path / "joined", SAMPLES) as writer:
        for piece in pieces:
            writer.append(piece)
    assert alleles_of(tmp_path / "joined") == first + second
    assert rows(tmp_path / "joined", "SELECT count(*) FROM haploid") == [(2,)]
    assert len(rows(tmp_path / "joined", "SELECT * FROM long_allele")) == 1


@pytest.mark.parametrize(("length", "is_long"), [(1_000, False), (1_001, True)])
def test_an_allele_longer_than_a_range_scan_looks_back_is_listed(tmp_path, length, is_long):
    long = allele(50, ref="", alt="<DEL>", end=50 + length, het=(1,))
    path = part(tmp_path / "p", SAMPLES, [long])
    places = rows(path, 'SELECT reference_min, reference_max, start, "end" FROM long_allele')
    assert places == ([(22, 22, 50, 50 + length)] if is_long else [])


def test_more_alleles_at_one_place_than_ids_are_refused_by_place(tmp_path):
    crowd = (allele(41, alt=f"<X{n}>", ref="", end=42, het=(1,)) for n in range(ORDINALS + 1))
    with pytest.raises(InvalidInput, match="more than 4096 alleles start at 22:42"):
        part(tmp_path / "p", SAMPLES, crowd)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_fails_leaves_nothing(tmp_path):
    def broken():
        yield from (allele(start, het=(1,)) for start in range(10_000))
        raise InvalidInput("a column too few", file="x.vcf", line=7)

    with pytest.raises(InvalidInput, match=r"x\.vcf, line 7: a column too few"):
        part(tmp_path / "p", SAMPLES, broken())
    assert list(tmp_path.iterdir()) == []


def test_what_was_assayed_stands_in_the_part(tmp_path):
    with PartWriter(tmp_path / "p", SAMPLES) as writer:
        writer.declare({"assembly": "GRCh38"}, [Interval(1, 5, 9)])
    assert rows(tmp_path / "p", "SELECT * FROM assay_region") == [(1, 1, 5, 9)]
    assert ("assembly", "GRCh38") in rows(tmp_path / "p", "SELECT * FROM property")

"""What people type, and what it means."""

import pytest

from beacon_node.errors import InvalidRequest
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.genomic_hgvs import ask_by_hgvs
from beacon_node.model.notation import describe, understand
from beacon_node.model.query import (
    AminoacidQuery,
    BracketQuery,
    GeneQuery,
    NameQuery,
    RangeQuery,
    Selection,
    SequenceQuery,
    VariationIdQuery,
)

G37, G38 = Assembly.GRCH37, Assembly.GRCH38
SNV = SequenceQuery(G38, "17", 43_045_710, "C", "T")


@pytest.mark.parametrize(
    "text",
    [
        "17-43045711-C-T",
        "17:43045711:C:T",
        "chr17:43045711 C>T",
        "chr17:43045711C>T",
        " 17 : 43,045,711  c > t ",
        "17 43045711 C T",
        "17_43045711_C/T",
        "NC_000017.11:g.43045711C>T",
        "refseq:NC_000017.11:g.43045711C>T",
        "chr17:g.43045711C>T",
        "17-43045710-AC-AT",
        "GRCh38 17-43045711-C-T",
        "hg38:chr17:43045711:C:T",
    ],
)
def test_every_spelling_of_an_allele_is_one_question(text):
    assert understand(text, G38).variation == SNV


@pytest.mark.parametrize("text", ["17-100-A-AAC", "17:g.100_101insAC", "17-101-T-ACT"])
def test_every_spelling_of_an_insertion_is_one_question(text):
    assert understand(text, G38).variation == SequenceQuery(G38, "17", 100, "", "AC")


@pytest.mark.parametrize(
    ("text", "variation"),
    [
        ("rs80357906", NameQuery("rs80357906", G38)),
        ("RS80357906", NameQuery("rs80357906", G38)),
        ("NM_007294.4:c.5266dup", NameQuery("NM_007294.4:c.5266dup", G38)),
        ("NM_007294.4(BRCA1):c.5266dupC", NameQuery("NM_007294.4:c.5266dup", G38)),
        ("NP_004324.2:p.Val600Glu", NameQuery("NP_004324.2:p.V600E", G38)),
        ("CYP2C19*2", NameQuery("CYP2C19*2", G38)),
        ("VCV000017661", NameQuery("VCV000017661", G38)),
        ("BRCA1", GeneQuery("BRCA1", G38)),
        ("HLA-A", GeneQuery("HLA-A", G38)),
        ("HGNC:1100", GeneQuery("HGNC:1100", G38)),
        ("C1R", GeneQuery("C1R", G38)),
        ("S100B", GeneQuery("S100B", G38)),
        ("BRAF:p.Val600Glu", AminoacidQuery("V600E", "BRAF", G38)),
        ("BRAF V600E", AminoacidQuery("V600E", "BRAF", G38)),
        ("V600E", AminoacidQuery("V600E", "", G38)),
        ("p.(Val600Glu)", AminoacidQuery("V600E", "", G38)),
        ("p.C1R", AminoacidQuery("C1R", "", G38)),
        ("17:43044295-43125364", RangeQuery(G38, Region("17", 43_044_294, 43_125_364))),
        ("17:43,044,295-43,125,364", RangeQuery(G38, Region("17", 43_044_294, 43_125_364))),
        ("chr17:43044295..43125364", RangeQuery(G38, Region("17", 43_044_294, 43_125_364))),
        ("17:100", RangeQuery(G38, Region("17", 99, 100))),
        ("chrM:3243A>G", SequenceQuery(G38, "MT", 3242, "A", "G")),
    ],
)
def test_a_text_means(text, variation):
    assert understand(text, G38).variation == variation


@pytest.mark.parametrize(
    ("text", "assembly"),
    [
        ("GRCh37 17-100-A-T", G37),
        ("hg19 chr17:100 A>T", G37),
        ("NC_000017.10:g.100A>T", G37),
        ("17-100-A-T", G38),
    ],
)
def test_the_assembly_in_the_text_goes_before_the_default(text, assembly):
    assert understand(text, G38).variation == SequenceQuery(assembly, "17", 99, "A", "T")


def test_our_own_id_is_understood():
    found = understand("GRCh38.17.9.10.G.A").variation
    assert isinstance(found, VariationIdQuery) and found.id.region == Region("17", 9, 10)


@pytest.mark.parametrize(
    "text", ["22-16050000-<DEL>", "22-16050000-N-<DEL>", "chr22:16050000 <del>"]
)
def test_a_symbolic_allele_starts_at_the_base_or_after_it(text):
    found = understand(text, G38).variation
    assert (found.start_min, found.start_max) == (16_049_999, 16_050_001)
    assert found.selection.variant_types == {"DEL"}


def test_a_symbolic_allele_with_its_end_ends_there():
    found = understand("22:16050000-16060000-<CN0>", G38).variation
    assert (found.end_min, found.end_max) == (16_060_000, 16_060_001)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "try 17-43045711-C-T"),
        ("what is this", "try 17-43045711-C-T"),
        ("17", "try"),
        ("17-0-A-T", "count from 1"),
        ("17-999999999-A-T", "beyond the end of 17 in GRCh38"),
        ("17:200-100", "before it starts"),
        ("17-100-A-A", "are the same"),
        ("GRCh37 NC_000017.11:g.100A>T", "belongs to GRCh38"),
        ("NC_000017.9:g.100A>T", "no sequence of GRCh37 or GRCh38"),
        ("17:g.100_102delA", "names 1 bases"),
        ("17:g.102_100del", "ascending"),
        ("17:g.100=", "not understood"),
        ("17:g.100_105insA", "neighbours"),
        ("17-100-<WHAT>", "variantType"),
        ("A" * 20_000, "longer than"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(text, problem):
    with pytest.raises(InvalidRequest, match=problem):
        understand(text, G38)


@pytest.mark.parametrize("text", ["17-100-A-T", "NC_012920.1:m.3243A>G", "17:5-6"])
def test_a_place_without_assembly_is_refused(text):
    with pytest.raises(InvalidRequest, match="assembly"):
        understand(text)


def test_words_tell_both_ways_of_counting():
    words = understand("17-43045711-C-T", G38).words
    assert "17:43,045,711 of GRCh38" in words and "counted from 0: 43,045,710" in words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("17-100-A-AC", "C inserted before 17:101"),
        ("17-100-AC-A", "C deleted at 17:101"),
        ("BRCA1", "in the gene BRCA1"),
        ("V600E", "V600E in any gene"),
        ("rs123", "named rs123"),
        ("GRCh38.17.9.10.G.A", "GRCh38.17.9.10.G.A"),
        ("17-100-<DUP>", "DUP on 17"),
    ],
)
def test_every_kind_has_words(text, words):
    assert words in describe(understand(text, G38).variation)


SEQUENCE = "ACGTACGTAC"  # stands at the beginning of chromosome 17


def sequence(assembly, name, start, end):
    return SEQUENCE[start:end]


@pytest.mark.parametrize(
    ("change", "variation"),
    [
        ("2del", SequenceQuery(G38, "17", 1, "C", "")),
        ("2_3del", SequenceQuery(G38, "17", 1, "CG", "")),
        ("2_3delCG", SequenceQuery(G38, "17", 1, "CG", "")),
        ("2_3dup", SequenceQuery(G38, "17", 1, "", "CG")),
        ("2_3delinsTT", SequenceQuery(G38, "17", 1, "CG", "TT")),
        ("2_3delinsCT", SequenceQuery(G38, "17", 2, "G", "T")),
        ("2_3delCGinsTT", SequenceQuery(G38, "17", 1, "CG", "TT")),
        ("1_3inv", SequenceQuery(G38, "17", 0, "ACG", "CGT")),
    ],
)
def test_what_hgvs_leaves_out_is_read_from_the_reference(change, variation):
    assert ask_by_hgvs(f"17:g.{change}", G38, sequence) == variation


DEL, INV = Selection(frozenset({"DEL"})), Selection(frozenset({"INV"}))


@pytest.mark.parametrize(
    ("change", "variation"),
    [
        ("100_102del", BracketQuery(G38, "17", 99, 100, 102, 103, DEL)),
        ("100_102inv", BracketQuery(G38, "17", 99, 100, 102, 103, INV)),
        (
            "100_102delinsTT",
            BracketQuery(G38, "17", 99, 100, 102, 103, Selection(alternate_bases="TT")),
        ),
        (
            "100_102dup",
            BracketQuery(
                G38,
                "17",
                99,
                103,
                99,
                103,
                Selection(frozenset({"INS", "DUP"}), None, None, "", 3, 3),
            ),
        ),
        ("(100_200)_(300_400)del", BracketQuery(G38, "17", 99, 200, 300, 401, DEL)),
    ],
)
def test_without_a_reference_hgvs_asks_for_the_kind_at_the_place(change, variation):
    assert ask_by_hgvs(f"NC_000017.11:g.{change}", None) == variation

"""Alleles are found by every kind of name, and everything known of them is told together."""

import pytest

from beacon_node.model.knowledge import (
    EffectRecord,
    FrequencyRecord,
    GeneNames,
    Kind,
    PgxRecord,
    RsidRecord,
    StarRecord,
)
from beacon_node.model.variation import Allele
from beacon_node.ports import Effect, Interpretation, Known, PopulationFrequency
from beacon_node.store.knowledge import SqliteKnowledge
from tests.store.knowledge.sources import GRCH37, GRCH38, V600E, V600K, clinical, snv, source

V600E_37 = snv(140_453_136, "A", "T")
EFFECT = {
    "gene": "BRAF",
    "consequences": ["missense_variant"],
    "aminoacid_change": "V600E",
    "transcript": "NM_004333.6",
    "hgvs_c": "c.1799T>A",
    "hgvs_p": "p.Val600Glu",
    "source": "SnpEff",
}
SHIFTED = EFFECT | {"gene": "BRCA1", "aminoacid_change": "Q1756Pfs*74", "hgvs_c": "c.5266dupC"}
DUPLICATION = Allele("17", 43_057_062, 43_057_062, "", "G")


@pytest.fixture
def knowledge(tmp_path) -> SqliteKnowledge:
    knowledge = SqliteKnowledge(tmp_path)
    genes = frozenset({"BRAF"})
    records = [
        clinical(13961, V600E, rsids=(113488022,), genes=tuple(genes), consequences=("missense",)),
        clinical(375941, V600K, "Likely pathogenic", names=("NC_000007.14:g.1_2delinsTT",)),
    ]
    knowledge.add(source(Kind.CLINVAR, name="ClinVar"), records)
    old = EFFECT | {"transcript": "NM_004333.4"}
    knowledge.add(
        source(Kind.EFFECTS, GRCH37),
        [EffectRecord(V600E_37, (old,), (5,), ("NP_004324.2:p.V600E",))],
    )
    knowledge.add(
        source(Kind.EFFECTS),
        [EffectRecord(V600E, (EFFECT,)), EffectRecord(DUPLICATION, (SHIFTED,))],
    )
    knowledge.add(source(Kind.RSIDS), [RsidRecord(V600E, (113488022, 7)), RsidRecord(V600K, (7,))])
    panel = {"populations": ["total", "nfe", "fin"]}
    counts = ((3, 2_000_000_000), (0, 900), None)
    knowledge.add(
        source(Kind.FREQUENCIES, name="gnomAD", version="4", details=panel),
        [FrequencyRecord(V600E, counts, (99,))],
    )
    knowledge.add(source(Kind.PGX), [PgxRecord(V600K, "BRAF", 140_753_336, "AC", "TT", (8,))])
    knowledge.add(
        source(Kind.STAR_ALLELES), [StarRecord(V600K, "BRAF*2"), StarRecord(V600E, "BRAF*2")]
    )
    knowledge.add(
        source(Kind.GENE_NAMES), [GeneNames("HGNC:1097", "BRAF", "", ("OLD2",), ("B-RAF1",))]
    )
    return knowledge


@pytest.mark.parametrize(
    ("name", "alleles"),
    [
        ("rs113488022", {GRCH38: (V600E,)}),
        ("RS7", {GRCH38: (V600E, V600K)}),
        ("rs99", {GRCH38: (V600E,)}),  # a panel's id
        ("rs8", {GRCH38: (V600K,)}),  # a pharmacogenomic position's
        ("rs5", {GRCH37: (V600E_37,)}),
        ("clinvar:13961", {GRCH38: (V600E,)}),
        ("VCV000013961", {GRCH38: (V600E,)}),
        ("VCV000013961.4", {GRCH38: (V600E,)}),
        ("NC_000007.14:g.1_2delinsTT", {GRCH38: (V600K,)}),
        ("NC_000007.13:g.1_2delinsTT", {}),  # another assembly's
        ("NM_004333.6:c.1799T>A", {GRCH37: (V600E_37,), GRCH38: (V600E,)}),
        ("NM_004333:c.1799T>A", {GRCH37: (V600E_37,), GRCH38: (V600E,)}),
        ("NP_004324.2:p.Val600Glu", {GRCH37: (V600E_37,)}),
        ("NM_004333.6:c.5266dup", {GRCH38: (DUPLICATION,)}),
        ("BRAF:p.Val600Glu", {GRCH37: (V600E_37,), GRCH38: (V600E,)}),
        ("braf*2", {GRCH38: (V600E, V600K)}),
        ("rs1", {}),
        ("clinvar:1", {}),
        ("NM_1.1:c.1A>G", {}),
        ("BRAF*3", {}),
        ("anything else", {}),
    ],
)
def test_a_name_means_its_alleles(knowledge, name, alleles):
    found = knowledge.alleles_of(name)
    assert {a: set(some) for a, some in found.items()} == {a: set(s) for a, s in alleles.items()}


def test_the_very_version_of_a_transcript_wins_where_it_is_known(tmp_path):
    knowledge = SqliteKnowledge(tmp_path)
    other = EFFECT | {"transcript": "NM_004333.5"}
    records = [EffectRecord(V600E, (EFFECT,)), EffectRecord(V600K, (other,))]
    knowledge.add(source(Kind.EFFECTS), records)
    assert knowledge.alleles_of("NM_004333.6:c.1799T>A") == {GRCH38: (V600E,)}
    assert set(knowledge.alleles_of("NM_004333.9:c.1799T>A")[GRCH38]) == {V600E, V600K}


@pytest.mark.parametrize(
    "change", ["V600E", "p.V600E", "Val600Glu", "p.Val600Glu", "p.(Val600Glu)"]
)
@pytest.mark.parametrize("gene", ["", "BRAF", "braf", "OLD2", "HGNC:1097", "B-RAF1"])
def test_a_protein_change_in_any_spelling_and_by_any_name_of_the_gene(knowledge, change, gene):
    assert knowledge.alleles_of_change(change, gene) == {GRCH37: (V600E_37,), GRCH38: (V600E,)}


@pytest.mark.parametrize(("change", "gene"), [("V600E", "BRCA1"), ("V600K", "BRAF"), ("V60", "")])
def test_another_change_or_gene_has_no_alleles(knowledge, change, gene):
    assert knowledge.alleles_of_change(change, gene) == {}


def test_a_frameshift_is_found_by_its_long_and_its_short_form(knowledge):
    for change in ("Q1756Pfs*74", "p.Gln1756fs", "Q1756fs"):
        assert knowledge.alleles_of_change(change, "BRCA1") == {GRCH38: (DUPLICATION,)}


def test_everything_known_of_an_allele_is_told_together(knowledge):
    unknown = snv(1, "A", "C")
    known = knowledge.about(GRCH38, [V600E, unknown])
    assert set(known) == {V600E}
    told = EFFECT | {"consequences": ("missense_variant",)}
    assert known[V600E] == Known(
        rsids=("rs7", "rs99", "rs113488022"),
        clinvar_id="13961",
        effects=(Effect("BRAF", ("missense",), source="ClinVar"), Effect(**told)),
        interpretations=(
            Interpretation(
                "VCV000013961",
                "Pathogenic",
                "MONDO:0005105",
                "melanoma",
                "criteria provided",
                "ClinVar",
            ),
        ),
        frequencies=(
            PopulationFrequency("gnomAD", "total", 3, 2_000_000_000, "4"),
            PopulationFrequency("gnomAD", "nfe", 0, 900, "4"),
        ),
        pharmacogenes=("BRAF*2",),
    )


def test_assemblies_are_not_mixed(knowledge):
    assert knowledge.about(GRCH37, [V600E]) == {}
    assert knowledge.about(GRCH37, [V600E_37])[V600E_37].rsids == ("rs5",)


def test_a_consequence_is_told_of_a_gene_only_if_it_is_the_only_one(tmp_path):
    knowledge = SqliteKnowledge(tmp_path)
    record = clinical(1, V600E, genes=("A", "B"), consequences=("missense_variant",))
    knowledge.add(source(Kind.CLINVAR), [record])
    effects = knowledge.about(GRCH38, [V600E])[V600E].effects
    assert [(e.gene, e.consequences) for e in effects] == [
        ("", ("missense_variant",)),
        ("A", ()),
        ("B", ()),
    ]


def test_panels_stand_side_by_side(knowledge):
    details = {"populations": ["total"]}
    records = [FrequencyRecord(V600E, ((1, 10),))]
    knowledge.add(source(Kind.FREQUENCIES, name="1000G", details=details), records)
    knowledge.add(source(Kind.FREQUENCIES, name="1000G", details=details, part="7"), records)
    frequencies = knowledge.about(GRCH38, [V600E])[V600E].frequencies
    assert [f.source for f in frequencies] == ["1000G", "1000G", "gnomAD", "gnomAD"]

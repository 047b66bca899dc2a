"""Variation records: everything known of a variation, in the words and shapes of the schema."""

import gzip

import pytest

from beacon_node.beacon_v2.consequences import (
    SEQUENCE_ONTOLOGY,
    clinical_relevance,
    sequence_ontology_term,
)
from beacon_node.beacon_v2.records import About, variation_document
from beacon_node.model.answer import Case, VariationRecord
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.variation import Allele, Extent
from beacon_node.ports import Effect, Interpretation, Known, PopulationFrequency
from tests.shared_data import shared

G38 = Assembly.GRCH38
SNV = Allele("17", 43_057_062, 43_057_063, "G", "A")
KNOWN = Known(
    rsids=("rs80357906",),
    clinvar_id="17661",
    effects=(
        Effect(
            "BRCA1", ("stop_gained", "made_up"), "Q1756*", "NM_007294.4", "c.5266C>T", "p.Gln1756*"
        ),
    ),
    interpretations=(
        Interpretation("RCV1", "Pathogenic", "MONDO:0011450", "breast cancer", "expert panel"),
        Interpretation("RCV2", "Conflicting_interpretations_of_pathogenicity", "", "not provided"),
    ),
    frequencies=(
        PopulationFrequency("gnomAD", "nfe", 3, 100, "r2.1.1", "https://gnomad.example"),
        PopulationFrequency("gnomAD", "afr", 0, 50, "r2.1.1", "https://gnomad.example"),
        PopulationFrequency("gnomAD", "fin", 0, 0, "r2.1.1", "https://gnomad.example"),
    ),
    pharmacogenes=("CYP2C19*2",),
)


def document(allele: Allele = SNV, **more) -> dict:
    about = About({(G38, SNV): KNOWN}, {(G38, SNV): ("BRCA1", "NBR1")})
    record = VariationRecord(G38, allele, **more)
    return variation_document(record, about, source="Cohort", url="https://b.example/datasets/d")


def test_a_record_has_an_id_that_anybody_can_compute():
    assert document()["variantInternalId"] == "GRCh38.17.43057062.43057063.G.A"


def test_identifiers_are_those_of_public_databases():
    identifiers = document(ids=("rs80357906", "HOSPITAL_0042", "esv99"))["identifiers"]
    assert identifiers["genomicHGVSId"] == "NC_000017.11:g.43057063G>A"
    assert identifiers["clinvarVariantId"] == "clinvar:17661"
    assert identifiers["transcriptHGVSIds"] == ["NM_007294.4:c.5266C>T"]
    assert [one["id"] for one in identifiers["variantAlternativeIds"]] == [
        "dbSNP:rs80357906",
        "dbVar:esv99",
    ]


def test_what_it_does_is_told_once_for_the_file_and_the_knowledge_base():
    effect = {"gene": "BRCA1", "consequences": ["stop_gained"], "aminoacid_change": "Q1756*"}
    molecular = document(effects=(effect,))["molecularAttributes"]
    assert molecular == {
        "geneIds": ["BRCA1", "NBR1"],
        "aminoacidChanges": ["Q1756*"],
        "molecularEffects": [{"id": "SO:0001587", "label": "stop_gained"}],
    }


def test_a_conflict_is_told_in_its_own_words_and_has_no_tier():
    agreed, conflict = document()["variantLevelData"]["clinicalInterpretations"]
    assert agreed["clinicalRelevance"] == "pathogenic"
    assert agreed["effect"] == {"id": "MONDO:0011450", "label": "breast cancer"}
    assert "clinicalRelevance" not in conflict
    assert conflict["info"]["classification"] == "Conflicting interpretations of pathogenicity"
    assert conflict["effect"]["id"].startswith("CUSTOM:")


@pytest.mark.parametrize(
    ("word", "tier"),
    [
        ("Pathogenic", "pathogenic"),
        ("Likely_pathogenic", "likely pathogenic"),
        ("Pathogenic/Likely_pathogenic", "likely pathogenic"),
        ("Pathogenic,_low_penetrance", "pathogenic"),
        ("Pathogenic|drug_response", "pathogenic"),
        ("Uncertain_significance", "uncertain significance"),
        ("Likely_benign", "likely benign"),
        ("Benign/Likely_benign", "likely benign"),
        ("Benign", "benign"),
        ("Conflicting_classifications_of_pathogenicity", None),
        ("Pathogenic/Benign", None),
        ("drug_response", None),
        ("not_provided", None),
        ("", None),
    ],
)
def test_a_classification_has_a_tier_only_if_it_is_one(word, tier):
    assert clinical_relevance(word) == tier


def test_frequencies_are_the_datasets_own_and_the_panels():
    own, panel = document(allele_count=2, allele_number=8, homozygous=1)["frequencyInPopulations"]
    assert own["frequencies"] == [
        {
            "population": "Cohort",
            "alleleFrequency": 0.25,
            "alleleCount": 2,
            "alleleNumber": 8,
            "alleleCountHomozygous": 1,
        }
    ]
    assert (panel["source"], panel["version"]) == ("gnomAD", "r2.1.1")
    assert [f["population"] for f in panel["frequencies"]] == ["nfe", "afr"]


def test_without_a_number_of_alleles_there_is_no_frequency_of_ones_own():
    sources = [one["source"] for one in document(allele_count=2)["frequencyInPopulations"]]
    assert sources == ["gnomAD"]


def test_cases_tell_zygosity_in_geno_terms():
    case = Case("b1", "i1", "homozygous", run_id="r1")
    assert document(cases=(case,))["caseLevelData"] == [
        {
            "biosampleId": "b1",
            "individualId": "i1",
            "runId": "r1",
            "zygosity": {"id": "GENO:0000136", "label": "homozygous"},
        }
    ]


@pytest.mark.parametrize(
    ("alt", "kind", "bases"),
    [
        ("<DEL>", "DEL", ""),
        ("<DUP>", "DUP", "N"),
        ("<INS:ME:ALU>", "INS", "N"),
        ("<CN2>", "CNV", "N"),
        ("N[3:200[", "BND", "N"),
    ],
)
def test_a_symbolic_allele_is_told_in_info(alt, kind, bases):
    mate = Region("3", 199, 200) if kind == "BND" else None
    told = document(Allele("1", 10, 60, "", alt), extent=Extent(50, (-5, 5), None, mate))
    assert (told["variation"]["variantType"], told["variation"]["alternateBases"]) == (kind, bases)
    assert "referenceBases" not in told["variation"] and "identifiers" not in told
    assert told["info"]["symbolicAllele"] == alt and told["info"]["length"] == 50
    assert told["info"]["startMargin"] == (-5, 5) and "endMargin" not in told["info"]
    assert ("mate" in told["info"]) == (kind == "BND")


def test_star_alleles_are_told():
    assert document()["info"]["starAlleles"] == ["CYP2C19*2"]


def test_sequence_ontology_ids_are_those_of_the_ontology():
    packed = shared("data/ontologies/so_2024-11-18.obo.gz").read_bytes()
    lines = gzip.decompress(packed).decode().splitlines()
    ids = [line[4:] for line in lines if line.startswith("id: SO:")]
    names = [line[6:] for line in lines if line.startswith("name: ")]
    official = dict(zip(names, ids, strict=False))
    assert {n: official.get(n) for n in SEQUENCE_ONTOLOGY} == dict(SEQUENCE_ONTOLOGY)


def test_words_that_the_ontology_does_not_have_are_left_out():
    assert sequence_ontology_term("made_up") is None
    assert sequence_ontology_term("nonsense")["id"] == "SO:0001587"
    assert sequence_ontology_term("SO:0001583") == {"id": "SO:0001583", "label": "missense_variant"}

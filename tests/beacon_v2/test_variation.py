"""The query types of the Beacon v2 documentation, and what fits none of them."""

import pytest

from beacon_node.errors import InvalidRequest
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.query import (
    EVERYTHING,
    AminoacidQuery,
    BracketQuery,
    GeneQuery,
    NameQuery,
    RangeQuery,
    Selection,
    SequenceQuery,
)
from tests.beacon_v2.asking import get, variant

G38 = Assembly.GRCH38
PLACE = "assemblyId=GRCh38&referenceName=17"


def ask(url: str):
    return get(url).query.variation


@pytest.mark.parametrize(
    ("url", "variation"),
    [
        (f"{PLACE}&start=9&alternateBases=T", SequenceQuery(G38, "17", 9, None, "T")),
        (
            f"{PLACE}&start=9&referenceBases=A&alternateBases=AAC",
            SequenceQuery(G38, "17", 10, "", "AC"),
        ),
        (
            f"{PLACE}&start=10&referenceBases=&alternateBases=AC",
            SequenceQuery(G38, "17", 10, "", "AC"),
        ),
        (
            f"{PLACE}&start=10&referenceBases=-&alternateBases=AC",
            SequenceQuery(G38, "17", 10, "", "AC"),
        ),
        (
            f"{PLACE}&start=9&referenceBases=AG&alternateBases=A",
            SequenceQuery(G38, "17", 10, "G", ""),
        ),
        (
            f"{PLACE}&start=10&referenceBases=G&alternateBases=",
            SequenceQuery(G38, "17", 10, "G", ""),
        ),
        (
            f"{PLACE}&start=9&referenceBases=N&alternateBases=N",
            SequenceQuery(G38, "17", 9, "N", "N"),
        ),
        (
            f"{PLACE}&start=9&referenceBases=A&alternateBases=N",
            SequenceQuery(G38, "17", 9, "A", "N"),
        ),
        (
            f"{PLACE}&start=9&referenceBases=N&alternateBases=NAC",
            SequenceQuery(G38, "17", 10, "", "AC"),
        ),
        (f"{PLACE}&start=9&end=20", RangeQuery(G38, Region("17", 9, 20))),
        (
            f"{PLACE}&start=9&end=20&variantType=DEL",
            RangeQuery(G38, Region("17", 9, 20), Selection(frozenset({"DEL"}))),
        ),
        (
            f"{PLACE}&start=9&end=20&variantType=EFO:0030070",
            RangeQuery(G38, Region("17", 9, 20), Selection(frozenset({"DUP"}))),
        ),
        (
            f"{PLACE}&start=9&end=20&referenceBases=TA&alternateBases=TAC",
            RangeQuery(
                G38, Region("17", 9, 20), Selection(alternate_bases="C", reference_bases="")
            ),
        ),
        (
            f"{PLACE}&start=9&end=20&aminoacidChange=V600E",
            RangeQuery(G38, Region("17", 9, 20), Selection(aminoacid_change="V600E")),
        ),
        (
            f"{PLACE}&start=9&end=20&mateName=chr3&variantType=BND",
            RangeQuery(G38, Region("17", 9, 20), Selection(frozenset({"BND"}), mate_name="3")),
        ),
        (f"{PLACE}&start=9,20&end=30,40", BracketQuery(G38, "17", 9, 20, 30, 40, EVERYTHING)),
        (
            f"{PLACE}&start=9,20&end=30,40&variantMinLength=5",
            BracketQuery(G38, "17", 9, 20, 30, 40, Selection(min_length=5)),
        ),
        ("geneId=BRCA1", GeneQuery("BRCA1")),
        (
            "geneId=BRCA1&assemblyId=GRCh38&variantType=SNP",
            GeneQuery("BRCA1", G38, Selection(frozenset({"SNP"}))),
        ),
        ("geneId=BRAF&aminoacidChange=p.Val600Glu", AminoacidQuery("V600E", "BRAF")),
        ("aminoacidChange=V600E", AminoacidQuery("V600E")),
        ("allele=NM_004006.2:c.4375C>T", NameQuery("NM_004006.2:c.4375C>T")),
        ("allele=NM_004006.2:c.357+1G>T", NameQuery("NM_004006.2:c.357+1G>T")),
        ("allele=rs123", NameQuery("rs123")),
        (
            "referenceName=refseq:NC_012920.1&assemblyId=GRCh37&start=3242&alternateBases=G",
            SequenceQuery(Assembly.GRCH37, "MT", 3242, None, "G"),
        ),
    ],
)
def test_a_coherent_question_is_understood(url, variation):
    assert ask(url) == variation


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("assemblyId=GRCh38", "referenceName is missing"),
        (PLACE, "start is missing"),
        (f"{PLACE}&end=5", "start is missing"),
        (f"{PLACE}&start=5", "alternateBases is missing"),
        (f"{PLACE}&start=5&referenceBases=A", "alternateBases is missing"),
        ("assemblyId=GRCh38&start=5&alternateBases=A", "referenceName is missing"),
        ("referenceName=17&start=5&alternateBases=A", "assemblyId is missing"),
        ("referenceName=NC_012920.1&start=5&alternateBases=A", "assemblyId is missing"),
        ("referenceName=NC_000017.10&assemblyId=GRCh38&start=5&end=6", "belongs to GRCh37"),
        ("referenceName=chrUn&assemblyId=GRCh38&start=5&end=6", "chrUn"),
        ("referenceName=17&assemblyId=hg18&start=5&end=6", "hg18"),
        (f"{PLACE}&start=5&end=5", "end must be greater than start"),
        (f"{PLACE}&start=9&end=5", "end must be greater than start"),
        (f"{PLACE}&start=5,6&end=9", "end must have as many values"),
        (f"{PLACE}&start=5&end=9,10", "end must have as many values"),
        (f"{PLACE}&start=5,6", "end must have as many values"),
        (f"{PLACE}&start=6,6&end=9,10", r"start\[1\]"),
        (f"{PLACE}&start=5,6&end=10,9", r"end\[1\]"),
        (f"{PLACE}&start=50,60&end=10,20", "end lies before start"),
        (f"{PLACE}&start=83257441&end=83257442", "beyond the end of 17"),
        (f"{PLACE}&start=83257441&alternateBases=A", "beyond the end of 17"),
        (f"{PLACE}&start=5&referenceBases=A&alternateBases=A", "are the same"),
        (f"{PLACE}&start=5&alternateBases=<DEL>", "variantType"),
        (f"{PLACE}&start=5&alternateBases=R", "alternateBases"),
        (
            f"{PLACE}&start=5&referenceBases=A&alternateBases=T&variantType=DEL",
            "variantType contradicts",
        ),
        (f"{PLACE}&start=5&referenceBases=A&alternateBases=T&variantMinLength=2", "contradicts"),
        (f"{PLACE}&start=5&alternateBases=T&variantType=SNP", "referenceBases is missing"),
        (f"{PLACE}&start=5&alternateBases=T&mateName=3", "mateName"),
        (f"{PLACE}&start=5&alternateBases=T&aminoacidChange=V600E", "aminoacidChange"),
        (f"{PLACE}&start=5&end=9&variantType=FOO", "variantType"),
        (f"{PLACE}&start=5&end=9&variantMinLength=9&variantMaxLength=2", "variantMinLength"),
        (f"{PLACE}&start=5&end=9&mateName=NC_000003.11", "belongs to GRCh37"),
        ("variantType=DEL", "referenceName is missing"),
        ("geneId=BRCA1&start=5", "start does not go together with geneId"),
        ("geneId=BRCA1&referenceName=17", "referenceName does not go together with geneId"),
        ("geneId=", "geneId is empty"),
        ("aminoacidChange=V600E&referenceName=7", "referenceName does not go together"),
        ("aminoacidChange=xyz", "aminoacidChange"),
        ("allele=NM_1:c.1A>T&geneId=X", "geneId does not go together with genomicAlleleShortForm"),
        ("allele=hello", "genomicAlleleShortForm"),
        ("allele=NC_000017.11:g.100_200", "HGVS"),
    ],
)
def test_an_incoherent_question_is_refused_by_name(url, named):
    with pytest.raises(InvalidRequest, match=named):
        ask(url)


def test_start_counts_from_0_and_end_is_exclusive():
    assert ask(f"{PLACE}&start=0&end=1").region == Region("17", 0, 1)


def test_a_huge_number_is_refused_before_it_reaches_a_store():
    with pytest.raises(InvalidRequest, match="start"):
        variant(assemblyId="GRCh38", referenceName="17", start=[10**30], alternateBases="A")


def test_exact_brackets_may_touch_the_end_of_the_sequence():
    asked = ask(f"{PLACE}&start=83257440,83257441&end=83257441,83257442")
    assert asked.end_max == 83_257_442

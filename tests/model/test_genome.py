"""Every name of a reference sequence is one name, and a contradiction is an error (design §4)."""

import csv

import pytest

from beacon_node.errors import InvalidRequest
from beacon_node.model.genome import (
    REFERENCE_NAMES,
    SEQUENCES,
    Assembly,
    detect_assembly,
    find_reference,
    parse_assembly,
    resolve_reference,
)
from tests.shared_data import shared


def test_the_table_is_that_of_the_public_lists():
    with shared("data/reference/sequences.tsv").open() as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert len(rows) == 50
    for row in rows:
        ours = SEQUENCES[Assembly(row["assembly"])][row["name"]]
        told = (ours.ucsc_name, ours.refseq, ours.genbank, str(ours.length), ours.refget)
        assert told == tuple(
            row[key] for key in ("ucsc_name", "refseq", "genbank", "length", "refget_SQ")
        )


@pytest.mark.parametrize("text", ["17", "chr17", "CHR17", "NC_000017.11", "refseq:NC_000017.11"])
def test_aliases_are_one_name(text):
    assert resolve_reference(text, Assembly.GRCH38) == ("17", Assembly.GRCH38)


@pytest.mark.parametrize("text", ["M", "MT", "chrM", "chrMT", "NC_012920.1"])
def test_the_mitochondrion_says_nothing_about_the_assembly(text):
    assert find_reference(text) == ("MT", None)


@pytest.mark.parametrize("assembly", Assembly)
def test_every_accession_and_digest_is_understood(assembly):
    for name, sequence in SEQUENCES[assembly].items():
        for alias in (sequence.refseq, sequence.genbank, sequence.refget):
            assert resolve_reference(alias, assembly) == (name, assembly)


def test_an_accession_of_the_other_assembly_is_refused():
    with pytest.raises(InvalidRequest, match="GRCh38, not to GRCh37"):
        resolve_reference("NC_000017.11", Assembly.GRCH37)


@pytest.mark.parametrize("text", ["", "18q", "chr23q", "GL000209.1", "0"])
def test_unknown_sequences_are_refused(text):
    with pytest.raises(InvalidRequest, match="referenceName"):
        resolve_reference(text, None)


@pytest.mark.parametrize(
    ("text", "assembly"),
    [
        ("GRCh37", Assembly.GRCH37),
        ("hg19", Assembly.GRCH37),
        ("grch37.p13", Assembly.GRCH37),
        ("GCF_000001405.25", Assembly.GRCH37),
        ("GRCh38.p14", Assembly.GRCH38),
        ("hg38", Assembly.GRCH38),
        ("GCF_000001405.26", Assembly.GRCH38),
        ("GCA_000001405.15", Assembly.GRCH38),
    ],
)
def test_assembly_aliases(text, assembly):
    assert parse_assembly(text) is assembly


@pytest.mark.parametrize("text", ["NCBI36", "hg18", "T2T-CHM13v2.0", "", "GRCm39"])
def test_other_assemblies_are_refused_by_name(text):
    with pytest.raises(InvalidRequest) as raised:
        parse_assembly(text)
    assert repr(text) in str(raised.value)


@pytest.mark.parametrize("assembly", Assembly)
def test_contig_lengths_tell_the_assembly(assembly):
    lengths = {f"chr{name}": SEQUENCES[assembly][name].length for name in REFERENCE_NAMES}
    assert detect_assembly(lengths) is assembly


def test_contigs_without_length_or_unknown_ones_tell_nothing():
    assert detect_assembly({"1": 0, "GL000209.1": 159_169, "MT": 16_569}) is None


def test_ncbi36_is_refused_by_name():
    with pytest.raises(InvalidRequest, match="NCBI36"):
        detect_assembly({"1": 247_249_719})


def test_contigs_that_contradict_each_other_are_refused():
    lengths = {
        "1": SEQUENCES[Assembly.GRCH37]["1"].length,
        "2": SEQUENCES[Assembly.GRCH38]["2"].length,
    }
    with pytest.raises(InvalidRequest):
        detect_assembly(lengths)

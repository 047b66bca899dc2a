"""Knowledge is loaded from files, said what became of it, and used by a real node."""

import gzip
from pathlib import Path

import pytest

from beacon_node.actions.annotate import (
    KINDS,
    AnnotateOptions,
    annotate,
    list_sources,
    remove_source,
)
from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.errors import InvalidInput, InvalidRequest, StoreUnavailable
from beacon_node.model.genome import SEQUENCES, Assembly
from beacon_node.model.knowledge import Kind
from beacon_node.model.query import OntologyFilter, Similarity
from beacon_node.model.variation import Allele
from beacon_node.node import Node, open_node
from tests.ingest.knowledge.test_ontologies import OBO
from tests.ingest.knowledge.test_sites import CLINVAR, CLINVAR_HEAD, EXAC, HEAD, vcf
from tests.ingest.knowledge.test_tables import TABLE, gene_file
from tests.shared_data import shared

GRCH37, GRCH38 = Assembly.GRCH37, Assembly.GRCH38
ON_37, ON_38 = AnnotateOptions(assembly=GRCH37), AnnotateOptions(assembly=GRCH38)


@pytest.fixture
def node(tmp_path) -> Node:
    return open_node(init_node(tmp_path / "node", NewNode()))


def fasta(tmp_path, changes: dict[int, str], assembly=GRCH38, name="21") -> Path:
    """Return a FASTA of one chromosome, empty but for the bases at some interbase places."""
    length = SEQUENCES[assembly][name].length
    path = tmp_path / "reference.fa"
    with path.open("wb") as file:
        file.write(f">chr{name}\n".encode())
        start = file.tell()
        for place, bases in changes.items():
            file.seek(start + place)
            file.write(bases.encode())
        file.seek(start + length)
        file.write(b"\n")
    index = f"chr{name}\t{length}\t{start}\t{length}\t{length + 1}\n"
    path.with_name("reference.fa.fai").write_text(index)
    return path


def test_a_file_is_loaded_and_listed(node, tmp_path):
    outcome = annotate(node, Kind.GENES, str(gene_file(tmp_path, TABLE)), ON_38)
    source = outcome.source
    assert (source.name, source.assembly, source.rows, source.file_name) == (
        "genes",
        GRCH38,
        1,
        "genes",
    )
    assert len(source.sha256) == 64 and source.loaded_at.endswith("+00:00")
    assert list_sources(node) == (source,)
    assert not outcome.is_unchanged and outcome.records == 1
    assert node.knowledge.gene_regions("BRAF")[GRCH38]


def test_loading_the_same_file_again_changes_nothing(node, tmp_path):
    path = str(gene_file(tmp_path, TABLE))
    first = annotate(node, Kind.GENES, path, ON_38)
    version = node.knowledge.version
    again = annotate(node, Kind.GENES, path, ON_38)
    assert again.is_unchanged and again.source == first.source
    assert node.knowledge.version == version
    assert not annotate(node, Kind.GENES, path, AnnotateOptions("x", "2", GRCH38)).is_unchanged


def test_a_bad_file_changes_nothing(node, tmp_path):
    path = gene_file(tmp_path, TABLE)
    annotate(node, Kind.GENES, str(path), ON_38)
    before = node.knowledge.version, list_sources(node)
    path.write_text(TABLE + "X\t\t\t7\t9\t5\n")
    with pytest.raises(InvalidInput, match="line 3"):
        annotate(node, Kind.GENES, str(path), ON_38)
    assert (node.knowledge.version, list_sources(node)) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_not_there_is_said_so(node, tmp_path, kind):
    with pytest.raises(InvalidInput, match="nowhere"):
        annotate(node, kind, str(tmp_path / "nowhere"), ON_38)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe junk \x80" * 99], ids=["empty", "junk"])
def test_an_empty_file_or_junk_is_refused_whatever_it_is_meant_to_be(node, tmp_path, kind, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="file"):
        annotate(node, kind, str(path), ON_38)
    assert list_sources(node) == ()


def test_a_source_can_be_removed(node, tmp_path):
    annotate(node, Kind.GENES, str(gene_file(tmp_path, TABLE)), ON_38)
    assert [source.name for source in remove_source(node, Kind.GENES)] == ["genes"]
    assert node.knowledge.gene_regions("BRAF") == {}
    with pytest.raises(InvalidRequest, match="no such genes source"):
        remove_source(node, Kind.GENES)


def test_of_several_sources_the_name_must_be_said_to_remove_one(node, tmp_path):
    path = str(vcf(tmp_path, "chr7 5 rs1 A C . . ."))
    for name in ("one", "two"):
        annotate(node, Kind.RSIDS, path, AnnotateOptions(name))
    with pytest.raises(InvalidRequest, match="one, two"):
        remove_source(node, Kind.RSIDS)
    remove_source(node, Kind.RSIDS, "one")
    assert [source.name for source in list_sources(node)] == ["two"]


def test_a_newer_clinvar_replaces_the_old_one_and_tells_what_changed(node, tmp_path):
    row = "7 {0} {0} A C . . ALLELEID={0};CLNSIG={1}"
    old = [(1, "Benign"), (2, "Uncertain_significance"), (3, "Benign")]
    new = [(1, "Benign"), (2, "Pathogenic"), (4, "Benign")]
    for number, rows in enumerate((old, new)):
        (tmp_path / str(number)).mkdir()
        lines = [row.format(*values) for values in rows]
        path = vcf(tmp_path / str(number), *lines, head=CLINVAR_HEAD)
        outcome = annotate(node, Kind.CLINVAR, str(path))
    changes = outcome.changes
    assert (changes.added, changes.removed, changes.changed) == (1, 1, 1)
    assert [str(change) for change in changes.examples] == [
        "VCV000000002 NC_000007.14:g.2A>C: Uncertain significance → Pathogenic"
    ]
    assert outcome.replaced is not None
    assert node.knowledge.alleles_of("clinvar:3") == {}


SUMMARY_HEAD = (
    *("#AlleleID", "Name", "GeneSymbol", "RS# (dbSNP)", "Assembly", "Chromosome"),
    *("PositionVCF", "ReferenceAlleleVCF", "AlternateAlleleVCF"),
)
SUMMARY = (
    "\t".join(SUMMARY_HEAD)
    + """
1\tNM_007294.4(BRCA1):c.5266dup (p.Gln1756fs)\tBRCA1\t80357906\tGRCh38\t17\t43057062\tT\tTG
1\tNM_007294.4(BRCA1):c.5266dup (p.Gln1756fs)\tBRCA1\t80357906\tGRCh37\t17\t41209079\tT\tTG
2\tNM_004333.6(BRAF):c.1799T>A (p.Val600Glu)\tBRAF\t-1\tGRCh38\t7\t140753336\tA\tT
3\tGRCh38/hg38 1q21.1 copy number gain\tX\t-1\tGRCh38\t1\t-1\tna\tna
"""
)


def test_clinvars_summary_explains_transcript_and_protein_names(node, tmp_path):
    path = tmp_path / "variant_summary.txt"
    path.write_text(SUMMARY)
    with pytest.raises(InvalidRequest, match="--assembly"):
        annotate(node, Kind.EFFECTS, str(path))
    outcome = annotate(node, Kind.EFFECTS, str(path), ON_38)
    assert outcome.source.rows == 2
    assert outcome.skipped == {"on another assembly": 1, "without place or transcript name": 1}
    duplication = {GRCH38: (Allele("17", 43_057_062, 43_057_062, "", "G"),)}
    for name in ("NM_007294.4:c.5266dup", "NM_007294.3:c.5266dupG", "rs80357906"):
        assert node.knowledge.alleles_of(name) == duplication
    assert node.knowledge.alleles_of_change("p.Gln1756fs", "BRCA1") == duplication
    assert GRCH38 in node.knowledge.alleles_of("BRAF:p.Val600Glu")


def test_a_panel_needs_a_name(node):
    with pytest.raises(InvalidRequest, match="name"):
        annotate(node, Kind.FREQUENCIES, str(shared(EXAC)), ON_37)


def test_named_alleles_need_their_positions_first(node):
    table = str(shared("data/pgx/pgx_named_alleles_GRCh38.tsv.gz"))
    with pytest.raises(InvalidInput, match="load PharmCAT's positions VCF of GRCh38 first"):
        annotate(node, Kind.PGX, table)
    annotate(node, Kind.PGX, str(shared("data/pgx/pharmcat_positions_GRCh38.vcf")))
    assert annotate(node, Kind.PGX, table).source.rows == 1_849
    assert annotate(node, Kind.PGX, table).is_unchanged
    (allele,) = node.knowledge.alleles_of("CYP2C19*17")[GRCH38]
    known = node.knowledge.about(GRCH38, [allele])[allele]
    assert known.rsids == ("rs12248560",)
    assert "CYP2C19*17" in known.pharmacogenes


def test_progress_is_told_in_bytes_of_the_file(node):
    class Heard:
        def __init__(self):
            self.labels, self.total, self.done = [], 0, 0

        def start(self, label, total, unit):
            assert unit == "bytes"
            self.labels.append(label)

        def advance(self, amount):
            self.done += amount

        def finish(self):
            return None

    heard, path = Heard(), shared(CLINVAR)
    annotate(node, Kind.CLINVAR, str(path), progress=heard)
    assert heard.labels == ["checking the file", path.name]
    assert path.stat().st_size <= heard.done <= 2 * path.stat().st_size


# ---- reference sequence ------------------------------------------------------------------------


def test_bases_are_read_from_the_reference(node, tmp_path):
    path = fasta(tmp_path, {1_000: "acgtA"})
    outcome = annotate(node, Kind.REFERENCE, str(path))
    assert (outcome.source.assembly, outcome.source.rows) == (GRCH38, 1)
    assert node.knowledge.bases(GRCH38, "21", 1_000, 1_005) == "ACGTA"
    assert node.knowledge.bases(GRCH38, "22", 1_000, 1_005) == ""
    assert node.knowledge.bases(GRCH37, "21", 1_000, 1_005) == ""
    assert annotate(node, Kind.REFERENCE, str(path)).is_unchanged


def test_indels_are_shifted_left_once_there_is_a_reference(node, tmp_path):
    sites = str(vcf(tmp_path, "chr21 1005 rs1 A AA . . ."))
    assert "no reference sequence" in annotate(node, Kind.RSIDS, sites).notes[0]
    assert node.knowledge.alleles_of("rs1")[GRCH38][0].start == 1_004
    outcome = annotate(node, Kind.REFERENCE, str(fasta(tmp_path, {1_000: "CAAAAT"})))
    assert outcome.notes == ("loaded before the reference, load again to shift indels: sites",)
    again = annotate(node, Kind.RSIDS, sites)
    assert not again.is_unchanged and again.notes == ()
    assert node.knowledge.alleles_of("rs1")[GRCH38] == (Allele("21", 1_001, 1_001, "", "A"),)


def test_a_reference_of_other_lengths_is_refused(node, tmp_path):
    path = fasta(tmp_path, {})
    with pytest.raises(InvalidInput, match="GRCh38's, but GRCh37 was declared"):
        annotate(node, Kind.REFERENCE, str(path), ON_37)
    path.write_text(">chr21\nACGT\n")
    path.with_name("reference.fa.fai").unlink()
    with pytest.raises(InvalidInput, match="chromosome|contig"):
        annotate(node, Kind.REFERENCE, str(path))
    assert node.knowledge.bases(GRCH38, "21", 0, 4) == ""


def test_a_compressed_reference_is_refused(node, tmp_path):
    path = tmp_path / "reference.fa.gz"
    path.write_bytes(gzip.compress(b">chr21\nACGT\n"))
    with pytest.raises(InvalidInput, match="decompress it"):
        annotate(node, Kind.REFERENCE, str(path), ON_38)


def test_a_reference_that_changed_since_is_not_read(node, tmp_path):
    path = fasta(tmp_path, {})
    annotate(node, Kind.REFERENCE, str(path))
    path.write_text(">chr21\nACGT\n")
    with pytest.raises(StoreUnavailable, match="has changed since it was loaded"):
        node.knowledge.bases(GRCH38, "21", 0, 4)


# ---- real files --------------------------------------------------------------------------------


def test_filters_over_the_public_ontologies(node):
    for name in ("ncit_disease_2018-06-08", "mondo_rare_2026-08", "hp_2025-01-16"):
        annotate(node, Kind.ONTOLOGY, str(shared(f"data/ontologies/{name}.obo.gz")))
    knowledge = node.knowledge
    assert len(knowledge.terms_for(OntologyFilter("NCIT:C3262")) - {"NCIT:C3262"}) == 10_036
    assert len(knowledge.terms_for(OntologyFilter("NCIT:C3059")) - {"NCIT:C3059"}) == 256
    assert knowledge.label("MONDO:0007254") == "breast cancer"
    assert {r["nameSpacePrefix"] for r in knowledge.resources()} == {"HP", "MONDO", "NCIT"}
    sizes = [
        len(knowledge.terms_for(OntologyFilter("HP:0001629", similarity=similarity)))
        for similarity in Similarity
    ]
    assert sizes == sorted(sizes) and sizes[0] < sizes[1] < sizes[2] < sizes[3] < 500
    septal = OntologyFilter("HP:0001629", similarity=Similarity.HIGH)
    assert "HP:0011682" in knowledge.terms_for(septal)  # perimembranous, a kind of it
    assert "HP:0001250" not in knowledge.terms_for(septal)  # seizure


def test_what_is_known_of_a_variation_comes_from_all_sources(node):
    annotate(node, Kind.CLINVAR, str(shared(CLINVAR)))
    annotate(node, Kind.FREQUENCIES, str(shared(EXAC)), AnnotateOptions("ExAC", "0.3", GRCH37))
    annotate(node, Kind.EFFECTS, str(shared(EXAC)), ON_37)
    annotate(node, Kind.GENES, str(shared("data/reference/genes_GRCh37.tsv.gz")), ON_37)
    allele = Allele("1", 69_427, 69_428, "T", "G")
    known = node.knowledge.about(GRCH37, [allele])[allele]
    assert known.rsids == ("rs140739101",)
    assert known.effects[0].aminoacid_change == "F113C"
    total = known.frequencies[0]
    assert (total.source, total.version, total.population) == ("ExAC", "0.3", "total")
    assert (total.allele_count, total.allele_number) == (2_141, 99_358)
    assert node.knowledge.genes_at(GRCH37, allele.region) == ("OR4F5",)
    assert node.knowledge.alleles_of_change("p.Phe113Cys", "OR4F5") == {GRCH37: (allele,)}
    clinvar = Allele("1", 69_133, 69_134, "A", "G")
    (interpretation,) = node.knowledge.about(GRCH37, [clinvar])[clinvar].interpretations
    assert (interpretation.id, interpretation.relevance) == ("VCV002205837", "Likely benign")
    assert interpretation.condition == "MedGen:C0950123"


def test_an_ontology_is_replaced_by_its_next_release(node, tmp_path):
    for date in ("2025-01-16", "2026-01-01"):
        path = tmp_path / "hp.obo"
        path.write_text(OBO.replace("2025-01-16", date))
        outcome = annotate(node, Kind.ONTOLOGY, str(path))
    assert outcome.replaced.version == "2025-01-16"
    assert [source.version for source in list_sources(node)] == ["2026-01-01"]


def test_a_vcf_on_a_foreign_assembly_is_refused(node, tmp_path):
    path = vcf(tmp_path, head=HEAD.replace("GRCh38", "NCBI36"))
    with pytest.raises(InvalidInput, match="NCBI36"):
        annotate(node, Kind.RSIDS, str(path))

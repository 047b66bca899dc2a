"""Panels and genomes are loaded, listed, replaced and removed like other knowledge."""

from dataclasses import replace

import pytest

from beacon_node.actions.annotate import list_sources, remove_source
from beacon_node.actions.annotate_panels import PublicOptions, annotate_genomes, annotate_panel
from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.actions.node_status import status
from beacon_node.cli.annotate import source_row
from beacon_node.errors import Conflict, InvalidInput, InvalidRequest
from beacon_node.model.calls import FilterPolicy
from beacon_node.model.genome import Assembly
from beacon_node.model.knowledge import Kind
from beacon_node.model.panels import FLOOR, Declaration
from beacon_node.model.variation import Allele
from beacon_node.node import Node, open_node
from beacon_node.store.panels import SqlitePanels
from tests.actions.test_annotate import fasta
from tests.ingest.knowledge.test_sites import HEAD, bcftools, trimmed, vcf
from tests.shared_data import shared

GRCH37, GRCH38 = Assembly.GRCH37, Assembly.GRCH38
COHORT = "data/vcf/grch37/1kg_p3_chr22_16.05-16.50Mb_cineca1900.vcf.gz"
CHR_X = "data/vcf/grch37/1kg_p3_subset1126_chrX_p.vcf.gz"
MITOCHONDRIA = "data/vcf/grch37/1kg_p3_MT_1-8000_2534.vcf.gz"
NFE = Declaration("NFE", "nfe", is_disjoint=True)
NAMED = PublicOptions("gnomad-nfe")
ROW = "chr7 100 . A C . . AC=9;AN=9000;AC_nfe=400;AN_nfe=4000"


@pytest.fixture
def node(tmp_path) -> Node:
    return open_node(init_node(tmp_path / "node", NewNode()))


def load(node, path, declared=NFE, **told):
    return annotate_panel(node, str(path), declared, replace(NAMED, **told))


def least(node, allele, name="gnomad-nfe") -> float:
    (found,) = SqlitePanels(node.knowledge).frequencies_of([name], GRCH38, [allele])
    return found


# ---- panels ------------------------------------------------------------------------------------


def test_a_panel_is_loaded_listed_and_used(node, tmp_path):
    outcome = load(node, vcf(tmp_path, ROW, "chr7 200 . A C . . AC_nfe=9;AN_nfe=90"), version="4.1")
    source = outcome.source
    assert (source.kind, source.name, source.assembly) == (Kind.PANEL, "gnomad-nfe", GRCH38)
    assert (source.version, source.rows, source.details["thin"]) == ("4.1", 2, 1)
    assert "1 of 2 sites have fewer than 2,000 alleles" in outcome.notes[-1]
    assert 0.08 < least(node, Allele("7", 99, 100, "A", "C")) < 0.1
    assert least(node, Allele("7", 199, 200, "A", "C")) == FLOOR
    (panel,) = SqlitePanels(node.knowledge).panels()
    assert (panel.declaration, panel.sites, panel.thin) == (NFE, 2, 1)


def test_panels_are_not_what_records_show(node, tmp_path):
    load(node, vcf(tmp_path, ROW))
    assert not node.knowledge.about(GRCH38, [Allele("7", 99, 100, "A", "C")])


def test_loading_again_changes_nothing_and_saying_otherwise_does(node, tmp_path):
    path = vcf(tmp_path, ROW)
    own = replace(NFE, is_disjoint=False)
    first = load(node, path, own)
    assert "it protects nobody yet" in first.notes[-1] and not first.is_unchanged
    version = node.knowledge.version
    assert load(node, path, own).is_unchanged and node.knowledge.version == version
    with pytest.raises(InvalidRequest, match="not declared disjoint"):
        least(node, Allele("7", 99, 100, "A", "C"))
    again = load(node, path)
    assert not again.is_unchanged and again.replaced.name == "gnomad-nfe"
    assert least(node, Allele("7", 99, 100, "A", "C")) > 0.08
    assert not load(node, path, replace(NFE, population="")).is_unchanged
    assert not load(node, path, filters=FilterPolicy(None)).is_unchanged
    assert len(list_sources(node)) == 1


def test_indels_are_shifted_once_there_is_a_reference(node, tmp_path):
    from beacon_node.actions.annotate import annotate

    path = vcf(tmp_path, "chr21 1005 . A AA . . AC_nfe=400;AN_nfe=4000")
    assert "no reference sequence" in load(node, path).notes[0]
    annotate(node, Kind.REFERENCE, str(fasta(tmp_path, {1_000: "CAAAAT"})))
    assert not load(node, path).is_unchanged
    assert least(node, Allele("21", 1_001, 1_001, "", "A")) > 0.08
    assert load(node, path).is_unchanged


def test_parts_of_a_panel_must_be_declared_alike(node, tmp_path):
    path = vcf(tmp_path, ROW)
    load(node, path, part="chr7")
    for other in (replace(NFE, ancestry="FIN"), replace(NFE, is_disjoint=False)):
        with pytest.raises(Conflict, match="part 'chr7' of panel 'gnomad-nfe' was declared other"):
            load(node, path, other, part="chr8")
    load(node, path, part="chr8")
    load(node, path, replace(NFE, ancestry="FIN"), name="gnomad-fin")
    assert len(list_sources(node)) == 3


def test_a_removed_panel_is_gone_with_what_was_made_of_it(node, tmp_path):
    load(node, vcf(tmp_path, ROW))
    panels = SqlitePanels(node.knowledge)
    made = panels.prepare(["gnomad-nfe"], GRCH38)
    remove_source(node, Kind.PANEL, "gnomad-nfe")
    assert not made.exists() and not panels.panels()
    with pytest.raises(InvalidRequest, match="no panel 'gnomad-nfe' is loaded"):
        panels.walk(["gnomad-nfe"], GRCH38, 0.1)


def test_a_file_of_which_nothing_can_be_used_is_refused(node, tmp_path):
    path = vcf(tmp_path, "chr7 100 . A C . RF AC_nfe=400;AN_nfe=4000")
    with pytest.raises(InvalidInput, match="none of 1 records can be used: FILTER RF"):
        load(node, path)
    assert not list_sources(node) and not list(node.knowledge.folder.glob("*.source*"))


@pytest.mark.parametrize(
    ("declared", "name", "problem"), [(Declaration(""), "x", "ancestry"), (NFE, "", "--name")]
)
def test_a_panel_needs_a_name_and_an_ancestry(node, tmp_path, declared, name, problem):
    with pytest.raises(InvalidRequest, match=problem):
        load(node, vcf(tmp_path, ROW), declared, name=name)


def test_a_bad_record_changes_nothing(node, tmp_path):
    load(node, vcf(tmp_path, ROW))
    bad = vcf(tmp_path, ROW, "chr7 101 . A C . . AC_nfe=9;AN_nfe=8")
    with pytest.raises(InvalidInput, match="line 16, AN_nfe: 9 of 8"):
        load(node, bad)
    assert least(node, Allele("7", 99, 100, "A", "C")) > 0.08


def test_the_list_and_the_status_say_whom_a_panel_speaks_of(node, tmp_path):
    path = vcf(tmp_path, ROW)
    load(node, path)
    load(node, path, Declaration("FIN"), name="other")
    annotate_genomes(node, str(shared(CHR_X)), PublicOptions("1000g", filters=FilterPolicy(None)))
    rows = [source_row(source) for source in status(node).knowledge]
    assert [(row[0], row[1], row[6]) for row in rows] == [
        (Kind.GENOMES, "1000g", "1,126 people"),
        (Kind.PANEL, "gnomad-nfe", "NFE, disjoint"),
        (Kind.PANEL, "other", "FIN, not declared disjoint"),
    ]


# ---- genomes -----------------------------------------------------------------------------------


def test_public_people_are_loaded_with_who_carries_what(node):
    path, options = str(shared(COHORT)), PublicOptions("1000g", processes=1)
    outcome = annotate_genomes(node, path, options)
    assert outcome.source.details["people"] == 1_900
    assert annotate_genomes(node, path, options).is_unchanged
    genomes = SqlitePanels(node.knowledge).genomes(GRCH37)
    assert len(genomes) == 1_900 and genomes.references == {"22"}
    for row in bcftools(path, "AC")[:300]:
        if "," not in row[3] and "<" not in row[3]:
            calls = genomes.calls(trimmed(row))
            assert len(calls.het) + 2 * len(calls.hom) == int(row[4]), row


def test_a_walk_over_a_panel_is_joined_with_its_own_people(node):
    path = str(shared(COHORT))
    annotate_panel(node, path, Declaration("all", is_disjoint=True), PublicOptions("1000g"))
    annotate_genomes(node, path, PublicOptions("1000g", processes=1))
    panels = SqlitePanels(node.knowledge)
    alleles = 0
    for chunk, carried in panels.genomes(GRCH37).along(panels.walk(["1000g"], GRCH37, 0.01)):
        counts = [copies.sum() for copies in _cut(carried)]
        assert all(n / 3_800 > limit for n, limit in zip(counts, chunk.limits, strict=True))
        assert sorted(counts, reverse=True) == counts
        alleles += len(chunk)
    assert alleles > 500


def _cut(carried) -> list:
    edges = carried.offsets.tolist()
    return [carried.copies[a:b] for a, b in zip(edges, edges[1:], strict=False)]


def test_people_of_chromosomes_with_one_copy_are_told(node):
    annotate_genomes(
        node, str(shared(MITOCHONDRIA)), PublicOptions("1000g", filters=FilterPolicy(None))
    )
    genomes = SqlitePanels(node.knowledge).genomes(GRCH37)
    row = next(r for r in bcftools(shared(MITOCHONDRIA)) if "," not in r[3])
    calls = genomes.calls(trimmed(row))
    assert calls.single and not calls.het and not calls.hom
    assert len(calls.one_copy) + len(calls.unknown) >= len(genomes) == 2_534


def test_sites_are_no_genomes(node, tmp_path):
    with pytest.raises(InvalidInput, match="genomes need genotypes"):
        annotate_genomes(node, str(vcf(tmp_path, ROW)), PublicOptions("1000g"))
    silent = vcf(tmp_path, ROW, head=HEAD.replace("##reference=GRCh38\n", ""))
    with pytest.raises(InvalidRequest, match="say --assembly"):
        load(node, silent)

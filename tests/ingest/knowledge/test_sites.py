"""Site VCFs: alleles in normal form, values as bcftools reads them, bad files refused."""

import gzip
import random
import shutil
import subprocess

import pytest

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.knowledge import Reading, open_knowledge
from beacon_node.ingest.knowledge.clinvar import best_condition
from beacon_node.model.calls import ReadReport
from beacon_node.model.genome import Assembly
from beacon_node.model.knowledge import Kind, Statement
from beacon_node.model.variation import Allele, trim
from beacon_node.ports import NO_PROGRESS
from tests.ingest.knowledge.test_tables import read
from tests.shared_data import shared

GRCH37, GRCH38 = Assembly.GRCH37, Assembly.GRCH38
CLINVAR = "data/clinvar/clinvar_20230710_GRCh37_chr1_a.vcf.gz"
EXAC = "data/af/exac_chr1_148sites.vcf.gz"

HEAD = """##fileformat=VCFv4.2
##fileDate=2025-02-03
##reference=GRCh38
##INFO=<ID=AC,Number=A,Type=Integer,Description="x">
##INFO=<ID=AN,Number=1,Type=Integer,Description="x">
##INFO=<ID=AC_nfe,Number=A,Type=Integer,Description="x">
##INFO=<ID=AN_nfe,Number=1,Type=Integer,Description="x">
##INFO=<ID=AF_fin,Number=A,Type=Float,Description="x">
##INFO=<ID=AN_fin,Number=1,Type=Integer,Description="x">
##INFO=<ID=AC_nfe_male,Number=A,Type=Integer,Description="x">
##INFO=<ID=AN_nfe_male,Number=1,Type=Integer,Description="x">
##INFO=<ID=CSQ,Number=.,Type=String,Description="VEP. Format: {csq}">
##contig=<ID=chr7>
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
""".replace("{csq}", "Allele|Consequence|SYMBOL|Feature|HGVSc|HGVSp")


def vcf(tmp_path, *rows: str, head: str = HEAD):
    path = tmp_path / "sites.vcf"
    path.write_text(head + "".join(row.replace(" ", "\t") + "\n" for row in rows))
    return path


def bcftools(path, *fields: str) -> list[list[str]]:
    if not shutil.which("bcftools"):
        pytest.skip("bcftools is not installed")
    wanted = "\t".join(f"%{field}" for field in ("CHROM", "POS", "REF", "ALT", *fields)) + "\n"
    command = ["bcftools", "query", "-f", wanted, str(path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split("\t") for line in lines]


def trimmed(row: list[str]) -> Allele:
    chrom, pos, ref, alt = row[:4]
    return trim(Allele(chrom, int(pos) - 1, int(pos) - 1 + len(ref), ref, alt))


# ---- every kind of site file -------------------------------------------------------------------


def test_alleles_are_split_and_trimmed(tmp_path):
    path = vcf(tmp_path, "chr7 100 rs1;rs2;x AC A,ACT,GC,*,<DEL>,. . . AC=1,2,3,0,0,0;AN=9")
    _, records, _ = read(Kind.RSIDS, path)
    assert [(r.allele.start, r.allele.ref, r.allele.alt) for r in records] == [
        (100, "C", ""),
        (101, "", "T"),
        (99, "A", "G"),
    ]
    assert {record.rsids for record in records} == {(1, 2)}


def test_indels_are_shifted_left_where_there_is_a_reference(tmp_path):
    path = vcf(tmp_path, "chr7 105 rs1 A AA . . .")
    opened = open_knowledge(Kind.RSIDS, str(path), None, NO_PROGRESS)
    reading = Reading(ReadReport(), NO_PROGRESS, GRCH38, lambda _, start, end: "A" * (end - start))
    (record,) = opened.read(reading)
    assert record.allele == Allele("7", 0, 0, "", "A")


def test_records_without_a_spelled_allele_or_off_the_chromosomes_are_counted(tmp_path):
    rows = ("chr7 5 rs1 A <DEL> . . .", "chr7 6 rs2 A . . . .", "GL000209.1 5 rs3 A C . . .")
    _, records, report = read(Kind.RSIDS, vcf(tmp_path, *rows))
    assert records == [] and report.records == 3
    assert report.skipped == {
        "no allele spelled in bases": 2,
        "on a sequence that is no chromosome": 1,
    }


def test_version_and_assembly_come_from_the_head(tmp_path):
    opened, _, _ = read(Kind.RSIDS, vcf(tmp_path))
    assert (opened.version, opened.assembly, opened.name) == ("2025-02-03", GRCH38, "sites")
    dbsnp = HEAD.replace("##reference", "##dbSNP_BUILD_ID=156\n##reference")
    opened, _, _ = read(Kind.RSIDS, vcf(tmp_path, head=dbsnp))
    assert (opened.version, opened.name) == ("156", "dbSNP")


@pytest.mark.parametrize(
    ("head", "row", "problem"),
    [
        ("", "", "no VCF"),
        ("##fileformat=VCFv4.2\n", "chr7 1 . A C . . .", "no #CHROM line"),
        (HEAD, "chr7 5 rs1", "line 15"),
        (HEAD, "chr7 abc rs1 A C . . .", "line 15"),
        (HEAD, "chr7 249000000 rs1 A C . . .", "line 15: 249,000,000 lies outside chromosome 7"),
        (HEAD, "NC_000007.13 5 rs1 A C . . .", "line 15: NC_000007.13 belongs to GRCh37"),
        (HEAD.replace("GRCh38", "NCBI36"), "", "NCBI36"),
        (HEAD.replace("GRCh38", "GRCh37"), "", "GRCh38 was declared"),
    ],
)
def test_a_bad_vcf_is_refused_with_its_place(tmp_path, head, row, problem):
    path = vcf(tmp_path, row, head=head)
    with pytest.raises(InvalidInput, match=problem) as refused:
        read(Kind.RSIDS, path, GRCH38)
    assert str(path) in str(refused.value)


def test_a_vcf_that_does_not_say_its_assembly_needs_to_be_told(tmp_path):
    with pytest.raises(InvalidRequest, match="--assembly"):
        read(Kind.RSIDS, vcf(tmp_path, head=HEAD.replace("GRCh38", "x")))


@pytest.mark.parametrize("cut", [lambda raw: raw[: len(raw) // 2], lambda raw: raw[:100]])
def test_a_truncated_vcf_is_refused(tmp_path, cut):
    path = tmp_path / "cut.vcf.gz"
    path.write_bytes(cut(shared(CLINVAR).read_bytes()))
    with pytest.raises(InvalidInput, match="cut.vcf.gz"):
        read(Kind.CLINVAR, path)


def test_plain_gzip_is_read_like_bgzip(tmp_path):
    path = tmp_path / "plain.vcf.gz"
    path.write_bytes(gzip.compress(gzip.decompress(shared(CLINVAR).read_bytes())))
    assert read(Kind.CLINVAR, path)[1] == read(Kind.CLINVAR, shared(CLINVAR))[1]


# ---- ClinVar -----------------------------------------------------------------------------------


def test_clinvar_says_what_bcftools_reads():
    opened, records, report = read(Kind.CLINVAR, shared(CLINVAR))
    assert (opened.version, opened.name, opened.assembly) == ("2023-07-10", "ClinVar", GRCH37)
    assert report.records == 1_299 and report.skipped == {"no allele spelled in bases": 1}
    fields = ("ID", "CLNSIG", "CLNDN", "CLNREVSTAT", "GENEINFO", "MC", "RS")
    rows = [row for row in bcftools(shared(CLINVAR), *fields) if row[3] != "."]
    by_id = {record.variation: record for record in records}
    assert len(rows) == len(records) == len(by_id)
    for row in random.Random(1).sample(rows, 300):
        record = by_id[int(row[4])]
        assert record.allele == trimmed(row)
        told = ["" if value == "." else value for value in row[5:]]
        significance, conditions, review, genes, consequences, rsids = told
        assert record.significance == significance.replace("_", " ")
        labels = [statement.condition_label for statement in record.statements]
        assert labels == [label.replace("_", " ") for label in conditions.split("|") if label]
        assert {s.review_status for s in record.statements} <= {review.replace("_", " ")}
        assert record.genes == tuple(g.split(":")[0] for g in genes.split("|") if g)
        assert record.consequences == tuple(c.split("|")[1] for c in consequences.split(",") if c)
        assert record.rsids == tuple(map(int, filter(None, rsids.split(","))))


@pytest.mark.parametrize(
    ("identifiers", "condition"),
    [
        ("MONDO:MONDO:0014502,MedGen:C4015293,OMIM:616126,Orphanet:319563", "MONDO:0014502"),
        ("MedGen:C4015293,OMIM:616126", "OMIM:616126"),
        ("MedGen:C0751882,Orphanet:590", "Orphanet:590"),
        ("MedGen:CN517202", "MedGen:CN517202"),
        ("Human_Phenotype_Ontology:HP:0000547,MedGen:C1", "HP:0000547"),
        (".", ""),
        ("", ""),
    ],
)
def test_the_best_name_of_a_condition(identifiers, condition):
    assert best_condition(identifiers) == condition


CLINVAR_HEAD = HEAD.replace(
    "##contig",
    "\n".join(
        f'##INFO=<ID={id},Number=.,Type=String,Description="x">'
        for id in (
            "ALLELEID",
            "CLNSIG",
            "CLNDN",
            "CLNDISDB",
            "CLNREVSTAT",
            "ONC",
            "ONCDN",
            "CLNHGVS",
        )
    )
    + "\n##contig",
)


def test_every_condition_is_a_statement_and_somatic_classifications_too(tmp_path):
    info = (
        "CLNSIG=Pathogenic|drug_response;CLNDN=Some_disease|not_provided;"
        "CLNDISDB=MONDO:MONDO:1|.;CLNREVSTAT=reviewed_by_expert_panel;ONC=Oncogenic;ONCDN=Glioma"
    )
    _, (record,), _ = read(Kind.CLINVAR, vcf(tmp_path, f"7 5 9 A C . . {info}", head=CLINVAR_HEAD))
    review = "reviewed by expert panel"
    assert record.statements == (
        Statement("Pathogenic|drug response", "MONDO:1", "Some disease", review),
        Statement("Pathogenic|drug response", "", "not provided", review),
        Statement("Oncogenic", "", "Glioma", ""),
    )
    assert record.significance == "Pathogenic|drug response"


def test_hgvs_names_that_do_not_follow_from_the_allele_are_kept(tmp_path):
    rows = (
        "7 5 1 A C . . CLNHGVS=NC_000007.14:g.5A>C",
        "7 9 2 A AT . . CLNHGVS=NC_000007.14:g.12dup",
    )
    _, records, _ = read(Kind.CLINVAR, vcf(tmp_path, *rows, head=CLINVAR_HEAD))
    assert [record.names for record in records] == [(), ("NC_000007.14:g.12dup",)]


def test_another_vcf_is_not_taken_for_clinvar(tmp_path):
    with pytest.raises(InvalidInput, match="no ClinVar VCF: INFO ALLELEID and CLNSIG"):
        read(Kind.CLINVAR, vcf(tmp_path))
    with pytest.raises(InvalidInput, match="line 23, ID: 'rs5' is no ClinVar variation id"):
        read(Kind.CLINVAR, vcf(tmp_path, "7 5 rs5 A C . . .", head=CLINVAR_HEAD))


# ---- panels ------------------------------------------------------------------------------------


def test_counts_of_a_panel_and_its_populations(tmp_path):
    info = (
        "AC=1,2;AN=100;AC_nfe=1,0;AN_nfe=50;AF_fin=0.25,0;AN_fin=8;AC_nfe_male=1,0;AN_nfe_male=20"
    )
    path = vcf(tmp_path, f"chr7 5 rs1 A C,G . . {info}", "chr7 6 . A C . . AC=0;AN=0")
    opened, records, _ = read(Kind.FREQUENCIES, path)
    assert opened.details["populations"] == ["total", "nfe", "fin"]
    assert [record.counts for record in records] == [
        ((1, 100), (1, 50), (2, 8)),
        ((2, 100), (0, 50), (0, 8)),
    ]


@pytest.mark.parametrize("info", ["AC=5;AN=4", "AC=-1;AN=4"])
def test_impossible_counts_are_refused(tmp_path, info):
    with pytest.raises(InvalidInput, match="line 15, AN: .* is no frequency"):
        read(Kind.FREQUENCIES, vcf(tmp_path, f"chr7 5 . A C . . {info}"))


def test_a_file_without_counts_is_no_panel(tmp_path):
    with pytest.raises(InvalidInput, match="there are no counts"):
        read(Kind.FREQUENCIES, vcf(tmp_path, head=HEAD.replace("AN", "XX")))


def test_a_public_panel_says_what_bcftools_reads():
    path = shared(EXAC)
    opened, records, _ = read(Kind.FREQUENCIES, path, GRCH37)
    populations = opened.details["populations"]
    assert populations == ["total", "AFR", "AMR", "EAS", "FIN", "NFE", "OTH", "SAS"]
    fields = [
        f"{kind}{'' if p == 'total' else '_' + p}" for p in populations for kind in ("AC", "AN")
    ]
    known = {(r.allele, tuple(c or (0, 0) for c in r.counts)) for r in records}
    checked = 0
    for row in bcftools(path, *fields):
        alts, values = row[3].split(","), row[4:]
        for index, alt in enumerate(alts):
            pairs = [
                (int(ac.split(",")[index]), int(an))
                for ac, an in zip(values[::2], values[1::2], strict=True)
            ]
            counts = tuple(pair if pair[1] else (0, 0) for pair in pairs)
            checked += (trimmed([*row[:3], alt]), counts) in known
    assert checked == len(records) == len(known)


# ---- effects -----------------------------------------------------------------------------------


def test_effects_and_the_names_with_their_sequences(tmp_path):
    csq = (
        "C|missense_variant|BRAF|ENST1|ENST00000288602.6:c.5A>C|ENSP00000288602.6:p.Val2Glu,"
        "G|synonymous_variant|BRAF|ENST1|ENST00000288602.6:c.5A>G|ENSP00000288602.6:p.Val2%3D"
    )
    _, (one, two), _ = read(Kind.EFFECTS, vcf(tmp_path, f"chr7 5 rs9 A C,G . . CSQ={csq}"))
    assert [e["aminoacid_change"] for e in (*one.effects, *two.effects)] == ["V2E", "V2="]
    assert one.names == ("ENST00000288602.6:c.5A>C", "ENSP00000288602.6:p.Val2Glu")
    assert two.names == ("ENST00000288602.6:c.5A>G", "ENSP00000288602.6:p.Val2=")
    assert one.rsids == two.rsids == (9,)


def test_a_vcf_without_annotations_has_no_effects(tmp_path):
    head = "\n".join(line for line in HEAD.splitlines() if "CSQ" not in line) + "\n"
    with pytest.raises(InvalidInput, match="ANN"):
        read(Kind.EFFECTS, vcf(tmp_path, head=head))


def test_effects_of_a_file_with_2504_samples():
    path = shared("data/vcf/grch37/1kg_p3_chr1_10-80kb_2504_SnpEff_ANN.vcf.gz")
    _, records, report = read(Kind.EFFECTS, path)
    assert len(records) == report.records == 554
    missense = [e for r in records for e in r.effects if "missense_variant" in e["consequences"]]
    assert missense and all(effect["gene"] == "OR4F5" for effect in missense)

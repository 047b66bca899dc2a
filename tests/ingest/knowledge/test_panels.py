"""Panels: counts of all or of one population, or of genotypes; doubtful records are left out."""

import subprocess
from dataclasses import dataclass, field

import pytest

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.knowledge import Reading
from beacon_node.ingest.knowledge.panels import CountFields, count_fields, open_panel
from beacon_node.model.calls import FilterPolicy, ReadReport
from beacon_node.model.genome import Assembly
from beacon_node.model.panels import PanelSite
from beacon_node.model.variation import Allele
from beacon_node.ports import NO_PROGRESS
from tests.ingest.knowledge.test_sites import HEAD, bcftools, trimmed, vcf
from tests.shared_data import shared

GRCH37, GRCH38 = Assembly.GRCH37, Assembly.GRCH38
COHORT = "data/vcf/grch37/1kg_p3_chr22_16.05-16.50Mb_cineca1900.vcf.gz"
MISSING = "data/vcf/grch37/1kg_gatk_chr22_100_missing_multiallelic.vcf.gz"
CHR_X = "data/vcf/grch37/1kg_p3_subset1126_chrX_p.vcf.gz"
MITOCHONDRIA = "data/vcf/grch37/1kg_p3_MT_1-8000_2534.vcf.gz"
PAR1_END = 2_699_520  # of GRCh37's X
ALL = FilterPolicy(None)
GENOTYPES = """##fileformat=VCFv4.2
##FORMAT=<ID=GT,Number=1,Type=String,Description="x">
##contig=<ID=chrX,length=156040895>
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb\tc\td
"""


@dataclass
class Read:
    """What was read of a panel, and what was noticed."""

    sites: list[PanelSite] = field(default_factory=list)
    report: ReadReport = field(default_factory=ReadReport)

    @property
    def counts(self) -> list[tuple[int, int]]:
        return [(site.count, site.number) for site in self.sites]


def read(path, population="", declared=None, filters=FilterPolicy(), bases=None) -> Read:
    file = open_panel(str(path), population=population, declared=declared, filters=filters)
    done = Read()
    done.sites += file.read(Reading(done.report, NO_PROGRESS, file.assembly, bases))
    return done


# ---- which counts ------------------------------------------------------------------------------


def test_all_alleles_are_split_with_their_own_counts(tmp_path):
    path = vcf(tmp_path, "chr7 100 . AC A,ACT,GC,* . . AC=1,2,3,4;AN=9;AC_nfe=0,0,0,0;AN_nfe=4")
    done = read(path)
    assert done.counts == [(1, 9), (2, 9), (3, 9)]
    assert [(s.allele.start, s.allele.ref, s.allele.alt) for s in done.sites] == [
        (100, "C", ""),
        (101, "", "T"),
        (99, "A", "G"),
    ]


@pytest.mark.parametrize(
    ("population", "counts"), [("nfe", (3, 50)), ("NFE", (3, 50)), ("", (7, 90))]
)
def test_one_population_is_chosen_by_its_name(tmp_path, population, counts):
    path = vcf(tmp_path, "chr7 100 . A C . . AC=7;AN=90;AC_nfe=3;AN_nfe=50")
    assert read(path, population).counts == [counts]


@pytest.mark.parametrize(
    ("declared", "population", "expected"),
    [
        (["AC", "AN", "AF"], "", CountFields("AN", "AC")),
        (["AF", "AN"], "", CountFields("AN", share="AF")),
        (["AC-nfe", "AN-nfe"], "nfe", CountFields("AN-nfe", "AC-nfe")),
        (["EUR_AF", "EUR_AN"], "EUR", CountFields("EUR_AN", share="EUR_AF")),
        (["AC_nfe_male", "AN_nfe_male", "AC", "AN"], "nfe", None),
        (["AC_nfe", "AN"], "nfe", None),
        (["AC", "AF"], "", None),
    ],
)
def test_fields_of_a_population_are_found_in_the_usual_spellings(declared, population, expected):
    assert count_fields(declared, population) == expected


def test_a_frequency_that_was_rounded_never_counts_for_more(tmp_path):
    rows = [
        f"chr7 {n} . A C . . AF_fin={share};AN_fin=5008"
        for n, share in enumerate(("0.000199681", "0.0002", "0.00029", "0.5", "1", "0"), 10)
    ]
    assert [count for count, _ in read(vcf(tmp_path, *rows), "fin").counts] == [
        1,
        1,
        1,
        2504,
        5008,
        0,
    ]


def test_records_without_counts_are_left_out_and_counted(tmp_path):
    rows = ("chr7 10 . A C . . AC=1", "chr7 11 . A C . . AC=1;AN=0", "chr7 12 . A C . . AC=.;AN=9")
    done = read(vcf(tmp_path, *rows, "chr7 13 . A C . . AC=2;AN=9"))
    assert done.counts == [(2, 9)] and done.report.skipped == {"without AC or AN": 3}


def test_an_alt_without_a_count_is_left_out_alone(tmp_path):
    row = "chr7 10 . A C,G,T . . AC=1,.,3;AN=9;AF_fin=0.5,nan,.;AN_fin=8"
    assert read(vcf(tmp_path, row)).counts == [(1, 9), (3, 9)]
    assert read(vcf(tmp_path, row), "fin").counts == [(4, 8)]


def test_records_that_failed_a_filter_are_left_out_unless_it_is_named(tmp_path):
    rows = [
        f"chr7 {n} . A C . {word} AC={n};AN=90"
        for n, word in enumerate(("PASS", "AC0", "AC0;RF", "."), 10)
    ]
    path = vcf(tmp_path, *rows)
    done = read(path)
    assert [count for count, _ in done.counts] == [10, 13]
    assert done.report.skipped == {"FILTER AC0": 1, "FILTER AC0;RF": 1}
    assert len(read(path, filters=FilterPolicy(frozenset({"AC0"}))).sites) == 3
    assert len(read(path, filters=ALL).sites) == 4


def test_indels_are_shifted_left_where_there_is_a_reference(tmp_path):
    path = vcf(tmp_path, "chr7 105 . A AA . . AC=1;AN=9")
    (site,) = read(path, bases=lambda _, start, end: "A" * (end - start)).sites
    assert site.allele == Allele("7", 0, 0, "", "A")


# ---- genotypes ---------------------------------------------------------------------------------


def test_genotypes_are_counted_by_copies_where_nothing_else_counts(tmp_path):
    rows = ("chrX 100 . A C,G . . . GT 0/1 1|1 2 0", "chrX 200 . A C . . . GT ./. 0/. 1 1/1")
    done = read(vcf(tmp_path, *rows, head=GENOTYPES))
    assert [(s.allele.alt, s.count, s.number) for s in done.sites] == [
        ("C", 3, 6),
        ("G", 1, 6),
        ("C", 3, 3),
    ]


def test_copies_that_are_written_twice_count_once(tmp_path):
    genotypes = "GT 0/1 1/1 0/0 1/1"
    rows = [f"chrX {place} . A C . . . {genotypes}" for place in (20_000, 5_000_000)]
    shared_with_y, outside = read(vcf(tmp_path, *rows, head=GENOTYPES)).counts
    assert (shared_with_y, outside) == ((5, 8), (2, 4))


@pytest.mark.parametrize("name", [MISSING, CHR_X, MITOCHONDRIA])
def test_counts_of_genotypes_are_those_of_an_array_of_calls(tmp_path, name):
    path = tmp_path / "no_counts.vcf"
    command = ["bcftools", "annotate", "-x", "INFO", "-o", str(path), str(shared(name))]
    bcftools(shared(name))  # skips where it is not installed
    subprocess.run(command, check=True, capture_output=True)
    found = {}
    for site in read(path, filters=ALL).sites:
        found.setdefault(site.allele, []).append((site.count, site.number))
    checked = 0
    for row in _rows(path)[:400]:
        for number, alt in enumerate(row[3].split(","), 1):
            if set(alt) <= set("ACGT"):
                is_halved = row[0] == "X" and int(row[1]) > PAR1_END
                expected = tuple(n // (2 if is_halved else 1) for n in _counted(row[4], number))
                assert expected in found[trimmed([*row[:3], alt])]
                checked += 1
    assert checked >= 400


def _rows(path) -> list[list[str]]:
    format = "%CHROM\t%POS\t%REF\t%ALT\t[%GT,]\n"
    command = ["bcftools", "query", "-f", format, str(path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split("\t") for line in lines]


def _counted(genotypes: str, number: int) -> tuple[int, int]:
    """Return (count, number) of an ALT among whole genotypes as VCF writes them."""
    called = [g.replace("|", "/").split("/") for g in genotypes.split(",") if g]
    copies = [copy for genotype in called if "." not in genotype for copy in genotype]
    return copies.count(str(number)), len(copies)


def test_real_counts_are_those_that_bcftools_reads():
    path = shared(COHORT)
    found = {site.allele: (site.count, site.number) for site in read(path).sites}
    rows = bcftools(path, "AC", "AN")
    checked = 0
    for row in rows:
        for alt, count in zip(row[3].split(","), row[4].split(","), strict=True):
            if not alt.startswith("<"):
                assert found[trimmed([*row[:3], alt])] == (int(count), int(row[5]))
                checked += 1
    assert checked >= len(found) > 6_000


def test_a_bcf_says_the_same_as_its_vcf(tmp_path):
    path = tmp_path / "panel.bcf"
    bcftools(shared(COHORT))
    subprocess.run(
        ["bcftools", "view", "-G", "-Ob", "-o", str(path), str(shared(COHORT))], check=True
    )
    assert read(path).sites == read(shared(COHORT)).sites


# ---- bad files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "population", "problem"),
    [
        ("chr7 5 . A C . . AC=10;AN=9", "", "line 15, AN: 10 of 9 alleles is no frequency"),
        ("chr7 5 . A C . . AC=-1;AN=9", "", "line 15, AN: -1 of 9"),
        ("chr7 5 . A C . . AF_fin=1.5;AN_fin=10", "fin", "line 15, AN_fin: 15 of 10"),
        ("chr7 5 . A C . . AC=1;AN=9", "afr", r"no INFO AC_afr .* there are: nfe, fin, nfe_male"),
        ("chr7 249000000 . A C . . AC=1;AN=9", "", "line 15: 249,000,000 lies outside"),
    ],
)
def test_a_bad_panel_is_refused_with_its_place(tmp_path, row, population, problem):
    path = vcf(tmp_path, row)
    with pytest.raises(InvalidInput, match=problem) as refused:
        read(path, population)
    assert str(path) in str(refused.value)


def test_a_bad_record_of_a_bcf_is_named_by_its_number(tmp_path):
    text = vcf(tmp_path, "chr7 4 . A C . . AC=1;AN=9", "chr7 5 . A C . . AC=10;AN=9")
    path = tmp_path / "panel.bcf"
    bcftools(text)
    subprocess.run(["bcftools", "view", "-Ob", "-o", str(path), str(text)], check=True)
    with pytest.raises(InvalidInput, match="record 2: 10 of 9"):
        read(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InvalidInput, match="truncated"):
        read(path)


def test_bases_that_are_not_the_references_are_refused(tmp_path):
    rows = (
        "chr7 4 . aC A . . AC=1;AN=9",
        "chr7 9 . NT T . . AC=1;AN=9",
        "chr7 14 . G C . . AC=1;AN=9",
    )
    path = vcf(tmp_path, *rows)
    known = "NNNACNNNTTNNNG"
    assert len(read(path, bases=lambda _, start, end: known[start:end]).sites) == 3
    with pytest.raises(InvalidInput, match="line 17, REF: REF is not what .* GRCh38 has there"):
        read(path, bases=lambda _, start, end: known.replace("G", "T")[start:end])


def test_sites_without_any_counts_are_refused(tmp_path):
    path = vcf(tmp_path, "chr7 5 . A C . . .", head=HEAD.replace("ID=AN,", "ID=NN,"))
    with pytest.raises(InvalidInput, match="there are no genotypes to count"):
        read(path)


def test_a_panel_on_another_assembly_is_refused():
    with pytest.raises(InvalidInput, match="GRCh37, but GRCh38 was declared"):
        read(shared(COHORT), declared=GRCH38)
    with pytest.raises(InvalidInput, match="NCBI36"):
        read(shared("data/vcf/other/1kg_pilot_CEU_exon_90_NCBI36.vcf.gz"))


def test_a_panel_that_does_not_say_its_assembly_needs_it_said(tmp_path):
    path = vcf(
        tmp_path, "chr7 5 . A C . . AC=1;AN=9", head=HEAD.replace("##reference=GRCh38\n", "")
    )
    with pytest.raises(InvalidRequest, match="say --assembly"):
        read(path)
    assert read(path, declared=GRCH37).counts == [(1, 9)]

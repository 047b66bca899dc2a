"""Public VCFs: three independent readers, bcftools' text among them, tell of the same carriers."""

import gzip
import pickle
import random
import subprocess

import pytest

from beacon_node.errors import InvalidInput
from beacon_node.ingest.vcf import bcf
from beacon_node.ingest.vcf.sites import SiteReader
from beacon_node.ingest.vcf.text import site_alleles
from beacon_node.model.calls import ReadReport
from beacon_node.model.genome import REFERENCE_NAMES
from beacon_node.model.variation import Allele, normalize
from tests.ingest.vcf.files import opened, plain, read_file
from tests.shared_data import shared

COHORTS = [
    "grch37/1kg_gatk_chr22_100_missing_multiallelic.vcf.gz",
    "grch37/1kg_p3_MT_1-8000_2534.vcf.gz",
    "grch37/1kg_p3_chr1_10-80kb_2504_SnpEff_ANN.vcf.gz",
    "grch37/1kg_p3_chr20_1.0-2.5Mb_203_mixedphase.vcf.gz",
    "grch37/1kg_p3_chr22_16.05-16.50Mb_cineca1900.vcf.gz",
    "grch37/1kg_p3_chrY_4_haploid_tiny.vcf.gz",
    "grch37/1kg_p3_subset1126_chrX_p.vcf.gz",
    "grch37/1kg_p3_subset1126_chr_odd_and_22.vcf.gz",
    "grch38/1kgp_highcov_chr1_10-66kb_3202.vcf.gz",
    "grch38/pharmcat_pgx_multisample.vcf.gz",
]
SINGLE = [
    "grch37/HG00096_1kg_sv_odd.vcf.gz",
    "grch37/NA12878_chr20_0-0.4Mb.g.vcf.gz",
    "grch38/PG_NA12878_chr21.vcf.gz",
]
SAMPLED = 150  # alleles compared with bcftools per file
LONGEST = 12_000  # records read through htslib, which is slow


@pytest.fixture(params=COHORTS + SINGLE, ids=lambda name: name.split("/")[1].split(".vcf")[0])
def path(request):
    return shared(f"data/vcf/{request.param}")


def test_text_and_htslib_readers_give_the_same_alleles_and_reports(path, tmp_path):
    path = _first_records(path, tmp_path / "first.vcf")
    file = opened(path)
    found, report = read_file(file)
    other_report = ReadReport()
    sites = SiteReader(file._rules(), other_report)
    records = bcf.read_records(str(path), sites, len(file.samples), lambda _: None)
    through_htslib = [calls for site, sets in records for calls in site_alleles(site, sets)]
    sites.finish()
    assert found == through_htslib
    assert (report.records, report.skipped, report.assayed, report.first, report.last) == (
        other_report.records,
        other_report.skipped,
        other_report.assayed,
        other_report.first,
        other_report.last,
    )
    assert report.alleles == len(found) > 0


def _first_records(path, part):
    with gzip.open(path) as source, part.open("wb") as file:
        records = 0
        for line in source:
            records += not line.startswith(b"#")
            if records > LONGEST:
                break
            file.write(line)
    return part


def test_a_file_read_in_pieces_is_the_file_read_whole(path):
    whole, report = read_file(opened(path))
    file = pickle.loads(pickle.dumps(opened(path, pieces=7)))
    parts, parts_report, told = [], ReadReport(), []
    for segment in file.segments:
        part = ReadReport()
        parts += file.read(segment, part, told.append)
        parts_report.add(part)
    assert parts == whole
    assert parts_report == report
    assert sum(told) == path.stat().st_size, "progress adds up to the size of the file"


def test_sampled_alleles_have_the_carriers_that_bcftools_prints(path):
    found, _ = read_file(opened(path))
    found = [calls for calls in found if not calls.alt.startswith("<")]
    sampled = [plain(calls) for calls in random.Random(5).sample(found, min(SAMPLED, len(found)))]
    expected = _bcftools_carriers(path, {name for name, *_ in sampled})
    for name, *sets in sampled:
        assert sets[:4] in expected[name], name
    assert sampled


def _bcftools_carriers(path, wanted: set[str]) -> dict[str, list[list[list[int]]]]:
    """Return allele → [het, hom, single, no_call] of each row with it, read naively."""
    asked = ["bcftools", "query", "-f", "%CHROM\t%POS\t%REF\t%ALT[\t%GT]\n", str(path)]
    text = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    found: dict[str, list[list[list[int]]]] = {}
    for line in text.splitlines():
        chrom, pos, ref, alts, genotypes = line.split("\t", 4)
        chrom = chrom.removeprefix("chr")
        assert chrom in REFERENCE_NAMES
        for number, alt in enumerate(alts.split(","), 1):
            if alt in ("*", ".") or "<" in alt:
                continue
            start = int(pos) - 1
            allele = normalize(Allele(chrom, start, start + len(ref), ref.upper(), alt.upper()))
            name = f"{chrom}:{allele.start}-{allele.end} {allele.ref}>{allele.alt}"
            if name in wanted:
                found.setdefault(name, []).append(_carriers(genotypes, str(number)))
    return found


def _carriers(genotypes: str, allele: str) -> list[list[int]]:
    het, hom, single, no_call = [], [], [], []
    for sample, genotype in enumerate(genotypes.split("\t")):
        copies = genotype.replace("|", "/").split("/")
        if "." in copies:
            no_call.append(sample)
        elif copies == [allele]:
            single.append(sample)
        elif set(copies) == {allele}:
            hom.append(sample)
        elif allele in copies:
            het.append(sample)
    return [het, hom, single, no_call]


@pytest.mark.parametrize("name", [COHORTS[0], COHORTS[-2]])
def test_a_bcf_tells_what_its_vcf_tells(name, tmp_path):
    source = shared(f"data/vcf/{name}")
    converted = tmp_path / "calls.bcf"
    subprocess.run(["bcftools", "view", "-Ob", "-o", converted, source], check=True)
    from_vcf, report = read_file(opened(source))
    from_bcf, bcf_report = read_file(opened(converted))
    assert from_bcf == from_vcf
    assert bcf_report == report


def test_ncbi36_is_refused_by_name():
    with pytest.raises(InvalidInput, match=r"NCBI36 \(hg18\)"):
        opened(shared("data/vcf/other/1kg_pilot_CEU_exon_90_NCBI36.vcf.gz"))


def test_translocations_that_end_before_they_begin_are_read_until_the_order_breaks():
    file = opened(shared("data/vcf/grch37/SKBR3_sniffles_TRA_unindexable.vcf.gz"))
    with pytest.raises(InvalidInput, match="line 80, POS: records are not sorted"):
        read_file(file)

"""Files that are not plain cohorts: gVCF, sites only, and genotypes that are not there."""

import pytest

from beacon_node.errors import InvalidInput
from beacon_node.model.calls import FilterPolicy, Interval
from tests.ingest.vcf.files import names, opened, plain, read_file, read_text, vcf, write


def gvcf(*records: str) -> str:
    return vcf(*records, samples=["a"])


def block(pos: int, end: int, cell: str = "0/0:9", alt: str = "<NON_REF>", word: str = ".") -> str:
    return f"22 {pos} . A {alt} . {word} END={end} GT:DP {cell}"


def test_reference_blocks_are_no_variants_but_say_what_was_sequenced(tmp_path):
    text = gvcf(block(101, 200), "22 201 . A C,<NON_REF> . . . GT:DP 0/1:9", block(202, 300))
    found, report = read_text(tmp_path, text)
    assert names(found) == ["22:200-201 A>C"]
    assert report.assayed == [Interval(22, 100, 300)]


@pytest.mark.parametrize(
    "lines",
    [
        [block(101, 200), block(301, 400)],
        [block(101, 200, alt="<*>"), block(301, 400, alt="<*>")],
        [block(101, 200, alt="."), block(301, 400, alt=".")],
        [block(101, 150), block(151, 200), block(201, 300, "./.:0"), block(301, 400)],
        [block(101, 200), block(201, 300, "0/0:0"), block(301, 400)],
        [block(101, 200), block(201, 300, word="LowGQX"), block(301, 400)],
        [block(101, 200), block(150, 180), block(301, 400)],
        [block(101, 199), "22 200 . A . . . . GT:DP 0/0:5", block(301, 400)],
        [block(101, 197), "22 198 . ACG A . . . GT:DP 0/1:5", block(301, 400)],
    ],
    ids=[
        "blocks of GATK", "blocks of DeepVariant and bcftools", "blocks of Strelka",
        "no genotype is not sequenced", "no reads is not sequenced", "filtered is not sequenced",
        "nested blocks", "single reference bases", "a deletion's own span",
    ],
)  # fmt: skip
def test_a_gvcf_was_sequenced_where_somebody_has_a_genotype(tmp_path, lines):
    _, report = read_text(tmp_path, gvcf(*lines), filters=FilterPolicy())
    assert report.assayed == [Interval(22, 100, 200), Interval(22, 300, 400)]


def test_a_block_that_ends_before_it_begins_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="line 8, END"):
        read_text(tmp_path, gvcf(block(101, 200), block(201, 150)))


def test_a_joint_call_with_a_gvcf_header_says_nothing_about_what_was_sequenced(tmp_path):
    head = '##contig=<ID=22,length=51304566>\n##ALT=<ID=NON_REF,Description="-">\n##GVCFBlock=-\n'
    text = vcf("22 5 . A C . . . GT 0/0 0/1 ./.", head=head)
    _, report = read_text(tmp_path, text)
    assert report.assayed == []


def sites(*records: str) -> str:
    return vcf(*records, samples=[])


def test_a_file_without_samples_gives_allele_counts(tmp_path):
    text = sites("22 5 rs1 A C,G . . AC=3,1;AN=90", "22 9 . AT A . . AN=88;AC=2")
    file = opened(write(tmp_path / "sites.vcf", text))
    found, _ = read_file(file)
    assert file.is_sites_only
    assert file.samples == ()
    assert [(calls.alt, calls.allele_count, calls.allele_number) for calls in found] == [
        ("C", 3, 90),
        ("G", 1, 90),
        ("", 2, 88),
    ]
    assert [plain(calls)[1:] for calls in found] == [([], [], [], [], [])] * 3


@pytest.mark.parametrize("info", [".", "AC=3", "AN=9", "AC=3,4;AN=9", "AC=.;AN=9", "AC=-1;AN=9"])
def test_a_file_without_samples_and_counts_is_refused(tmp_path, info):
    with pytest.raises(InvalidInput, match="line 7.*must give INFO/AC per ALT and INFO/AN"):
        read_text(tmp_path, sites(f"22 5 . A C . . {info}"))


def test_counts_belong_to_their_allele_though_one_before_is_left_out(tmp_path):
    found, _ = read_text(tmp_path, sites("22 5 . A *,C . . AC=3,1;AN=90"))
    assert [(calls.alt, calls.allele_count) for calls in found] == [("C", 1)]


def test_a_record_without_genotypes_is_missing_for_everybody(tmp_path):
    found, _ = read_text(tmp_path, vcf("22 5 . A C . . . DP 3 4 5"))
    assert plain(found[0]) == ("22:4-5 A>C", [], [], [], [0, 1, 2], [])


def test_sample_columns_that_the_header_does_not_name_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="the header has none"):
        read_text(tmp_path, sites("22 5 . A C . . AC=1;AN=2 GT 0/1"))

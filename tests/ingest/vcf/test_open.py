"""What is refused, each in one sentence with the file and, where there is one, the line."""

import gzip
import pickle

import pytest

from beacon_node.errors import InvalidInput
from beacon_node.model.genome import Assembly
from tests.ingest.vcf.files import CONTIGS, bgzf, opened, read_file, vcf, write

GOOD = vcf("22 100 . A C . PASS . GT 0/0 0/1 1/1", "22 200 . G T . PASS . GT 0/0 0/1 1/1")
HG19 = "##contig=<ID=chr1,length=249250621>\n"
HG38 = "##contig=<ID=chr1,length=248956422>\n"
NCBI36 = "##contig=<ID=1,length=247249719>\n"


def refused(path, **how) -> str:
    """Return the sentence with which opening or reading the file ends."""
    with pytest.raises(InvalidInput) as error:
        read_file(opened(path, **how))
    sentence = str(error.value)
    assert "\n" not in sentence
    assert sentence.startswith(str(path))
    return sentence.removeprefix(str(path))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "the file is empty"),
        (GOOD.split("#CHROM")[0], "no column line beginning with #CHROM"),
        (GOOD[GOOD.index("22\t100") :], "line 1: there is no VCF header"),
        ("##fileformat=VCFv4.2\n22\t1\t.\n", "line 2: a record stands before the column line"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "its content is binary"),
        (bytes(range(256)) * 300, "its content is binary"),
        (GOOD.replace("\ta\tb\tc", "\ta\tb\ta"), "line 6: sample 'a' stands twice"),
        (GOOD.replace("\ta\tb\tc", "\ta\t\tc"), "line 6: a sample has no name"),
        (GOOD.replace("#CHROM\tPOS", "#CHROM POS"), "separated by tabs"),
        (GOOD.replace("INFO\tFORMAT", "INFO\tGT"), "the ninth column must be FORMAT"),
    ],
    ids=[
        "empty", "header only begun", "no header", "no column line", "a picture", "junk",
        "a sample twice", "a sample without a name", "spaces for tabs", "no FORMAT",
    ],
)  # fmt: skip
def test_a_file_without_a_proper_head_is_refused(tmp_path, content, sentence):
    assert sentence in refused(write(tmp_path / "calls.vcf", content))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "cannot be read" in refused(str(tmp_path / "no.vcf"))


def test_a_plain_file_named_gz_is_refused(tmp_path):
    assert "not gzip" in refused(write(tmp_path / "calls.vcf.gz", GOOD))


def test_a_bgzf_file_without_its_end_mark_is_refused_when_opened(tmp_path):
    path = write(tmp_path / "calls.vcf.gz", bgzf(GOOD.encode())[:-28])
    with pytest.raises(InvalidInput, match="truncated"):
        opened(path)


def test_a_truncated_gzip_file_is_refused_when_reading_ends(tmp_path):
    body = vcf(*(f"22 {pos} . A C . . . GT 0/0 0/1 1/1" for pos in range(1, 9000)))
    packed = gzip.compress(body.encode())
    assert "truncated" in refused(write(tmp_path / "calls.vcf.gz", packed[:-9]))
    assert "truncated" in refused(write(tmp_path / "other.vcf.gz", packed[: len(packed) // 2]))


@pytest.mark.parametrize("pack", [bgzf, gzip.compress], ids=["bgzf", "gzip"])
def test_damaged_compressed_data_are_refused(tmp_path, pack):
    body = vcf(*(f"22 {pos} . A C . . . GT 0/0 0/1 1/1" for pos in range(1, 9000)))
    packed = bytearray(pack(body.encode()))
    middle = len(packed) // 2
    packed[middle : middle + 40] = bytes(40)
    assert "damaged" in refused(write(tmp_path / "calls.vcf.gz", bytes(packed)))


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ("22 300 . A C . PASS .", "line 9: the record has too few columns"),
        ("22 300 . A C . PASS . GT 0/0 0/1", "line 9, samples: the record has 2 sample columns"),
        ("22 300 . A C . PASS . GT 0/0 0/1 0/0 0/0", "line 9, samples: the record has 4"),
        ("22 300 . A C . PASS . GT 0/0 0/2 0/0", "line 9, GT: a genotype names allele 2"),
        ("22 300 . A C . PASS . GT 0/0 x/y 0/0", "line 9, GT: a genotype is not written"),
        ("22 3e2 . A C . PASS . GT 0/0 0/1 0/0", "line 9, POS: POS is no position"),
        ("22 0 . A C . PASS . GT 0/0 0/1 0/0", "line 9, POS"),
        ("22 51304566 . AA A . PASS . GT 0/0 0/1 0/0", "line 9, POS: the record reaches beyond"),
        ("22 300 . R C . PASS . GT 0/0 0/1 0/0", "line 9, REF: REF must be bases"),
        ("22 300 . . C . PASS . GT 0/0 0/1 0/0", "line 9, REF: REF must be bases"),
        ("22 300 . A R . PASS . GT 0/0 0/1 0/0", "line 9, ALT: an ALT is neither"),
        ("22 300 . A C[1:5] . PASS . GT 0/0 0/1 0/0", "line 9, ALT: an ALT is neither"),
        ("22 300 . A [1:5[ . PASS . GT 0/0 0/1 0/0", "line 9, ALT: an ALT is neither"),
        ("22 300 . A C[1:5 . PASS . GT 0/0 0/1 0/0", "line 9, ALT: an ALT is neither"),
        ("22 300 . A <DEL> . PASS END=200 GT 0/0 0/1 0/0", "line 9, END: END lies before POS"),
        ("22 300 . A <DEL> . PASS END=x GT 0/0 0/1 0/0", "line 9, END: END is no position"),
        ("banana 300 . A C . PASS . GT 0/0 0/1 0/0", "line 9, CHROM: contig 'banana'"),
        ("NC_000022.11 300 . A C . PASS . GT 0/0 0/1 0/0", "belongs to GRCh38, not to GRCh37"),
    ],
)
def test_a_wrong_record_is_refused_with_its_line(tmp_path, record, sentence):
    content = GOOD + record.replace(" ", "\t") + "\n"
    assert sentence in refused(write(tmp_path / "calls.vcf", content))
    assert sentence in refused(
        write(tmp_path / "calls.vcf.gz", bgzf(content.encode(), 90)), pieces=4
    )


def test_a_position_that_steps_back_is_refused(tmp_path):
    content = GOOD + "22\t199\t.\tA\tC\t.\t.\t.\tGT\t0/0\t0/0\t0/1\n"
    sentence = refused(write(tmp_path / "calls.vcf", content))
    assert "line 9, POS: records are not sorted" in sentence


def test_a_contig_that_comes_again_is_refused(tmp_path):
    record = "{} 100 . A C . . . GT 0/0 0/1 0/0".format
    content = vcf(record("22"), record("1"), record("22"))
    assert "line 9, CHROM: records are not sorted" in refused(
        write(tmp_path / "calls.vcf", content)
    )


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path):
    content = GOOD.encode() + b"22\t300\t\xff\xfe\tA\tC\t.\t.\t.\tGT\t0/0\t0/0\t0/0\n"
    assert "line 9: the record is no text" in refused(write(tmp_path / "calls.vcf", content))


@pytest.mark.parametrize(
    ("head", "declared", "found"),
    [
        (HG19, None, Assembly.GRCH37),
        (HG38, None, Assembly.GRCH38),
        (HG38, Assembly.GRCH38, Assembly.GRCH38),
        ("", None, None),
        ("", Assembly.GRCH38, Assembly.GRCH38),
        ("##reference=file:///refs/hs37d5.fa.gz\n", None, Assembly.GRCH37),
        ("##reference=hg38\n", None, Assembly.GRCH38),
        ("##contig=<ID=chr1,assembly=GRCh38.p14,species=\"human\">\n", None, Assembly.GRCH38),
        ("##contig=<ID=1,length=249250621,assembly=gnomAD_GRCh37>\n", None, Assembly.GRCH37),
        ("##contig=<ID=NC_000001.11>\n", None, Assembly.GRCH38),
        ("##contig=<ID=MT,length=16569>\n", None, None),
        (HG38 + "##reference=/old/hg19.fa\n", Assembly.GRCH38, Assembly.GRCH38),
    ],
)  # fmt: skip
def test_the_assembly_is_the_headers_or_the_declared_one(tmp_path, head, declared, found):
    path = write(tmp_path / "calls.vcf", vcf(head=head))
    assert opened(path, assembly=declared).assembly == found


@pytest.mark.parametrize(
    ("head", "declared", "sentence"),
    [
        (HG19, Assembly.GRCH38, "the header says GRCh37, but GRCh38 was declared"),
        ("##reference=b37.fa\n", Assembly.GRCH38, "the header says GRCh37, but GRCh38"),
        (
            HG38 + "##reference=/old/hg19.fa\n",
            None,
            "contradicts itself: it says GRCh37 and GRCh38",
        ),
        (NCBI36, None, "NCBI36 (hg18)"),
        (NCBI36, Assembly.GRCH37, "NCBI36 (hg18)"),
        ("##reference=human_b36_both.fasta\n", None, "NCBI36 (hg18)"),
        ("##reference=human_b36_both.fasta\n", Assembly.GRCH37, "NCBI36 (hg18)"),
        ("##reference=chm13v2.0.fa\n", None, "T2T-CHM13"),
        ("##contig=<ID=1,length=1000>\n", None, "neither GRCh37's nor GRCh38's"),
        (HG19 + "##contig=<ID=chr2,length=242193529>\n", None, "neither"),
    ],
)
def test_a_foreign_or_contradicted_assembly_is_refused(tmp_path, head, declared, sentence):
    path = write(tmp_path / "calls.vcf", vcf(head=head))
    assert sentence in refused(path, assembly=declared)


def test_windows_line_ends_and_a_missing_last_line_end_are_read(tmp_path):
    expected, _ = read_file(opened(write(tmp_path / "calls.vcf", GOOD)))
    windows = GOOD.replace("\n", "\r\n").rstrip()
    found, _ = read_file(opened(write(tmp_path / "windows.vcf", windows)))
    assert found == expected
    assert len(found) == 2


def test_a_cohort_without_records_has_no_alleles(tmp_path):
    found, report = read_file(opened(write(tmp_path / "calls.vcf", vcf())))
    assert (found, report.records) == ([], 0)


def test_an_opened_file_survives_the_way_to_another_process(tmp_path):
    file = opened(write(tmp_path / "calls.vcf", GOOD), pieces=2)
    copy = pickle.loads(pickle.dumps(file))
    assert copy == file
    assert read_file(copy) == read_file(file)
    assert copy.samples == ("a", "b", "c")


def test_a_head_of_many_lines_is_read_whole(tmp_path):
    head = "".join(f"##contig=<ID=HLA-A*{n},length=3000>\n" for n in range(40_000)) + CONTIGS
    file = opened(write(tmp_path / "calls.vcf.gz", bgzf(vcf(head=head).encode())))
    assert file.assembly == Assembly.GRCH37

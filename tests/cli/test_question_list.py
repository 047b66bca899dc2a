"""Lists and VCFs as questions: exactly the alleles that stand there, each once."""

import gzip
import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.cli.question_list import allele_text, read_questions
from beacon_node.errors import InvalidInput
from beacon_node.model.genome import Assembly
from beacon_node.model.notation import understand
from beacon_node.model.query import SequenceQuery
from beacon_node.model.variation import Allele, trim

HEAD = "##fileformat=VCFv4.2\n##contig=<ID=chr17,length=83257441>\n"
SITES = HEAD + "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
CALLS = HEAD + "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tB\n"


def record(pos, ref, alt, filter_="PASS", calls=""):
    return f"chr17\t{pos}\t.\t{ref}\t{alt}\t.\t{filter_}\t.{calls}\n"


@pytest.fixture
def vcf(tmp_path):
    def write(text, name="a.vcf"):
        file = tmp_path / name
        file.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
        return str(file)

    return write


def texts(path, assembly=None):
    return [line.text for line in read_questions(path, assembly).lines]


def test_lines_of_a_list_keep_their_numbers(tmp_path):
    file = tmp_path / "list"
    file.write_bytes("\ufeff# a paper\r\n  BRAF \t V600E\r\n\r\nrs1\n".encode())
    assert read_questions(str(file), None).lines == ((2, "BRAF V600E"), (4, "rs1"))


@pytest.mark.parametrize("name", ["a.vcf", "a.vcf.gz"])
def test_a_record_with_several_alts_asks_for_each(vcf, name):
    path = vcf(SITES + record(43045711, "CAC", "T,CACAC,C,*"), name)
    found = read_questions(path, None)
    assert [line.text for line in found.lines] == [
        "GRCh38 17-43045711-CAC-T",
        "GRCh38 NC_000017.11:g.43045710_43045711insCA",
        "GRCh38 NC_000017.11:g.43045711_43045712delCA",
    ]
    assert found.is_vcf


def test_an_alt_that_no_sample_carries_is_not_asked_for(vcf):
    path = vcf(CALLS + record(100, "A", "C,G", calls="\tGT\t0/1\t./."))
    found = read_questions(path, None)
    assert [line.text for line in found.lines] == ["GRCh38 17-100-A-C"]
    assert found.left_out["alleles that no sample carries"] == 1


def test_what_is_no_sequence_failed_or_stands_there_twice_is_left_out_and_counted(vcf):
    body = record(100, "A", "<INS>") + record(100, "A", "C") * 2 + record(200, "A", "C", "q10")
    found = read_questions(vcf(SITES + body), None)
    assert [line.text for line in found.lines] == ["GRCh38 17-100-A-C"]
    assert found.left_out["structural and symbolic alleles"] == 1
    assert found.left_out["alleles that stand there twice"] == 1
    assert sum(found.left_out.values()) == 3


def test_a_vcf_that_names_no_assembly_needs_it_said(vcf):
    plain = SITES.replace("##contig=<ID=chr17,length=83257441>\n", "") + record(100, "A", "C")
    with pytest.raises(InvalidInput, match="--assembly"):
        read_questions(vcf(plain), None)
    assert texts(vcf(plain), Assembly.GRCH37) == ["GRCh37 17-100-A-C"]
    with pytest.raises(InvalidInput, match="GRCh38"):
        read_questions(vcf(SITES + record(100, "A", "C")), Assembly.GRCH37)


def test_a_vcf_from_stdin_is_told_by_its_content(monkeypatch):
    for content, found in (
        (SITES + record(100, "A", "C"), "GRCh38 17-100-A-C"),
        ("rs1\n", "rs1"),
    ):
        stdin = io.TextIOWrapper(io.BytesIO(content.encode()))
        monkeypatch.setattr(sys, "stdin", stdin)
        assert texts("-") == [found]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no question"),
        (b"# nothing\n", "no question"),
        (b"rs1\n\xff\xfe\n", "line 2: the line is no text"),
        (b"rs1\nrs2\x1b[2J\n", "line 2: there are control characters"),
        (b"rs1\n" + b"a" * 30_000, "line 2: the line is too long"),
        ((SITES + "chr17\tx\t.\tA\tC\t.\t.\t.\n").encode(), "line 4"),
    ],
)
def test_a_broken_file_is_told_with_its_line(tmp_path, content, said):
    file = tmp_path / "list"
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match=said):
        read_questions(str(file), None)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_questions(str(tmp_path / "none"), None)


bases = st.text("ACGT", min_size=1, max_size=6)


@given(st.sampled_from(["1", "17", "X", "MT"]), st.integers(10, 16_000), bases, bases)
def test_what_is_written_for_an_allele_is_understood_as_exactly_that_allele(name, start, ref, alt):
    allele = trim(Allele(name, start, start + len(ref), ref, alt))
    if allele.ref == allele.alt:
        return
    asked = understand(allele_text(Assembly.GRCH38, allele)).variation
    found = (allele.reference_name, allele.start, allele.ref, allele.alt)
    assert asked == SequenceQuery(Assembly.GRCH38, *found)

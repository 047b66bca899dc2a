"""ALTs of every form become alleles in normal form, interbase."""

import pytest

from beacon_node.ingest.vcf import open_vcf
from beacon_node.model.calls import FilterPolicy, ReadReport
from beacon_node.model.genome import Region
from beacon_node.model.variation import Extent
from tests.ingest.vcf.files import names, read_text, vcf, write


def read(tmp_path, *records: str, **how):
    """Return (alleles, report) of one-sample records given as `POS REF ALT [INFO]`."""
    lines = []
    for record in records:
        pos, ref, alt, info = [*record.split(" "), "."][:4]
        lines.append(f"22 {pos} . {ref} {alt} . PASS {info} GT 0/1")
    return read_text(tmp_path, vcf(*lines, samples=["a"]), **how)


@pytest.mark.parametrize(
    ("record", "alleles"),
    [
        ("100 A C", ["22:99-100 A>C"]),
        ("100 a c", ["22:99-100 A>C"]),
        ("100 AC GT", ["22:99-101 AC>GT"]),
        ("100 ACT AGT", ["22:100-101 C>G"]),
        ("100 A AAC", ["22:100-100 >AC"]),
        ("100 AAC A", ["22:100-102 AC>"]),
        ("100 ACG ATTG", ["22:100-101 C>TT"]),
        ("100 A C,G", ["22:99-100 A>C", "22:99-100 A>G"]),
        ("100 CA C,CAA", ["22:100-101 A>", "22:100-100 >A"]),
        ("100 A N", ["22:99-100 A>N"]),
        ("100 A *,C", ["22:99-100 A>C"]),
        ("100 A <NON_REF>", []),
        ("100 A C,<NON_REF>", ["22:99-100 A>C"]),
        ("100 A .", []),
        ("100 A A", []),
        ("100 ACG A END=102;SVTYPE=DEL;SVLEN=-2", ["22:100-102 CG>"]),
        ("100 A <DEL> END=300", ["22:100-300 ><DEL>"]),
        ("100 A <del> END=300", ["22:100-300 ><DEL>"]),
        ("100 A <DUP> SVLEN=50", ["22:100-150 ><DUP>"]),
        ("100 A <DEL>,<DUP> SVLEN=-20,50", ["22:100-120 ><DEL>", "22:100-150 ><DUP>"]),
        ("100 A <INV> END=300;SVLEN=0", ["22:100-300 ><INV>"]),
        ("100 A <CN0>,<CN2> END=300", ["22:100-300 ><CN0>", "22:100-300 ><CN2>"]),
        ("100 A <CNV> END=300", ["22:100-300 ><CNV>"]),
        ("100 A <INS> END=300;SVLEN=280", ["22:100-100 ><INS>"]),
        ("100 A <INS:ME:ALU> SVLEN=280", ["22:100-100 ><INS:ME:ALU>"]),
        ("100 A <DEL>", []),
        ("100 A A[chr2:500[", ["22:99-100 >A[2:500["]),
        ("100 A ]2:500]a", ["22:99-100 >]2:500]A"]),
        ("100 A A[<ctg1>:500[", ["22:99-100 >A[<ctg1>:500["]),
        ("0 N .[2:500[", ["22:0-0 >.[2:500["]),
        ("100 A [GL000209.1:500[A", ["22:99-100 >[GL000209.1:500[A"]),
        ("100 A A.", ["22:99-100 >A."]),
        ("100 A A<ctg1>", []),
        ("100 N <TRA> CHR2=1;END=50", ["22:99-100 ><TRA>"]),
    ],
)
def test_a_record_names_its_alleles(tmp_path, record, alleles):
    found, _ = read(tmp_path, record)
    assert names(found) == alleles


@pytest.mark.parametrize(
    ("record", "extent"),
    [
        ("100 A <DEL> END=300;SVLEN=-200", Extent(length=200)),
        ("100 A <DEL> END=300", Extent(length=200)),
        ("100 A <INS> SVLEN=280", Extent(length=280)),
        ("100 A <INS>", Extent()),
        (
            "100 A <DEL> END=300;CIPOS=-56,20;CIEND=-10,62",
            Extent(length=200, start_margin=(-56, 20), end_margin=(-10, 62)),
        ),
        ("100 A A[chr2:500[ CIPOS=0,2", Extent(start_margin=(0, 2), mate=Region("2", 499, 500))),
        ("100 A A[<ctg1>:500[", Extent()),
        ("100 A A]2:0]", Extent(mate=Region("2", 0, 0))),
        ("100 N <TRA> CHR2=chr1;END=50;SVLEN=-1199", Extent(mate=Region("1", 49, 50))),
        ("100 ACG A END=102;SVLEN=-2;SVTYPE=DEL", None),
    ],
)
def test_a_structural_record_tells_its_extent(tmp_path, record, extent):
    (calls,), _ = read(tmp_path, record)
    assert calls.extent == extent


def test_what_is_no_allele_is_counted_by_its_reason(tmp_path):
    _, report = read(
        tmp_path, "100 A *,C", "101 A <NON_REF>", "102 A .", "103 A A", "104 A <DEL>", "105 A A<c>"
    )
    assert report.skipped == {
        "allele *": 1,
        "reference block <NON_REF>": 1,
        "no ALT": 1,
        "ALT equal to REF": 1,
        "symbolic allele without END or SVLEN": 1,
        "allele that inserts a named contig": 1,
    }
    assert (report.records, report.alleles) == (6, 1)


def test_ids_are_split_and_a_dot_is_none(tmp_path):
    record = "22 {} {} A C . . . GT 0/1".format
    text = vcf(record(1, "rs1;x2"), record(2, "."), record(3, ".;rs5"), samples=["a"])
    found, _ = read_text(tmp_path, text)
    assert [calls.ids for calls in found] == [("rs1", "x2"), (), ("rs5",)]


def test_the_same_allele_in_two_rows_comes_twice(tmp_path):
    found, _ = read(tmp_path, "100 A C", "100 A C")
    assert names(found) == ["22:99-100 A>C"] * 2


def test_an_indel_is_shifted_left_where_the_reference_is_at_hand(tmp_path):
    reference = "GGCACACACT"
    path = write(tmp_path / "calls.vcf", vcf("22 6 . ACA A . . . GT 0/1", samples=["a"]))
    file = open_vcf(
        path,
        assembly=None,
        filters=FilterPolicy(),
        bases=lambda name, start, end: reference[start:end],
    )
    found = list(file.read(file.segments[0], ReadReport(), lambda _: None))
    assert names(found) == ["22:2-4 CA>"]


@pytest.mark.parametrize(
    ("policy", "loaded"),
    [
        (FilterPolicy(), [1, 2]),
        (FilterPolicy(frozenset({"q10"})), [1, 2, 3]),
        (FilterPolicy(frozenset({"q10", "s50"})), [1, 2, 3, 4]),
        (FilterPolicy(None), [1, 2, 3, 4]),
    ],
)
def test_the_filter_policy_says_which_records_are_loaded(tmp_path, policy, loaded):
    filters = ["PASS", ".", "q10", "q10;s50"]
    records = [f"22 {n} . A C . {word} . GT 0/1" for n, word in enumerate(filters, 1)]
    found, report = read_text(tmp_path, vcf(*records, samples=["a"]), filters=policy)
    assert [calls.end for calls in found] == loaded
    assert report.skipped == {f"FILTER {filters[n - 1]}": 1 for n in {3, 4} - set(loaded)}


@pytest.mark.parametrize(
    ("contig", "reason"),
    [
        ("GL000209.1", "unplaced contig"),
        ("chr1_KI270706v1_random", "unplaced contig"),
        ("chrUn_GL000195v1", "unplaced contig"),
        ("KI270757.1", "unplaced contig"),
        ("chr6_GL000250v2_alt", "alternate locus contig"),
        ("chr17_ctg5_hap1", "alternate locus contig"),
        ("chr1_KN196472v1_fix", "patch contig"),
        ("HLA-A*01:01:01:01", "HLA contig"),
        ("hs37d5", "decoy contig"),
        ("chrUn_KN707606v1_decoy", "decoy contig"),
        ("NC_007605", "viral contig"),
        ("chrEBV", "viral contig"),
    ],
)
def test_records_outside_the_25_sequences_are_counted_not_loaded(tmp_path, contig, reason):
    found, report = read_text(tmp_path, vcf(f"{contig} 5 . A C . . . GT 0/1 0/0 0/0"))
    assert found == []
    assert report.skipped == {reason: 1}
    assert report.references == set()


@pytest.mark.parametrize("contig", ["chr22", "22", "NC_000022.10", "CM000684.1"])
def test_a_contig_goes_by_any_of_its_names(tmp_path, contig):
    found, report = read_text(tmp_path, vcf(f"{contig} 5 . A C . . . GT 0/1 0/0 0/0"))
    assert names(found) == ["22:4-5 A>C"]
    assert report.references == {22}


def test_the_other_mitochondrion_of_hg19_is_not_taken_for_mt(tmp_path):
    head = "##contig=<ID=chr1,length=249250621>\n##contig=<ID=chrM,length=16571>\n"
    found, report = read_text(tmp_path, vcf("chrM 5 . A C . . . GT 0 1 1", head=head))
    assert found == []
    assert list(report.skipped) == ["mitochondrion of hg19 (NC_001807), not of GRCh37"]

"""Raw genotype files carry exactly what the person's VCF says, where the reference is known."""

import pickle
from collections import defaultdict

import pytest
from cyvcf2 import VCF

from beacon_node.errors import InvalidInput
from beacon_node.ingest.dtc import open_dtc
from beacon_node.model.calls import Interval, ReadReport
from beacon_node.model.genome import REFERENCE_NAMES, REFERENCE_NUMBER, Assembly, find_reference
from tests.shared_data import shared

HEAD = "# 23andMe\n# reference human assembly build 37\n# rsid\tchromosome\tposition\tgenotype\n"
ANCESTRY = (
    "#AncestryDNA raw data download\n#build 37.1\nrsid\tchromosome\tposition\tallele1\tallele2\n"
)
X, Y, MT = (REFERENCE_NUMBER[name] for name in ("X", "Y", "MT"))
NOT_LOADED = "reference base unknown: configure a FASTA or load site lists"


def always(base):
    return lambda assembly, reference, position: base


def loaded(tmp_path, text, reference_alleles=always("A"), **options):
    """Return ({(reference number, 1-based position): {alt: zygosity}}, report) of a file."""
    path = tmp_path / "raw.txt"
    path.write_bytes(text.encode())
    options = {"individual": "P1", "assembly": None} | options
    file = open_dtc(path, reference_alleles=reference_alleles, **options)
    report, found = ReadReport(), defaultdict(dict)
    for calls in file.read(file.segments[0], report, lambda size: None):
        found[calls.reference, calls.start + 1][calls.alt] = zygosity(calls)
    return dict(found), report


def zygosity(calls):
    sets = {"het": calls.het, "hom": calls.hom, "single": calls.single}
    (kind,) = [name for name, carriers in sets.items() if carriers]
    assert (calls.haploid is not None) == (kind == "single")
    return kind


LOADED = ("rs0", "22", 1, "AA")
ITS_PLACE = Interval(22, 0, 1)


def rows(*lines):
    return "".join("\t".join(map(str, line)) + "\n" for line in lines)


@pytest.mark.parametrize(
    ("genotype", "carried"),
    [
        ("AA", {}),
        ("AG", {"G": "het"}),
        ("GA", {"G": "het"}),
        ("GG", {"G": "hom"}),
        ("CT", {"C": "het", "T": "het"}),
    ],
)
def test_a_genotype_carries_what_is_not_the_reference_base(tmp_path, genotype, carried):
    found, report = loaded(tmp_path, HEAD + rows(("rs1", "1", 101, genotype)))
    assert found.get((1, 101), {}) == carried
    assert report.assayed == [Interval(1, 100, 101)]
    assert (report.records, report.alleles) == (1, len(carried))


@pytest.mark.parametrize(
    ("genotype", "reason"),
    [
        ("--", "no call"),
        ("-", "no call"),
        ("A-", "no call"),
        ("00", "no call"),
        ("DI", "insertion or deletion (D/I): its bases are not given"),
        ("II", "insertion or deletion (D/I): its bases are not given"),
        ("D", "insertion or deletion (D/I): its bases are not given"),
        ("NN", "genotype of unknown letters"),
        ("G", "one base where there are two copies"),
    ],
)
def test_what_is_not_called_is_reported_and_not_assayed(tmp_path, genotype, reason):
    found, report = loaded(tmp_path, HEAD + rows(LOADED, ("rs1", "1", 101, genotype)))
    assert not found
    assert report.assayed == [ITS_PLACE]
    assert report.skipped == {reason: 1}


def test_a_row_whose_reference_base_is_unknown_is_neither_carried_nor_assayed(tmp_path):
    text = HEAD + rows(LOADED, ("rs1", "1", 101, "GG"))
    for unknown in (None, "", "N"):
        known = {(22, 0): "A", (1, 100): unknown}
        found, report = loaded(tmp_path, text, lambda _, *place, known=known: known[place])
        assert not found
        assert report.assayed == [ITS_PLACE]
        assert report.skipped == {NOT_LOADED: 1}


def test_a_file_of_which_no_row_can_be_loaded_is_refused(tmp_path):
    text = HEAD + rows(("rs1", "1", 101, "GG"), ("rs2", "1", 102, "GG"), ("rs3", "1", 103, "--"))
    with pytest.raises(InvalidInput, match="no row could be loaded, .* configure a FASTA"):
        loaded(tmp_path, text, always(None))


def test_the_reference_sequence_goes_before_site_lists(tmp_path):
    text = HEAD + rows(("rs1", "X", 101, "GG"))

    def bases(name, start, end):
        assert (name, start, end) == ("X", 100, 101)
        return "G"

    found, report = loaded(tmp_path, text, bases=bases)
    assert not found
    assert report.assayed == [Interval(X, 100, 101)]


def test_rows_come_out_sorted_and_touching_positions_merge(tmp_path):
    text = HEAD + rows(("a", "2", 7, "AG"), ("b", "1", 9, "AG"), ("c", "1", 8, "AA"))
    found, report = loaded(tmp_path, text)
    assert list(found) == [(1, 9), (2, 7)]
    assert report.assayed == [Interval(1, 7, 9), Interval(2, 6, 7)]
    assert report.references == {1, 2}


def test_the_same_call_counts_once_and_discordant_calls_not_at_all(tmp_path):
    text = HEAD + rows(
        *[
            ("rs1", "1", 5, "AG"),
            ("i7", "1", 5, "GA"),
            ("rs2", "1", 9, "AG"),
            ("rs3", "1", 9, "AA"),
        ],
        *[("rs4", "1", 20, "AG"), ("rs4", "1", 30, "AG"), ("rs5", "1", 40, "GG")],
        ("rs6", "1", 40, "--"),
    )
    found, report = loaded(tmp_path, text)
    assert found == {(1, 5): {"G": "het"}, (1, 40): {"G": "hom"}}
    assert report.skipped == {
        "same call repeated": 1,
        "two different calls at one place": 2,
        "rsID at two places": 2,
        "no call": 1,
    }
    assert report.assayed == [Interval(1, 4, 5), Interval(1, 39, 40)]


# ---- one copy ----------------------------------------------------------------------------------

ON_X, IN_PAR = 5_000_000, 100_000


@pytest.mark.parametrize("genotype", ["G", "GG"])
@pytest.mark.parametrize(("chromosome", "number"), [("MT", MT), ("Y", Y)])
def test_mt_and_y_have_one_copy_however_written(tmp_path, genotype, chromosome, number):
    position = ON_X if chromosome == "Y" else 73
    found, _ = loaded(tmp_path, HEAD + rows(("rs1", chromosome, position, genotype)))
    assert found == {(number, position): {"G": "single"}}


def test_two_different_bases_on_mt_are_reported(tmp_path):
    text = ANCESTRY + rows(("rs0", 22, 1, "A", "A"), ("rs3", 26, 103, "G", "C"))
    found, report = loaded(tmp_path, text)
    assert not found
    assert report.skipped == {"two different bases where there is one copy": 1}


def test_a_man_has_one_x_outside_the_pseudoautosomal_regions(tmp_path):
    x_rows = [("rs1", 23, ON_X, "G", "G"), ("rs2", 25, IN_PAR, "G", "G")]
    woman, _ = loaded(tmp_path, ANCESTRY + rows(*x_rows, ("rs3", 24, ON_X, "0", "0")))
    man, _ = loaded(tmp_path, ANCESTRY + rows(*x_rows, ("rs3", 24, ON_X, "A", "A")))
    assert woman == {(X, IN_PAR): {"G": "hom"}, (X, ON_X): {"G": "hom"}}
    assert man == {(X, IN_PAR): {"G": "hom"}, (X, ON_X): {"G": "single"}}


def test_calls_on_y_do_not_make_somebody_with_two_different_x_a_carrier_of_one(tmp_path):
    text = HEAD + rows(
        *[("rs1", "X", ON_X, "AG"), ("rs2", "X", ON_X + 9, "GG"), ("rs3", "Y", ON_X, "A")]
    )
    found, _ = loaded(tmp_path, text)
    assert found == {(X, ON_X): {"G": "het"}, (X, ON_X + 9): {"G": "hom"}}


def test_one_letter_on_x_is_one_copy(tmp_path):
    found, _ = loaded(tmp_path, HEAD + rows(("rs1", "X", ON_X, "G")))
    assert found == {(X, ON_X): {"G": "single"}}


# ---- builds and broken files -------------------------------------------------------------------


def opened(tmp_path, comment, assembly):
    path = tmp_path / "raw.txt"
    path.write_text(f"# 23andMe\n# {comment}\nrs1\t1\t101\tAA\n")
    return open_dtc(path, individual="P", assembly=assembly)


@pytest.mark.parametrize(
    ("comment", "given", "found"),
    [
        ("human assembly build 37", None, Assembly.GRCH37),
        ("build 37.1 coordinates", Assembly.GRCH37, Assembly.GRCH37),
        ("GRCh38", None, Assembly.GRCH38),
        ("hg19", None, Assembly.GRCH37),
        ("nothing said", Assembly.GRCH38, Assembly.GRCH38),
    ],
)
def test_the_build_is_told_by_the_comments(tmp_path, comment, given, found):
    file = opened(tmp_path, comment, given)
    assert (file.assembly, file.samples, file.is_sites_only) == (found, ("P",), False)


@pytest.mark.parametrize(
    ("comment", "given", "problem"),
    [
        ("build 36", None, r"NCBI36 \(build 36, hg18\)"),
        ("hg18", Assembly.GRCH37, "NCBI36"),
        ("build 35", None, "build 35"),
        ("build 37", Assembly.GRCH38, "GRCh37, which contradicts GRCh38"),
        ("build 37 lifted from build 38", None, "both build 37 and build 38"),
        ("nothing said", None, "--assembly"),
    ],
)
def test_other_builds_contradictions_and_silence_are_refused(tmp_path, comment, given, problem):
    with pytest.raises(InvalidInput, match=problem):
        opened(tmp_path, comment, given)


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        (HEAD, "no genotype rows", 0),
        (HEAD + "rs1\t1\t101\n", "3 columns instead of 4 or 5", 4),
        (HEAD + "rs1\t1\t101\tAA\nrs2\t1\t102\n", "3 columns instead of 4", 5),
        (HEAD + "rs1\t1\t101\tAA\nrs2\t1\t102\tA\tA\n", "5 columns instead of 4", 5),
        (HEAD + "rs1\t1\tten\tAA\n", "not a number", 4),
        (HEAD + "rs1\t22\t51304567\tAA\n", "beyond the end of 22 in GRCh37", 4),
    ],
)
def test_a_broken_row_is_named_with_its_line(tmp_path, text, problem, line):
    with pytest.raises(InvalidInput, match=problem) as caught:
        loaded(tmp_path, text)
    assert caught.value.line == line


def test_rows_without_a_place_are_reported(tmp_path):
    text = HEAD + rows(
        LOADED, ("rs9", "--", 109, "AT"), ("rs10", "1", "--", "AT"), ("rs1", "Q", 5, "AA")
    )
    _, report = loaded(tmp_path, text)
    assert report.skipped == {"no place on a chromosome given": 3}


@pytest.mark.parametrize(
    ("name", "carried", "assayed"),
    [
        ("23andme.txt", 7, 7),
        ("23andme_win.txt", 7, 7),
        ("23andme_allele.txt", 7, 7),
        ("ancestry.txt", 7, 7),
        ("ancestry_multi_sep.txt", 7, 7),
        ("ancestry_mt.txt", 0, 1),
    ],
)
def test_small_vendor_files(name, carried, assayed):
    path = shared(f"data/dtc/snps_tests/{name}")
    with pytest.raises(InvalidInput, match="--assembly"):
        open_dtc(path, individual="P", assembly=None)
    file = open_dtc(path, individual="P", assembly=Assembly.GRCH37, reference_alleles=always("A"))
    report = ReadReport()
    alleles = list(file.read(file.segments[0], report, lambda size: None))
    # Of AA, CC, GG, TT, no call, GC, TC and AT: C, G, T, then G and C, T and C, and T.
    assert len(alleles) == (8 if carried else 0)
    assert sum(i.end - i.start for i in report.assayed) == assayed


def test_other_formats_are_refused(tmp_path):
    path = tmp_path / "a.vcf"
    path.write_text("##fileformat=VCFv4.2\n")
    with pytest.raises(InvalidInput, match="not a 23andMe or AncestryDNA file"):
        open_dtc(path, individual="P", assembly=None)


def test_an_opened_file_can_be_sent_to_another_process(tmp_path):
    file = opened(tmp_path, "build 37", None)
    assert pickle.loads(pickle.dumps(file)) == file


# ---- real people -------------------------------------------------------------------------------

SOURCES = (
    "1kg_p3_subset1126_chr_odd_and_22",
    "1kg_p3_subset1126_chrX_p",
    "1kg_p3_MT_1-8000_2534",
    "1kg_p3_chr22_16.05-16.50Mb_cineca1900",
)


def truth(sample):
    """Return ({place: REF}, {place: set of the bases called}) of a sample's SNP sites."""
    references, called = {}, defaultdict(set)
    for source in SOURCES:
        reader = VCF(str(shared(f"data/vcf/grch37/{source}.vcf.gz")), samples=[sample])
        for record in reader:
            bases = [record.REF, *record.ALT]
            if set("".join(bases)) <= set("ACGT") and {len(b) for b in bases} == {1}:
                place = REFERENCE_NUMBER[find_reference(record.CHROM)[0]], record.POS
                references[place] = record.REF
                copies = [bases[i] for i in record.genotypes[0][:-1] if i >= 0]
                called[place].add(tuple(sorted(copies)))
    return references, called


def expected(ref, copies):
    kinds = {1: "single", 2: "hom" if len(set(copies)) == 1 else "het"}
    return {alt: kinds[len(copies)] for alt in set(copies) - {ref}}


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        ("as_23andme_v5_build37_HG00096.txt", "HG00096"),
        ("as_ancestrydna_v2_HG00097.txt", "HG00097"),
    ],
)
def test_every_call_of_a_real_person_equals_the_vcf(name, sample):
    references, called = truth(sample)
    file = open_dtc(
        shared(f"data/dtc/{name}"),
        individual=sample,
        assembly=None,
        reference_alleles=lambda assembly, number, start: references.get((number, start + 1)),
    )
    assert file.assembly is Assembly.GRCH37
    report, found = ReadReport(), defaultdict(dict)
    places = []
    for calls in file.read(file.segments[0], report, lambda size: None):
        found[calls.reference, calls.start + 1][calls.alt] = zygosity(calls)
        places.append(calls[:5])
    assert places == sorted(places)
    assayed = {(i.reference, p + 1) for i in report.assayed for p in range(i.start, i.end)}
    assert len(assayed) > 16_900
    for place in assayed:
        (copies,) = called[place]  # sites listed twice agree with each other
        assert found.get(place, {}) == expected(references[place], copies), place
    assert set(found) <= assayed
    assert report.records == len(assayed) + sum(report.skipped.values())


def test_male_x_and_mt_are_called_with_one_copy():
    references, _ = truth("HG00096")
    file = open_dtc(
        shared("data/dtc/as_23andme_v5_build37_HG00096.txt"),
        individual="HG00096",
        assembly=Assembly.GRCH37,
        reference_alleles=lambda assembly, number, start: references.get((number, start + 1)),
    )
    kinds = defaultdict(set)
    for calls in file.read(file.segments[0], ReadReport(), lambda size: None):
        in_par = calls.reference == X and calls.start < 2_699_520
        kinds[REFERENCE_NAMES[calls.reference - 1], in_par].add(zygosity(calls))
    assert kinds["MT", False] == {"single"}
    assert kinds["X", False] == {"single"}
    assert "single" not in kinds["22", False]

"""Carrier sets of genotype columns: what a genotype means, and that all three readers agree."""

from itertools import product

import cyvcf2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from beacon_node.errors import InvalidInput
from beacon_node.ingest.vcf.copies import calls_of
from beacon_node.ingest.vcf.genotypes import Row, read_genotypes
from beacon_node.ingest.vcf.rare_genotypes import read_rare
from beacon_node.model.carriers import decode


def read(cells: str, alts: int = 1, format_: str = "GT") -> list[list[int]]:
    """Return [het, hom, single] of each ALT in turn, then no_call and haploid."""
    row = Row(format_.encode(), cells.replace(" ", "\t").encode(), alts, 7)
    (calls,) = read_genotypes([row], len(cells.split(" ")))
    sets = [blob for allele in calls.alleles for blob in allele] + [calls.no_call, calls.haploid]
    return [decode(blob).tolist() for blob in sets]


@pytest.mark.parametrize(
    ("cells", "het", "hom", "single", "no_call", "haploid"),
    [
        ("0/0 0/1 1/1", [1], [2], [], [], []),
        ("0|0 1|0 1|1", [1], [2], [], [], []),
        ("./. .|. 0/1", [2], [], [], [0, 1], []),
        ("0/. ./1 1/.", [], [], [], [0, 1, 2], []),
        ("0 1 .", [], [], [1], [2], [0, 1, 2]),
        ("0 0/1 1/1", [1], [2], [], [], [0]),
        (". 0/1 1/1", [1], [2], [], [0], []),
        (". 0/1 1", [1], [], [2], [0], [0, 2]),
        ("0/0/1 1/1/1 0/0/0", [0], [1], [], [], []),
        ("0/0/. 1/1/1 0/1", [2], [1], [], [0], []),
    ],
    ids=[
        "unphased", "phased", "missing", "half missing", "haploid", "mixed ploidy",
        "a lone dot among diploids tells no ploidy", "a lone dot among haploids",
        "polyploid", "polyploid with a missing part",
    ],
)  # fmt: skip
def test_a_genotype_means(cells, het, hom, single, no_call, haploid):
    assert read(cells) == [het, hom, single, no_call, haploid]


def test_one_of_two_alternate_alleles_is_heterozygous_for_both():
    assert read("1/2 2/2 0/1 0/2", alts=2) == [[0, 2], [], [], [0, 3], [1], [], [], []]


def test_an_allele_above_nine_is_read():
    assert read("0/12 12/12 9/10", alts=12)[33:36] == [[0], [1], []]


def test_fields_behind_the_genotype_do_not_matter():
    assert read("0/1:3,4:0/1 1/1:.:. 0/0", format_="GT:AD:XX") == [[0], [1], [], [], []]


def test_a_genotype_may_stand_behind_other_fields():
    assert read("9:0/1 8:1/1 3", format_="DP:GT") == [[0], [1], [], [2], []]


def test_nobody_is_called_where_no_genotype_is_given():
    assert read("9 8 3", format_="DP") == [[], [], [], [0, 1, 2], []]


@pytest.mark.parametrize(
    "cells",
    ["0/2 0/0 0/0", "0/a 0/0 0/0", "0/1/ 0/0 0/0", " 0/0 0/0", "-1/0 0/0 0/0", "0\\1 0/0 0/0"],
)
def test_a_wrong_genotype_is_refused_with_its_line(cells):
    row = Row(b"GT", cells.replace(" ", "\t").encode(), 1, 7)
    with pytest.raises(InvalidInput, match="line 7"):
        read_genotypes([row], 3)


@pytest.mark.parametrize("cells", [b"0/0\t0/0", b"0/0\t0/0\t0/0\t0/0", b"0\t10/12", b"0/1\t1"])
@pytest.mark.parametrize("format_", [b"GT", b"GT:DP"])
def test_a_row_with_other_than_one_cell_per_sample_is_refused(cells, format_):
    with pytest.raises(InvalidInput, match="sample columns"):
        read_genotypes([Row(format_, cells, 12, 7)], 3)


def test_a_cell_too_few_is_not_made_up_by_one_too_many_in_the_next_row():
    short, long = b"0/1:3\t1/1:3", b"0/0:3\t0/0:3\t0/0:3\t0/1:3"
    rows = [Row(b"GT:DP", cells, 1, line) for line, cells in ((7, short), (8, long))]
    with pytest.raises(InvalidInput, match="line 7, samples: the record has 2 sample columns"):
        read_genotypes(rows, 3)


ALLELE = st.sampled_from([".", "0", "0", "0", "1", "1", "2", "11"])


@st.composite
def genotype(draw, most_copies: int = 3) -> str:
    copies = draw(st.lists(ALLELE, min_size=1, max_size=most_copies))
    return draw(st.sampled_from("/|")).join(copies)


@st.composite
def row(draw, samples: int) -> Row:
    """A record's cells: diploid, haploid or mixed; with or without more fields."""
    ploidy = draw(st.sampled_from(["one", "two", "any"]))
    common = ALLELE.filter(lambda a: len(a) == 1)
    of = {
        "one": common,
        "two": st.tuples(common, st.sampled_from("/|"), common).map("".join),
        "any": genotype(),
    }[ploidy]
    cells = draw(st.lists(of, min_size=samples, max_size=samples))
    format_ = draw(st.sampled_from(["GT", "GT:DP", "DP:GT"]))
    before, after = ("9:", "") if format_ == "DP:GT" else ("", ":7" if ":" in format_ else "")
    if after and draw(st.booleans()):
        after = ""
    text = "\t".join(before + cell + after for cell in cells)
    highest = max([int(a) for c in cells for a in c.replace("|", "/").split("/") if a != "."] + [1])
    return Row(format_.encode(), text.encode(), draw(st.integers(highest, 12)), 1)


rows = st.integers(1, 20).flatmap(
    lambda samples: st.tuples(st.just(samples), st.lists(row(samples), min_size=1, max_size=8))
)


@settings(max_examples=150, deadline=None)
@given(rows)
@example((1, [Row(b"GT", b"0/1", 1, 1), Row(b"GT", b".", 1, 1)]))
def test_the_batch_reader_agrees_with_the_reader_of_single_rows(given_rows):
    samples, batch = given_rows
    one_by_one = [read_rare(row.format, row.cells, row.alts, samples) for row in batch]
    assert read_genotypes(batch, samples) == one_by_one


@settings(max_examples=60, deadline=None)
@given(rows)
def test_both_agree_with_htslib(given_rows):
    samples, batch = given_rows
    assert read_genotypes(batch, samples) == [_htslib(row, samples) for row in batch]


def _htslib(row: Row, samples: int):
    columns = "\t".join(f"s{n}" for n in range(samples))
    head = "##fileformat=VCFv4.2\n##contig=<ID=1>\n" + "".join(
        f'##FORMAT=<ID={key},Number=1,Type={kind},Description="-">\n'
        for key, kind in (("GT", "String"), ("DP", "Integer"))
    )
    head += f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{columns}\n"
    parser = cyvcf2.Writer.from_string("/dev/null", head, "w")
    alts = ",".join("C" * (n + 2) for n in range(row.alts))
    line = f"1\t5\t.\tC\t{alts}\t.\t.\t.\t{row.format.decode()}\t{row.cells.decode()}"
    return calls_of(parser.variant_from_string(line).genotype.array()[:, :-1], row.alts)


@pytest.mark.parametrize("samples", [1, 7, 8, 9, 300, 65_537])
@pytest.mark.parametrize("share", [0.0005, 0.06, 0.5, 1.0])
def test_sets_of_any_density_are_stored_as_the_model_stores_them(samples, share):
    random = np.random.default_rng(samples)
    chosen = random.random((3, samples)) < share
    words = np.where(chosen, "0|1", "0|0")
    batch = [Row(b"GT", "\t".join(row).encode(), 1, 1) for row in words]
    one_by_one = [read_rare(row.format, row.cells, 1, samples) for row in batch]
    assert read_genotypes(batch, samples) == one_by_one


def test_every_pair_of_short_genotypes_reads_alike_in_both_columns():
    alleles = ["0", "1", "2", "9", ".", "x"]
    texts = [*alleles, *(a + s + b for a, s, b in product(alleles, "/|:", alleles))]
    for first, second in product(texts, texts[:40]):
        row = Row(b"GT:DP", f"{first}\t{second}".encode(), 2, 3)
        assert _outcome(lambda row=row: read_genotypes([row], 2)[0]) == _outcome(
            lambda row=row: read_rare(row.format, row.cells, 2, 2)
        )


def _outcome(read_row):
    try:
        return read_row()
    except InvalidInput as error:
        return error.problem

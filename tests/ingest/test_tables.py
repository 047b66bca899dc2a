"""BED files and regions become interbase intervals; sample tables map samples to records."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.tables import parse_regions, read_bed, read_sample_table, whole_genome
from beacon_node.model.calls import Interval
from beacon_node.model.genome import REFERENCE_NAMES, SEQUENCES, Assembly

GRCH38 = Assembly.GRCH38
X = REFERENCE_NAMES.index("X") + 1


def written(folder, text, name="table.txt"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


BED = (
    "browser position chr1\ntrack name=x\n#c\nchr22\t100\t200\tname\t0\t+\n22\t150\t300\nX\t0\t5\n"
)


@pytest.mark.parametrize("content", [BED, gzip.compress(BED.encode()), BED.replace("\n", "\r\n")])
def test_a_bed_file_is_merged_and_sorted(tmp_path, content):
    assert read_bed(written(tmp_path, content), GRCH38) == [
        Interval(22, 100, 300),
        Interval(X, 0, 5),
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("22\t100", "needs chromosome, start and end"),
        ("22\t100\tx", "whole numbers"),
        ("22\t-1\t5", "whole numbers"),
        ("22\t200\t100", "200-100 is no stretch"),
        ("22\t100\t100", "no stretch"),
        ("22\t100\t51304566", "22 of GRCh38, which has 50,818,468 bases"),  # GRCh37's end
        ("chrUn_1\t1\t2", "'chrUn_1' is no sequence"),
        ("NC_000022.10\t1\t2", "belongs to GRCh37, not to GRCh38"),
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path, row, problem):
    with pytest.raises(InvalidInput, match=problem) as caught:
        read_bed(written(tmp_path, f"1\t0\t1\n{row}\n"), GRCH38)
    assert caught.value.line == 2


def test_a_bed_file_without_regions_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="no region"):
        read_bed(written(tmp_path, "# nothing\n"), GRCH38)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("22:16050001-16500000", [Interval(22, 16050000, 16500000)]),
        ("chr22:5", [Interval(22, 4, 5)]),
        ("X", [Interval(X, 0, 156040895)]),
        ("22:1-10, 22:5-20;1:1-1", [Interval(1, 0, 1), Interval(22, 0, 20)]),
        ("NC_000022.11:1-2", [Interval(22, 0, 2)]),
    ],
)
def test_regions_count_from_1_and_include_both_ends(text, expected):
    assert parse_regions(text, GRCH38) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no region is given"),
        ("22:0-5", "positions begin with 1"),
        ("22:9-5", "no stretch"),
        ("22:1-2-3", "'22:1-2-3' is no region"),
        ("22:1-60000000", "no stretch"),
        ("17:43,044,295", "'044' is no sequence"),
        ("HLA", "'HLA' is no sequence"),
        ("NC_000022.10", "belongs to GRCh37"),
    ],
)
def test_what_is_no_region_is_named(text, problem):
    with pytest.raises(InvalidRequest, match=problem):
        parse_regions(text, GRCH38)


@given(st.sampled_from(REFERENCE_NAMES), st.integers(1, 16_000), st.integers(0, 500))
def test_a_region_written_is_the_region_read(name, first, more):
    (interval,) = parse_regions(f"{name}:{first}-{first + more}", GRCH38)
    assert (interval.start + 1, interval.end) == (first, first + more)


@pytest.mark.parametrize("assembly", Assembly)
def test_the_whole_genome_is_every_sequence(assembly):
    lengths = [s.length for s in SEQUENCES[assembly].values()]
    assert [i.end - i.start for i in whole_genome(assembly)] == lengths


@pytest.mark.parametrize(
    "text",
    [
        "sample\tindividual\nS1\tP1\nS2\tP2\n",
        "individual,age,sample\nP1,4,S1\nP2,5,S2\n",
        "Sample ID;biosampleId\nS1;P1\nS2;P2\n",
        "S1\tP1\nS2\tP2",
        "\ufeffsample\tindividual\r\n\r\nS1\tP1\r\nS2\tP2\r\n",
        '"sample","individual"\n"S1","P1"\n"S2","P2"\n',
        "sample\tindividual\tbiosample\nS1\tA\tP1\nS2\tP2\t\n",  # the biosample where there is one
    ],
    ids=["TSV", "CSV", "semicolons", "no head", "BOM, CRLF", "quotes", "both columns"],
)
def test_a_sample_table_in_any_layout(tmp_path, text):
    assert read_sample_table(written(tmp_path, text)) == {"S1": "P1", "S2": "P2"}


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("", "table is empty", 0),
        ("sample\tindividual\n", "no rows", 0),
        ("sample\tindividual\nS1\n", "a column too few", 2),
        ("sample\tindividual\nS1\t\n", "empty", 2),
        ("sample\tindividual\nS1\tP1\nS1\tP2\n", "comes twice", 3),
        ("sample\tage\nS1\t4\n", "no column `individual` or `biosample`", 1),
        ("a\tb\tc\n1\t2\t3\n", "head must name", 1),
        (b"S1\t\xff\xfe\n", "not UTF-8", 0),
    ],
)
def test_a_bad_sample_table_is_named_with_its_line(tmp_path, text, problem, line):
    with pytest.raises(InvalidInput, match=problem) as caught:
        read_sample_table(written(tmp_path, text))
    assert caught.value.line == line

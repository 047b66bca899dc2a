"""Cutting files: every line belongs to exactly one segment, wherever the cuts fall."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.errors import InvalidInput
from beacon_node.ingest.vcf.order import check_order
from beacon_node.ingest.vcf.streams import (
    Packing,
    Segment,
    cut,
    find_packing,
    lines_before,
    read_lines,
)
from beacon_node.model.calls import ReadReport
from tests.ingest.vcf.files import bgzf, opened, read_file, vcf, write


def lines_of(path: str, packing: Packing, segment: Segment) -> list[bytes]:
    return [line for part in read_lines(path, packing, segment, lambda _: None) for line in part]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("streams")


@settings(max_examples=200, deadline=None)
@given(
    lines=st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"")), max_size=40),
    pieces=st.integers(1, 12),
    block=st.integers(1, 40),
    packing=st.sampled_from([Packing.PLAIN, Packing.BGZF]),
    ends_with_line_end=st.booleans(),
)
def test_segments_hold_every_line_once_and_know_how_many_came_before(
    folder, lines, pieces, block, packing, ends_with_line_end
):
    text = b"\n".join(lines) + (b"\n" if ends_with_line_end else b"")
    expected = text.split(b"\n")
    if not expected[-1]:
        expected.pop()
    path = write(folder / "text", bgzf(text, block) if packing is Packing.BGZF else text)
    found = []
    for segment in cut(path, packing, pieces):
        part = lines_of(path, packing, segment)
        if part:
            assert lines_before(path, packing, segment) == len(found)
        found += part
    assert found == expected


def test_a_bgzf_file_is_cut_into_even_pieces_without_an_index(tmp_path):
    text = b"".join(b"%d\n" % number for number in range(300_000))
    path = write(tmp_path / "numbers.gz", bgzf(text))
    segments = cut(path, Packing.BGZF, 4)
    sizes = [segment.end - segment.start for segment in segments]
    assert len(sizes) == 4
    assert max(sizes) < 1.5 * min(sizes)
    assert sum(sizes) == (tmp_path / "numbers.gz").stat().st_size


def test_packing_is_told_from_the_first_bytes():
    assert find_packing(b"##fileformat") is Packing.PLAIN
    assert find_packing(gzip.compress(b"##")) is Packing.GZIP
    assert find_packing(bgzf(b"##")) is Packing.BGZF


@pytest.mark.parametrize("size", [0, 1, 4 << 20, (4 << 20) + 1, 9 << 20])
def test_gzip_of_several_members_is_read_whole(tmp_path, size):
    text = b"x" * size + b"\n" + b"y" * size + b"\n"
    packed = gzip.compress(text[: size // 2]) + gzip.compress(text[size // 2 :]) + bytes(100)
    path = write(tmp_path / "text.gz", packed)
    (segment,) = cut(path, Packing.GZIP, 5)
    assert lines_of(path, Packing.GZIP, segment) == text.split(b"\n")[:-1]


def record(contig: str, pos: int) -> str:
    return f"{contig} {pos} . A C . . . GT 0/1"


@pytest.mark.parametrize(
    "records",
    [
        [record("22", 500 - n) for n in range(400)],
        [record("22", 100 + n % 200) for n in range(400)],
        [*(record("1", n + 1) for n in range(200)), *(record("2", n + 1) for n in range(200)),
         *(record("1", n + 900) for n in range(200))],
    ],
    ids=["falling", "twice", "a contig comes again"],
)  # fmt: skip
@pytest.mark.parametrize("pieces", range(1, 9))
def test_records_out_of_order_are_found_wherever_the_cuts_fall(tmp_path, records, pieces):
    path = write(tmp_path / "calls.vcf", vcf(*records, samples=["a"]))
    file = opened(path, pieces=pieces)
    with pytest.raises(InvalidInput, match="not sorted"):
        reports = []
        for segment in file.segments:
            reports.append(ReadReport())
            list(file.read(segment, reports[-1], lambda _: None))
        check_order(path, reports)


def report(*places: tuple[int, int]) -> ReadReport:
    references = {reference for reference, _ in places}
    return ReadReport(references=references, first=places[0], last=places[-1])


@pytest.mark.parametrize(
    ("reports", "is_sorted"),
    [
        ([report((1, 5), (1, 9)), report((1, 9), (2, 3))], True),
        ([report((1, 5), (1, 9)), ReadReport(), report((2, 1), (2, 3))], True),
        ([report((2, 5), (2, 9)), report((10, 1)), report((1, 4))], True),
        ([report((1, 5), (1, 9)), report((1, 8), (2, 3))], False),
        ([report((1, 5), (1, 9)), ReadReport(), report((1, 8))], False),
        ([report((1, 5), (2, 9)), report((1, 10))], False),
        ([report((1, 5), (2, 9)), report((2, 10), (1, 12))], False),
    ],
)
def test_segments_must_continue_one_another(reports, is_sorted):
    if is_sorted:
        check_order("calls.vcf", reports)
    else:
        with pytest.raises(InvalidInput, match="calls.vcf: records are not sorted"):
            check_order("calls.vcf", reports)


@pytest.mark.parametrize("pieces", range(1, 9))
def test_records_in_order_pass_wherever_the_cuts_fall(tmp_path, pieces):
    records = [record(contig, 7 * n + 1) for contig in ("1", "2", "22") for n in range(100)]
    path = write(tmp_path / "calls.vcf", vcf(*records, samples=["a"]))
    file, reports = opened(path, pieces=pieces), []
    for segment in file.segments:
        reports.append(ReadReport())
        list(file.read(segment, reports[-1], lambda _: None))
    check_order(path, reports)
    _, whole = read_file(file)
    assert (whole.first, whole.last) == ((1, 1), (22, 694))

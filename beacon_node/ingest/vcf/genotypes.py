"""Genotype columns of many records at once → carrier sets, with numpy.

A genotype is looked at as one 32-bit word: allele, separator, allele and the byte behind it. Nearly
all are `0|0` or `0/0`, which one comparison sets aside; only the others are classified. Genotypes
with an allele above 9 or more than two copies do not fit in a word: their records, and those that
look wrong in any way, go to `rare_genotypes`, one at a time.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from beacon_node.errors import InvalidInput
from beacon_node.ingest.vcf.copies import Calls
from beacon_node.ingest.vcf.rare_genotypes import read_rare
from beacon_node.model.carriers import BITS, DENSE_LIMIT, LIST16, encode


class Row(NamedTuple):
    """The genotype columns of one record: FORMAT, everything behind it, how many ALTs, its line."""

    format: bytes
    cells: bytes
    alts: int
    line: int


# What one genotype is for one ALT; a byte of flags.
HET, HOM, SINGLE, NO_CALL, HAPLOID, LONE_MISSING, INVALID = 1, 2, 4, 8, 16, 32, 64

_TAB, _COLON, _SLASH, _BAR = b"\t:/|"
_MISSING, _BAD = 10, 11  # as digits
_ONE_COPY = 12  # as second digit
_MAX_ALTS = 9
_REFERENCE = tuple(int.from_bytes(g, "little") for g in (b"0|0\t", b"0/0\t"))
_REFERENCE_ONE = int.from_bytes(b"0\t", "little")


def read_genotypes(rows: Sequence[Row], samples: int) -> list[Calls]:
    """Return the carrier sets of each row, in order. Raises InvalidInput with the row's line."""
    found: list[Calls | None] = [None] * len(rows)
    for (layout, alts), places in _groups(rows, samples).items():
        cells = [rows[place].cells for place in places]
        words = _WORDS[layout](cells, samples) if layout in _WORDS else None
        if words is not None:
            calls = _classify(words, alts, layout)
            for place, row_calls in zip(places, calls, strict=True):
                found[place] = row_calls
    return [
        calls if calls is not None else _read_rare(row, samples)
        for row, calls in zip(rows, found, strict=True)
    ]


def _read_rare(row: Row, samples: int) -> Calls:
    try:
        return read_rare(row.format, row.cells, row.alts, samples)
    except InvalidInput as error:
        raise InvalidInput(error.problem, line=row.line, field=error.field) from error


def _groups(rows: Sequence[Row], samples: int) -> dict[tuple[str, int], list[int]]:
    """Return (layout, number of ALTs) → places of the rows that can be read together."""
    groups: dict[tuple[str, int], list[int]] = {}
    for place, row in enumerate(rows):
        layout = _layout(row, samples) if row.alts <= _MAX_ALTS else "rare"
        groups.setdefault((layout, row.alts), []).append(place)
    return groups


def _layout(row: Row, samples: int) -> str:
    if row.format == b"GT":
        if len(row.cells) == 4 * samples - 1:
            return "diploid"
        return "haploid" if len(row.cells) == 2 * samples - 1 else "mixed"
    return "mixed" if row.format.startswith(b"GT:") else "rare"


# ---- genotypes as words: an array of shape (rows, samples), dtype uint32 ------------------------


def _diploid_words(cells: list[bytes], samples: int) -> np.ndarray:
    return np.frombuffer(b"\t".join(cells) + b"\t", "<u4").reshape(len(cells), samples)


def _haploid_words(cells: list[bytes], samples: int) -> np.ndarray:
    words = np.frombuffer(b"\t".join(cells) + b"\t", "<u2").reshape(len(cells), samples)
    return words.astype(np.uint32)


def _mixed_words(cells: list[bytes], samples: int) -> np.ndarray | None:
    """Return the four bytes after each tab, a `:` behind a genotype turned into a tab.

    None if any row has not one cell per sample.
    """
    text = np.frombuffer(b"\t".join(cells) + b"\t\t\t\t", np.uint8)
    ends = np.flatnonzero(text[:-3] == _TAB)
    if len(ends) != len(cells) * samples:
        return None
    row_ends = np.cumsum([len(cell) + 1 for cell in cells]) - 1
    if (ends[samples - 1 :: samples] != row_ends).any():
        return None
    starts = np.empty_like(ends)
    starts[0] = 0
    starts[1:] = ends[:-1] + 1
    sliding = np.ndarray((len(text) - 3,), "<u4", text, strides=(1,))
    words = sliding[starts]
    colon = (words >> 24) == _COLON
    words[colon] ^= (_COLON ^ _TAB) << 24
    return words.reshape(len(cells), samples)


_WORDS = {"diploid": _diploid_words, "haploid": _haploid_words, "mixed": _mixed_words}


# ---- words to sets ------------------------------------------------------------------------------


def _classify(words: np.ndarray, alts: int, layout: str) -> list[Calls | None]:
    """Return each row's carrier sets; None for rows with a genotype that fits in no word."""
    count, samples = words.shape
    flat = words.reshape(-1)
    if layout == "haploid":
        places = np.flatnonzero(flat != _REFERENCE_ONE)
    else:
        places = np.flatnonzero((flat != _REFERENCE[0]) & (flat != _REFERENCE[1]))
    codes = _codes(flat[places], layout)
    flags = _meanings(alts, 1)[codes]
    invalid = set((places[flags & INVALID != 0] // samples).tolist())
    no_call = _sets(places[flags & NO_CALL != 0], count, samples)
    if layout == "haploid":
        haploid = _all_haploid(places, flags, count, samples)
    else:
        haploid = _some_haploid(places, flags, count, samples)
    by_allele = []
    for number in range(1, alts + 1):
        flags = _meanings(alts, number)[codes] if number > 1 else flags
        by_allele.append(
            [_sets(places[flags & flag != 0], count, samples) for flag in (HET, HOM, SINGLE)]
        )
    return [
        None
        if row in invalid
        else Calls(
            tuple((het[row], hom[row], single[row]) for het, hom, single in by_allele),
            no_call[row],
            haploid[row],
        )
        for row in range(count)
    ]


def _codes(words: np.ndarray, layout: str) -> np.ndarray:
    """Return 16 × first digit + second digit; see `_digits`."""
    first = _digits()[words & 255]
    separator = (words >> 8) & 255
    second = _digits()[(words >> 16) & 255]
    is_pair = ((separator == _BAR) | (separator == _SLASH)) & (words >> 24 == _TAB)
    codes = np.where(is_pair, first * 16 + second, first * 16 + _BAD)
    if layout != "diploid":
        is_one = separator == _TAB
        if layout == "mixed":
            is_one |= separator == _COLON
        codes = np.where(is_one, first * 16 + _ONE_COPY, codes)
    return codes


@cache
def _digits() -> np.ndarray:
    """Return byte → allele number, `_MISSING` for `.`, `_BAD` for anything else."""
    digits = np.full(256, _BAD, np.uint8)
    digits[ord(".")] = _MISSING
    for digit in range(10):
        digits[ord("0") + digit] = digit
    return digits


@cache
def _meanings(alts: int, number: int) -> np.ndarray:
    """Return code → flags of a genotype for ALT `number` of a record with `alts` ALTs."""
    return np.array(
        [_meaning(code // 16, code % 16, alts, number) for code in range(256)], np.uint8
    )


def _meaning(first: int, second: int, alts: int, number: int) -> int:
    copies = (first,) if second == _ONE_COPY else (first, second)
    if any(copy > alts and copy != _MISSING for copy in copies):
        return INVALID
    if _MISSING in copies:
        return NO_CALL | (LONE_MISSING if len(copies) == 1 else 0)
    if len(copies) == 1:
        return HAPLOID | (SINGLE if first == number else 0)
    return (0, HET, HOM)[copies.count(number)]


def _all_haploid(
    places: np.ndarray, flags: np.ndarray, count: int, samples: int
) -> list[bytes | None]:
    """Return everybody for rows with a called genotype; see `_some_haploid`."""
    everybody = encode(np.arange(samples), samples)
    missing = np.bincount(places[flags & NO_CALL != 0] // samples, minlength=count)
    return [everybody if n < samples else None for n in missing.tolist()]


def _some_haploid(
    places: np.ndarray, flags: np.ndarray, count: int, samples: int
) -> list[bytes | None]:
    """Return who is written with one copy, in rows where at least one of them has a called one.

    A lone `.` says nothing about copies in a row without called one-copy genotypes: some writers
    put it for `./.`.
    """
    called = places[flags & HAPLOID != 0]
    if not len(called):
        return [None] * count
    has_called = np.zeros(count, bool)
    has_called[called // samples] = True
    chosen = places[flags & (HAPLOID | LONE_MISSING) != 0]
    return _sets(chosen[has_called[chosen // samples]], count, samples)


def _sets(places: np.ndarray, count: int, samples: int) -> list[bytes | None]:
    """Return each row's set as `model.carriers.encode` stores it.

    `places` are ascending, row × samples + sample number.
    """
    if not len(places):
        return [None] * count
    bounds = np.searchsorted(places, np.arange(count + 1) * samples)
    numbers = places - np.repeat(np.arange(count) * samples, np.diff(bounds))
    if samples > DENSE_LIMIT:
        edges = bounds.tolist()
        return [encode(numbers[a:b], samples) for a, b in zip(edges, edges[1:], strict=False)]
    return _short_sets(numbers, bounds)


def _short_sets(numbers: np.ndarray, bounds: np.ndarray) -> list[bytes | None]:
    """Cut 16-bit lists out of one run of bytes; where dense bits are shorter, pack those."""
    listed, edges = numbers.astype("<u2").tobytes(), bounds.tolist()
    sizes = np.diff(bounds)
    filled = sizes > 0
    dense_bytes = np.zeros(len(sizes), np.int64)
    dense_bytes[filled] = numbers[bounds[1:][filled] - 1] // 8 + 1
    is_dense = filled & (2 * sizes > dense_bytes)
    packed = _packed(numbers, bounds, np.flatnonzero(is_dense))
    tag = bytes([LIST16])
    return [
        packed.get(row) or (tag + listed[2 * a : 2 * b] if a < b else None)
        for row, (a, b) in enumerate(zip(edges, edges[1:], strict=False))
    ]


def _packed(numbers: np.ndarray, bounds: np.ndarray, rows: np.ndarray) -> dict[int, bytes]:
    """Return row → stored dense bits, for `rows`."""
    if not len(rows):
        return {}
    sizes = bounds[rows + 1] - bounds[rows]
    first = np.repeat(bounds[rows] - np.cumsum(sizes) + sizes, sizes)
    members = numbers[first + np.arange(len(first))]
    bits = np.zeros((len(rows), int(members.max()) + 1), np.uint8)
    bits[np.repeat(np.arange(len(rows)), sizes), members] = 1
    packed = np.packbits(bits, axis=1, bitorder="little")
    ends = (numbers[bounds[rows + 1] - 1] // 8 + 1).tolist()
    tag = bytes([BITS])
    return {
        row: tag + bits_row[:end].tobytes()
        for row, bits_row, end in zip(rows.tolist(), packed, ends, strict=True)
    }

"""The bytes of a VCF, plain or compressed, in pieces that can be read on their own.

BGZF (SAM specification §4.1) is gzip in blocks of at most 64 KiB that say how long they are, so a
file can be cut at any block without an index. A piece begins after the first line end in its range
and runs to the first line end behind it: every line belongs to exactly one piece.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from isal import isal_zlib

from beacon_node.errors import InvalidInput

Advance = Callable[[int], None]
"""Told how many bytes of the file were read since it was last called."""


class Packing(StrEnum):
    """How the bytes of a file are packed."""

    PLAIN = "plain text"
    GZIP = "gzip"
    BGZF = "BGZF"


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a file: lines that begin behind byte `start` and not behind byte `end`.

    Offsets count bytes of the file as it lies on disk; those of BGZF are starts of blocks.
    """

    number: int
    start: int
    end: int

    @property
    def is_first(self) -> bool:
        return self.start == 0


GZIP_MAGIC = b"\x1f\x8b"
_BLOCK_HEAD = 18  # bytes of a BGZF block before its data
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_READ_SIZE = 1 << 18  # compressed bytes per read; a cohort's text packs some 60-fold
_CHUNK = 1 << 22  # decompressed bytes handed on at a time
_MAX_BLOCK = 1 << 16
_CHAIN = 4  # blocks in a row that prove that a cut stands at a block's start


def find_packing(head: bytes) -> Packing:
    """Return how a file that begins with `head` is packed."""
    if not head.startswith(GZIP_MAGIC):
        return Packing.PLAIN
    return Packing.BGZF if _block_size(head, 0) else Packing.GZIP


def ends_properly(path: str) -> bool:
    """Say whether a BGZF file ends with the empty block that marks its end."""
    with Path(path).open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(_BGZF_END)))
        return file.read() == _BGZF_END


def cut(path: str, packing: Packing, pieces: int) -> tuple[Segment, ...]:
    """Return at most `pieces` segments of about the same size; one for plain gzip."""
    size = Path(path).stat().st_size
    if packing is Packing.GZIP or pieces <= 1:
        return (Segment(0, 0, size),)
    with Path(path).open("rb") as file:
        starts = {0}
        for piece in range(1, pieces):
            at = size * piece // pieces
            found = at if packing is Packing.PLAIN else _next_block(file, at)
            if found is not None and found < size:
                starts.add(found)
    bounds = [*sorted(starts), size]
    return tuple(
        Segment(number, start, end)
        for number, (start, end) in enumerate(zip(bounds, bounds[1:], strict=False))
    )


def read_lines(
    path: str, packing: Packing, segment: Segment, advance: Advance
) -> Iterator[list[bytes]]:
    """Yield the lines of a segment without their ends, some megabytes at a time."""
    rest = b""
    is_inside = segment.is_first
    for data, is_behind in chunks(path, packing, segment, advance):
        if not is_inside:
            if is_behind:
                return  # no line begins in this segment
            _, line_end, data = data.partition(b"\n")
            is_inside = bool(line_end)
        elif is_behind:
            last, line_end, _ = data.partition(b"\n")
            rest += last
            if line_end:
                yield [rest]
                return
            continue
        if is_inside:
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            yield lines
    if rest:
        yield [rest]


def lines_before(path: str, packing: Packing, segment: Segment) -> int:
    """Return how many lines begin before the first one that belongs to `segment`."""
    if segment.is_first:
        return 0
    before = Segment(0, 0, segment.start)
    count = 0
    for data, is_behind in chunks(path, packing, before, lambda _: None):
        if is_behind:
            break
        count += data.count(b"\n")
    return count + 1


def chunks(
    path: str, packing: Packing, segment: Segment, advance: Advance
) -> Iterator[tuple[bytes, bool]]:
    """Yield (decompressed bytes, whether they lie behind the segment's end) to the file's end."""
    if packing is Packing.BGZF:
        return _bgzf_chunks(path, segment, advance)
    if packing is Packing.GZIP:
        return _gzip_chunks(path, advance)
    return _plain_chunks(path, segment, advance)


def _plain_chunks(path: str, segment: Segment, advance: Advance) -> Iterator[tuple[bytes, bool]]:
    with Path(path).open("rb") as file:
        at = file.seek(segment.start)
        while data := file.read(min(_CHUNK, segment.end - at) if at < segment.end else _MAX_BLOCK):
            is_behind = at >= segment.end
            if not is_behind:
                advance(len(data))
            at += len(data)
            yield data, is_behind


def _gzip_chunks(path: str, advance: Advance) -> Iterator[tuple[bytes, bool]]:
    """Inflate gzip members one after the other; zeros may pad the end."""
    with Path(path).open("rb") as file:
        member = isal_zlib.decompressobj(wbits=31)
        is_begun = False
        while packed := file.read(_READ_SIZE):
            advance(len(packed))
            while packed:
                if member.eof:
                    member, is_begun = isal_zlib.decompressobj(wbits=31), False
                    packed = packed.lstrip(b"\0")
                    continue
                is_begun = True
                data = _inflate(path, member, packed)
                packed = member.unconsumed_tail or member.unused_data
                if data:
                    yield data, False
        if is_begun and not member.eof:
            raise InvalidInput("the gzip data end in the middle: the file is truncated", file=path)


def _inflate(path: str, member, packed: bytes) -> bytes:
    try:
        return member.decompress(packed, _CHUNK)
    except isal_zlib.error as error:
        raise InvalidInput(f"the gzip data are damaged ({error})", file=path) from error


def _bgzf_chunks(path: str, segment: Segment, advance: Advance) -> Iterator[tuple[bytes, bool]]:
    """Inflate blocks; those behind the segment's end come one by one."""
    parts: list[bytes] = []
    size = packed_size = 0
    for at, block in _blocks(path, segment.start):
        is_behind = at >= segment.end
        if parts and (is_behind or size >= _CHUNK):
            advance(packed_size)
            yield b"".join(parts), False
            parts, size, packed_size = [], 0, 0
        data = _inflate_block(path, at, block)
        if is_behind:
            yield data, True
            continue
        parts.append(data)
        size += len(data)
        packed_size += len(block)
    if parts:
        advance(packed_size)
        yield b"".join(parts), False


def _inflate_block(path: str, at: int, block: bytes) -> bytes:
    try:
        return isal_zlib.decompress(block, wbits=31, bufsize=_MAX_BLOCK)
    except isal_zlib.error as error:
        raise InvalidInput(f"the block at byte {at:,} is damaged ({error})", file=path) from error


def _blocks(path: str, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield (offset, packed block) from the block at `start` to the end of the file."""
    with Path(path).open("rb") as file:
        at = file.seek(start)
        buffer, used = b"", 0
        while True:
            size = _block_size(buffer, used)
            if not size or used + size > len(buffer):
                buffer, used = buffer[used:] + file.read(_READ_SIZE), 0
                if not buffer:
                    return
                size = _block_size(buffer, 0)
                if not size or size > len(buffer):
                    raise InvalidInput(
                        f"no whole BGZF block stands at byte {at:,}: the file is truncated",
                        file=path,
                    )
            yield at, buffer[used : used + size]
            at += size
            used += size


def _block_size(buffer: bytes, at: int) -> int:
    """Return the size of the BGZF block whose head stands at `at` in `buffer`, 0 if none does."""
    if len(buffer) - at < _BLOCK_HEAD or buffer[at : at + 4] != b"\x1f\x8b\x08\x04":
        return 0
    extra_end = at + 12 + int.from_bytes(buffer[at + 10 : at + 12], "little")
    field = at + 12
    while field + 4 <= min(extra_end, len(buffer)):
        length = int.from_bytes(buffer[field + 2 : field + 4], "little")
        if buffer[field : field + 2] == b"BC" and length == 2 and field + 6 <= len(buffer):
            return int.from_bytes(buffer[field + 4 : field + 6], "little") + 1
        field += 4 + length
    return 0


def _next_block(file: BinaryIO, at: int) -> int | None:
    """Return the offset of the first block at or behind `at`, None if there is none."""
    file.seek(at)
    buffer = file.read((_CHAIN + 2) * _MAX_BLOCK)
    found = buffer.find(GZIP_MAGIC)
    while 0 <= found < _MAX_BLOCK:
        if _is_chain(buffer, found):
            return at + found
        found = buffer.find(GZIP_MAGIC, found + 1)
    return None


def _is_chain(buffer: bytes, at: int) -> bool:
    """Say whether blocks follow one another from `at`, and not chance bytes that look like one."""
    for _ in range(_CHAIN):
        if at == len(buffer):
            return True
        size = _block_size(buffer, at)
        if not size:
            return False
        at += size
    return True

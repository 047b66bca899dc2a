"""Reads the records of a BCF, or of any VCF, through htslib (cyvcf2).

cyvcf2 has no exception of its own, so `check_records` finds out first whether the file is whole.
"""

import os
import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from cyvcf2 import VCF, Variant

from beacon_node.errors import InvalidInput
from beacon_node.ingest.vcf.copies import Calls, calls_of, nobody_called
from beacon_node.ingest.vcf.sites import Fields, Site, SiteReader, is_block
from beacon_node.ingest.vcf.streams import Advance

BCF_MAGIC = b"BCF\x02"
_HEAD_SIZE = 9  # magic, minor version, length of the header text


def header_text(beginning: bytes) -> str | None:
    """Return the header of a BCF that begins so, None while more bytes are needed."""
    if len(beginning) < _HEAD_SIZE:
        return None
    end = _HEAD_SIZE + int.from_bytes(beginning[5:_HEAD_SIZE], "little")
    if len(beginning) < end:
        return None
    return beginning[_HEAD_SIZE:end].rstrip(b"\0").decode("utf-8", "replace")


def check_records(chunks: Iterable[tuple[bytes, bool]], path: str) -> None:
    """Raise InvalidInput unless a BCF's decompressed bytes are whole records to the end."""
    buffer, skip, record = b"", 0, 0
    for chunk, _ in chunks:
        buffer += chunk
        if not record and not skip:
            if len(buffer) < _HEAD_SIZE:
                continue
            skip = _HEAD_SIZE + int.from_bytes(buffer[5:_HEAD_SIZE], "little")
        while True:
            if skip >= len(buffer):
                skip, buffer = skip - len(buffer), b""
                break
            buffer, skip = (buffer[skip:], 0) if skip else (buffer, 0)
            if len(buffer) < 8:
                break
            skip = 8 + sum(struct.unpack("<II", buffer[:8]))
            record += 1
    if buffer or skip:
        raise InvalidInput(f"record {record} is cut off: the file is truncated", file=path)


def has_block(path: str, count: int) -> bool:
    """Say whether one of the first `count` records is a gVCF's reference block."""
    return any(is_block(_fields(variant)) for variant in islice(VCF(path), count))


def read_records(
    path: str, sites: SiteReader, samples: int, advance: Advance
) -> Iterator[tuple[Site, Calls | None]]:
    """Yield every record that has alleles to load. Raises InvalidInput."""
    for variant in _variants(path, advance):
        site = sites.read(_fields(variant), _is_called(variant))
        if site:
            yield site, _calls(variant, site.alts, samples) if samples else None


def _variants(path: str, advance: Advance) -> Iterator[Variant]:
    """Yield the records, telling how far htslib has read in the file."""
    descriptor = os.open(path, os.O_RDONLY)  # htslib closes it
    told = 0
    records = VCF(descriptor)
    for variant in records:
        yield variant
        at = os.lseek(descriptor, 0, os.SEEK_CUR)
        if at > told:
            advance(at - told)
            told = at


def _fields(variant: Variant) -> Fields:
    return Fields(
        variant.CHROM,
        str(variant.POS),
        variant.ID or ".",
        variant.REF,
        ",".join(variant.ALT) or ".",
        ";".join(variant.FILTERS) or ".",
        {key: _text(value) for key, value in variant.INFO},
    )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _calls(variant: Variant, alts: int, samples: int) -> Calls:
    if "GT" not in variant.FORMAT:
        return nobody_called(alts, samples)
    return calls_of(variant.genotype.array()[:, :-1], alts)  # the last column is the phase


def _is_called(variant: Variant) -> Callable[[], bool]:
    """Return what says whether any sample has a genotype and, where told, reads behind it."""

    def is_called() -> bool:
        if "GT" not in variant.FORMAT:
            return not variant.FORMAT
        copies = variant.genotype.array()[:, :-1]
        called = ~(copies == -1).any(axis=1) & (copies >= 0).any(axis=1)
        for key in ("MIN_DP", "DP"):
            if key in variant.FORMAT:
                return bool((called & (variant.format(key)[:, 0] != 0)).any())
        return bool(called.any())

    return is_called

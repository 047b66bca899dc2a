"""Writes small VCF files for tests and reads files whole."""

import struct
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from beacon_node.ingest.vcf import VcfFile, open_vcf
from beacon_node.model.calls import AlleleCalls, FilterPolicy, ReadReport
from beacon_node.model.carriers import decode
from beacon_node.model.genome import REFERENCE_NAMES, Assembly

EVERY_FILTER = FilterPolicy(None)
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
CONTIGS = "".join(
    f"##contig=<ID={name},length={length}>\n"
    for name, length in {"1": 249250621, "2": 243199373, "22": 51304566, "X": 155270560}.items()
)


def vcf(*records: str, samples: Sequence[str] = ("a", "b", "c"), head: str = CONTIGS) -> str:
    """Return a VCF's text; a record's columns are separated by spaces."""
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
    columns += ["FORMAT", *samples] if samples else []
    lines = "".join(record.replace(" ", "\t") + "\n" for record in records)
    return f"##fileformat=VCFv4.2\n{head}" + "\t".join(columns) + "\n" + lines


def bgzf(text: bytes, block: int = 60_000) -> bytes:
    """Return `text` as BGZF in blocks of `block` bytes."""
    blocks = [_bgzf_block(text[at : at + block]) for at in range(0, len(text), block)]
    return b"".join(blocks) + BGZF_END


def _bgzf_block(text: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = packer.compress(text) + packer.flush()
    head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + struct.pack("<H", len(body) + 25)
    return head + body + struct.pack("<II", zlib.crc32(text), len(text))


def write(path: Path, content: str | bytes) -> str:
    """Write a file and return its name."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def opened(
    path: Path | str,
    *,
    filters: FilterPolicy = EVERY_FILTER,
    assembly: Assembly | None = None,
    pieces: int = 1,
) -> VcfFile:
    return open_vcf(str(path), assembly=assembly, filters=filters, pieces=pieces)


def read_file(file: VcfFile) -> tuple[list[AlleleCalls], ReadReport]:
    """Return every allele of a file, segment after segment, and the reports' sum."""
    report, found = ReadReport(), []
    for segment in file.segments:
        part = ReadReport()
        found += file.read(segment, part, lambda _: None)
        report.add(part)
    return found, report


def read_text(tmp_path: Path, text: str | bytes, **how) -> tuple[list[AlleleCalls], ReadReport]:
    """Return every allele of a file with this content."""
    return read_file(opened(write(tmp_path / "calls.vcf", text), **how))


def plain(calls: AlleleCalls) -> tuple:
    """Return (place and bases, het, hom, single, no_call, haploid) with sets as lists."""
    name = f"{REFERENCE_NAMES[calls.reference - 1]}:{calls.start}-{calls.end}"
    sets = (calls.het, calls.hom, calls.single, calls.no_call, calls.haploid)
    return (f"{name} {calls.ref}>{calls.alt}", *(decode(blob).tolist() for blob in sets))


def names(found: Iterable[AlleleCalls]) -> list[str]:
    return [plain(calls)[0] for calls in found]

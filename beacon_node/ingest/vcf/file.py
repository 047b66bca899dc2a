"""A VCF or BCF whose head was read and found good."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from beacon_node.errors import InvalidInput
from beacon_node.ingest.vcf import bcf
from beacon_node.ingest.vcf.annotations import effect_reader
from beacon_node.ingest.vcf.head import Head, find_assembly, parse_head
from beacon_node.ingest.vcf.sites import Fields, SiteReader, SiteRules, is_block
from beacon_node.ingest.vcf.streams import (
    GZIP_MAGIC,
    Advance,
    Packing,
    Segment,
    chunks,
    cut,
    ends_properly,
    find_packing,
    lines_before,
    read_lines,
)
from beacon_node.ingest.vcf.text import TextReader, site_alleles
from beacon_node.model.calls import AlleleCalls, FilterPolicy, ReadReport
from beacon_node.model.genome import Assembly
from beacon_node.model.variation import Bases

_PEEKED = 200  # first records looked at: a gVCF has a reference block among them
_MAX_HEAD = 1 << 28  # bytes


@dataclass(frozen=True, slots=True)
class VcfFile:
    """A `model.calls.GenotypeFile`; can be sent to other processes if `bases` can.

    `is_gvcf`: a reference block stands among the first records, so that records tell what was
    sequenced (a BCF's records are looked at when it is read). `needs_counts`: a file without
    samples must tell AC and AN, as data must; a list of alleles to ask for need not.
    """

    path: str
    head: Head
    packing: Packing
    is_bcf: bool
    is_gvcf: bool
    assembly: Assembly | None
    filters: FilterPolicy
    bases: Bases | None
    segments: tuple[Segment, ...]
    needs_counts: bool = True

    @property
    def samples(self) -> tuple[str, ...]:
        return self.head.samples

    @property
    def is_sites_only(self) -> bool:
        return not self.head.samples

    def read(
        self, segment: Segment, report: ReadReport, progress: Advance
    ) -> Iterator[AlleleCalls]:
        """Yield the alleles of a segment in file order; see `model.calls.GenotypeFile.read`.

        Positions are in order inside a segment; `check_order` compares the reports of all.
        """
        if self.is_bcf:
            bcf.check_records(chunks(self.path, self.packing, segment, lambda _: None), self.path)
        sites = SiteReader(self._rules(), report)
        alleles = self._bcf_alleles if self.is_bcf else self._text_alleles
        for calls in alleles(segment, sites, progress):
            report.alleles += 1
            yield calls
        sites.finish()

    def _rules(self) -> SiteRules:
        return SiteRules(
            assembly=self.assembly,
            contig_lengths=self.head.contig_lengths,
            filters=self.filters,
            bases=self.bases,
            read_effects=effect_reader(self.head.lines),
            is_sites_only=self.is_sites_only and self.needs_counts,
            is_gvcf=self.is_gvcf or self.is_bcf and bcf.has_block(self.path, _PEEKED),
        )

    def _text_alleles(
        self, segment: Segment, sites: SiteReader, progress: Advance
    ) -> Iterator[AlleleCalls]:
        reader = TextReader(sites, len(self.samples))
        try:
            for lines in read_lines(self.path, self.packing, segment, progress):
                yield from reader.read(lines)
            yield from reader.finish()
        except InvalidInput as error:
            if error.file:
                raise
            line = lines_before(self.path, self.packing, segment) + (error.line or reader.line)
            raise InvalidInput(
                error.problem, file=self.path, line=line, field=error.field
            ) from error

    def _bcf_alleles(
        self, _: Segment, sites: SiteReader, progress: Advance
    ) -> Iterator[AlleleCalls]:
        try:
            for site, calls in bcf.read_records(self.path, sites, len(self.samples), progress):
                yield from site_alleles(site, calls)
        except InvalidInput as error:
            problem = f"record {sites.records}: {error.problem}"
            raise InvalidInput(problem, file=self.path, field=error.field) from error


def open_vcf(
    path: str,
    *,
    assembly: Assembly | None,
    filters: FilterPolicy,
    bases: Bases | None = None,
    pieces: int = 1,
) -> VcfFile:
    """Read the head of a VCF, gVCF or BCF, plain, gzip or BGZF; cut it into at most `pieces`.

    `assembly` is the operator's word, which may not contradict the header. Raises InvalidInput for
    a file that is not what its name says, is truncated, has no proper header, or is on a build that
    is neither GRCh37 nor GRCh38.
    """
    packing = _find_packing(path)
    whole = Segment(0, 0, Path(path).stat().st_size)
    head, is_bcf = _read_head(path, packing, whole)
    return VcfFile(
        path=path,
        head=head,
        packing=packing,
        is_bcf=is_bcf,
        is_gvcf=not is_bcf and _has_block(path, packing, whole),
        assembly=find_assembly(head, assembly, file=path),
        filters=filters,
        bases=bases,
        segments=(whole,) if is_bcf else cut(path, packing, pieces),
    )


def _find_packing(path: str) -> Packing:
    try:
        with Path(path).open("rb") as file:
            beginning = file.read(1 << 16)
    except OSError as error:
        raise InvalidInput(f"cannot be read ({error.strerror})", file=path) from error
    if not beginning:
        raise InvalidInput("the file is empty", file=path)
    packing = find_packing(beginning)
    if path.endswith((".gz", ".bgz")) and not beginning.startswith(GZIP_MAGIC):
        raise InvalidInput("named as compressed, but it is not gzip", file=path)
    if packing is Packing.BGZF and not ends_properly(path):
        raise InvalidInput("the file is truncated: its BGZF end mark is missing", file=path)
    return packing


def _read_head(path: str, packing: Packing, whole: Segment) -> tuple[Head, bool]:
    """Return the head and whether the file is a BCF."""
    read = b""
    for data, _ in chunks(path, packing, whole, lambda _: None):
        read += data
        if read.startswith(bcf.BCF_MAGIC):
            text = bcf.header_text(read)
            if text is not None:
                return _parse(text.rstrip("\n").split("\n"), path), True
        else:
            lines = _head_lines(read, path)
            if lines:
                return _parse(lines, path), False
        if len(read) > _MAX_HEAD:
            break
    raise InvalidInput("no column line beginning with #CHROM was found", file=path)


def _parse(lines: list[str], path: str) -> Head:
    return parse_head([line.rstrip("\r") for line in lines], file=path)


def _head_lines(read: bytes, path: str) -> list[str] | None:
    """Return the head's lines if `read` holds all of it, None if more bytes are needed."""
    if not read.startswith((b"##", b"#CHROM")):
        is_text = read[:512].isascii() and b"\0" not in read[:512]
        problem = "there is no VCF header" if is_text else "this is no VCF: its content is binary"
        raise InvalidInput(problem, file=path, line=1 if is_text else 0)
    lines: list[str] = []
    for raw in read.split(b"\n")[:-1] if b"\n" in read else ():
        if not raw.startswith(b"#"):
            raise InvalidInput(
                "a record stands before the column line #CHROM", file=path, line=len(lines) + 1
            )
        lines.append(raw.decode("utf-8", "replace"))
        if not raw.startswith(b"##"):
            return lines
    return None


def _has_block(path: str, packing: Packing, whole: Segment) -> bool:
    """Say whether one of the first records is a gVCF's reference block."""
    lines = read_lines(path, packing, whole, lambda _: None)
    records = (line for part in lines for line in part if not line.startswith(b"#"))
    return any(map(_is_block, islice(records, _PEEKED)))


def _is_block(line: bytes) -> bool:
    columns = line.decode("utf-8", "replace").split("\t", 8)
    return len(columns) >= 8 and is_block(Fields(*columns[:5], columns[6], columns[7]))

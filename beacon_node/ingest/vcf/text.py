"""Reads the records of a VCF that is text: lines to sites, genotypes in batches."""

from collections.abc import Iterator
from functools import lru_cache, partial

from beacon_node.errors import InvalidInput
from beacon_node.ingest.vcf.copies import Calls
from beacon_node.ingest.vcf.genotypes import Row, read_genotypes
from beacon_node.ingest.vcf.sites import Fields, Site, SiteReader
from beacon_node.model.calls import AlleleCalls

_BATCH_ROWS = 512
_BATCH_BYTES = 1 << 22


class TextReader:
    """Turns the lines of one segment into allele calls; `line` counts lines of the segment."""

    def __init__(self, sites: SiteReader, samples: int) -> None:
        self._sites, self._samples = sites, samples
        self._needed = 10 if samples else 8
        self._batch: list[tuple[Site, Row]] = []
        self._batch_bytes = 0
        self.line = 0

    def read(self, lines: list[bytes]) -> Iterator[AlleleCalls]:
        """Yield the alleles of whole batches; what is left waits for more lines or `finish`.

        Raises InvalidInput; where it has no line of its own, `line` is the one.
        """
        for line in lines:
            self.line += 1
            if line and line[0] != 35:  # 35: "#"
                self._take(line)
                if len(self._batch) >= _BATCH_ROWS or self._batch_bytes >= _BATCH_BYTES:
                    yield from self.finish()

    def finish(self) -> Iterator[AlleleCalls]:
        """Yield the alleles of the records still waiting."""
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        if not self._samples:
            for site, _ in batch:
                yield from site_alleles(site, None)
            return
        all_calls = read_genotypes([row for _, row in batch], self._samples)
        for (site, _), calls in zip(batch, all_calls, strict=True):
            yield from site_alleles(site, calls)

    def _take(self, line: bytes) -> None:
        if line[-1] == 13:  # "\r"
            line = line.rstrip(b"\r")
        columns = line.split(b"\t", 9)
        if len(columns) < self._needed:
            raise InvalidInput("the record has too few columns")
        if len(columns) > 9 and not self._samples:
            raise InvalidInput("the record has sample columns, the header has none")
        format_, cells = columns[8:] if self._samples else (b"", b"")
        site = self._sites.read(_fields(columns), partial(any_called, format_, cells))
        if site:
            self._batch.append((site, Row(format_, cells, site.alts, self.line)))
            self._batch_bytes += len(line)


def _fields(columns: list[bytes]) -> Fields:
    try:
        chrom, pos, id_, ref, alt, _, filter_, info = map(bytes.decode, columns[:8])
    except UnicodeDecodeError as error:
        raise InvalidInput("the record is no text in UTF-8") from error
    return Fields(chrom, pos, id_, ref, alt, filter_, info)


def site_alleles(site: Site, calls: Calls | None) -> Iterator[AlleleCalls]:
    """Yield the calls of each allele of a record; without samples `calls` is None."""
    for number, start, end, ref, alt, extent, effects, count in site.alleles:
        het, hom, single = calls.alleles[number - 1] if calls else (None, None, None)
        yield AlleleCalls(
            site.reference, start, end, ref, alt,
            het, hom, single, calls and calls.no_call, calls and calls.haploid,
            count, site.allele_number, extent, site.ids, effects,
        )  # fmt: skip


def any_called(format_: bytes, cells: bytes) -> bool:
    """Say whether any sample has a genotype and, where depth is told, reads behind it."""
    if not format_:
        return True
    places = _places(format_)
    return any(_has_reads(cell, *places) for cell in cells.split(b"\t"))


@lru_cache(maxsize=64)
def _places(format_: bytes) -> tuple[int, int]:
    """Return where the genotype and the least depth stand in a cell, -1 for nowhere."""
    keys = format_.split(b":")
    depth = next((key for key in (b"MIN_DP", b"DP") if key in keys), None)
    return keys.index(b"GT") if b"GT" in keys else -1, keys.index(depth) if depth else -1


def _has_reads(cell: bytes, genotype: int, depth: int) -> bool:
    values = cell.split(b":")
    if not 0 <= genotype < len(values) or b"." in values[genotype]:
        return False
    return not 0 <= depth < len(values) or values[depth] != b"0"

"""Reads the records of a VCF that is text: lines to sites, genotypes in batches."""

from collections.abc import Callable, Iterator

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
        columns = line.split(b"\t", 9)
        cells = columns[9] if len(columns) > 9 else b""
        if cells.endswith(b"\r") or columns[-1].endswith(b"\r"):
            columns[-1] = columns[-1].rstrip(b"\r")
            cells = cells.rstrip(b"\r")
        if len(columns) < (10 if self._samples else 8):
            raise InvalidInput("the record has too few columns")
        if not self._samples and len(columns) > 9:
            raise InvalidInput("the record has sample columns, the header has none")
        chrom, pos, id_, ref, alt, _, filter_, info = (
            b"\t".join(columns[:8]).decode("utf-8", "replace").split("\t")
        )
        fields = Fields(chrom, pos, id_, ref, alt, filter_, info)
        format_ = columns[8] if self._samples else b""
        site = self._sites.read(fields, _is_called(format_, cells))
        if site:
            self._batch.append((site, Row(format_, cells, site.alts, self.line)))
            self._batch_bytes += len(line)


def site_alleles(site: Site, calls: Calls | None) -> Iterator[AlleleCalls]:
    """Yield the calls of each allele of a record; without samples `calls` is None."""
    for number, start, end, ref, alt, extent, effects, count in site.alleles:
        het, hom, single = calls.alleles[number - 1] if calls else (None, None, None)
        yield AlleleCalls(
            site.reference, start, end, ref, alt,
            het, hom, single, calls and calls.no_call, calls and calls.haploid,
            count, site.allele_number, extent, site.ids, effects,
        )  # fmt: skip


def _is_called(format_: bytes, cells: bytes) -> Callable[[], bool]:
    """Return what says whether any sample has a genotype and, where told, reads behind it."""

    def is_called() -> bool:
        keys = format_.split(b":")
        places = {key: keys.index(key) for key in (b"GT", b"MIN_DP", b"DP") if key in keys}
        return not format_ or any(_has_reads(cell, places) for cell in cells.split(b"\t"))

    return is_called


def _has_reads(cell: bytes, places: dict[bytes, int]) -> bool:
    values = cell.split(b":")

    def value(key: bytes) -> bytes:
        place = places.get(key, len(values))
        return values[place] if place < len(values) else b""

    depth = value(b"MIN_DP") or value(b"DP")
    return b"." not in (value(b"GT") or b".") and depth != b"0"

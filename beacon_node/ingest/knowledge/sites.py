"""Site VCFs (no genotypes wanted), read by cyvcf2: alleles split and in normal form."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from cyvcf2 import VCF, Variant

from beacon_node.errors import InvalidInput
from beacon_node.ingest.knowledge.quiet import quiet_htslib
from beacon_node.ingest.knowledge.text import first_lines
from beacon_node.ingest.plain_files import explained
from beacon_node.ingest.vcf.head import Head, find_assembly
from beacon_node.model.calls import ReadReport
from beacon_node.model.genome import SEQUENCES, Assembly, find_reference
from beacon_node.model.variation import Allele, Bases, normalize
from beacon_node.ports import Progress

_RSID = re.compile(r"rs(\d+)", re.IGNORECASE)
_STEP = 1_000  # records between two reports of progress
_HEAD_LINES = 20_000  # a head longer than this is none


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A site VCF whose head was read. `assembly` None: it does not say. `head` are its ## lines.

    A BCF has no lines to name: errors count its records.
    """

    path: str
    head: tuple[str, ...]
    assembly: Assembly | None
    is_bcf: bool = False

    def meta(self, key: str) -> str:
        """Return the value of a `##key=value` line, empty if there is none."""
        start = f"##{key}="
        return next((line[len(start) :] for line in self.head if line.startswith(start)), "")

    def info_ids(self) -> list[str]:
        return re.findall(r"##INFO=<ID=([^,>]+)", "\n".join(self.head))


def open_sites(path: str, declared: Assembly | None) -> SiteFile:
    """Return a VCF's head; InvalidInput if it has none or contradicts the declared assembly."""
    head = _head(path)
    return SiteFile(path, head, find_assembly(Head(head, ()), declared, file=path))


def _head(path: str) -> tuple[str, ...]:
    lines = first_lines(path, count=1)
    if not lines or not lines[0].startswith("##fileformat=VCF"):
        raise InvalidInput("this is no VCF: its first line is not ##fileformat=VCF…", file=path)
    head = []
    for line in first_lines(path, count=_HEAD_LINES):
        if line.startswith("#CHROM\t"):
            return tuple(head)
        if not line.startswith("##"):
            break
        head.append(line)
    raise InvalidInput("the VCF's head has no #CHROM line", file=path, line=len(head) + 1)


class _Failures:
    """Turn what cyvcf2 raises into InvalidInput: OSError for a file, and Exception itself, which
    has no class of its own, for a record."""

    def __init__(self, file: SiteFile) -> None:
        self.path, self.records, self._file = file.path, 0, file

    def __enter__(self) -> "_Failures":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is OSError:
            raise InvalidInput("this is no VCF that can be read", file=self.path) from error
        if kind in (Exception, ValueError, UnicodeDecodeError):
            problem = "the record is malformed, or the file ends in the middle of it"
            self.records += 1
            raise self.wrong(problem) from error

    def wrong(self, problem: str, field: str = "") -> InvalidInput:
        """Return the error that says what is wrong with the record just read."""
        if self._file.is_bcf:
            problem = f"record {self.records}: {problem}"
            return InvalidInput(problem, file=self.path, field=field)
        line = len(self._file.head) + 1 + self.records
        return InvalidInput(problem, file=self.path, line=line, field=field)


@dataclass(slots=True)
class Site:
    """One record. `alleles` are (index of the ALT, allele in normal form); `rsids` its ID's."""

    record: Variant
    alleles: list[tuple[int, Allele]]
    rsids: tuple[int, ...]
    failures: _Failures

    def info(self, key: str) -> str:
        """Return an INFO field as text, empty if it is absent."""
        value = self.record.INFO.get(key)
        return "" if value is None else str(value)

    def numbers(self, key: str) -> tuple:
        """Return an INFO field's numbers, empty if it is absent."""
        value = self.record.INFO.get(key)
        if value is None or isinstance(value, str):
            return ()
        return value if isinstance(value, tuple) else (value,)


def read_sites(
    file: SiteFile,
    assembly: Assembly,
    bases: Bases | None,
    report: ReadReport,
    progress: Progress,
) -> Iterator[Site]:
    """Yield the records that have an allele of known bases; the rest is counted in `report`."""
    failures, path = _Failures(file), Path(file.path)
    names: dict[str, str | None] = {}
    with explained(file.path), path.open("rb") as raw, failures, quiet_htslib():
        progress.start(path.name, path.stat().st_size, "bytes")
        told = 0
        for record in VCF(raw, samples=[], lazy=True):
            failures.records += 1
            report.records += 1
            if record.CHROM not in names:
                names[record.CHROM] = _name(record.CHROM, assembly, failures)
            site = _site(record, names[record.CHROM], assembly, bases, failures)
            _count(site, report)
            if site.alleles:
                yield site
            if failures.records % _STEP == 0:
                at = os.lseek(raw.fileno(), 0, os.SEEK_CUR)
                progress.advance(at - told)
                told = at
        progress.finish()


def _name(contig: str, assembly: Assembly, failures: _Failures) -> str | None:
    found = find_reference(contig)
    if found and found[1] not in (None, assembly):
        raise failures.wrong(f"{contig} belongs to {found[1]}, not to {assembly}")
    return found[0] if found else None


def _site(
    record: Variant,
    name: str | None,
    assembly: Assembly,
    bases: Bases | None,
    failures: _Failures,
) -> Site:
    alleles = []
    if name:
        start, ref = record.start, record.REF.upper()
        if start < 0 or start + len(ref) > SEQUENCES[assembly][name].length:
            raise failures.wrong(f"{start + 1:,} lies outside chromosome {name} of {assembly}")
        for index, alt in enumerate(record.ALT):
            alt = alt.upper()
            if alt.strip("ACGTN") or ref.strip("ACGTN") or alt == ref:
                continue
            allele = Allele(name, start, start + len(ref), ref, alt)
            if len(ref) != 1 or len(alt) != 1:
                allele = normalize(allele, bases)
            alleles.append((index, allele))
    ids = record.ID or ""
    rsids = tuple(int(found[1]) for found in map(_RSID.fullmatch, ids.split(";")) if found)
    return Site(record, alleles, rsids, failures)


def _count(site: Site, report: ReadReport) -> None:
    report.alleles += len(site.alleles)
    if not site.alleles:
        known = find_reference(site.record.CHROM)
        report.skip(
            "no allele spelled in bases" if known else "on a sequence that is no chromosome"
        )

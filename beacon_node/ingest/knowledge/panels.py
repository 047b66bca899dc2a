"""Frequencies of a reference panel: AC and AN of a VCF or BCF, or its genotypes, counted."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.knowledge.opening import Reading
from beacon_node.ingest.knowledge.sites import Site, SiteFile, read_sites
from beacon_node.ingest.vcf import VcfFile, open_vcf
from beacon_node.ingest.vcf.bcf import check_records
from beacon_node.ingest.vcf.streams import chunks
from beacon_node.model.calls import AlleleCalls, FilterPolicy
from beacon_node.model.carriers import NumberSet, stored_size
from beacon_node.model.genome import PSEUDOAUTOSOMAL, REFERENCE_NAMES, Assembly
from beacon_node.model.panels import PanelSite
from beacon_node.model.variation import Allele, Bases

_ROUNDING = 1e-3  # of an allele: what a frequency written in decimals may lack of a whole count
_COMPARED = 1_000  # records at the beginning, then every so many, are compared with the reference
_SPELLINGS = ("{kind}_{name}", "{kind}-{name}", "{name}_{kind}", "{name}-{kind}")


@dataclass(frozen=True, slots=True)
class CountFields:
    """The INFO fields that count: of alleles looked at, and of this one or its share of them."""

    number: str
    count: str = ""
    share: str = ""


@dataclass(frozen=True, slots=True)
class PanelFile:
    """A panel whose head was found good; `fields` None: its genotypes are counted."""

    file: VcfFile
    fields: CountFields | None
    version: str

    @property
    def assembly(self) -> Assembly:
        return self.file.assembly

    def read(self, reading: Reading) -> Iterator[PanelSite]:
        """Yield what is told of each allele, the rest counted in the report. Raises InvalidInput,
        also where more alleles are counted than were looked at or bases are not the reference's."""
        return self._read_counts(reading) if self.fields else self._count_genotypes(reading)

    def _read_counts(self, reading: Reading) -> Iterator[PanelSite]:
        file, report = self.file, reading.report
        if file.is_bcf:
            parts = chunks(file.path, file.packing, file.segments[0], lambda _: None)
            check_records(parts, file.path)
        for site in read_sites(
            _site_file(file), file.assembly, reading.bases, report, reading.progress
        ):
            if reason := _refusal(site, file.filters):
                report.skip(reason)
                continue
            if reading.bases and _is_sampled(report.records):
                _check_reference(site, self.assembly, reading.bases)
            found = list(_told(site, self.fields))
            yield from found
            if not found:
                report.skip(f"without {self.fields.count or self.fields.share} or AN")

    def _count_genotypes(self, reading: Reading) -> Iterator[PanelSite]:
        file, people = replace(self.file, bases=reading.bases), len(self.file.samples)
        progress = reading.progress
        progress.start("counting genotypes", file.segments[-1].end, "bytes")
        for segment in file.segments:
            for calls in file.read(segment, reading.report, progress.advance):
                if not calls.alt.strip("ACGTN"):
                    yield _counted(calls, people, file.assembly)
        progress.finish()


def open_panel(
    path: str, *, population: str, declared: Assembly | None, filters: FilterPolicy
) -> PanelFile:
    """Return a panel's file; `population` names the one whose counts are meant, empty for all.

    Raises InvalidInput for a file without such counts that has no genotypes to count either, or
    that is on another assembly, InvalidRequest if nobody says which assembly it is on.
    """
    file = open_vcf(path, assembly=declared, filters=filters)
    if file.assembly is None:
        raise InvalidRequest(
            f"{path} does not say which assembly it is on; say --assembly GRCh37 or GRCh38"
        )
    sites = _site_file(file)
    fields = count_fields(sites.info_ids(), population)
    if fields is None and population:
        there = ", ".join(populations(sites.info_ids()))
        problem = f"no INFO AC_{population} (or AF_{population}) with AN_{population} is declared"
        raise InvalidInput(f"{problem}; there are: {there}" if there else problem, file=path)
    if fields is None and not file.samples:
        problem = "no INFO AC (or AF) with AN is declared, and there are no genotypes to count"
        raise InvalidInput(problem, file=path)
    return PanelFile(file, fields, sites.meta("fileDate")[:10])


def count_fields(declared: Sequence[str], population: str = "") -> CountFields | None:
    """Return the fields that count a population, None if they are not declared.

    >>> count_fields(["AC_nfe", "AN_nfe", "AC", "AN"], "NFE")
    CountFields(number='AN_nfe', count='AC_nfe', share='')
    """
    known = {name.casefold(): name for name in declared}
    for spelling in _SPELLINGS if population else ("{kind}",):
        number, count, share = (
            known.get(spelling.format(kind=kind, name=population).casefold(), "")
            for kind in ("AN", "AC", "AF")
        )
        if number and (count or share):
            return CountFields(number, count, "" if count else share)
    return None


def populations(declared: Sequence[str]) -> list[str]:
    """Return the populations that a file's INFO fields count, as AN_… spells them."""
    names = [name[3:] for name in declared if name[:3].upper() in ("AN_", "AN-")]
    return [name for name in names if count_fields(declared, name)]


def _site_file(file: VcfFile) -> SiteFile:
    return SiteFile(file.path, file.head.lines, file.assembly, file.is_bcf)


def _refusal(site: Site, filters: FilterPolicy) -> str:
    """Return why the FILTER column keeps a record out, empty if it does not."""
    text = site.record.FILTER  # None for PASS and `.`
    return "" if text is None or filters.admits(tuple(text.split(";"))) else f"FILTER {text}"


def _is_sampled(record: int) -> bool:
    """Say whether a record is one whose bases are compared: a whole file's would take too long."""
    return record <= _COMPARED or record % _COMPARED == 0


def _check_reference(site: Site, assembly: Assembly, bases: Bases) -> None:
    """Raise InvalidInput unless REF is what the reference has there, as far as it has anything."""
    start, ref = site.record.start, site.record.REF.upper()
    there = bases(site.alleles[0][1].reference_name, start, start + len(ref))
    if any(
        known != told for known, told in zip(there, ref, strict=False) if "N" not in known + told
    ):
        raise site.failures.wrong(
            f"REF is not what the reference sequence of {assembly} has there; is the file on"
            " another assembly?",
            field="REF",
        )


def _told(site: Site, fields: CountFields) -> Iterator[PanelSite]:
    numbers = site.numbers(fields.number)
    number = numbers[0] if numbers else None
    values = site.numbers(fields.count or fields.share)
    for index, allele in site.alleles:
        value = values[index] if index < len(values) else None
        if not number or value is None or value != value:  # cyvcf2's `.` among others is NaN
            continue
        count = value if fields.count else math.floor(value * number + _ROUNDING)
        if not 0 <= count <= number:
            raise site.failures.wrong(
                f"{count:,} of {number:,} alleles is no frequency", field=fields.number
            )
        yield PanelSite(allele, int(count), int(number))


def _counted(calls: AlleleCalls, people: int, assembly: Assembly) -> PanelSite:
    """Return the copies of an allele and of all alleles there, half-called people left out.

    Where some have one copy but all are written with two, half of each is counted: copies that are
    written twice would make a panel look larger than it is.
    """
    count = stored_size(calls.het) + 2 * stored_size(calls.hom) + stored_size(calls.single)
    one_copy = NumberSet.stored(people, calls.haploid)
    called_once = len(one_copy) - one_copy.count_in(calls.no_call)
    number = 2 * (people - stored_size(calls.no_call)) - called_once
    name = REFERENCE_NAMES[calls.reference - 1]
    allele = Allele(name, calls.start, calls.end, calls.ref, calls.alt)
    if not called_once and _some_have_one_copy(allele, assembly):
        count, number = count // 2, number // 2
    return PanelSite(allele, count, number)


def _some_have_one_copy(allele: Allele, assembly: Assembly) -> bool:
    if allele.reference_name not in ("X", "Y", "MT"):
        return False
    shared = PSEUDOAUTOSOMAL[assembly].get(allele.reference_name, ())
    return not any(start <= allele.start < end for start, end in shared)

"""The fixed columns of a record → the alleles to load; the same for VCF and BCF."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from beacon_node.errors import InvalidInput
from beacon_node.ingest.vcf.alleles import BLOCK_ALTS, Place, read_allele
from beacon_node.ingest.vcf.annotations import EffectReader, parse_info
from beacon_node.ingest.vcf.contigs import Contigs
from beacon_node.model.calls import FilterPolicy, Interval, ReadReport
from beacon_node.model.genome import REFERENCE_NAMES, SEQUENCES, Assembly
from beacon_node.model.variation import Allele, Bases, Extent

_REF = re.compile(r"[ACGTN]+")
_ACGT = frozenset("ACGT")
_SEQUENCES = re.compile(r"[ACGTNacgtn,*]+")


class Fields(NamedTuple):
    """The fixed columns of one record as text; `info` is text or already a mapping."""

    chrom: str
    pos: str
    id: str
    ref: str
    alt: str
    filter: str
    info: str | Mapping[str, str]


class SiteAllele(NamedTuple):
    """One allele of a record; `number` counts its ALTs from 1, as genotypes do."""

    number: int
    start: int
    end: int
    ref: str
    alt: str
    extent: Extent | None = None
    effects: tuple[dict, ...] = ()
    allele_count: int | None = None


class Site(NamedTuple):
    """A record that has alleles to load; `alts` is how many ALTs it has in all."""

    reference: int
    alts: int
    alleles: tuple[SiteAllele, ...]
    ids: tuple[str, ...]
    allele_number: int | None = None


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What reading a record's fixed columns depends on."""

    assembly: Assembly | None
    contig_lengths: Mapping[str, int]
    filters: FilterPolicy
    bases: Bases | None
    read_effects: EffectReader | None
    is_sites_only: bool
    is_gvcf: bool


class SiteReader:
    """Reads records in file order: checks the order, leaves out what is not loaded, counts."""

    def __init__(self, rules: SiteRules, report: ReadReport) -> None:
        self._rules, self._report = rules, report
        self._contigs = Contigs(rules.assembly, rules.contig_lengths)
        self._filters: dict[str, str] = {}
        self._chrom, self._found, self._pos = "", "", 0
        self._seen: set[str] = set()
        self._assayed: Interval | None = None
        self._limit = 0

    def read(self, fields: Fields, is_called: Callable[[], bool]) -> Site | None:
        """Return the alleles of a record, None if it has none to load.

        `is_called` says whether any sample of a gVCF's record has a genotype. Raises InvalidInput.
        """
        report = self._report
        report.records += 1
        pos = self._place(fields.chrom, fields.pos)
        if isinstance(self._found, str):
            return report.skip(self._found)
        if reason := self._refusal(fields.filter):
            return report.skip(reason)
        ref = fields.ref.upper()
        if not _REF.fullmatch(ref):
            raise InvalidInput("REF must be bases A, C, G, T or N", field="REF")
        if pos - 1 + len(ref) > self._limit:
            raise InvalidInput(
                f"the record reaches beyond the end of {self._name}, base {self._limit:,}",
                field="POS",
            )
        if self._rules.is_gvcf:
            self._assay(pos, ref, fields, is_called)
        return self._site(pos, ref, fields)

    @property
    def records(self) -> int:
        return self._report.records

    def finish(self) -> None:
        """Hand over what is still being gathered; call after the last record."""
        if self._assayed:
            self._report.assayed.append(self._assayed)
            self._assayed = None

    @property
    def _name(self) -> str:
        return REFERENCE_NAMES[self._found - 1]

    def _place(self, chrom: str, pos_text: str) -> int:
        """Return POS, having checked that records stand in order."""
        if not (pos_text.isascii() and pos_text.isdigit()):
            raise InvalidInput("POS is no position", field="POS")
        pos = int(pos_text)
        if chrom != self._chrom:
            if chrom in self._seen:
                raise InvalidInput(
                    f"records are not sorted: contig {chrom!r} comes again", field="CHROM"
                )
            self._seen.add(chrom)
            self._chrom, self._found = chrom, self._contigs.find(chrom)
            self._limit = self._length(chrom)
        elif pos < self._pos:
            raise InvalidInput(
                "records are not sorted by position (`bcftools sort` does it)", field="POS"
            )
        self._pos = pos
        if isinstance(self._found, int):
            report = self._report
            report.last = (self._found, pos)
            report.first = report.first or report.last
            report.references.add(self._found)
        return pos

    def _length(self, chrom: str) -> int:
        if isinstance(self._found, str) or not self._rules.assembly:
            return self._rules.contig_lengths.get(chrom) or 1 << 31
        return SEQUENCES[self._rules.assembly][self._name].length

    def _refusal(self, text: str) -> str:
        """Return why the FILTER column keeps a record out, empty if it does not."""
        reason = self._filters.get(text)
        if reason is None:
            words = () if text == "." else tuple(text.split(";"))
            reason = "" if self._rules.filters.admits(words) else f"FILTER {text}"
            self._filters[text] = reason
        return reason

    def _site(self, pos: int, ref: str, fields: Fields) -> Site | None:
        rules = self._rules
        alt = fields.alt
        ids = (
            () if fields.id == "." else tuple(i for i in fields.id.split(";") if i not in ("", "."))
        )
        if (
            ref in _ACGT and alt in _ACGT and ref != alt and pos
            and not rules.read_effects and not rules.is_sites_only
        ):  # fmt: skip
            return Site(self._found, 1, (SiteAllele(1, pos - 1, pos, ref, alt),), ids)
        if alt == ".":
            return self._report.skip("no ALT")
        alts = alt.split(",")
        if BLOCK_ALTS.issuperset(alts):
            return self._report.skip(f"reference block {alts[0]}")
        info = fields.info
        if isinstance(info, str):
            is_needed = rules.read_effects or rules.is_sites_only or not _SEQUENCES.fullmatch(alt)
            info = parse_info(info) if is_needed else {}
        alleles = self._alleles(Place(self._name, pos, ref), alts, info)
        number = _number(info, "AN") if rules.is_sites_only and alleles else None
        return Site(self._found, len(alts), alleles, ids, number) if alleles else None

    def _alleles(
        self, place: Place, alts: list[str], info: Mapping[str, str]
    ) -> tuple[SiteAllele, ...]:
        rules = self._rules
        effects = rules.read_effects(info, place.ref, alts) if rules.read_effects else None
        counts = _numbers(info, "AC", len(alts)) if rules.is_sites_only else None
        found = []
        for n in range(len(alts)):
            read = read_allele(place, alts, n, info, rules.bases)
            if isinstance(read, str):
                self._report.skip(read)
                continue
            allele, extent = read
            found.append(
                _site_allele(
                    n + 1, allele, extent, effects[n] if effects else (), counts and counts[n]
                )
            )
        return tuple(found)

    def _assay(self, pos: int, ref: str, fields: Fields, is_called: Callable[[], bool]) -> None:
        """Add a gVCF's record to what was sequenced, if anybody has a genotype there."""
        end = pos - 1 + len(ref)
        if fields.alt == "." or BLOCK_ALTS.issuperset(fields.alt.split(",")):
            end = block_end(fields.info, end)
            if end < pos:
                raise InvalidInput("END lies before POS", field="END")
        if not is_called():
            return
        last = self._assayed
        if last and last.reference == self._found and pos - 1 <= last.end:
            self._assayed = Interval(last.reference, last.start, max(last.end, end))
            return
        self.finish()
        self._assayed = Interval(self._found, pos - 1, end)


def is_block(fields: Fields) -> bool:
    """Say whether a record is a gVCF's reference block: no ALT of its own, and an END."""
    if fields.alt != ".":
        return BLOCK_ALTS.issuperset(fields.alt.split(","))
    info = parse_info(fields.info) if isinstance(fields.info, str) else fields.info
    return "END" in info


def block_end(info: str | Mapping[str, str], default: int) -> int:
    """Return where a reference block ends (END is the last base, so it is the interbase end)."""
    text = (parse_info(info) if isinstance(info, str) else info).get("END", "")
    if not text:
        return default
    if not text.isdecimal():
        raise InvalidInput("END is no position", field="END")
    return int(text)


def _site_allele(
    number: int, allele: Allele, extent: Extent | None, effects: tuple, count: int | None
) -> SiteAllele:
    return SiteAllele(
        number, allele.start, allele.end, allele.ref, allele.alt, extent, effects, count
    )


_NEEDED = "a file without samples must give INFO/AC per ALT and INFO/AN in every record"


def _numbers(info: Mapping[str, str], key: str, count: int) -> list[int]:
    values = info.get(key, "").split(",")
    if len(values) != count or not all(value.isdecimal() for value in values):
        raise InvalidInput(_NEEDED, field=f"INFO/{key}")
    return [int(value) for value in values]


def _number(info: Mapping[str, str], key: str) -> int:
    return _numbers(info, key, 1)[0]

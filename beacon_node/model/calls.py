"""What a reader of genotype files hands to a store: alleles with who carries them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from beacon_node.model.genome import Assembly
from beacon_node.model.variation import Extent


class AlleleCalls(NamedTuple):
    """One allele in normal form and its carriers among a file's samples, numbered from 0.

    The four carrier sets are disjoint and stored by `model.carriers.encode` with the number of
    samples as universe: `het` two copies called, one is this allele; `hom` two or more copies, all
    of them; `single` one copy called (haploid), it is this allele; `no_call` any part of the
    genotype missing (half-calls too). `haploid`: everybody called with one copy at this record,
    None if nobody. `allele_count`/`allele_number` only for sites-only files.
    """

    reference: int  # model.genome.REFERENCE_NUMBER
    start: int
    end: int
    ref: str
    alt: str
    het: bytes | None = None
    hom: bytes | None = None
    single: bytes | None = None
    no_call: bytes | None = None
    haploid: bytes | None = None
    allele_count: int | None = None
    allele_number: int | None = None
    extent: Extent | None = None
    ids: tuple[str, ...] = ()
    effects: tuple[dict, ...] = ()  # keys of ports.Effect, source included


@dataclass(frozen=True, slots=True)
class FilterPolicy:
    """Which FILTER values a dataset loads besides PASS and `.`; None loads every record."""

    accepted: frozenset[str] | None = frozenset()

    def admits(self, filters: tuple[str, ...]) -> bool:
        """Say whether a record with these FILTER words is loaded; no words means `.`."""
        if self.accepted is None:
            return True
        return all(word in ("PASS", ".") or word in self.accepted for word in filters)


@dataclass(frozen=True, slots=True)
class Interval:
    """Interbase `[start, end)` of reference number `reference` that was assayed."""

    reference: int
    start: int
    end: int


@dataclass(slots=True)
class ReadReport:
    """What a reader noticed; counts of records or rows. Two reports add up with `add`.

    `skipped` maps a plain reason ("symbolic <NON_REF> only", "contig GL000209.1 …") to how often.
    `assayed` is what the file itself shows as sequenced (gVCF blocks, array positions), merged and
    sorted; empty where the format does not say. `references`: reference numbers with a record.
    `first` and `last` are (reference number, 1-based position) of the first and last such record,
    for formats whose records must be in order.
    """

    records: int = 0
    alleles: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    assayed: list[Interval] = field(default_factory=list)
    references: set[int] = field(default_factory=set)
    first: tuple[int, int] | None = None
    last: tuple[int, int] | None = None

    def skip(self, reason: str, count: int = 1) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + count

    def add(self, other: "ReadReport") -> None:
        self.records += other.records
        self.alleles += other.alleles
        for reason, count in other.skipped.items():
            self.skip(reason, count)
        self.assayed = merge_intervals([*self.assayed, *other.assayed])
        self.references |= other.references
        self.first, self.last = self.first or other.first, other.last or self.last


def merge_intervals(intervals: list[Interval]) -> list[Interval]:
    """Return the union as sorted, disjoint, non-touching intervals.

    >>> merge_intervals([Interval(1, 5, 9), Interval(1, 0, 5)])
    [Interval(reference=1, start=0, end=9)]
    """
    merged: list[Interval] = []
    for interval in sorted(intervals, key=lambda i: (i.reference, i.start)):
        last = merged[-1] if merged else None
        if last and last.reference == interval.reference and interval.start <= last.end:
            merged[-1] = Interval(last.reference, last.start, max(last.end, interval.end))
        else:
            merged.append(interval)
    return merged


class GenotypeFile(Protocol):
    """A genotype file whose head was read and found good, whatever its format.

    `segments` are pieces that may be read in any order, in other processes; their order is the
    file's. `assembly` None: the file does not say. `is_sites_only`: AC/AN without samples.
    """

    path: str
    samples: tuple[str, ...]
    assembly: Assembly | None
    is_sites_only: bool
    segments: tuple

    def read(self, segment, report: ReadReport, progress) -> Iterator[AlleleCalls]:
        """Yield the alleles of a segment, adding to `report`; `progress(bytes_read)` is called now
        and then. Raises InvalidInput with file and line."""

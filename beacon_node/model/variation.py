"""Genomic variations: one normal form, its kind, its length and its public identifier.

Normal form: one alternate allele, common suffix then common prefix trimmed, then (when the
reference sequence is at hand) shifted left as far as it goes (Tan, Abecasis & Kang 2015). The
VCF-anchored `A→AAC` and the empty-ref `→AC` are therefore one allele. Symbolic alleles keep their
angle brackets, breakends their VCF 4.3 §5.4 notation; both have an empty `ref`.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from beacon_node.errors import InvalidRequest
from beacon_node.model.genome import (
    REFERENCE_NUMBER,
    SEQUENCES,
    Assembly,
    Region,
    find_reference,
)

Bases = Callable[[str, int, int], str]
"""Reference bases of (reference name, start, end), interbase, upper case."""

_PLACE = re.compile(r"[0-9]{1,10}")
_BASES = re.compile(r"[ACGTUNRYSWKMBDHV]*")
_BREAKEND = re.compile(r"([A-Za-z.]*)([\[\]])(<?[^\[\]:]+>?):(\d+)([\[\]])([A-Za-z.]*)")


@dataclass(frozen=True, slots=True)
class Allele:
    """A change at a place; interbase `[start, end)`, in normal form if `normalize` made it.

    `ref` and `alt` are upper-case bases; a symbolic `alt` is `<DEL>`, `<INS:ME:ALU>`, `<CN0>` … or
    a breakend such as `N[17:198982[`; then `ref` is empty and `[start, end)` is what is affected.
    """

    reference_name: str
    start: int
    end: int
    ref: str
    alt: str

    @property
    def is_symbolic(self) -> bool:
        return is_symbolic(self.alt)

    @property
    def region(self) -> Region:
        return Region(self.reference_name, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Extent:
    """What a structural variant's record adds to its place; all bases, all optional.

    `length` is |SVLEN| or, without it, the affected span; `start_margin` and `end_margin` are
    CIPOS and CIEND; `mate` is the other breakpoint of a breakend.
    """

    length: int | None = None
    start_margin: tuple[int, int] | None = None
    end_margin: tuple[int, int] | None = None
    mate: Region | None = None


def is_symbolic(alt: str) -> bool:
    """Say whether an ALT is symbolic or a breakend rather than bases.

    >>> is_symbolic("<DEL>"), is_symbolic("G]17:198982]"), is_symbolic("GA"), is_symbolic(".A")
    (True, True, False, True)
    """
    return not _BASES.fullmatch(alt)


def trim(allele: Allele) -> Allele:
    """Return `allele` without the suffix, then the prefix, that ref and alt share.

    >>> trim(Allele("17", 9, 10, "A", "AAC"))
    Allele(reference_name='17', start=10, end=10, ref='', alt='AC')
    """
    ref, alt, start = allele.ref, allele.alt, allele.start
    if is_symbolic(alt):
        return allele
    suffix = _shared(ref[::-1], alt[::-1])
    ref, alt = ref[: len(ref) - suffix], alt[: len(alt) - suffix]
    prefix = _shared(ref, alt)
    start += prefix
    return Allele(
        allele.reference_name, start, start + len(ref) - prefix, ref[prefix:], alt[prefix:]
    )


def _shared(one: str, other: str) -> int:
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return length


_STEP = 64  # bases fetched at a time while shifting


def normalize(allele: Allele, bases: Bases | None = None) -> Allele:
    """Return the normal form of `allele`; without `bases` an indel is trimmed but not shifted."""
    allele = trim(allele)
    shiftable = bases and not allele.is_symbolic and bool(allele.ref) != bool(allele.alt)
    return _shift_left(allele, bases) if shiftable else allele


def _shift_left(allele: Allele, bases: Bases) -> Allele:
    """Roll a pure insertion or deletion to its leftmost place."""
    unit, start = allele.ref or allele.alt, allele.start
    window, window_start = "", start
    shift = 0
    while start - shift > 0:
        at = start - shift - 1
        if at < window_start:
            window_start = max(0, at + 1 - _STEP)
            window = bases(allele.reference_name, window_start, at + 1)
            if len(window) <= at - window_start:
                break  # the reference does not cover this place
        base = window[at - window_start]
        if base != unit[-1 - shift % len(unit)]:
            break
        shift += 1
    turned = shift % len(unit)
    unit = unit[len(unit) - turned :] + unit[: len(unit) - turned]
    if allele.ref:
        return replace(allele, start=start - shift, end=allele.end - shift, ref=unit)
    return replace(allele, start=start - shift, end=start - shift, alt=unit)


def variant_type(allele: Allele) -> str:
    """Return the VCF type word: SNP, MNP, INS, DEL, INDEL, DUP, INV, CNV, BND, or ANY for `*`."""
    alt = allele.alt
    if alt.startswith("<"):
        word = alt.strip("<>").split(":")[0].upper()
        if re.fullmatch(r"CN\d+", word):
            return "CNV"
        return {"TRA": "BND", "INVDUP": "INV"}.get(word, word)
    if is_symbolic(alt):
        return "BND" if _BREAKEND.fullmatch(alt) or alt.strip("ACGTN") == "." else "ANY"
    return _sequence_type(len(allele.ref), len(alt))


def _sequence_type(ref_length: int, alt_length: int) -> str:
    if ref_length == alt_length:
        return "SNP" if ref_length == 1 else "MNP"
    if not ref_length:
        return "INS"
    return "DEL" if not alt_length else "INDEL"


# What a query's variantType may say → the type words it means. EFO: copy number terms of the
# Beacon v2 documentation; SO: Sequence Ontology.
_ALL_COPY = frozenset({"CNV", "DEL", "DUP"})
VARIANT_TYPES: dict[str, frozenset[str]] = {
    "SNP": frozenset({"SNP"}),
    "SNV": frozenset({"SNP"}),
    "MNP": frozenset({"MNP"}),
    "MNV": frozenset({"MNP"}),
    "INS": frozenset({"INS"}),
    "INSERTION": frozenset({"INS"}),
    "DEL": frozenset({"DEL"}),
    "DELETION": frozenset({"DEL"}),
    "INDEL": frozenset({"INS", "DEL", "INDEL"}),
    "DELINS": frozenset({"INDEL"}),
    "DUP": frozenset({"DUP"}),
    "DUPLICATION": frozenset({"DUP"}),
    "INV": frozenset({"INV"}),
    "INVERSION": frozenset({"INV"}),
    "CNV": _ALL_COPY,
    "BND": frozenset({"BND"}),
    "TRA": frozenset({"BND"}),
    "SO:0001483": frozenset({"SNP"}),
    "SO:0002007": frozenset({"MNP"}),
    "SO:0000667": frozenset({"INS"}),
    "SO:0000159": frozenset({"DEL"}),
    "SO:1000032": frozenset({"INDEL"}),
    "SO:1000035": frozenset({"DUP"}),
    "SO:1000036": frozenset({"INV"}),
    "SO:0001019": _ALL_COPY,
    "EFO:0030063": _ALL_COPY,
    "EFO:0030066": _ALL_COPY,
    "EFO:0030067": frozenset({"DEL"}),
    "EFO:0030068": frozenset({"DEL"}),
    "EFO:0020073": frozenset({"DEL"}),
    "EFO:0030069": frozenset({"DEL"}),
    "EFO:0030070": frozenset({"DUP"}),
    "EFO:0030071": frozenset({"DUP"}),
    "EFO:0030072": frozenset({"DUP"}),
    "EFO:0030073": frozenset({"DUP"}),
}


def parse_variant_type(text: str) -> frozenset[str]:
    """Return the type words that a query's `variantType` covers; refuses unknown words by name."""
    types = VARIANT_TYPES.get(text.strip().strip("<>").upper())
    if types is None:
        known = ", ".join(word for word in VARIANT_TYPES if ":" not in word)
        raise InvalidRequest(
            f"variantType {text!r} is not known; known are {known} and their SO and EFO terms"
        )
    return types


def copy_number_types(allele: Allele) -> frozenset[str]:
    """Return all type words an allele answers to: `<CN0>` is a CNV and also a DEL."""
    word = variant_type(allele)
    copies = re.fullmatch(r"<CN(\d+)>", allele.alt)
    if not copies:
        return frozenset({word})
    # In a diploid genome each allele of <CNn> carries n copies: none is a loss, two or more a gain.
    change = {0: "DEL", 1: "CNV"}.get(int(copies[1]), "DUP")
    return frozenset({word, change})


def allele_length(allele: Allele, extent: Extent | None = None) -> int:
    """Return the length in bases that variantMinLength and variantMaxLength compare with.

    The longer of the trimmed ref and alt; for symbolic alleles |SVLEN|, else the affected span.
    """
    if not allele.is_symbolic:
        return max(len(allele.ref), len(allele.alt))
    return extent.length if extent and extent.length is not None else allele.end - allele.start


def parse_breakend(alt: str) -> tuple[str, int] | None:
    """Return (mate's reference name, its interbase position) of a VCF breakend, if it has one."""
    found = _BREAKEND.fullmatch(alt)
    reference = find_reference(found[3].strip("<>")) if found else None
    return (reference[0], int(found[4]) - 1) if reference else None


# ---- identifiers -------------------------------------------------------------------------------

_LONG = 40  # bases; longer ones are named by length and digest


def variation_id(assembly: Assembly, allele: Allele) -> str:
    """Return the public id of an allele: computable by anybody, nothing of the hospital's own.

    >>> variation_id(Assembly.GRCH38, Allele("17", 9, 10, "G", "A"))
    'GRCh38.17.9.10.G.A'
    """
    ref, alt = (_short(bases) for bases in (allele.ref, allele.alt))
    return f"{assembly}.{allele.reference_name}.{allele.start}.{allele.end}.{ref}.{alt}"


def _short(bases: str) -> str:
    if not bases:
        return "-"
    if len(bases) <= _LONG and re.fullmatch(r"[A-Z]+", bases):
        return bases
    return f"{len(bases)}~{hashlib.sha256(bases.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class VariationId:
    """A parsed public id: where to look; `matches` says whether an allele found there is it."""

    assembly: Assembly
    region: Region
    text: str

    def matches(self, allele: Allele) -> bool:
        return variation_id(self.assembly, allele) == self.text


def parse_variation_id(text: str) -> VariationId | None:
    """Return where the variation with this public id lies, None if it is no id of ours."""
    parts = text.split(".")
    if len(parts) != 6 or parts[0] not in set(Assembly) or parts[1] not in REFERENCE_NUMBER:
        return None
    if not (_PLACE.fullmatch(parts[2]) and _PLACE.fullmatch(parts[3])):
        return None
    region = Region(parts[1], int(parts[2]), int(parts[3]))
    return VariationId(Assembly(parts[0]), region, text)


def genomic_hgvs(assembly: Assembly, allele: Allele) -> str | None:
    """Return the HGVS g. (m. for MT) name, None for symbolic alleles; not shifted 3'.

    >>> genomic_hgvs(Assembly.GRCH38, Allele("17", 43057062, 43057063, "G", "A"))
    'NC_000017.11:g.43057063G>A'
    """
    if allele.is_symbolic:
        return None
    kind = "m" if allele.reference_name == "MT" else "g"
    accession = SEQUENCES[assembly][allele.reference_name].refseq
    return f"{accession}:{kind}.{_hgvs_change(allele)}"


def _hgvs_change(allele: Allele) -> str:
    first, last = allele.start + 1, allele.end
    if len(allele.ref) == len(allele.alt) == 1:
        return f"{first}{allele.ref}>{allele.alt}"
    if not allele.ref:
        return f"{allele.start}_{first}ins{allele.alt}"
    place = f"{first}" if first == last else f"{first}_{last}"
    return f"{place}del" if not allele.alt else f"{place}delins{allele.alt}"

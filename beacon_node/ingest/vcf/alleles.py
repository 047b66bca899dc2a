"""One ALT of a VCF record → an allele in normal form, interbase."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from beacon_node.errors import InvalidInput
from beacon_node.model.genome import Region, find_reference
from beacon_node.model.variation import Allele, Bases, Extent, normalize, parse_breakend

NO_ALLELE = frozenset({"*", "<*>", "<NON_REF>", ".", "<X>"})
"""ALTs that name no allele: overlapped by a deletion, anything else, nothing."""

BLOCK_ALTS = frozenset({"<*>", "<NON_REF>", "<X>"})

_BASES = re.compile(r"[ACGTN]+")
_BREAKEND = re.compile(
    r"(?=[^\[\]]|.*[^\[\]]$)([ACGTN.]*)([\[\]])([^\[\]]+):(\d+)\2([ACGTN.]*)", re.IGNORECASE
)
_SINGLE_BREAKEND = re.compile(r"\.[ACGTN]+|[ACGTN]+\.", re.IGNORECASE)
_SYMBOL = re.compile(r"<[^<>\s]+>")
_CONTIG_INSERTION = re.compile(r"[ACGTN]*<[^<>\s]+>[ACGTN]*", re.IGNORECASE)
_BREAKEND_WORDS = frozenset({"<TRA>", "<BND>", "<CTX>"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: `pos` 1-based as VCF counts, `ref` upper case."""

    reference_name: str
    pos: int
    ref: str


def read_allele(
    place: Place, alts: Sequence[str], number: int, info: Mapping[str, str], bases: Bases | None
) -> tuple[Allele, Extent | None] | str:
    """Return ALT `number` (from 0) of a record in normal form, or why it is none we can keep.

    Raises InvalidInput for an ALT that VCF does not know.
    """
    alt = alts[number]
    plain = alt.upper()
    if plain in NO_ALLELE:
        return f"allele {plain}"
    if _BASES.fullmatch(plain):
        return _sequence(place, plain, bases)
    if _SYMBOL.fullmatch(plain):
        if plain in _BREAKEND_WORDS:
            return _translocation(place, plain, info)
        return _symbolic(place, plain, _length(info, number, len(alts)), info)
    if found := _BREAKEND.fullmatch(alt):
        return _breakend(place, _spell_breakend(found), info)
    if _SINGLE_BREAKEND.fullmatch(alt):
        return _breakend(place, plain, info)
    if _CONTIG_INSERTION.fullmatch(alt):
        return "allele that inserts a named contig"
    raise InvalidInput("an ALT is neither bases, a symbol nor a breakend", field="ALT")


def _sequence(place: Place, alt: str, bases: Bases | None) -> tuple[Allele, None] | str:
    start = place.pos - 1
    if start < 0:
        raise InvalidInput("POS 0 is before the first base", field="POS")
    allele = Allele(place.reference_name, start, start + len(place.ref), place.ref, alt)
    if allele.ref == alt:
        return "ALT equal to REF"
    return normalize(allele, bases), None


def _symbolic(
    place: Place, alt: str, length: int | None, info: Mapping[str, str]
) -> tuple[Allele, Extent] | str:
    """Return `[POS, END)`: VCF's POS is the base before a symbolic allele (VCF 4.3 §1.6.1)."""
    start = place.pos
    if alt.startswith("<INS"):
        end = start
    elif (told := _end(info)) is not None:
        end = told
    elif length is not None:
        end = start + length
    else:
        return "symbolic allele without END or SVLEN"
    if end < start:
        raise InvalidInput("END lies before POS", field="END")
    span = end - start or None
    extent = Extent(length or span, *_margins(info))
    return Allele(place.reference_name, start, end, "", alt), extent


def _translocation(place: Place, alt: str, info: Mapping[str, str]) -> tuple[Allele, Extent]:
    """Return a translocation as Sniffles writes it: CHR2 and END are the other side."""
    mate = find_reference(info.get("CHR2", ""))
    end = _end(info)
    region = Region(mate[0], end - 1, end) if mate and end else None
    return _at_base(place, alt), Extent(None, *_margins(info), mate=region)


def _breakend(place: Place, alt: str, info: Mapping[str, str]) -> tuple[Allele, Extent]:
    mate = parse_breakend(alt)
    region = Region(mate[0], max(0, mate[1]), mate[1] + 1) if mate else None
    return _at_base(place, alt), Extent(None, *_margins(info), mate=region)


def _at_base(place: Place, alt: str) -> Allele:
    """Return a breakend at the base it is written at; VCF's POS 0 is the telomere before base 1."""
    return Allele(place.reference_name, max(0, place.pos - 1), place.pos, "", alt)


def _spell_breakend(found: re.Match) -> str:
    """Return a breakend with upper-case bases and the mate's reference by its plain name."""
    before, bracket, contig, position, after = found.groups()
    mate = find_reference(contig.strip("<>"))
    name = mate[0] if mate else contig
    return f"{before.upper()}{bracket}{name}:{position}{bracket}{after.upper()}"


def _end(info: Mapping[str, str]) -> int | None:
    text = info.get("END", ".").partition(",")[0]
    if text == ".":
        return None
    if not text.isdecimal():
        raise InvalidInput("END is no position", field="END")
    return int(text)


def _length(info: Mapping[str, str], number: int, count: int) -> int | None:
    """Return |SVLEN| of ALT `number` (from 0); a single value stands for all of them."""
    values = info.get("SVLEN", ".").split(",")
    text = values[number] if len(values) == count else values[0]
    return abs(int(text)) if re.fullmatch(r"[+-]?\d+", text) else None


def _margins(info: Mapping[str, str]) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    return _margin(info.get("CIPOS", "")), _margin(info.get("CIEND", ""))


def _margin(text: str) -> tuple[int, int] | None:
    found = re.match(r"(-?\d+),(-?\d+)", text)
    return (int(found[1]), int(found[2])) if found else None

"""Says whether a stored allele fits what a query spells, wildcards and padding bases allowed.

Stored alleles are trimmed; a query may spell one with bases that both sides share (VCF's anchor
base before an indel). `N` in a query stands for any one base. Symbolic alleles and breakends are
compared by the alternate side alone, as it is written.
"""

from collections.abc import Callable, Mapping

from beacon_node.model.query import Selection
from beacon_node.model.variation import (
    Allele,
    allele_length,
    copy_number_types,
    is_symbolic,
    parse_breakend,
)


def fits(pattern: str, bases: str) -> bool:
    """Say whether `bases` are what `pattern` spells.

    >>> fits("NAC", "GAC"), fits("A", "AC")
    (True, False)
    """
    if "N" not in pattern:
        return pattern == bases
    pairs = zip(pattern, bases, strict=False)
    return len(pattern) == len(bases) and all(one in ("N", base) for one, base in pairs)


def is_spelled(
    ref: str, alt: str, *, as_ref: str | None, as_alt: str | None, shift: int | None = None
) -> bool:
    """Say whether the allele `ref`→`alt` can be written as `as_ref`→`as_alt`.

    Both given: some bases before and after the allele, the same on both sides, may be written too;
    `shift` is how many stand before it, None any number. One given: the other side may be anything
    if the given one fits as it is; or it is a pure insertion (deletion) written with its anchor
    base, as VCF does, which needs at least two bases. A single base alone is never an anchor.

    >>> is_spelled("", "AC", as_ref="N", as_alt="NAC")
    True
    >>> is_spelled("", "AC", as_ref=None, as_alt="GAC")
    True
    >>> is_spelled("T", "AC", as_ref=None, as_alt="GAC")
    False
    """
    if is_symbolic(alt):
        return as_alt == alt or (as_alt is None and as_ref is None)
    if as_ref is None and as_alt is None:
        return True
    if as_ref is None:
        return _is_one_side(ref, alt, as_alt, shift)
    if as_alt is None:
        return _is_one_side(alt, ref, as_ref, shift)
    return _is_padded(ref, alt, as_ref, as_alt, shift)


def _is_one_side(other: str, bases: str, pattern: str, shift: int | None) -> bool:
    """Say whether `bases` fit `pattern` as they are, or behind one anchor base of an indel."""
    if not shift and fits(pattern, bases):
        return True
    return not other and len(pattern) > 1 and _is_padded("", bases, pattern[0], pattern, shift)


def _is_padded(ref: str, alt: str, as_ref: str, as_alt: str, shift: int | None) -> bool:
    padding = len(as_ref) - len(ref)
    if padding < 0 or padding != len(as_alt) - len(alt):
        return False
    shifts = range(padding + 1) if shift is None else (shift,)
    return any(_is_padded_at(ref, alt, as_ref, as_alt, shift) for shift in shifts)


def _is_padded_at(ref: str, alt: str, as_ref: str, as_alt: str, shift: int) -> bool:
    ref_end, alt_end = shift + len(ref), shift + len(alt)
    return (
        fits(as_ref[shift:ref_end], ref)
        and fits(as_alt[shift:alt_end], alt)
        and _agree(as_ref[:shift], as_alt[:shift])
        and _agree(as_ref[ref_end:], as_alt[alt_end:])
    )


def _agree(one: str, other: str) -> bool:
    if one == other:
        return True
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(a == b or "N" in (a, b) for a, b in pairs)


Annotation = Callable[[], Mapping]
"""Returns {extent: Extent | None, effects: [object]} of the allele at hand; asked for if needed."""


def is_selected(selection: Selection, allele: Allele, annotation: Annotation) -> bool:
    """Say whether an allele found by its place also meets every other condition of the query."""
    return (
        _has_type(selection, allele)
        and is_spelled(
            allele.ref,
            allele.alt,
            as_ref=selection.reference_bases,
            as_alt=selection.alternate_bases,
        )
        and _has_length(selection, allele, annotation)
        and _has_mate(selection, allele, annotation)
        and _has_effect(selection, annotation)
    )


def _has_type(selection: Selection, allele: Allele) -> bool:
    wanted = selection.variant_types
    return not wanted or not wanted.isdisjoint(copy_number_types(allele))


def _has_length(selection: Selection, allele: Allele, annotation: Annotation) -> bool:
    least, most = selection.min_length, selection.max_length
    if least is None and most is None:
        return True
    length = allele_length(allele, annotation()["extent"] if allele.is_symbolic else None)
    return (least is None or length >= least) and (most is None or length <= most)


def _has_mate(selection: Selection, allele: Allele, annotation: Annotation) -> bool:
    if not selection.mate_name:
        return True
    extent = annotation()["extent"]
    if extent and extent.mate:
        return extent.mate.reference_name == selection.mate_name
    mate = parse_breakend(allele.alt)
    return bool(mate) and mate[0] == selection.mate_name


def _has_effect(selection: Selection, annotation: Annotation) -> bool:
    wanted = selection.aminoacid_change.upper()
    if not wanted:
        return True
    effects = annotation()["effects"]
    return any(effect.get("aminoacid_change", "").upper() == wanted for effect in effects)

"""HGVS expressions as questions (den Dunnen et al. 2016; HGVS counts bases from 1).

Genomic and mitochondrial expressions (`g.`, `m.`) say where they are and become questions about
places. Transcript and protein expressions need a knowledge base and become names.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from beacon_node.errors import InvalidRequest
from beacon_node.model.genome import SEQUENCES, Assembly, find_reference, resolve_reference
from beacon_node.model.hgvs import parse_gene_change, parse_hgvs
from beacon_node.model.places import check_place, exact_bracket, sequence_query
from beacon_node.model.query import (
    AminoacidQuery,
    BracketQuery,
    NameQuery,
    Selection,
    VariationQuery,
)

ReferenceBases = Callable[[Assembly, str, int, int], str]
"""Reference bases of (assembly, reference name, start, end); empty where none are at hand."""

_EXPRESSION = re.compile(r"((?:refseq:)?[^:\s()]+)(?:\([^()]*\))?:([gmcnpr])\.(\S+)")
_SUBSTITUTION = re.compile(r"(\d{1,10})([ACGTN]+)>([ACGTN]+)")
_CHANGE = re.compile(
    r"(\d{1,10})(?:_(\d{1,10}))?(delins|del|dup|ins|inv)([ACGTN]*)(?:ins([ACGTN]+))?"
)
_UNCERTAIN = re.compile(r"\((\?|\d{1,10})_(\d{1,10})\)_\((\d{1,10})_(\?|\d{1,10})\)(del|dup|inv)")


def ask_by_hgvs(
    text: str, assembly: Assembly | None, bases: ReferenceBases | None = None
) -> VariationQuery | None:
    """Return what an HGVS expression asks for, None if `text` is none.

    `bases` supplies what an expression such as `g.100_102del` leaves out. Without it the question
    is about a variation of that kind at exactly that place. Raises InvalidRequest if the
    expression cannot be used, or lacks an assembly.

    >>> ask_by_hgvs("NC_000017.11:g.43057063G>A", None).start
    43057062
    """
    plain = re.sub(r"\s+", "", text)
    found = _EXPRESSION.fullmatch(plain)
    if not found:
        return None
    if found[2] in "gm":
        name, known = _place_of(found[1], assembly, plain)
        return _genomic(_Site(known, name, bases), found[3])
    if in_gene := parse_gene_change(plain):
        gene, change = in_gene
        return AminoacidQuery(change, gene, assembly)
    return NameQuery(_canonical_name(plain), assembly)


def _place_of(sequence: str, assembly: Assembly | None, text: str) -> tuple[str, Assembly]:
    if find_reference(sequence) is None:
        raise InvalidRequest(
            f"{text!r} is on {sequence!r}, which is no sequence of GRCh37 or GRCh38"
        )
    name, known = resolve_reference(sequence, assembly)
    if known is None:
        raise InvalidRequest(f"assemblyId is missing: {sequence!r} alone does not say which it is")
    return name, known


def _canonical_name(text: str) -> str:
    name = parse_hgvs(text)
    if name is None:
        return text
    version = f".{name.version}" if name.version else ""
    return f"{name.accession}{version}:{name.change}"


@dataclass(frozen=True, slots=True)
class _Site:
    """Where a genomic expression is."""

    assembly: Assembly
    name: str
    bases: ReferenceBases | None

    def span(self, first: str, last: str | None) -> tuple[int, int]:
        """Return the interbase span of 1-based `first` to `last`, checked."""
        start, end = int(first) - 1, int(last or first)
        if start < 0 or end <= start:
            raise InvalidRequest(f"HGVS position {first}_{last} is not in ascending order from 1")
        check_place(self.assembly, self.name, start, end, field="the HGVS position")
        return start, end

    def reference(self, start: int, end: int, written: str) -> str:
        """Return the reference bases as written, else as known, else an empty string."""
        if written and len(written) != end - start:
            raise InvalidRequest(
                f"HGVS names {len(written)} bases ({written[:40]}) for a stretch of {end - start}"
            )
        if written or not self.bases or end - start > _READABLE:
            return written
        return self.bases(self.assembly, self.name, start, end)

    def exact(self, start: int, ref: str, alt: str) -> VariationQuery:
        return sequence_query(self.assembly, self.name, start, ref, alt, field="HGVS")

    def structural(self, start: int, end: int, selection: Selection) -> BracketQuery:
        return exact_bracket(self.assembly, self.name, start, end, selection)


_READABLE = 10_000  # bases; a longer change is structural and stands in no file base by base


def _genomic(site: _Site, change: str) -> VariationQuery:
    if found := _SUBSTITUTION.fullmatch(change):
        start, _ = site.span(found[1], str(int(found[1]) + len(found[2]) - 1))
        return site.exact(start, found[2], found[3])
    if found := _CHANGE.fullmatch(change):
        return _changed(site, found)
    if found := _UNCERTAIN.fullmatch(change):
        return _uncertain(site, found)
    raise InvalidRequest(
        f"HGVS change {change[:80]!r} is not understood; "
        "substitutions, del, ins, dup, delins and inv are"
    )


def _changed(site: _Site, found: re.Match) -> VariationQuery:
    word, written, inserted = found[3], found[4], found[5]
    if word == "ins" and not inserted:
        return _insertion(site, found[1], found[2], written)
    start, end = site.span(found[1], found[2])
    if word == "delins" and written and not inserted:
        return _replaced(site, start, end, "", written)
    if word == "del" and inserted:
        return _replaced(site, start, end, written, inserted)
    if inserted or word in ("delins", "ins"):
        raise InvalidRequest(f"HGVS change {found[0][:80]!r} does not say which bases are inserted")
    known = site.reference(start, end, written)
    return {"del": _deleted, "dup": _duplicated, "inv": _inverted}[word](site, start, end, known)


def _insertion(site: _Site, first: str, last: str | None, bases: str) -> VariationQuery:
    if not last or int(last) != int(first) + 1 or not bases:
        raise InvalidRequest("HGVS insertions stand between two neighbours: g.100_101insAC")
    start, _ = site.span(first, last)
    return site.exact(start + 1, "", bases)


def _replaced(site: _Site, start: int, end: int, written: str, alt: str) -> VariationQuery:
    if ref := site.reference(start, end, written):
        return site.exact(start, ref, alt)
    return site.structural(start, end, Selection(alternate_bases=alt))


def _deleted(site: _Site, start: int, end: int, ref: str) -> VariationQuery:
    if ref:
        return site.exact(start, ref, "")
    return site.structural(start, end, Selection(variant_types=frozenset({"DEL"})))


def _duplicated(site: _Site, start: int, end: int, unit: str) -> VariationQuery:
    """A copy before the stretch is the same change as HGVS's copy after it, and leftmost."""
    if unit:
        return site.exact(start, "", unit)
    size = end - start
    copies = Selection(frozenset({"INS", "DUP"}), min_length=size, max_length=size)
    return BracketQuery(site.assembly, site.name, start, end + 1, start, end + 1, copies)


def _inverted(site: _Site, start: int, end: int, ref: str) -> VariationQuery:
    if ref:
        return site.exact(start, ref, ref[::-1].translate(str.maketrans("ACGT", "TGCA")))
    return site.structural(start, end, Selection(variant_types=frozenset({"INV"})))


def _uncertain(site: _Site, found: re.Match) -> BracketQuery:
    """`(100_200)_(300_400)del`: each end lies in its bracket; `?` is the sequence's end."""
    length = SEQUENCES[site.assembly][site.name].length
    outer_start = "1" if found[1] == "?" else found[1]
    outer_end = str(length) if found[4] == "?" else found[4]
    start_min, start_max = site.span(outer_start, found[2])
    end_min, end_max = site.span(found[3], outer_end)
    types = Selection(variant_types=frozenset({found[5].upper()}))
    return BracketQuery(
        site.assembly, site.name, start_min, start_max, end_min + 1, end_max + 1, types
    )

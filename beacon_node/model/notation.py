"""What people type into a search box, and what it means.

Positions that people write count from 1 and their regions include both ends; inside, everything is
interbase. Every answer says in words what was understood, in both ways of counting.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from beacon_node.errors import InvalidRequest
from beacon_node.model.genome import (
    SEQUENCES,
    Assembly,
    Region,
    find_reference,
    parse_assembly,
    resolve_reference,
)
from beacon_node.model.genomic_hgvs import ReferenceBases, ask_by_hgvs
from beacon_node.model.places import check_place, sequence_query
from beacon_node.model.protein import canonical_change
from beacon_node.model.query import (
    AminoacidQuery,
    BracketQuery,
    GeneQuery,
    NameQuery,
    RangeQuery,
    Selection,
    SequenceQuery,
    VariationIdQuery,
    VariationQuery,
)
from beacon_node.model.variation import parse_variant_type, parse_variation_id

EXAMPLES = (
    "17-43045711-C-T",
    "NC_000017.11:g.43045711C>T",
    "NM_007294.4:c.5266dup",
    "rs80357906",
    "BRCA1",
    "BRAF V600E",
    "17:43044295-43125364",
)
MAX_LENGTH = 10_000  # characters; longer than any allele people type


@dataclass(frozen=True, slots=True)
class Understood:
    """A question about a variation, and one phrase that says which.

    `name` is the HGVS expression or other name that was typed, without an assembly before it; empty
    for anything else. `written` are (start from 0, reference bases, alternate bases) of an allele
    as they were typed, with what the two have in common.
    """

    variation: VariationQuery
    words: str
    name: str = ""
    written: tuple[int, str, str] | None = None


def understand(
    text: str, assembly: Assembly | None = None, bases: ReferenceBases | None = None
) -> Understood:
    """Return what `text` asks for; `assembly` counts where the text names none.

    Raises InvalidRequest, with examples, for anything else.

    >>> understand("chr17:43045711 C>T", Assembly.GRCH38).words
    'C>T at 17:43,045,711 of GRCh38 (counted from 0: 43,045,710)'
    """
    if len(text) > MAX_LENGTH:
        raise InvalidRequest(f"the text is longer than {MAX_LENGTH:,} characters")
    told, plain = _split_assembly(" ".join(text.split()))
    assembly = told or _implied_assembly(plain) or assembly
    for reader in _READERS:
        variation = reader(plain, assembly, bases)
        if variation is not None:
            is_named = reader in (_read_name, ask_by_hgvs)
            written = _written_allele(plain) if reader is _read_allele else None
            name = plain if is_named else ""
            return Understood(variation, describe(variation), name, written)
    raise InvalidRequest(f"{text.strip()[:80]!r} is not understood; try {', '.join(EXAMPLES)}")


_ASSEMBLY = re.compile(r"(GRCh3[78](?:\.p\d+)?|hg19|hg38|b37)[\s:,-]+(.+)", re.IGNORECASE)


def _split_assembly(text: str) -> tuple[Assembly | None, str]:
    found = _ASSEMBLY.fullmatch(text)
    return (parse_assembly(found[1]), found[2]) if found else (None, text)


def _implied_assembly(text: str) -> Assembly | None:
    """Return the assembly that an accession at the beginning belongs to."""
    found = find_reference(re.split(r"(?<!refseq)[:\s]", text, maxsplit=1)[0])
    return found[1] if found else None


# ---- readers: text → question, or None if it is something else ----------------------------------

_GAP = r"\s*[-:_/ ]\s*"
_POSITION = r"(\d[\d,]{0,14})"
_ALLELE = re.compile(
    rf"(\S+?){_GAP}{_POSITION}\s*[-:_/ ]?\s*([ACGTN]+)\s*[-:_/> ]\s*([ACGTN]+)", re.IGNORECASE
)
_STRUCTURAL = re.compile(
    rf"(\S+?){_GAP}{_POSITION}(?:{_GAP}{_POSITION})?{_GAP}(?:[ACGTN]+{_GAP})?<([\w:]+)>",
    re.IGNORECASE,
)
_REGION = re.compile(rf"(\S+?){_GAP}{_POSITION}(?:\s*(?:-|\.\.|:|_| )\s*{_POSITION})?")
_RSID = re.compile(r"rs\d{1,12}", re.IGNORECASE)
_OTHER_NAME = re.compile(
    r"([A-Z0-9-]{2,15}\*\w[\w.:+-]*|[RV]CV\d{6,12}(\.\d+)?|clinvar:\d{1,12})", re.IGNORECASE
)
_GENE = re.compile(r"(?:HGNC:\d{1,6}|[A-Za-z][A-Za-z0-9.-]{0,29})")
_GENES_LIKE_CHANGES = frozenset({"S100G", "S100P", "F11R"})
_GENE_AND_CHANGE = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,29})(?:\s*:\s*|\s+)(p\.\S+|\S+)")


def _read_variation_id(text: str, assembly: Assembly | None, bases) -> VariationQuery | None:
    found = parse_variation_id(text)
    return VariationIdQuery(found) if found else None


def _read_name(text: str, assembly: Assembly | None, bases) -> VariationQuery | None:
    return parse_name(text, assembly)


def parse_name(text: str, assembly: Assembly | None) -> NameQuery | None:
    """Return the query for an rsID, ClinVar id or star allele, None if `text` is none."""
    if _RSID.fullmatch(text):
        return NameQuery(text.lower(), assembly)
    return NameQuery(text, assembly) if _OTHER_NAME.fullmatch(text) else None


def _read_allele(text: str, assembly: Assembly | None, bases) -> VariationQuery | None:
    found = _ALLELE.fullmatch(text)
    if not found or find_reference(found[1]) is None:
        return None
    name, known = _resolve(found[1], assembly)
    ref, alt = found[3].upper(), found[4].upper()
    return sequence_query(known, name, _number(found[2]) - 1, ref, alt, field="the allele")


def _written_allele(text: str) -> tuple[int, str, str] | None:
    found = _ALLELE.fullmatch(text)
    return found and (_number(found[2]) - 1, found[3].upper(), found[4].upper())


def _read_structural(text: str, assembly: Assembly | None, bases) -> VariationQuery | None:
    """VCF puts a symbolic allele on the base before it, so the place itself and the next count."""
    found = _STRUCTURAL.fullmatch(text)
    if not found or find_reference(found[1]) is None:
        return None
    name, known = _resolve(found[1], assembly)
    position, length = _number(found[2]), SEQUENCES[known][name].length
    check_place(known, name, position - 1, position, field="the position")
    end = _number(found[3]) if found[3] else None
    if end is not None:
        check_place(known, name, position - 1, end, field="the end")
    ends = (position - 1, length + 1) if end is None else (end, end + 1)
    word = found[4].split(":")[0]
    types = parse_variant_type("CNV" if re.fullmatch(r"CN\d+", word, re.IGNORECASE) else word)
    return BracketQuery(known, name, position - 1, position + 1, *ends, Selection(types))


def _read_region(text: str, assembly: Assembly | None, bases) -> VariationQuery | None:
    found = _REGION.fullmatch(text)
    if not found or find_reference(found[1]) is None:
        return None
    name, known = _resolve(found[1], assembly)
    first = _number(found[2])
    last = _number(found[3]) if found[3] else first
    if last < first:
        raise InvalidRequest(f"the region ends at {last:,}, before it starts at {first:,}")
    check_place(known, name, first - 1, last, field="the region")
    return RangeQuery(known, Region(name, first - 1, last))


def _read_change(text: str, assembly: Assembly | None, bases) -> VariationQuery | None:
    change = canonical_change(text)
    if change and (text.startswith("p.") or not _may_be_gene(text, change)):
        return AminoacidQuery(change, assembly=assembly)
    found = _GENE_AND_CHANGE.fullmatch(text)
    change = canonical_change(found[2]) if found else None
    return AminoacidQuery(change, found[1], assembly) if change else None


def _may_be_gene(text: str, change: str) -> bool:
    """C1R, F2R, C8A, S100B … are genes; few ask for a change that near the first codon."""
    position = int(re.search(r"\d+", change)[0])
    return position < 10 or change[-1] in "BZ" or text.upper() in _GENES_LIKE_CHANGES


def _read_gene(text: str, assembly: Assembly | None, bases) -> VariationQuery | None:
    if not _GENE.fullmatch(text) or find_reference(text):
        return None
    return GeneQuery(text, assembly)


Reader = Callable[[str, Assembly | None, ReferenceBases | None], VariationQuery | None]
_READERS: tuple[Reader, ...] = (
    _read_variation_id,
    _read_name,
    ask_by_hgvs,
    _read_structural,
    _read_allele,
    _read_region,
    _read_change,
    _read_gene,
)


def _number(text: str) -> int:
    number = int(text.replace(",", ""))
    if number < 1:
        raise InvalidRequest("positions count from 1")
    return number


def _resolve(reference: str, assembly: Assembly | None) -> tuple[str, Assembly]:
    name, known = resolve_reference(reference, assembly)
    if known is None:
        raise InvalidRequest(f"which assembly? Write it in front: GRCh38 {name}-…")
    return name, known


# ---- in words ----------------------------------------------------------------------------------


def describe(variation: VariationQuery) -> str:
    """Return one phrase that says what is asked, with 1-based and 0-based positions.

    >>> describe(RangeQuery(Assembly.GRCH38, Region("17", 99, 200)))
    'anything in 17:100-200 of GRCh38 (101 bases; counted from 0: [99, 200))'
    """
    match variation:
        case SequenceQuery():
            return _describe_allele(variation)
        case RangeQuery(assembly, region, selection):
            size = region.end - region.start
            return (
                f"{_kinds(selection)} in {region.reference_name}:{region.start + 1:,}-"
                f"{region.end:,} of {assembly} ({size:,} {'base' if size == 1 else 'bases'}; "
                f"counted from 0: [{region.start:,}, {region.end:,}))"
            )
        case BracketQuery():
            return _describe_bracket(variation)
        case GeneQuery(gene, assembly, selection):
            return f"{_kinds(selection)} in the gene {gene}{_on(assembly)}"
        case AminoacidQuery(change, gene, assembly):
            return f"protein change {change} in {gene or 'any gene'}{_on(assembly)}"
        case NameQuery(name, assembly):
            return f"the variation named {name}{_on(assembly)}"
        case VariationIdQuery(id):
            return f"the variation with the id {id.text}"


def _describe_allele(asked: SequenceQuery) -> str:
    place = f"{asked.reference_name}:{asked.start + 1:,} of {asked.assembly}"
    counted = f"(counted from 0: {asked.start:,})"
    if asked.ref == "":
        return f"{asked.alt} inserted before {place} {counted}"
    if asked.alt == "":
        return f"{asked.ref or 'bases'} deleted at {place} {counted}"
    return f"{asked.ref or 'any base'}>{asked.alt} at {place} {counted}"


def _describe_bracket(asked: BracketQuery) -> str:
    return (
        f"{_kinds(asked.selection)} on {asked.reference_name} of {asked.assembly} that starts in "
        f"[{asked.start_min:,}, {asked.start_max:,}) and ends in [{asked.end_min:,}, "
        f"{asked.end_max:,}) (counted from 0; from 1, the first base lies in "
        f"{asked.start_min + 1:,}-{asked.start_max:,})"
    )


def _kinds(selection: Selection) -> str:
    return " or ".join(sorted(selection.variant_types)) or "anything"


def _on(assembly: Assembly | None) -> str:
    return f" on {assembly}" if assembly else ""

"""Request parameters of a genomic variation → the variation asked for.

Which combinations make sense the schema leaves open; they are the query types of the Beacon v2
documentation (sequence, range, bracket, gene, amino acid, short form), and anything that fits none
of them is refused with the name of the field, never answered as something wider.
"""

from collections.abc import Mapping
from functools import lru_cache

from beacon_node.beacon_v2 import fields
from beacon_node.errors import InvalidRequest
from beacon_node.model.genome import (
    SEQUENCES,
    Assembly,
    Region,
    parse_assembly,
    resolve_reference,
)
from beacon_node.model.genomic_hgvs import ReferenceBases, ask_by_hgvs
from beacon_node.model.notation import parse_name
from beacon_node.model.places import check_place, sequence_query, trim_bases
from beacon_node.model.protein import canonical_change
from beacon_node.model.query import (
    EVERYTHING,
    AminoacidQuery,
    BracketQuery,
    GeneQuery,
    RangeQuery,
    Selection,
    SequenceQuery,
    VariationQuery,
)
from beacon_node.model.variation import (
    Allele,
    allele_length,
    copy_number_types,
    parse_variant_type,
)

# As written in a request → the documentation's name. The OpenAPI of v2.1.1 spells two differently.
PARAMETERS: Mapping[str, str] = {
    "assemblyId": "assemblyId",
    "referenceName": "referenceName",
    "start": "start",
    "end": "end",
    "referenceBases": "referenceBases",
    "alternateBases": "alternateBases",
    "variantType": "variantType",
    "variantMinLength": "variantMinLength",
    "variantMaxLength": "variantMaxLength",
    "mateName": "mateName",
    "geneId": "geneId",
    "geneid": "geneId",
    "aminoacidChange": "aminoacidChange",
    "genomicAlleleShortForm": "genomicAlleleShortForm",
    "allele": "genomicAlleleShortForm",
}
_PLACE = ("start", "end", "referenceName")
_ALLELE = frozenset({"assemblyId", "referenceName", "start", "referenceBases", "alternateBases"})
_known_assembly = lru_cache(256)(parse_assembly)
_known_reference = lru_cache(1_024)(resolve_reference)


def parse_variation(
    given: Mapping[str, object], bases: ReferenceBases | None = None
) -> VariationQuery | None:
    """Return the variation that parameters (by the documentation's names) ask for, None for none.

    `start` and `end` are tuples of one or two numbers, the rest is as written. Raises
    InvalidRequest naming the field, also for parameters that do not go together.
    """
    if not given:
        return None
    assembly = given.get("assemblyId")
    if assembly is not None:
        assembly = _known_assembly(fields.text("assemblyId", assembly))
    if "genomicAlleleShortForm" in given:
        return _short_form(given, assembly, bases)
    if "geneId" in given or ("aminoacidChange" in given and "start" not in given):
        return _by_annotation(given, assembly)
    return _by_place(given, assembly)


def _short_form(given: Mapping, assembly: Assembly | None, bases) -> VariationQuery:
    _refuse_beside("genomicAlleleShortForm", given, {"assemblyId", "genomicAlleleShortForm"})
    # A plus sign in a URL is a space; HGVS has no spaces.
    written = fields.text("genomicAlleleShortForm", given["genomicAlleleShortForm"])
    plain = written.replace(" ", "+")
    found = ask_by_hgvs(plain, assembly, bases) or parse_name(plain, assembly)
    if found is None:
        raise InvalidRequest(
            f"genomicAlleleShortForm {fields.shown(written)} is no HGVS name or rsID, "
            "such as NM_004006.2:c.4375C>T"
        )
    return found


def _refuse_beside(field: str, given: Mapping, allowed: set[str]) -> None:
    for other in given:
        if other not in allowed:
            raise InvalidRequest(f"{other} does not go together with {field}")


def _by_annotation(given: Mapping, assembly: Assembly | None) -> GeneQuery | AminoacidQuery:
    gene = fields.text("geneId", given["geneId"]) if "geneId" in given else ""
    for other in (*_PLACE, "mateName"):
        if other in given:
            raise InvalidRequest(
                f"{other} does not go together with {'geneId' if gene else 'aminoacidChange'}"
            )
    selection = _selection(given, None)
    if "aminoacidChange" in given:
        change = _aminoacid_change(given["aminoacidChange"])
        return AminoacidQuery(change, gene, assembly, selection)
    return GeneQuery(gene, assembly, selection)


def _aminoacid_change(value: object) -> str:
    change = canonical_change(fields.text("aminoacidChange", value))
    if change is None:
        raise InvalidRequest(
            f"aminoacidChange {fields.shown(value)} is no protein change such as V600E"
        )
    return change


def _by_place(given: Mapping, assembly: Assembly | None) -> VariationQuery:
    for field in ("referenceName", "start"):
        if field not in given:
            raise InvalidRequest(_what_is_missing(field, given))
    name, known = _known_reference(fields.text("referenceName", given["referenceName"]), assembly)
    if known is None:
        raise InvalidRequest(f"assemblyId is missing: referenceName {name!r} needs one")
    start, end = given["start"], given.get("end", ())
    if not end and len(start) == 1:
        return _sequence(given, known, name, start[0])
    if len(start) != len(end):
        raise InvalidRequest(
            f"end must have as many values as start: {len(start)}, not {len(end)}"
            " (one each for a range, two each for a bracket)"
        )
    selection = _selection(given, known)
    if len(start) == 2:
        return _bracket(known, name, start, end, selection)
    return _range(known, name, start[0], end[0], selection)


def _what_is_missing(field: str, given: Mapping) -> str:
    told = " and ".join(sorted(given))
    if field == "referenceName":
        return f"referenceName is missing: {told} alone say nowhere to look"
    return f"start is missing: {told} need a start, with alternateBases or an end"


def _sequence(given: Mapping, assembly: Assembly, name: str, start: int) -> SequenceQuery:
    if "alternateBases" not in given:
        raise InvalidRequest("alternateBases is missing: a start without an end needs it")
    alt = fields.bases("alternateBases", given["alternateBases"])
    ref = None
    if "referenceBases" in given:
        ref = fields.bases("referenceBases", given["referenceBases"])
    query = sequence_query(assembly, name, start, ref, alt)
    if not given.keys() <= _ALLELE:
        _check_agreement(query, given)
    return query


def _check_agreement(query: SequenceQuery, given: Mapping) -> None:
    """Refuse conditions that an exact allele contradicts; those it meets add nothing."""
    for other in ("aminoacidChange", "mateName"):
        if other in given:
            raise InvalidRequest(f"{other} needs an end: it does not go with an exact allele")
    selection = _selection(given, query.assembly)
    if query.ref is None:
        raise InvalidRequest("referenceBases is missing: variantType and lengths need both sides")
    end = query.start + len(query.ref)
    allele = Allele(query.reference_name, query.start, end, query.ref, query.alt)
    if selection.variant_types and not selection.variant_types & copy_number_types(allele):
        raise InvalidRequest("variantType contradicts referenceBases and alternateBases")
    length = allele_length(allele)
    if length < (selection.min_length or 0) or length > (selection.max_length or length):
        raise InvalidRequest("variantMinLength or variantMaxLength contradicts the bases given")


def _range(
    assembly: Assembly, name: str, start: int, end: int, selection: Selection
) -> RangeQuery | SequenceQuery:
    if end <= start:
        raise InvalidRequest(
            f"end must be greater than start ({start}): positions count from 0 and end is exclusive"
        )
    check_place(assembly, name, start, end, field="end")
    ref, alt = selection.reference_bases, selection.alternate_bases
    only = Selection(reference_bases=ref, alternate_bases=alt)
    if end - start == 1 and ref and alt is not None and len(ref) == 1 and selection == only:
        return sequence_query(assembly, name, start, ref, alt)  # another way to ask for the allele
    return RangeQuery(assembly, Region(name, start, end), selection)


def _bracket(
    assembly: Assembly,
    name: str,
    start: tuple[int, ...],
    end: tuple[int, ...],
    selection: Selection,
) -> BracketQuery:
    for field, (low, high) in (("start", start), ("end", end)):
        if high <= low:
            raise InvalidRequest(f"{field}[1] must be greater than {field}[0]: {low}, {high}")
        limit = SEQUENCES[assembly][name].length + 1
        check_place(assembly, name, min(low, limit), max(high - 1, 0), field=field)
    if end[1] <= start[0]:
        raise InvalidRequest("end lies before start: nothing can end there")
    return BracketQuery(assembly, name, *start, *end, selection)


def _selection(given: Mapping, assembly: Assembly | None) -> Selection:
    """Return the conditions beside the place; bases are trimmed as stored alleles are."""
    least = _length("variantMinLength", given, 0)
    most = _length("variantMaxLength", given, 0)
    if least is not None and most is not None and least > most:
        raise InvalidRequest(f"variantMinLength {least} is greater than variantMaxLength {most}")
    ref, alt = _both_bases(given)
    selection = Selection(
        variant_types=_types(given),
        alternate_bases=alt,
        reference_bases=ref,
        aminoacid_change=_aminoacid_change(given["aminoacidChange"])
        if "aminoacidChange" in given and "start" in given
        else "",
        min_length=least,
        max_length=most,
        mate_name=_mate(given, assembly),
    )
    return EVERYTHING if selection == EVERYTHING else selection


def _length(field: str, given: Mapping, least: int) -> int | None:
    return fields.integer(field, given[field], least=least) if field in given else None


def _types(given: Mapping) -> frozenset[str]:
    if "variantType" not in given:
        return frozenset()
    return parse_variant_type(fields.text("variantType", given["variantType"]))


def _both_bases(given: Mapping) -> tuple[str | None, str | None]:
    ref, alt = (
        fields.bases(field, given[field]) if field in given else None
        for field in ("referenceBases", "alternateBases")
    )
    if ref is None or alt is None:
        return ref, alt
    _, ref, alt = trim_bases(0, ref, alt)
    if not ref and not alt:
        raise InvalidRequest("alternateBases are the same as referenceBases")
    return ref, alt


def _mate(given: Mapping, assembly: Assembly | None) -> str:
    if "mateName" not in given:
        return ""
    return _known_reference(fields.text("mateName", given["mateName"]), assembly)[0]

"""A variation → the request parameters that ask for it, by the documentation's names.

What `variation.parse_variation` reads back as the same question.
"""

from collections.abc import Mapping

from beacon_node.model.notation import Understood
from beacon_node.model.query import (
    AminoacidQuery,
    BracketQuery,
    GeneQuery,
    RangeQuery,
    Selection,
    SequenceQuery,
    VariationQuery,
)
from beacon_node.model.variation import VARIANT_TYPES

_TYPE_WORDS = {types: word for word, types in reversed(VARIANT_TYPES.items()) if ":" not in word}


def parameters_of(asked: Understood) -> dict[str, object] | None:
    """Return the parameters for what somebody typed; None for a variation named by its public id,
    which no parameter can say.

    A name and an HGVS expression stay as they were written: whoever is asked may have the reference
    sequence or the table that its meaning needs. So do the bases beside an insertion or deletion,
    because some beacons know it only with them.
    """
    if asked.name:
        return _told({"genomicAlleleShortForm": asked.name, "assemblyId": asked.variation.assembly})
    found = place_parameters(asked.variation)
    if found is not None and asked.written:
        start, ref, alt = asked.written
        found |= {"start": (start,), "referenceBases": ref, "alternateBases": alt}
    return found


def place_parameters(variation: VariationQuery) -> dict[str, object] | None:
    """Return the parameters of a question by place, gene or protein change.

    None for one that parameters cannot ask: a name, an id, or kinds of variation for which there is
    no one word.
    """
    match variation:
        case SequenceQuery(assembly, name, start, ref, alt):
            place = {"assemblyId": assembly, "referenceName": name, "start": (start,)}
            return _told(place | {"referenceBases": ref, "alternateBases": alt})
        case RangeQuery(assembly, region, selection):
            place = {"assemblyId": assembly, "referenceName": region.reference_name}
            found = place | {"start": (region.start,), "end": (region.end,)}
        case BracketQuery():
            selection = variation.selection
            found = {
                "assemblyId": variation.assembly,
                "referenceName": variation.reference_name,
                "start": (variation.start_min, variation.start_max),
                "end": (variation.end_min, variation.end_max),
            }
        case GeneQuery(gene, assembly, selection):
            found = {"geneId": gene, "assemblyId": assembly}
        case AminoacidQuery(change, gene, assembly, selection):
            found = {"aminoacidChange": change, "geneId": gene or None, "assemblyId": assembly}
        case _:
            return None
    conditions = _conditions(selection)
    return None if conditions is None else _told(found | conditions)


def _conditions(selection: Selection) -> Mapping[str, object] | None:
    word = _TYPE_WORDS.get(selection.variant_types)
    if selection.variant_types and word is None:
        return None
    found: dict[str, object] = {
        "variantType": word,
        "referenceBases": selection.reference_bases,
        "alternateBases": selection.alternate_bases,
        "variantMinLength": selection.min_length,
        "variantMaxLength": selection.max_length,
        "mateName": selection.mate_name or None,
    }
    if selection.aminoacid_change:
        found["aminoacidChange"] = selection.aminoacid_change
    return found


def _told(parameters: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in parameters.items() if value is not None}

"""What the names of genes and variants in consents' open choices mean on an assembly, or why
nothing.

A name that does not say which allele of this assembly it means opens nothing.
"""

from enum import Enum

from beacon_node.actions.plan_search import resolve
from beacon_node.errors import InvalidRequest
from beacon_node.model.genome import Assembly
from beacon_node.model.notation import understand
from beacon_node.model.query import (
    AlleleSet,
    AminoacidQuery,
    GeneQuery,
    Lookup,
    RangeQuery,
    VariationIdQuery,
    VariationQuery,
)
from beacon_node.ports import Knowledge
from beacon_node.store.public import Choice, ChoiceKind


class Unclear(Enum):
    """Why a name opens nothing, in words that follow the kind of what it names."""

    GENE = "that no loaded gene table has on this assembly (beacon-node annotate genes FILE)"
    NOT_UNDERSTOOD = "whose names are not understood"
    ASSEMBLY = "whose names do not say on which assembly they count"
    ELSEWHERE = "that count on another assembly, or that no loaded table has on this one"
    PLACE = "whose names mean a place or a gene, not one allele"
    CHANGE = "whose names are changes of a protein without the gene"

    @property
    def kind(self) -> ChoiceKind:
        return ChoiceKind.GENE if self is Unclear.GENE else ChoiceKind.VARIANT


def lookups_of(
    knowledge: Knowledge, choice: Choice, assembly: Assembly
) -> tuple[Lookup, ...] | Unclear:
    """Return the places or alleles that a name in a consent means on an assembly.

    The name of a variant must say which assembly it counts on, or be none of a place.
    """
    if choice.kind is ChoiceKind.GENE:
        regions = knowledge.gene_regions(choice.name).get(assembly, ())
        return tuple(RangeQuery(assembly, region) for region in regions) or Unclear.GENE
    variation = _variation(knowledge, choice.name, assembly)
    if isinstance(variation, Unclear):
        return variation
    if isinstance(variation, GeneQuery):
        return Unclear.PLACE
    if isinstance(variation, AminoacidQuery) and not variation.gene:
        return Unclear.CHANGE
    try:
        found = resolve(variation, knowledge).get(assembly, ())
    except InvalidRequest:  # nobody knows the name
        found = ()
    is_named = all(isinstance(one, AlleleSet | VariationIdQuery) for one in found)
    return (found or Unclear.ELSEWHERE) if is_named else Unclear.PLACE


def _variation(knowledge: Knowledge, name: str, assembly: Assembly) -> VariationQuery | Unclear:
    for told, otherwise in ((None, None), (assembly, Unclear.ASSEMBLY)):
        try:
            variation = understand(name, told, knowledge.bases).variation
        except InvalidRequest:
            continue
        return otherwise or variation
    return Unclear.NOT_UNDERSTOOD

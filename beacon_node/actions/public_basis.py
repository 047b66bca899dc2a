"""What a table of public answers is made of: panels, genomes, declared assays, settings."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from beacon_node.actions.annotate import list_sources
from beacon_node.actions.release_draft import Draft
from beacon_node.errors import Conflict
from beacon_node.model.knowledge import Kind, Source
from beacon_node.model.public_tier import Missing, PublicPanels, PublicTier
from beacon_node.node import Node
from beacon_node.store.public import PublicTable
from beacon_node.store.records import DatasetRecord, PartRecord

# What tells which alleles the names in open choices mean.
_NAMING = frozenset(
    {Kind.GENES, Kind.GENE_NAMES, Kind.CLINVAR, Kind.EFFECTS}
    | {Kind.PGX, Kind.STAR_ALLELES, Kind.RSIDS, Kind.REFERENCE}
)


@dataclass(frozen=True, slots=True)
class Basis:
    """`key` names what must stay in a lifetime: the panels and the settings. `state` names all that
    a release is made from besides the people. `missing`: what keeps it from being made."""

    declared: PublicPanels
    key: str
    state: str
    missing: Missing


def basis_of(
    node: Node, dataset: DatasetRecord, parts: Iterable[PartRecord], declared: PublicPanels
) -> Basis:
    """Return what the next table of a dataset with these parts is made of."""
    known = (None, dataset.assembly)
    sources = [one for one in list_sources(node) if one.assembly in known]
    panels = {name: _named(sources, Kind.PANEL, name) for name in declared.panels}
    genomes = _named(sources, Kind.GENOMES, declared.genomes)
    missing = Missing.NOTHING
    if not all(map(_may_be_used, panels.values())):
        missing = Missing.PANEL
    elif not genomes:
        missing = Missing.GENOMES
    elif dataset.assay is None and not all(map(_is_assay_declared, parts)):
        missing = Missing.ASSAY
    key = _digest([sorted(map(_facts, panels.values())), asdict(node.settings.privacy)])
    names = [one for one in sources if one.kind in _NAMING]
    told = asdict(declared)
    del told["is_rehearsal"]  # it opens or closes what is made all the same
    state = _digest([key, told, _facts(genomes), _facts(names), missing])
    return Basis(declared, key, state, missing)


def is_public_changed(node: Node, draft: Draft) -> bool:
    """Say whether what answers anybody would be made of something else than in the release."""
    declared, current = draft.dataset.public, draft.current
    if declared is None or current is None or draft.dataset.is_open_data:
        return False
    if current.public is None and not declared.panels:
        return False
    if current.public is None or (declared.panels and current.public.panels != declared.panels):
        return True
    if declared.panels and current.public.is_rehearsal is not declared.is_rehearsal:
        return True
    return current.public.state != basis_of(node, draft.dataset, draft.parts, declared).state


def table_of(node: Node, dataset_id: str, tier: PublicTier | None) -> PublicTable | None:
    """Return a release's table, None if none was made; StoreUnavailable if it cannot be read."""
    if tier is None or not tier.table:
        return None
    return PublicTable(node.catalogue.folder(dataset_id) / "public" / tier.table)


def keep_to_lifetime(node: Node, draft: Draft) -> None:
    """Raise Conflict if people's evidence would be spent under other panels or settings than those
    it was reckoned with before, and nobody said that a new lifetime begins."""
    declared, current = draft.dataset.public, draft.current
    before = current.public if current else None
    if declared is None or not declared.panels or before is None:
        return
    basis = basis_of(node, draft.dataset, draft.parts, declared)
    if basis.missing is Missing.PANEL or declared.lifetime != before.lifetime:
        return
    if basis.key != before.basis and is_begun(node, draft.dataset.id, before):
        raise Conflict(changed_words(draft.dataset.id))


def is_begun(node: Node, dataset_id: str, tier: PublicTier | None) -> bool:
    """Say whether anybody was ever answered for in the lifetime of a release."""
    if tier is not None and tier.is_rehearsal:
        return False
    table = table_of(node, dataset_id, tier)
    return table is not None and bool(table.batches)


def changed_words(dataset_id: str) -> str:
    return (
        f"the public lifetime of dataset {dataset_id!r} began with other reference panels or other "
        "settings of [privacy]: put them back, or start a new lifetime, whose bound adds to the "
        f"one before (beacon-node dataset panels {dataset_id} --panel … --new-lifetime)"
    )


def _named(sources: Iterable[Source], kind: Kind, name: str) -> list[Source]:
    return [one for one in sources if one.kind is kind and name in ("", one.name)]


def _may_be_used(panel: list[Source]) -> bool:
    return bool(panel) and all(source.details["is_disjoint"] for source in panel)


def _is_assay_declared(part: PartRecord) -> bool:
    return part.is_clinical or bool(part.report["assay_digest"])


def _facts(sources: Iterable[Source]) -> list[list[str]]:
    return sorted([one.name, one.part, one.sha256] for one in sources)


def _digest(facts: list) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

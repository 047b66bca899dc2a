"""What a node holds and what an operator should know of it."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from beacon_node import __version__
from beacon_node.actions.annotate import list_sources
from beacon_node.actions.applications.letters import mail_problems
from beacon_node.actions.housekeeping import housekeeping_problems
from beacon_node.actions.init_node import NewNode
from beacon_node.actions.join_network import network_problems
from beacon_node.actions.leave_checkpoints import place_problems
from beacon_node.actions.manage_datasets import DatasetSummary, list_datasets
from beacon_node.actions.registered.stated import why_loosened
from beacon_node.actions.whole_ledger import ledger_problems
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.knowledge import Kind, Source
from beacon_node.node import Node

_EXAMPLE = NewNode()  # what nobody should run a node as
_LITTLE_SPACE = 1 << 30  # bytes; a release is built beside the old one


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A node at a glance; `warnings` are sentences, most urgent first."""

    home: Path
    version: str
    beacon_id: str
    name: str
    api_url: str
    datasets: tuple[DatasetSummary, ...]
    knowledge: tuple[Source, ...]
    warnings: tuple[str, ...]


def status(node: Node) -> NodeStatus:
    """Return what the node holds now."""
    datasets = tuple(list_datasets(node))
    knowledge = tuple(list_sources(node))
    return NodeStatus(
        home=node.home,
        version=__version__,
        beacon_id=node.settings.node.id,
        name=node.settings.node.name,
        api_url=f"{node.settings.public_url}/api",
        datasets=datasets,
        knowledge=knowledge,
        warnings=tuple(_warnings(node, datasets, knowledge)),
    )


def _warnings(
    node: Node, datasets: Sequence[DatasetSummary], knowledge: Sequence[Source]
) -> Iterator[str]:
    yield from map(str, ledger_problems(node))
    if loosened := why_loosened(node):
        yield loosened
    yield from mail_problems(node)
    yield from housekeeping_problems(node)
    yield from place_problems(node)
    yield from network_problems(node)
    free = shutil.disk_usage(node.data).free
    if free < _LITTLE_SPACE:
        yield f"only {free / (1 << 20):,.0f} MB are free where the data lie"
    if node.settings.node.id == "org.example.beacon":
        yield "the node still has the example's id: set node.id in node.toml"
    if node.settings.visas.are_given and not node.settings.node.public_url:
        yield "visas are handed out, and nobody can reach their issuer: set node.public_url"
    yield from _of_organization(node)
    for dataset in datasets:
        yield from _of_dataset(dataset)
    for assembly in sorted({dataset.assembly for dataset in datasets if dataset.release}):
        yield from _of_assembly(assembly, knowledge)
    if any(_has_people(dataset) for dataset in datasets) and not _has(knowledge, Kind.ONTOLOGY):
        yield (
            "no ontology is loaded: filters find exact terms only, none below them "
            "(beacon-node annotate ontology FILE)"
        )


def _of_organization(node: Node) -> Iterator[str]:
    own = node.settings.organization
    kept = [
        f"organization.{field}"
        for field, value, example in (
            ("id", own.id, _EXAMPLE.organization_id),
            ("url", own.url, _EXAMPLE.organization_url),
        )
        if value == example
    ]
    if kept:
        verb = "are" if len(kept) > 1 else "is"
        yield f"{' and '.join(kept)} {verb} still the example's: set your own in node.toml"


def _of_dataset(dataset: DatasetSummary) -> Iterator[str]:
    if dataset.missing:
        yield f"dataset {dataset.id} answers nobody yet: {', '.join(dataset.missing)}"
    if "no data use terms" in dataset.missing and not dataset.next_terms:
        yield (
            f"nobody said what {dataset.id} may be used for: "
            f"beacon-node dataset terms {dataset.id} --term …"
        )
    people = dataset.sizes.get(EntryType.INDIVIDUAL, 0)
    if dataset.record_level is not None and dataset.record_level < people:
        yield (
            f"{dataset.record_level:,} of {people:,} individuals of {dataset.id} let record-level "
            "use, without which nobody counts under a grant"
        )
    if dataset.has_unfinished_purge:
        yield f"a purge in {dataset.id} is finished by: beacon-node release {dataset.id}"
    elif dataset.is_changed and (dataset.parts or dataset.release):
        yield (
            f"what was loaded into {dataset.id} or said about it waits for: "
            f"beacon-node release {dataset.id}"
        )
    elif not dataset.parts and not dataset.release:
        yield f"dataset {dataset.id} is empty: beacon-node load {dataset.id} FILE"


def _of_assembly(assembly: Assembly, knowledge: Sequence[Source]) -> Iterator[str]:
    if not _has(knowledge, Kind.GENES, assembly):
        yield (
            f"no gene table for {assembly}: questions by gene are refused "
            "(beacon-node annotate genes FILE)"
        )
    if not _has(knowledge, Kind.REFERENCE, assembly):
        yield (
            f"no reference sequence for {assembly}: indels are trimmed but not shifted left "
            "(beacon-node annotate reference FASTA)"
        )


def _has(knowledge: Sequence[Source], kind: Kind, assembly: Assembly | None = None) -> bool:
    return any(s.kind == kind and assembly in (None, s.assembly) for s in knowledge)


def _has_people(dataset: DatasetSummary) -> bool:
    return bool(dataset.sizes.get(EntryType.INDIVIDUAL))

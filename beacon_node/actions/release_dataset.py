"""Make the draft of a dataset answer: build its index beside the old one and swap them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from beacon_node.errors import Conflict
from beacon_node.model.entries import EntryType
from beacon_node.node import Node
from beacon_node.ports import NO_PROGRESS, Progress
from beacon_node.store.merge import (
    Built,
    GenotypePart,
    Plan,
    build_index,
    people_changed,
    people_of,
)
from beacon_node.store.people import individuals_of
from beacon_node.store.records import DatasetRecord, PartRecord, ReleaseRecord, dataset_row
from beacon_node.store.schema import FORMAT
from beacon_node.store.sweep import sweep

_KEPT = 2  # releases: the current one and the one before, which a reader may just be opening


@dataclass(frozen=True, slots=True)
class ReleaseOutcome:
    """What a release holds. `is_new` False: nothing had changed, and nothing was done. `is_open`:
    it answers anybody.

    `people_added` and `people_removed` compare with the release before.
    """

    dataset_id: str
    number: int
    is_new: bool
    sizes: Mapping[EntryType, int]
    size_bytes: int = 0
    people_added: int = 0
    people_removed: int = 0
    warnings: tuple[str, ...] = ()
    is_open: bool = False


def release(node: Node, dataset_id: str, progress: Progress = NO_PROGRESS) -> ReleaseOutcome:
    """Build and publish the next release of a dataset; the old one answers until it is swapped.

    Where all files were taken out, the next release is empty. Raises NotFound, Conflict if nothing
    was loaded, two people's samples have one name or another command works on the dataset,
    StoreUnavailable if the disk is full; then the old release goes on answering.
    """
    node.catalogue.dataset(dataset_id)
    with node.catalogue.only_me(dataset_id):
        sweep(node.catalogue, dataset_id)
        dataset = node.catalogue.dataset(dataset_id)
        parts = node.catalogue.parts(dataset_id)
        removed = node.catalogue.removed_people(dataset_id)
        current = node.catalogue.current_release(dataset_id)
        if not parts and current is None:
            raise Conflict(f"nothing is loaded into dataset {dataset_id!r} yet")
        fingerprint = _fingerprint(dataset, parts, removed)
        if current and current.fingerprint == fingerprint:
            return ReleaseOutcome(
                dataset_id, current.number, False, current.sizes, is_open=dataset.is_open_data
            )
        number = current.number + 1 if current else 1
        path = _new_path(node, dataset_id, number)
        plan = _plan(node, dataset, parts, frozenset(removed), number, progress)
        built = build_index(path, plan)
        return _publish(node, plan, path, built, fingerprint)


def is_released(node: Node, dataset_id: str) -> bool:
    """Say whether the current release holds all that is loaded, and nobody who was taken out."""
    current = node.catalogue.current_release(dataset_id)
    draft = _fingerprint(
        node.catalogue.dataset(dataset_id),
        node.catalogue.parts(dataset_id),
        node.catalogue.removed_people(dataset_id),
    )
    return current is not None and current.fingerprint == draft


def known_people(node: Node, dataset_id: str) -> frozenset[str]:
    """Return the hospital's own ids of all individuals of a dataset's draft or current release.

    Those that the next release leaves out are among them. The dataset's lock must be held.
    """
    catalogue = node.catalogue
    removed = frozenset(catalogue.removed_people(dataset_id))
    current, parts = catalogue.current_release(dataset_id), catalogue.parts(dataset_id)
    found = removed | individuals_of(catalogue.index_path(dataset_id)) if current else removed
    if not parts:
        return found
    plan = _plan(node, catalogue.dataset(dataset_id), parts, removed, 0, NO_PROGRESS)
    scratch = catalogue.folder(dataset_id) / "parts" / f"people-{node.randomness.bytes(4).hex()}"
    return found | people_of(plan, scratch)


def _plan(
    node: Node,
    dataset: DatasetRecord,
    parts: Sequence[PartRecord],
    removed: frozenset[str],
    number: int,
    progress: Progress,
) -> Plan:
    folder = node.catalogue.folder(dataset.id) / "parts"
    return Plan(
        dataset=dataset,
        number=number,
        parts=[_genotype_part(folder, part) for part in parts if not part.is_clinical],
        drafts=[folder / part.path for part in parts if part.is_clinical],
        removed=removed,
        pseudonym_key=node.pseudonym_key,
        progress=progress,
    )


def _genotype_part(folder: Path, part: PartRecord) -> GenotypePart:
    return GenotypePart(
        path=folder / part.path,
        sample_table=part.sample_table,
        alleles=part.report["alleles"],
        references=tuple(part.report["references"]),
        assay_digest=part.report["assay_digest"],
        is_sites_only=part.report["is_sites_only"],
        source=part.source,
    )


def _new_path(node: Node, dataset_id: str, number: int) -> Path:
    """Return a path never used before: stores keep files open by name."""
    name = f"{number}-{node.randomness.bytes(4).hex()}.sqlite"
    return node.catalogue.folder(dataset_id) / "releases" / name


def _publish(node: Node, plan: Plan, path: Path, built: Built, fingerprint: str) -> ReleaseOutcome:
    """Let a finished index answer, and forget the releases before the last."""
    catalogue, dataset_id = node.catalogue, plan.dataset.id
    before = catalogue.current_release(dataset_id)
    old = catalogue.folder(dataset_id) / "releases" / before.path if before else None
    added, removed = people_changed(old, path)
    record = ReleaseRecord(
        number=plan.number,
        path=path.name,
        released_at=node.clock.now().isoformat(timespec="seconds"),
        fingerprint=fingerprint,
        parts=tuple(part.number for part in catalogue.parts(dataset_id)),
        sizes=built.sizes,
        has_individuals=built.has_individuals,
        document=built.document,
        cohorts=built.cohorts,
    )
    catalogue.make_current(dataset_id, record)
    for older in catalogue.releases(dataset_id)[_KEPT:]:
        catalogue.forget_release(dataset_id, older.number)
    sweep(catalogue, dataset_id)
    return ReleaseOutcome(
        dataset_id=dataset_id,
        number=plan.number,
        is_new=True,
        sizes=built.sizes,
        size_bytes=path.stat().st_size,
        people_added=added,
        people_removed=removed,
        warnings=tuple(_warnings(plan.dataset, built)),
        is_open=plan.dataset.is_open_data,
    )


def _warnings(dataset: DatasetRecord, built: Built) -> list[str]:
    warnings = []
    if built.inferred_sequences:
        names = ", ".join(built.inferred_sequences)
        warnings.append(f"no assay declared: whole sequences with records count as such ({names})")
    if built.has_described_people and built.unmatched:
        warnings.append(
            f"{built.unmatched:,} of {built.samples:,} samples match no individual or biosample"
            " that was loaded; records were made for them (a sample table says whose they are)"
        )
    if built.unattached:
        warnings.append(
            f"{built.unattached} runs or analyses belong to no person or biosample that was loaded"
            " and were left out"
        )
    if not dataset.is_open_data:
        warnings.append("not open data: consents are recorded but do not decide answers yet")
    return warnings


def _fingerprint(
    dataset: DatasetRecord, parts: Sequence[PartRecord], removed: Sequence[str]
) -> str:
    """Return the SHA-256 of everything that shapes an index."""
    shaping = {
        "layout": FORMAT,
        "dataset": dataset_row(dataset),
        "parts": [(part.number, part.key) for part in parts],
        "removed": list(removed),
    }
    return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()

"""What the next release of a dataset would be made of."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from beacon_node.errors import InvalidInput
from beacon_node.model.data_use import Use
from beacon_node.model.data_use_documents import united_use
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.node import Node
from beacon_node.ports import NO_PROGRESS, Progress
from beacon_node.store.merge import GenotypePart, LeftOut, Lineage, Plan, lineage_of
from beacon_node.store.people import individuals_of
from beacon_node.store.records import DatasetRecord, PartRecord, ReleaseRecord, dataset_row
from beacon_node.store.schema import FORMAT


@dataclass(frozen=True, slots=True)
class Draft:
    """What the next release of a dataset is made of, but for who is in it."""

    dataset: DatasetRecord
    parts: tuple[PartRecord, ...]
    removed: tuple[str, ...]
    current: ReleaseRecord | None

    @property
    def number(self) -> int:
        return self.current.number + 1 if self.current else 1

    @property
    def content(self) -> str:
        """The SHA-256 of everything that shapes an index, but for who consents."""
        declared = dataset_row(self.dataset)
        del declared["terms"], declared["public"], declared["declared_filters"]
        shaping = {
            "layout": FORMAT,
            "dataset": declared,
            "parts": [(part.number, part.key, part.path) for part in self.parts],
            "removed": list(self.removed),
        }
        return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()

    def is_as_released(self) -> bool:
        """Say whether data, terms and filters are those of the current release."""
        current = self.current
        return (
            current is not None
            and current.fingerprint.startswith(f"{self.content} ")
            and current.use == use_of_release(self.dataset, current.document)[0]
            and current.declared_filters == self.dataset.declared_filters
        )


def read_draft(node: Node, dataset_id: str) -> Draft:
    """Return a dataset's draft. Raises NotFound."""
    catalogue = node.catalogue
    return Draft(
        dataset=catalogue.dataset(dataset_id),
        parts=catalogue.parts(dataset_id),
        removed=catalogue.removed_people(dataset_id),
        current=catalogue.current_release(dataset_id),
    )


def use_of_release(
    dataset: DatasetRecord, loaded: Mapping | None
) -> tuple[Use | None, tuple[str, ...]]:
    """Return the DUO terms of a release, and what is wrong with them: closed if anything is."""
    try:
        return united_use(dataset.use, [dataset.document, loaded]), ()
    except InvalidInput as error:
        return None, (f"the data use terms of the dataset's own entry cannot be read: {error}",)


def known_people(node: Node, dataset_id: str) -> frozenset[str]:
    """Return the hospital's own ids of all individuals of a dataset's draft or current release.

    Those that the next release leaves out are among them. The dataset's lock must be held.
    """
    draft, catalogue = read_draft(node, dataset_id), node.catalogue
    found = people_in(node, draft) | frozenset(draft.removed)
    return found | individuals_of(catalogue.index_path(dataset_id)) if draft.current else found


def people_in(node: Node, draft: Draft) -> frozenset[str]:
    return frozenset(draft_lineage(node, draft).entries[EntryType.INDIVIDUAL])


def draft_lineage(node: Node, draft: Draft) -> Lineage:
    """Return who is who in a draft, nobody left out. The dataset's lock must be held; Conflict if a
    sample's name stands for two records."""
    if not draft.parts:
        return Lineage({entry_type: {} for entry_type in LINEAGE}, {})
    plan = plan_of(node, draft, LeftOut(), NO_PROGRESS)
    folder = node.catalogue.folder(draft.dataset.id) / "parts"
    return lineage_of(plan, folder / f"scratch-{node.randomness.bytes(4).hex()}")


def plan_of(node: Node, draft: Draft, absent: LeftOut, progress: Progress) -> Plan:
    folder = node.catalogue.folder(draft.dataset.id) / "parts"
    return Plan(
        dataset=draft.dataset,
        number=draft.number,
        parts=[_genotype_part(folder, part) for part in draft.parts if not part.is_clinical],
        drafts=[folder / part.path for part in draft.parts if part.is_clinical],
        left_out=absent,
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

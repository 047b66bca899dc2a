"""Name the panels that let a dataset answer anybody, and say how that stands."""

from collections.abc import Sequence
from dataclasses import replace

from beacon_node.actions.consented_people import consented
from beacon_node.actions.public_basis import (
    basis_of,
    changed_words,
    is_begun,
)
from beacon_node.actions.public_copies import CertainCopies
from beacon_node.actions.public_release import LEAST_PEOPLE, MISSING_WORDS
from beacon_node.actions.public_tables import OpenTable, open_table
from beacon_node.errors import Conflict, InvalidRequest
from beacon_node.model.public_tier import Missing, PublicPanels, PublicTier
from beacon_node.node import Node
from beacon_node.policy.access import NEEDED_IN_PUBLIC
from beacon_node.ports import Dataset
from beacon_node.privacy.likelihood import frequency_at
from beacon_node.store.panels import SqlitePanels
from beacon_node.store.public import Batch
from beacon_node.store.records import DatasetRecord, ReleaseRecord, published


def set_panels(
    node: Node,
    dataset_id: str,
    panels: Sequence[str],
    *,
    genomes: str = "",
    is_new_lifetime: bool = False,
    is_rehearsal: bool = False,
) -> PublicPanels:
    """Name the panels of a dataset's cohort, instead of those before; returns what is declared now.

    It holds from the next release on; with no panels at all nobody is answered any more, at once.
    `is_rehearsal`: the next release makes the table, and nobody is answered from it. Raises
    NotFound, InvalidRequest for panels that cannot be used or for open data, Conflict if people
    were answered for under others and no new lifetime is started, if one is started with nothing
    new, or if what was answered is to be rehearsed.
    """
    record = node.catalogue.dataset(dataset_id)
    if record.is_open_data:
        raise InvalidRequest(f"dataset {dataset_id!r} is open data and answers anybody already")
    with node.catalogue.only_me(dataset_id):
        current = node.catalogue.current_release(dataset_id)
        names = tuple(sorted(set(panels)))
        _check_loaded(node, record, names, genomes)
        found = PublicPanels(names, genomes, _lifetime_of(record, current), is_rehearsal)
        if names:
            found = _in_lifetime(node, record, current, found, is_new=is_new_lifetime)
        node.catalogue.set_public(dataset_id, found)
    return found


def _check_loaded(node: Node, record: DatasetRecord, names: tuple[str, ...], genomes: str) -> None:
    loaded = SqlitePanels(node.knowledge)
    if names:
        loaded.prepare(names, record.assembly)
    if genomes and loaded.genomes(record.assembly, genomes) is None:
        raise InvalidRequest(f"no reference genomes {genomes!r} are loaded for {record.assembly}")
    if not genomes:
        loaded.genomes(record.assembly)  # refused if there are several


def _lifetime_of(record: DatasetRecord, current: ReleaseRecord | None) -> int:
    released = current.public.lifetime if current and current.public else 1
    return max(released, record.public.lifetime if record.public else 1)


def _in_lifetime(
    node: Node,
    record: DatasetRecord,
    current: ReleaseRecord | None,
    wanted: PublicPanels,
    *,
    is_new: bool,
) -> PublicPanels:
    """Return what is declared, in the lifetime it belongs to."""
    tier = current.public if current else None
    if not is_begun(node, record.id, tier):
        return wanted
    is_same = basis_of(node, record, (), wanted).key == tier.basis
    if is_new and is_same:
        raise Conflict(
            f"a new lifetime of dataset {record.id!r} would bring nothing new: panels and settings "
            f"are those of lifetime {tier.lifetime}, which goes on"
        )
    if is_new:
        return replace(wanted, lifetime=tier.lifetime + 1)
    if not is_same and wanted.lifetime == tier.lifetime:
        raise Conflict(changed_words(record.id))
    if wanted.is_rehearsal and wanted.lifetime == tier.lifetime:
        raise Conflict(
            f"dataset {record.id!r} answers anybody in this lifetime already, which cannot be "
            "rehearsed any more; the privacy report tells of it as it is"
        )
    return wanted


def bound_of_new_lifetime(node: Node, dataset_id: str) -> str:
    """Return in words what a new lifetime lets anybody find, over all lifetimes; empty where it
    would be the first."""
    current = node.catalogue.current_release(dataset_id)
    tier = current.public if current else None
    if not is_begun(node, dataset_id, tier):
        return ""
    told = node.settings.privacy
    limits = {"power": told.public_power, "false_positives": told.false_positives}
    return replace(tier, lifetime=tier.lifetime + 1, **limits).bound


# ---- how it stands -------------------------------------------------------------------------------


def public_words(node: Node, record: DatasetRecord, release: ReleaseRecord | None) -> str:
    """Return in a sentence whether anybody is answered, or why not; empty for open data."""
    if record.is_open_data:
        return ""
    if record.public is None or not record.public.panels:
        hint = f"beacon-node dataset panels {record.id} --panel NAME"
        return f"closed: no reference panel is named for it ({hint})"
    tier = release.public if release else None
    if tier and tier.is_rehearsal and record.public.is_rehearsal:
        return (
            f"rehearsed: run beacon-node privacy report {record.id}, then name the panels without "
            "--rehearse and release"
        )
    dataset = published(record, release) if tier else None
    opened = open_table(node, dataset) if dataset else None
    if opened is None:
        return f"closed until the next release: beacon-node release {record.id}"
    return _words(node, dataset, tier, opened)


ONLY_UNDER_A_GRANT = "only under a grant"


def told_to_whom(node: Node, record: DatasetRecord, release: ReleaseRecord | None) -> str:
    """Return what a dataset that is not open data tells whom, to be read after "answers"."""
    dataset = published(record, release) if release else None
    if dataset is None or dataset.public is None or dataset.use is None:
        return ONLY_UNDER_A_GRANT
    tier, opened = dataset.public, open_table(node, dataset)
    told = []
    if opened is not None and not _lacks_panel(tier, opened) and _answering(node, dataset, opened):
        told.append("yes or no to anybody")
    if tier.panels and not tier.missing:
        told.append("noisy counts to registered researchers")
    return f"{' and '.join(told)}, all else under a grant" if told else ONLY_UNDER_A_GRANT


def _lacks_panel(tier: PublicTier, opened: OpenTable) -> bool:
    return tier.missing is Missing.PANEL or opened.limits is None


def _answering(node: Node, dataset: Dataset, opened: OpenTable) -> list[Batch]:
    """Return the batches of which enough people still consent."""
    moment = node.ledger.moment(node.clock.now())
    standing = opened.standing(consented(node, dataset, NEEDED_IN_PUBLIC, moment))
    return [opened.batches[number] for number in standing.consenting]


def _words(node: Node, dataset: Dataset, tier: PublicTier, opened: OpenTable) -> str:
    waits = f"; {tier.waiting:,} people wait for the next batch" if tier.waiting else ""
    lacks = f"; {MISSING_WORDS[tier.missing]}" if tier.missing else ""
    if _lacks_panel(tier, opened):
        return f"closed: {MISSING_WORDS[Missing.PANEL]}"
    if not opened.batches:
        why = f"fewer than {LEAST_PEOPLE} people can be answered for together"
        return f"closed: {MISSING_WORDS[tier.missing] if tier.missing else why}{waits}"
    batches = _answering(node, dataset, opened)
    if not batches:
        return f"closed: too few of those it answered for still consent{waits}{lacks}"
    best = max(batches, key=lambda batch: batch.answerable)
    return (
        f"open: {best.answerable:,} variants, down to a frequency of "
        f"{_least_frequency(best, dataset, tier):.2%}, for {len(batches)} of "
        f"{len(opened.batches)} batches{waits}{lacks}. {tier.bound}"
    )


def _least_frequency(batch: Batch, dataset: Dataset, tier: PublicTier) -> float:
    """Return τ where everybody was sequenced on an autosome."""
    copies = CertainCopies(batch.people, batch.assayed, dataset.assembly).most
    return frequency_at(batch.dearest, copies, carriers_needed=tier.carriers_needed)

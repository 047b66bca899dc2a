"""Makes the table of public answers of a release: old batches without who left, and a new one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from beacon_node.actions.public_basis import Basis, basis_of, table_of
from beacon_node.actions.public_batch import NewBatch, Reference, make_batch, new_batch
from beacon_node.actions.public_choices import Openings, openings_of
from beacon_node.actions.public_people import Joiners, Release, joiners, remaining, who_permits
from beacon_node.actions.release_draft import Draft
from beacon_node.model.calls import Interval
from beacon_node.model.carriers import NumberSet
from beacon_node.model.consent_documents import moment_text, read_moment
from beacon_node.model.ledger import Moment
from beacon_node.model.public_tier import Missing, PublicTier
from beacon_node.node import Node
from beacon_node.privacy.public import least_remaining
from beacon_node.privacy.public.copies import LEAST_PEOPLE
from beacon_node.store.panels import ReferenceGenomes, SqlitePanels
from beacon_node.store.public import (
    Batch,
    PublicTable,
    SequencedPeople,
    TableFacts,
    Work,
    sequenced_people,
    write_table,
)
from beacon_node.store.records import ReleaseRecord

LEAST_GENOMES = 100  # below it, 99 % of reference genomes says little of people


@dataclass(frozen=True, slots=True)
class PublicAnswers:
    """How a release answers anybody, None: it does not; `warnings` are for its operator."""

    tier: PublicTier | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class _Making:
    """A table on its way: for which release, from what, after which table of its lifetime."""

    node: Node
    draft: Draft
    release: Release
    basis: Basis
    old: PublicTable | None
    sequenced: SequencedPeople
    permits: NumberSet
    openings: Openings
    genomes: ReferenceGenomes | None

    @property
    def missing(self) -> Missing:
        """What keeps people from joining."""
        if self.basis.missing is Missing.NOTHING and not self.genomes:
            return Missing.GENOMES
        return self.basis.missing


def public_answers_of(
    node: Node, draft: Draft, record: ReleaseRecord, moment: Moment
) -> PublicAnswers:
    """Return how a release, whose index is there, answers anybody; its table is on disk.

    Where nobody joined, left or opened anything the table of the release before goes on. Without
    its panels nobody joins, and what people have spent is kept. Raises StoreUnavailable.
    """
    declared = draft.dataset.public
    before = draft.current.public if draft.current else None
    if declared is None or draft.dataset.is_open_data:
        return PublicAnswers(before, tuple(_of_people(before)))
    basis = basis_of(node, draft.dataset, draft.parts, declared)
    if not declared.panels:
        tier = before and replace(before, state=basis.state)
        return PublicAnswers(tier, tuple(_of_people(tier)))
    making = _making(node, draft, record, moment, basis)
    tier = _tier_of(making, before)
    return PublicAnswers(tier, (*_of_people(tier), *_of_choices(making)))


def _tier_of(making: _Making, before: PublicTier | None) -> PublicTier:
    made, basis, declared = _made(making), making.basis, making.basis.declared
    if basis.missing is Missing.PANEL and before:
        named = {"panels": declared.panels, "genomes": declared.genomes}
        told = {"state": basis.state, "missing": basis.missing, "waiting": made.waiting}
        return replace(before, table=made.table, **told, **named)
    return made


def _making(
    node: Node, draft: Draft, record: ReleaseRecord, moment: Moment, basis: Basis
) -> _Making:
    dataset, before = draft.dataset, draft.current.public if draft.current else None
    goes_on = before is not None and before.lifetime == basis.declared.lifetime
    if goes_on and before.is_rehearsal and basis.missing is not Missing.PANEL:
        goes_on = before.basis == basis.key  # else it was rehearsed with other panels or settings
    old = table_of(node, dataset.id, before) if goes_on else None
    index = node.catalogue.folder(dataset.id) / "releases" / record.path
    release = Release(dataset.id, index, record.use, moment.at)
    genomes = SqlitePanels(node.knowledge).genomes(dataset.assembly, basis.declared.genomes)
    sequenced, permits = sequenced_people(index), who_permits(node, release, since=release.at)
    return _Making(
        node,
        draft,
        release,
        basis,
        old if old and old.batches else None,  # nothing was spent before the first batch
        sequenced,
        permits,
        openings_of(node, release, dataset.assembly, sequenced, permits),
        genomes if genomes and len(genomes) >= LEAST_GENOMES else None,
    )


def _tier(node: Node, basis: Basis, *, table: str, waiting: int = 0) -> PublicTier:
    told = node.settings.privacy
    return PublicTier(
        table=table,
        basis=basis.key,
        state=basis.state,
        power=told.public_power,
        false_positives=told.false_positives,
        carriers_needed=told.carriers_needed,
        lifetime=basis.declared.lifetime,
        missing=basis.missing,
        waiting=waiting,
        panels=basis.declared.panels,
        genomes=basis.declared.genomes,
        is_rehearsal=basis.declared.is_rehearsal,
    )


# ---- one table -----------------------------------------------------------------------------------


def _made(making: _Making) -> PublicTier:
    node, release = making.node, making.release
    batches = _batches_left(making)
    ids = making.sequenced.ids
    permitting = {number: id for number, id in ids.items() if number in making.permits}
    hiding_nobody = making.openings.hiding_nobody
    found = joiners(node, release.dataset_id, batches, permitting, hiding_nobody)
    name = f"{making.draft.number}-{node.randomness.bytes(4).hex()}.sqlite"
    path = node.catalogue.folder(release.dataset_id) / "public" / name
    with Work(path) as work:
        added = _added(making, found, work)
        waiting = 0 if added else len(found.numbers)
        facts = _facts(making)
        if added is None and making.old and _is_same(making.old, batches, facts):
            name = making.old.path.name
        else:
            all_now = [*batches, *([added] if added else [])]
            answers = chain(_of_open_batches(making.old, batches), work.kept() if added else ())
            write_table(path, facts, all_now, answers, making.openings.rows(release.index))
    tier = _tier(node, making.basis, table=name, waiting=waiting)
    return replace(tier, missing=making.missing)


def _batches_left(making: _Making) -> tuple[Batch, ...]:
    if making.old is None:
        return ()
    since = read_moment(making.old.facts.consented_at)
    permits = who_permits(making.node, making.release, since=since)
    hiding_nobody = making.openings.hiding_nobody
    return remaining(making.old.batches, making.sequenced, permits, hiding_nobody)


def _added(making: _Making, found: Joiners, work: Work) -> Batch | None:
    """Return the new batch; None if too few join, or what they need is missing: they wait."""
    if found.people < LEAST_PEOPLE or making.missing:
        return None
    reference = Reference(
        SqlitePanels(making.node.knowledge),
        making.genomes,
        making.draft.dataset.assembly,
        making.basis.declared,
        making.node.settings.privacy,
    )
    number = 1 + max((b.number for b in making.old.batches), default=0) if making.old else 1
    index, openings = making.release.index, making.openings
    new: NewBatch = new_batch(number, found, making.sequenced, index, openings)
    return make_batch(reference, new, work)


def _facts(making: _Making) -> TableFacts:
    dataset, old = making.draft.dataset, making.old.facts if making.old else None
    is_without = making.basis.missing is Missing.PANEL
    return TableFacts(
        dataset=dataset.id,
        basis=old.basis if old and is_without else making.basis.key,
        index=making.release.index.name,
        panel_set=(old.panel_set if old else "") if is_without else _panel_set(making),
        consented_at=moment_text(making.release.at),
        carriers_needed=making.node.settings.privacy.carriers_needed,
        assay=_of_dataset(making.sequenced),
        opened=making.openings.digest,
    )


def _panel_set(making: _Making) -> str:
    panels = SqlitePanels(making.node.knowledge)
    return panels.prepare(making.basis.declared.panels, making.draft.dataset.assembly).name


def _of_dataset(sequenced: SequencedPeople) -> tuple[Interval, ...]:
    return sequenced.regions.get(0, ())


def _is_same(old: PublicTable, batches: tuple[Batch, ...], facts: TableFacts) -> bool:
    """Whether the table of before says of this release what a new one would."""
    known = replace(old.facts, consented_at=facts.consented_at)
    return known == facts and old.batches == batches


def _of_open_batches(old: PublicTable | None, batches: tuple[Batch, ...]) -> Iterator[tuple]:
    """Yield the answers of before, but those of batches that are closed for good."""
    open_now = {batch.number for batch in batches if is_open(batch)}
    return (row for row in old.answers() if row[3] in open_now) if old else iter(())


def is_open(batch: Batch) -> bool:
    """Say whether enough of those who hide each other are still in a batch."""
    staying = sum(one.covers and one.individual is not None for one in batch.members)
    return staying >= least_remaining(batch.people)


def _of_choices(making: _Making) -> Iterator[str]:
    """Yield how many consents open what is not understood, and why; no name, which is of few."""
    for why, consents in sorted(making.openings.unclear.items(), key=lambda one: one[0].name):
        counted = f"{consents:,} consent{' opens' if consents == 1 else 's open'}"
        yield (
            f"{counted} {why.kind.value}s {why.value}: nobody is told of these, until a release "
            "that understands them"
        )


def _of_people(tier: PublicTier | None) -> Iterator[str]:
    """Yield what an operator should know of whom a release's public tier answers for."""
    if tier is None:
        return
    if tier.missing:
        yield f"nobody new is answered for at the public tier: {MISSING_WORDS[tier.missing]}"
    elif tier.waiting:
        yield (
            f"{tier.waiting:,} people who consented to public discovery wait until at least "
            f"{LEAST_PEOPLE} can be answered for together, with variants common enough"
        )


MISSING_WORDS = {
    Missing.PANEL: "a named reference panel is not loaded, or not declared disjoint "
    "(beacon-node annotate panel FILE --name … --disjoint)",
    Missing.GENOMES: f"no reference genomes of at least {LEAST_GENOMES} people are loaded "
    "(beacon-node annotate genomes FILE --name …)",
    Missing.ASSAY: "what was sequenced is not declared for all its files (--assayed)",
}

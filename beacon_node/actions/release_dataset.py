"""Make the draft of a dataset answer: build its index beside the old one and swap them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from beacon_node.actions.consented_people import take_snapshot
from beacon_node.actions.public_basis import is_public_changed, keep_to_lifetime
from beacon_node.actions.public_release import public_answers_of
from beacon_node.actions.public_tier import told_to_whom
from beacon_node.actions.record_level import record_level_people
from beacon_node.actions.registered.restored import take_as_spent
from beacon_node.actions.registered.shared_people import sharing_with
from beacon_node.actions.release_draft import (
    Draft,
    people_in,
    plan_of,
    read_draft,
    use_of_release,
)
from beacon_node.actions.release_people import Attendance, attendance, is_told_since, left_out
from beacon_node.actions.whole_ledger import require_ledger_of_releases
from beacon_node.errors import Conflict, StoreUnavailable
from beacon_node.model.consent_documents import moment_text
from beacon_node.model.entries import EntryType
from beacon_node.model.ledger import Moment
from beacon_node.node import Node
from beacon_node.ports import NO_PROGRESS, Progress
from beacon_node.store.merge import Built, Plan, build_index, people_changed
from beacon_node.store.records import DatasetRecord, ReleaseRecord
from beacon_node.store.sweep import sweep

_KEPT = 2  # releases: the current one and the one before, which a reader may just be opening


@dataclass(frozen=True, slots=True)
class ReleaseOutcome:
    """What a release holds. `is_new` False: nothing had changed, and nothing was done. `is_open`:
    it answers anybody.

    `people_added` and `people_removed` compare with the release before; `left_out` counts those of
    the draft who have no consent on record, or refused or withdrew. `is_consent_only`: the data and
    the people are those of the release before; it has later consents, or other terms.
    `record_level` of its people let record-level use, None for open data; `answers` says what a
    dataset that is not open data tells whom.
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
    left_out: int = 0
    is_consent_only: bool = False
    record_level: int | None = None
    answers: str = ""

    @property
    def people(self) -> int:
        return self.sizes.get(EntryType.INDIVIDUAL, 0)


def release(
    node: Node,
    dataset_id: str,
    progress: Progress = NO_PROGRESS,
    *,
    is_ledger_restored: bool = False,
) -> ReleaseOutcome:
    """Build and publish the next release of a dataset; the old one answers until it is swapped.

    In it is who may be counted for anything, as was on record when it began. Where nobody is left,
    or all files were taken out, the next release is empty. Where the same people have the same data
    it answers from the same file.

    `is_ledger_restored`: the operator says that an older ledger was put back and holds again what
    was recorded since; else LedgerBroken is raised where one was. A release is made in any case,
    and all budgets of registered counts are taken as spent.

    Raises NotFound, Conflict if nothing was loaded, two people's samples have one name or another
    command works on the dataset, or the panels or settings of its public lifetime were changed,
    StoreUnavailable if the disk is full; then the old release goes on
    answering. What fails after the swap is a warning: the new release answers.
    """
    node.catalogue.dataset(dataset_id)
    with node.catalogue.only_me(dataset_id):
        sweep(node.catalogue, dataset_id)
        draft = read_draft(node, dataset_id)
        if not draft.parts and draft.current is None:
            raise Conflict(f"nothing is loaded into dataset {dataset_id!r} yet")
        if not is_ledger_restored:
            require_ledger_of_releases(node)
        if not is_ledger_restored and is_released(node, dataset_id):
            return _unchanged(draft)
        keep_to_lifetime(node, draft)
        spent = take_as_spent(node) if is_ledger_restored else ""
        moment = node.ledger.record_release(dataset_id, now=node.clock.now())
        people = people_in(node, draft)
        absent = left_out(node, draft.dataset, people, moment)
        present = attendance(people, absent)
        fingerprint = f"{draft.content} {present.digest}"
        if _has_index(node, draft, fingerprint):
            made = _same_data(draft)
        else:
            made = _new_data(node, plan_of(node, draft, absent, progress), draft)
        made = _dated(made, draft, fingerprint, moment, present)
        made = _with_consents(node, draft, made, moment)
        made = _with_public_answers(node, draft, made, moment)
        done = _publish(node, draft, made)
        return replace(done, warnings=(*done.warnings, spent)) if spent else done


def is_released(node: Node, dataset_id: str) -> bool:
    """Say whether the current release holds all that is loaded and was said, and nobody else."""
    draft = read_draft(node, dataset_id)
    return (
        draft.is_as_released()
        and not is_public_changed(node, draft)
        and not node.catalogue.has_unfinished_purge(dataset_id)
        and not is_told_since(node, dataset_id, node.catalogue.current_release(dataset_id))
    )


def _unchanged(draft: Draft) -> ReleaseOutcome:
    current = draft.current
    return ReleaseOutcome(
        dataset_id=draft.dataset.id,
        number=current.number,
        is_new=False,
        sizes=current.sizes,
        is_open=draft.dataset.is_open_data,
        left_out=current.left_out,
    )


# ---- the index: a new one, or the same again -----------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class _Made:
    """A release that is ready but for what it says of consents, and how it differs."""

    record: ReleaseRecord
    people_added: int = 0
    people_removed: int = 0
    warnings: tuple[str, ...] = ()
    is_consent_only: bool = False


def _has_index(node: Node, draft: Draft, fingerprint: str) -> bool:
    """Say whether the current release's file holds the same data of the same people."""
    current = draft.current
    return (
        current is not None
        and current.fingerprint == fingerprint
        and _release_file(node, draft, current.path).exists()
    )


def _same_data(draft: Draft) -> _Made:
    return _Made(replace(draft.current, number=draft.number), is_consent_only=True)


def _new_data(node: Node, plan: Plan, draft: Draft) -> _Made:
    """Build an index under a name never used before: stores keep files open by name."""
    name = f"{draft.number}-{node.randomness.bytes(4).hex()}.sqlite"
    path, before = _release_file(node, draft, name), draft.current
    built = build_index(path, plan)
    added, removed = people_changed(
        _release_file(node, draft, before.path) if before else None, path
    )
    record = ReleaseRecord(
        number=draft.number,
        path=name,
        released_at="",
        fingerprint="",
        parts=tuple(part.number for part in draft.parts),
        sizes=built.sizes,
        has_individuals=built.has_individuals,
        document=built.document,
        cohorts=built.cohorts,
    )
    return _Made(record, added, removed, tuple(_of_data(built)))


def _release_file(node: Node, draft: Draft, name: str) -> Path:
    return node.catalogue.folder(draft.dataset.id) / "releases" / name


def _dated(
    made: _Made, draft: Draft, fingerprint: str, moment: Moment, present: Attendance
) -> _Made:
    """Say when it was made, from which consents and under which terms."""
    dataset = draft.dataset
    use, problem = use_of_release(dataset, made.record.document)
    record = replace(
        made.record,
        released_at=moment.at.isoformat(timespec="seconds"),
        fingerprint=fingerprint,
        use=use,
        consented_at=moment_text(moment.at),
        consent_version=moment.consent_version,
        left_out=present.without_consent,
        declared_filters=dataset.declared_filters,
    )
    # A dataset whose people are all left out is not one of sites without people.
    if present.without_consent:
        record = replace(record, has_individuals=True)
    words = (*made.warnings, *problem, *_of_consents(dataset, record))
    return replace(made, record=record, warnings=words)


def _with_consents(node: Node, draft: Draft, made: _Made, moment: Moment) -> _Made:
    """Write what its people permit beside the index."""
    record = made.record
    index = _release_file(node, draft, record.path)
    name = take_snapshot(node, draft.dataset.id, record.number, moment, index)
    return replace(made, record=replace(record, consents=name))


def _with_public_answers(node: Node, draft: Draft, made: _Made, moment: Moment) -> _Made:
    """Make the table of what anybody is told, where panels are named for that."""
    found = public_answers_of(node, draft, made.record, moment)
    words = (*made.warnings, *found.warnings)
    return replace(made, record=replace(made.record, public=found.tier), warnings=words)


# ---- the swap ------------------------------------------------------------------------------------


def _publish(node: Node, draft: Draft, made: _Made) -> ReleaseOutcome:
    """Let a finished release answer, and forget the releases before the last."""
    dataset, record = draft.dataset, made.record
    size_bytes = _release_file(node, draft, record.path).stat().st_size
    node.catalogue.make_current(dataset.id, record)
    return ReleaseOutcome(
        dataset_id=dataset.id,
        number=record.number,
        is_new=True,
        sizes=record.sizes,
        size_bytes=size_bytes,
        people_added=made.people_added,
        people_removed=made.people_removed,
        warnings=(*made.warnings, *sharing_with(node, dataset.id), *_tidy(node, dataset.id)),
        is_open=dataset.is_open_data,
        left_out=record.left_out,
        is_consent_only=made.is_consent_only,
        record_level=record_level_people(node, dataset.id),
        answers="" if dataset.is_open_data else told_to_whom(node, dataset, record),
    )


def _tidy(node: Node, dataset_id: str) -> tuple[str, ...]:
    """Forget the releases before the last, after a purge all but the current one; returns what
    could not be done: the new release answers all the same."""
    catalogue = node.catalogue
    try:
        is_purge = catalogue.has_unfinished_purge(dataset_id)
        for older in catalogue.releases(dataset_id)[1 if is_purge else _KEPT :]:
            catalogue.forget_release(dataset_id, older.number)
        sweep(catalogue, dataset_id)
        if is_purge:
            catalogue.finish_purge(dataset_id)
    except StoreUnavailable as error:
        left = "older releases are still on disk; release again when this is solved"
        return (f"{left}: {error}",)
    return ()


def _of_data(built: Built) -> Iterator[str]:
    if built.inferred_sequences:
        names = ", ".join(built.inferred_sequences)
        yield f"no assay declared: whole sequences with records count as such ({names})"
    if built.has_described_people and built.unmatched:
        yield (
            f"{built.unmatched:,} of {built.samples:,} samples match no individual or biosample"
            " that was loaded; records were made for them (a sample table says whose they are)"
        )
    if built.unattached:
        yield (
            f"{built.unattached} runs or analyses belong to no person or biosample that was loaded"
            " and were left out"
        )


def _of_consents(dataset: DatasetRecord, record: ReleaseRecord) -> Iterator[str]:
    if record.left_out and not record.sizes.get(EntryType.INDIVIDUAL):
        yield "everybody is left out: it holds nobody until a release after consents are recorded"
    if not dataset.is_open_data and record.use is None:
        yield (
            "no data use terms hold for it, so that it answers nobody, also not under a grant: "
            f"beacon-node dataset terms {dataset.id} --term …"
        )

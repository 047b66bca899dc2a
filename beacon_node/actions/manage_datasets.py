"""Add, list, show and remove datasets; take people and files out of the next release."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from beacon_node.actions.load_dataset import WHOLE_GENOME, Assayed, whole_genome
from beacon_node.actions.public_tier import public_words, told_to_whom
from beacon_node.actions.record_level import record_level_people
from beacon_node.actions.release_dataset import is_released
from beacon_node.actions.release_draft import known_people, use_of_release
from beacon_node.actions.whole_ledger import ledger_problems
from beacon_node.errors import InvalidRequest, NotFound
from beacon_node.model.calls import FilterPolicy
from beacon_node.model.data_use import Use, terms_document
from beacon_node.model.duo_terms import DUO_TERMS
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import REFERENCE_NAMES, Assembly
from beacon_node.node import Node
from beacon_node.store.records import DatasetRecord, ReleaseRecord
from beacon_node.store.sweep import sweep, sweep_removed

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NAMED = 20  # unknown ids in one message


@dataclass(frozen=True, slots=True)
class NewDataset:
    """A dataset to be declared; see `store.records.DatasetRecord`."""

    id: str
    assembly: Assembly
    name: str = ""
    is_open_data: bool = False
    licence: str = ""
    description: str = ""
    filters: FilterPolicy = FilterPolicy()
    assayed: Assayed | None = None
    keeps_ids: bool = False
    is_synthetic: bool = False
    document: Mapping | None = None
    use: Use | None = None


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """A dataset in a list. `release` 0: none yet. `is_changed`: a release would be a new one.

    `terms` are the DUO terms in force, `next_terms` those of the next release where they differ.
    `left_out` people lacked a consent at the release. `missing` says what keeps a dataset that is
    not open data from answering; `answers` what such a dataset tells whom, `public` whether it
    answers anybody, in words.
    `record_level` people let record-level use at the release, None for open data.
    """

    id: str
    name: str
    assembly: Assembly
    is_open_data: bool
    release: int
    released_at: str
    parts: int
    is_changed: bool
    sizes: Mapping[EntryType, int]
    terms: tuple[str, ...] = ()
    next_terms: tuple[str, ...] = ()
    left_out: int = 0
    missing: tuple[str, ...] = ()
    has_unfinished_purge: bool = False
    answers: str = ""
    public: str = ""
    record_level: int | None = None


@dataclass(frozen=True, slots=True)
class PartSummary:
    """A loaded file; `is_released`: the current release holds it."""

    number: int
    source: str
    format: str
    loaded_at: str
    is_released: bool
    report: Mapping


@dataclass(frozen=True, slots=True)
class DatasetDetails:
    """Everything an operator sees of a dataset. `people_to_remove` counts those that the next
    release leaves out."""

    summary: DatasetSummary
    licence: str
    description: str
    filters: tuple[str, ...] | None  # None: any
    assayed: str
    keeps_ids: bool
    is_synthetic: bool
    created_at: str
    parts: tuple[PartSummary, ...]
    people_to_remove: int
    size_bytes: int
    declared_filters: tuple[str, ...] = ()


def add_dataset(node: Node, new: NewDataset) -> None:
    """Declare a dataset. Raises InvalidRequest naming the field, Conflict if the id is taken."""
    if not _ID.fullmatch(new.id):
        raise InvalidRequest(
            "a dataset's id has at most 64 letters, digits, dots, dashes and underscores and begins"
            " with a letter or digit"
        )
    if new.is_open_data and not new.licence.strip():
        raise InvalidRequest("open data needs a licence: say which (for example CC-BY-4.0)")
    if new.keeps_ids and not new.is_open_data:
        raise InvalidRequest("only open data may show its own ids")
    assay = whole_genome(new.assembly) if new.assayed == WHOLE_GENOME else new.assayed
    record = DatasetRecord(
        id=new.id,
        name=new.name or new.id,
        assembly=new.assembly,
        is_open_data=new.is_open_data,
        licence=new.licence.strip(),
        description=new.description,
        filters=new.filters,
        assay=None if assay is None else tuple(assay),
        keeps_ids=new.keeps_ids,
        is_synthetic=new.is_synthetic,
        document=new.document,
        use=new.use,
        created_at=node.clock.now().isoformat(timespec="seconds"),
    )
    sweep_removed(node.catalogue)
    node.catalogue.add_dataset(record)


def list_datasets(node: Node) -> tuple[DatasetSummary, ...]:
    """Return all declared datasets by id, released or not."""
    return tuple(_summary(node, record) for record in node.catalogue.datasets())


def show_dataset(node: Node, dataset_id: str) -> DatasetDetails:
    """Return a dataset with its draft and what of it is released. Raises NotFound."""
    record = node.catalogue.dataset(dataset_id)
    current = node.catalogue.current_release(dataset_id)
    released = current.parts if current else ()
    accepted = record.filters.accepted
    return DatasetDetails(
        summary=_summary(node, record),
        licence=record.licence,
        description=record.description,
        filters=None if accepted is None else tuple(sorted(accepted)),
        assayed=_assayed_words(record),
        keeps_ids=record.keeps_ids,
        is_synthetic=record.is_synthetic,
        created_at=record.created_at,
        parts=tuple(
            PartSummary(
                number=part.number,
                source=part.source,
                format=part.format,
                loaded_at=part.loaded_at,
                is_released=part.number in released,
                report=_named(part.report),
            )
            for part in node.catalogue.parts(dataset_id)
        ),
        people_to_remove=len(node.catalogue.removed_people(dataset_id)),
        size_bytes=_size(node.catalogue.folder(dataset_id)),
        declared_filters=record.declared_filters,
    )


def set_terms(node: Node, dataset_id: str, use: Use) -> None:
    """Say which DUO terms a dataset has, instead of those before; they hold from its next release
    on, beside those that its own entry states. Raises NotFound, Conflict."""
    node.catalogue.dataset(dataset_id)
    with node.catalogue.only_me(dataset_id):
        node.catalogue.set_use(dataset_id, use)


def _named(report: Mapping) -> Mapping:
    """Return a part's report with the names of its reference sequences."""
    if "references" not in report:
        return report
    return {**report, "references": [REFERENCE_NAMES[r - 1] for r in report["references"]]}


def remove_dataset(node: Node, dataset_id: str) -> None:
    """Forget a dataset at once and for good, files and all. Raises NotFound, Conflict."""
    node.catalogue.dataset(dataset_id)
    with node.catalogue.only_me(dataset_id):
        node.catalogue.remove_dataset(dataset_id)
    sweep_removed(node.catalogue)


def remove_people(node: Node, dataset_id: str, individuals: Sequence[str]) -> int:
    """Leave individuals out of the next release; returns how many are left out in all.

    Ids are the hospital's own. Raises NotFound, and removes nobody, if one of them is neither in
    the draft nor in the current release; Conflict.
    """

    def remove(dataset_id: str, wanted: Sequence[str]) -> None:
        _check_known(node, dataset_id, wanted)
        node.catalogue.remove_people(dataset_id, wanted)

    return _change_people(node, dataset_id, individuals, remove)


def restore_people(node: Node, dataset_id: str, individuals: Sequence[str]) -> int:
    """Take individuals into the next release again; returns how many are left out still."""
    return _change_people(node, dataset_id, individuals, node.catalogue.restore_people)


def _change_people(node: Node, dataset_id: str, individuals: Sequence[str], change) -> int:
    node.catalogue.dataset(dataset_id)
    wanted = [individual.strip() for individual in individuals if individual.strip()]
    if not wanted:
        raise InvalidRequest("name at least one individual")
    with node.catalogue.only_me(dataset_id):
        change(dataset_id, wanted)
    return len(node.catalogue.removed_people(dataset_id))


def _check_known(node: Node, dataset_id: str, wanted: Sequence[str]) -> None:
    known = known_people(node, dataset_id)
    unknown = [repr(id) for id in dict.fromkeys(wanted) if id not in known]
    if unknown:
        more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        names = ", ".join(unknown[:_NAMED])
        raise NotFound(
            f"dataset {dataset_id!r} has no individual {names}{more}; nobody was removed"
        )


def remove_part(node: Node, dataset_id: str, part: int) -> None:
    """Take a loaded file out of the next release. Raises NotFound, Conflict."""
    node.catalogue.dataset(dataset_id)
    with node.catalogue.only_me(dataset_id):
        if part not in {record.number for record in node.catalogue.parts(dataset_id)}:
            raise NotFound(f"dataset {dataset_id!r} has no part {part}")
        node.catalogue.remove_part(dataset_id, part)
        sweep(node.catalogue, dataset_id)


def _summary(node: Node, record: DatasetRecord) -> DatasetSummary:
    current = node.catalogue.current_release(record.id)
    parts = node.catalogue.parts(record.id)
    next_use = use_of_release(record, current.document if current else None)[0]
    answers, public = _answers(node, record, current)
    next_terms, is_same = _term_words(next_use), current is not None and current.use == next_use
    return DatasetSummary(
        id=record.id,
        name=record.name,
        assembly=record.assembly,
        is_open_data=record.is_open_data,
        release=current.number if current else 0,
        released_at=current.released_at if current else "",
        parts=len(parts),
        is_changed=bool(parts or current) and not is_released(node, record.id),
        sizes=current.sizes if current else {},
        terms=_term_words(current.use if current else None),
        next_terms=() if is_same else next_terms,
        left_out=current.left_out if current else 0,
        missing=() if record.is_open_data else tuple(_missing(current, next_use)),
        has_unfinished_purge=node.catalogue.has_unfinished_purge(record.id),
        answers=answers,
        public=public,
        record_level=record_level_people(node, record.id),
    )


def _answers(node: Node, record: DatasetRecord, current: ReleaseRecord | None) -> tuple[str, str]:
    """Return what a dataset tells whom, and whether anybody; nobody where the ledger is older."""
    if record.is_open_data:
        return "", ""
    if any(ledger_problems(node)):
        return "nobody: an older ledger was put back", "closed: an older ledger was put back"
    return told_to_whom(node, record, current), public_words(node, record, current)


def _term_words(use: Use | None) -> tuple[str, ...]:
    """Return each term by its shorthand, with what it is limited to."""
    terms = [terms_document(Use.of(term))["terms"][0] for term in use.terms] if use else []
    return tuple(sorted(_term_word(**term) for term in terms))


def _term_word(id: str, params: Mapping = MappingProxyType({})) -> str:
    name = DUO_TERMS[id].shorthand if id in DUO_TERMS else id
    values = (value if isinstance(value, list) else [value] for value in params.values())
    limits = " ".join(str(one) for value in values for one in value)
    return f"{name} ({limits})" if limits else name


def _missing(current: ReleaseRecord | None, next_use: Use | None) -> Iterator[str]:
    """Yield what keeps a dataset that is not open data from answering."""
    if current is None:
        yield "no release"
    elif not current.consented_at:
        yield "its release was made before consents counted"
    elif current.left_out and not current.sizes.get(EntryType.INDIVIDUAL):
        yield "nobody in it consented"
    if (current.use if current else next_use) is None:
        yield "no data use terms"


def _assayed_words(record: DatasetRecord) -> str:
    if record.assay is None:
        return "as the files say"
    if record.assay == whole_genome(record.assembly):
        return "whole genome"
    bases = sum(interval.end - interval.start for interval in record.assay)
    return f"{len(record.assay):,} regions, {bases:,} bases"


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

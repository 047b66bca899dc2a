"""Remove for good what a node keeps of people who withdrew or refused."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from beacon_node.actions.release_draft import draft_lineage, read_draft
from beacon_node.actions.release_people import purged
from beacon_node.actions.whole_ledger import require_ledger_of_releases
from beacon_node.model.consent import Asked, DataType, State, UseKind
from beacon_node.model.consent_documents import canonical_json
from beacon_node.model.entries import Document, EntryType, pseudonym
from beacon_node.model.ledger import Moment
from beacon_node.node import Node
from beacon_node.policy.consent import History, state_at
from beacon_node.store.drafts import documents_of, write_draft
from beacon_node.store.parts import rewrite_part, samples_of
from beacon_node.store.people import numbers_of
from beacon_node.store.records import PartRecord
from beacon_node.store.sweep import sweep
from beacon_node.store.traces import Traces, traces_of

PURGE = "purge"  # the kind of its entry in the ledger
WITHHELD = "a file named after somebody who was purged"


@dataclass(frozen=True, slots=True)
class PurgeOutcome:
    """What was (or, dry, would be) removed of how many people, in how many files of a dataset.

    `waits_for_release`: released indexes still hold them, or may; the next release removes these.
    """

    dataset_id: str
    people: int
    files: int
    waits_for_release: bool


def purge(node: Node, dataset_id: str = "", *, is_dry: bool = False) -> tuple[PurgeOutcome, ...]:
    """Remove, in one dataset or in all, everything of those whose refusal or withdrawal is in force
    for every use of their variants: genotypes and clinical records.

    Files of the draft are written anew and swapped in one step; releases that hold them go with the
    next release. The ledger keeps what people said. A file that is loaded again with the same
    options is taken as loaded already; remove it from the draft first to load it again, and who
    does not consent stays out of the release. `is_dry`: only tell. May be repeated after it was
    interrupted anywhere. Raises NotFound, Conflict,
    LedgerBroken if an older ledger was put back.
    """
    known = [dataset.id for dataset in node.catalogue.datasets()]
    chosen = [node.catalogue.dataset(dataset_id).id] if dataset_id else known
    require_ledger_of_releases(node)
    return tuple(_purge_one(node, one, is_dry=is_dry) for one in chosen)


def _purge_one(node: Node, dataset_id: str, *, is_dry: bool) -> PurgeOutcome:
    with node.catalogue.only_me(dataset_id):
        sweep(node.catalogue, dataset_id)
        found = _find(node, dataset_id)
        if not is_dry:
            if found.is_new:
                _remove(node, dataset_id, found)
                sweep(node.catalogue, dataset_id)
            node.catalogue.compact()  # also what an interrupted purge left
        waits = node.catalogue.has_unfinished_purge(dataset_id)
    if is_dry:
        waits = waits or bool(found.is_new and node.catalogue.current_release(dataset_id))
    if not found.is_new:
        return PurgeOutcome(dataset_id, 0, 0, waits)
    files = len(found.parts) + len(found.indexes)
    return PurgeOutcome(dataset_id, len(found.people), files, waits)


# ---- who and where -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class _Found:
    """Who is to be purged and is here, and the files of the draft and of releases that tell."""

    people: frozenset[str]
    traces: Traces
    parts: tuple[PartRecord, ...]
    indexes: tuple[Path, ...]
    is_new: bool  # there is something to take out, or a release to be asked for
    moment: Moment


def _find(node: Node, dataset_id: str) -> _Found:
    draft = read_draft(node, dataset_id)
    lineage, moment = draft_lineage(node, draft), node.ledger.moment(node.clock.now())
    again = purged(node, dataset_id, lineage.entries[EntryType.INDIVIDUAL], moment.at)
    said = frozenset(_gone(node, dataset_id, moment))
    gone = said | again
    targets = {id for part in draft.parts for id in part.sample_table.values()}
    traces = traces_of(lineage, gone, targets)
    folder = node.catalogue.folder(dataset_id)
    in_parts = [p for p in draft.parts if _is_touched(folder / "parts" / p.path, p, traces)]
    paths = {folder / "releases" / one.path for one in node.catalogue.releases(dataset_id)}
    new = said - _covered(node, dataset_id, moment)
    released = {path: numbers_of(path, new).keys() for path in paths if path.exists()}
    here = gone & lineage.entries[EntryType.INDIVIDUAL].keys()
    here |= gone.intersection(draft.removed).union(*released.values())
    indexes = tuple(path for path, people in released.items() if people)
    is_new = bool(in_parts or indexes or gone.intersection(draft.removed))
    return _Found(here, traces, tuple(in_parts), indexes, is_new, moment)


def _gone(node: Node, dataset_id: str, moment: Moment) -> Iterator[str]:
    """Yield those who said no to every use of their variants in a dataset, as was on record."""
    asked = [Asked(dataset_id, DataType.VARIANTS, use) for use in UseKind]
    for individual, history in node.ledger.histories(dataset_id):
        known = [version for version in history if version.number <= moment.consent_version]
        if all(_is_no(known, moment.at, one) for one in asked):
            yield individual


def _covered(node: Node, dataset_id: str, moment: Moment) -> frozenset[str]:
    """Return whom an earlier purge counted that waits for its release, which takes them out.

    A no holds from when it is recorded, so that who said it by then is who was counted.
    """
    if not node.catalogue.has_unfinished_purge(dataset_id):
        return frozenset()
    told = (json.loads(entry.body) for entry in node.ledger.entries(kind=PURGE))
    versions = [body["consent_version"] for body in told if body["dataset"] == dataset_id]
    earlier = replace(moment, consent_version=max(versions, default=0))
    return frozenset(_gone(node, dataset_id, earlier))


def _is_no(history: History, at: datetime, asked: Asked) -> bool:
    return state_at(history, at, asked).state in (State.REFUSED, State.WITHDRAWN)


def _is_touched(path: Path, part: PartRecord, traces: Traces) -> bool:
    """Whether a file of the draft, or what the catalogue says of it, tells of them."""
    if _is_named(part, traces) or _table_left(part, traces) != part.sample_table:
        return True
    if not part.is_clinical:
        return not traces.samples.isdisjoint(samples_of(path))
    return any(_left(document, traces) != document for document in documents_of(path))


def _is_named(part: PartRecord, traces: Traces) -> bool:
    return part.source != WITHHELD and traces.is_named_in(part.source)


def _table_left(part: PartRecord, traces: Traces) -> dict[str, str]:
    rows = part.sample_table.items()
    return {sample: id for sample, id in rows if not traces.is_in_table(sample, id)}


# ---- taking out ----------------------------------------------------------------------------------


def _remove(node: Node, dataset_id: str, found: _Found) -> None:
    """Write the files anew, record it, swap them; old files are swept, by a later command if need
    be."""
    rewritten = [_rewritten(node, dataset_id, part, found.traces) for part in found.parts]
    told = {"dataset": dataset_id, "people": len(found.people)}
    body = canonical_json(told | {"consent_version": found.moment.consent_version})
    with node.ledger.writing(now=node.clock.now(), durable=True) as appending:
        appending.append(PURGE, [body])
    # Without her records a sample of hers that is loaded again would be a person of its own.
    traces = found.traces
    pseudonyms = {
        pseudonym(node.pseudonym_key, dataset_id, EntryType.INDIVIDUAL, name)
        for name in traces.would_be_people
    }
    node.catalogue.purge(dataset_id, rewritten, traces, pseudonyms)


def _rewritten(node: Node, dataset_id: str, part: PartRecord, traces: Traces) -> PartRecord:
    """Write one part without them; returns it as the catalogue will know it, with the same key."""
    folder = node.catalogue.folder(dataset_id) / "parts"
    old, name = folder / part.path, f"{part.content[:16]}-{node.randomness.bytes(4).hex()}.sqlite"
    if part.is_clinical:
        changed = _rewrite_records(old, folder / name, traces)
    else:
        alleles = rewrite_part(old, folder / name, traces.samples)
        changed = {"alleles": alleles, "samples": len(samples_of(folder / name))}
    table, report = _table_left(part, traces), {**part.report, **changed}
    source = WITHHELD if _is_named(part, traces) else part.source
    return replace(part, path=name, source=source, sample_table=table, report=report)


def _rewrite_records(old: Path, new: Path, traces: Traces) -> dict:
    left = (_left(document, traces) for document in documents_of(old))
    counts = write_draft(new, (document for document in left if document), str(new))
    by_type = {entry_type.value: count for entry_type, count in counts.items()}
    return {"records": sum(counts.values()), "documents": by_type}


def _left(document: Document, traces: Traces) -> Document | None:
    """Return what stays of a record: all of it, all but their names, or nothing."""
    if traces.is_theirs(document):
        return None
    return replace(document, body=traces.unnamed(document.body))


def people_purged(outcomes: Sequence[PurgeOutcome]) -> int:
    """Return of how many people anything was removed, counted once for each dataset."""
    return sum(outcome.people for outcome in outcomes)

"""Tell a committee how many people a purpose could use, before anything is granted."""

import json
from pathlib import Path

from beacon_node.actions.diseases import loaded_mondo
from beacon_node.actions.release_draft import Draft, people_in, read_draft, use_of_release
from beacon_node.actions.release_people import purged
from beacon_node.actions.whole_ledger import require_ledger_of_releases
from beacon_node.errors import Conflict, InvalidInput, InvalidRequest
from beacon_node.model.consent import Asked, DataType, UseKind
from beacon_node.model.data_use import ResearchPurpose, Use, read_purpose
from beacon_node.model.entries import EntryType
from beacon_node.node import Node
from beacon_node.policy.consent_preview import Conditions, Preview, preview
from beacon_node.store.drafts import documents_of


def preview_consents(
    node: Node,
    dataset_id: str,
    purpose: ResearchPurpose,
    *,
    use: UseKind = UseKind.RESEARCH_DISCOVERY,
    dataset_use: Use | None = None,
) -> Preview:
    """Return how many individuals that are loaded into a dataset the purpose could use, in bands.

    They are those whom the next release could hold: also people without a consent, and people who
    consented since the last release and count from the next one on. `dataset_use`: instead of the
    terms of the current release or, where it has none, of the next.
    Raises NotFound; Conflict for open data, where nothing is loaded, where nobody said what the
    dataset's terms are, and while another command works on the dataset; LedgerBroken if an older
    ledger was put back.
    """
    dataset = node.catalogue.dataset(dataset_id)
    if dataset.is_open_data:
        raise Conflict(f"{dataset_id} is open data: whoever is in it counts for every purpose")
    require_ledger_of_releases(node)
    with node.catalogue.only_me(dataset_id):
        draft = read_draft(node, dataset_id)
        if not draft.parts:
            raise Conflict(f"nothing is loaded into dataset {dataset_id!r}")
        terms = dataset_use or _terms(node, draft)
        if terms is None:
            raise Conflict(f"{dataset_id} declares no data use terms; say which it has")
        people = people_in(node, draft).difference(draft.removed)
        at = node.ledger.present(node.clock.now())
        people -= purged(node, dataset_id, people, at)
    known = {id: history for id, history in node.ledger.histories(dataset_id) if id in people}
    histories = (known.get(id, ()) for id in people)
    conditions = Conditions(Asked(dataset_id, DataType.VARIANTS, use), terms, purpose)
    return preview(histories, conditions, loaded_mondo(node.knowledge), at)


def _terms(node: Node, draft: Draft) -> Use | None:
    """Return the terms of the current release or else those that the next one would have."""
    if draft.current and draft.current.use is not None:
        return draft.current.use
    folder = node.catalogue.folder(draft.dataset.id) / "parts"
    described = (
        document.body
        for part in reversed(draft.parts)
        if part.is_clinical
        for document in documents_of(folder / part.path)
        if document.entry_type is EntryType.DATASET
    )
    return use_of_release(draft.dataset, next(described, None))[0]


def read_purpose_file(path: str | Path) -> ResearchPurpose:
    """Return the purpose in a JSON file. Raises InvalidInput naming the attribute."""
    try:
        document = json.loads(Path(path).read_text("utf-8"))
    except json.JSONDecodeError as broken:
        problem = f"not valid JSON: {broken.msg}"
        raise InvalidInput(problem, file=str(path), line=broken.lineno) from broken
    except (OSError, UnicodeDecodeError) as failed:
        raise InvalidInput("cannot be read", file=str(path)) from failed
    try:
        return read_purpose(document)
    except InvalidRequest as bad:
        raise InvalidInput(str(bad), file=str(path)) from bad

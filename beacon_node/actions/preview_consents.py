"""Tell a committee how many people a purpose could use, before anything is granted."""

import json
from pathlib import Path

from beacon_node.actions.diseases import loaded_mondo
from beacon_node.actions.whole_ledger import require_ledger_of_releases
from beacon_node.errors import Conflict, InvalidInput, InvalidRequest
from beacon_node.model.consent import Asked, DataType, UseKind
from beacon_node.model.data_use import ResearchPurpose, Use, read_purpose
from beacon_node.node import Node
from beacon_node.policy.consent_preview import Conditions, Preview, preview
from beacon_node.store.people import individuals_of


def preview_consents(
    node: Node,
    dataset_id: str,
    purpose: ResearchPurpose,
    *,
    use: UseKind = UseKind.RESEARCH_DISCOVERY,
    dataset_use: Use | None = None,
) -> Preview:
    """Return how many individuals of the released dataset the purpose could use, in bands.

    `dataset_use`: instead of the terms that its release has. People who would only
    count from the next release on are among them. Raises NotFound without a release; Conflict for
    open data, and where nobody said what the dataset's terms are.
    """
    dataset = node.catalogue.dataset(dataset_id)
    if dataset.is_open_data:
        raise Conflict(f"{dataset_id} is open data: whoever is in it counts for every purpose")
    release = node.catalogue.current_release(dataset_id)
    declared = release.use if release else None
    terms = declared if dataset_use is None else dataset_use
    if terms is None:
        raise Conflict(f"{dataset_id} declares no data use terms; say which it has")
    require_ledger_of_releases(node)
    people = individuals_of(node.catalogue.index_path(dataset_id))
    at = node.ledger.present(node.clock.now())
    known = {id: history for id, history in node.ledger.histories(dataset_id) if id in people}
    histories = (known.get(id, ()) for id in people)
    conditions = Conditions(Asked(dataset_id, DataType.VARIANTS, use), terms, purpose)
    return preview(histories, conditions, loaded_mondo(node.knowledge), at)


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

"""Answers and errors → response documents (Beacon v2.1.1 `framework/json/responses`).

The form follows `meta.returnedGranularity`: boolean and count answers have no `response`. A dataset
that could not answer is in no result set, whose `exists` would have to be true or false; it has its
row in `info.datasets`, because no answer is not "no". `countPrecision` and `countAdjustedTo` are
Beacon 2.2's: they say which numbers carry noise, and below which threshold none is told.
"""

import math
from collections.abc import Mapping, Sequence

from beacon_node.beacon_v2.entry_types import returned_schemas
from beacon_node.beacon_v2.identity import BeaconIdentity
from beacon_node.beacon_v2.received import API_VERSION, NOTHING_RECEIVED, ReceivedRequest
from beacon_node.beacon_v2.records import NOTHING_KNOWN, About, variation_document
from beacon_node.model.answer import Answer, DatasetAnswer, Precision, Status, VariationRecord
from beacon_node.model.entries import EntryType
from beacon_node.model.help import Help
from beacon_node.model.query import Granularity, Include
from beacon_node.ports import Dataset

Helps = Mapping[str, Sequence[Help]]
_NO_HELPS: Helps = {}
_EXACT = Precision.EXACT.value
_HIT, _ALL, _NONE = Include.HIT, Include.ALL, Include.NONE  # reading them off the enum is slow
_RECORD = Granularity.RECORD
_GRANT_HELPS = (Status.NOT_PERMITTED, Status.BUDGET_SPENT)
_GRANULARITY_WORDS = {granularity: granularity.word for granularity in Granularity}
_SCHEMAS = {entry_type: returned_schemas(entry_type) for entry_type in EntryType}
_STATUS_WORDS = {status: status.value for status in Status}


def render_answer(
    answer: Answer,
    received: ReceivedRequest,
    identity: BeaconIdentity,
    *,
    about: About = NOTHING_KNOWN,
    datasets: Mapping[str, Dataset] | None = None,
    helps: Helps = _NO_HELPS,
) -> dict:
    """Return the response to a question about entries.

    `helps` is what would help where a dataset did not answer, by its id.

    `about` and `datasets` are needed for record answers only: what is known of the variations, and
    the datasets (by id) whose names and licences are told.
    """
    summary: dict[str, object] = {"exists": answer.exists}
    if answer.count is not None:
        summary["numTotalResults"] = answer.count
        summary |= _precision(answer, exists=True)
    include = received.include
    document = {
        "meta": render_meta(answer.entry_type, answer.granularity, received, identity),
        "responseSummary": summary,
        "info": {
            "countOf": answer.entry_type.counts,
            "datasets": [_row(part, include, helps) for part in answer.datasets],
            **answer.notes,
        },
    }
    if answer.granularity is _RECORD:
        sets = _ResultSets(identity, about, datasets or {})
        document["response"] = {
            "resultSets": [sets.render(p) for p in answer.datasets if _is_listed(p, include)]
        }
    if handovers := _handovers(answer.datasets, identity, helps):
        document["beaconHandovers"] = handovers
    return document


def _is_listed(part: DatasetAnswer, include: Include) -> bool:
    if part.exists is None or include is _NONE:
        return False
    if include is _ALL:
        return True
    return part.exists is (include is _HIT)


def _row(part: DatasetAnswer, include: Include, helps: Helps = _NO_HELPS) -> dict:
    """Return a dataset's status; what it answered only if its result set would be listed."""
    row: dict[str, object] = {"id": part.dataset_id, "status": _STATUS_WORDS[part.status]}
    if part.reason:
        row["reason"] = part.reason
    if found := helps.get(part.dataset_id):
        row["wouldHelp"] = [{"step": h.step, "note": h.words, "url": h.url} for h in found]
    if _is_listed(part, include):
        row["exists"] = part.exists
        if part.count is not None:
            row["count"] = part.count
        if part.count is not None or part.adjusted_to is not None:
            row |= _precision(part, exists=part.exists)
    if part.completeness is not None:
        row["completeness"] = math.floor(part.completeness * 100) / 100
    return row


def _precision(told: Answer | DatasetAnswer, *, exists: bool) -> dict[str, object]:
    """Return how a count stands to the true one: `[">=5"]`, or `["<5"]` where none is told."""
    found: dict[str, object] = {"countPrecision": told.precision.value}
    if told.adjusted_to is not None:
        found["countAdjustedTo"] = [f"{'>=' if exists else '<'}{told.adjusted_to}"]
    return found


# ---- meta --------------------------------------------------------------------------------------


def render_meta(
    entry_type: EntryType | None,
    granularity: Granularity,
    received: ReceivedRequest,
    identity: BeaconIdentity,
) -> dict:
    meta = {
        "beaconId": identity.id,
        "apiVersion": API_VERSION,
        "returnedSchemas": _SCHEMAS[entry_type] if entry_type else [],
        "returnedGranularity": _GRANULARITY_WORDS[granularity],
        "receivedRequestSummary": summarize(received),
    }
    if received.is_test:
        meta["testMode"] = True
    return meta


def summarize(received: ReceivedRequest) -> dict:
    """Return `receivedRequestSummary`; filters are texts, request parameters objects."""
    page = received.page
    return {
        "apiVersion": received.api_version,
        "requestedSchemas": received.requested_schemas,
        "filters": received.filters,
        "requestParameters": received.parameters,
        "includeResultsetResponses": received.include,
        "pagination": {"skip": page.skip, "limit": page.limit},
        "requestedGranularity": _GRANULARITY_WORDS[received.granularity],
        "testMode": received.is_test,
    }


# ---- result sets -------------------------------------------------------------------------------


class _ResultSets:
    """Renders the result sets of one answer."""

    def __init__(
        self, identity: BeaconIdentity, about: About, datasets: Mapping[str, Dataset]
    ) -> None:
        self.identity, self.about, self.datasets = identity, about, datasets

    def render(self, part: DatasetAnswer) -> dict:
        dataset = self.datasets.get(part.dataset_id)
        found = {
            "id": part.dataset_id,
            "setType": "dataset",
            "exists": part.exists,
            "resultsCount": part.count or 0,
            "countPrecision": part.precision.value,
            "results": [self._entry(record, part, dataset) for record in part.records],
            "info": self._info(part, dataset),
        }
        if dataset and dataset.licence:
            found["resultsHandovers"] = [self._licence(dataset)]
        return found

    def _entry(
        self, record: VariationRecord | dict, part: DatasetAnswer, dataset: Dataset | None
    ) -> dict:
        if isinstance(record, dict):
            return record
        source = dataset.name if dataset else part.dataset_id
        url = self.identity.dataset_url(part.dataset_id)
        return variation_document(record, self.about, source=source, url=url)

    def _info(self, part: DatasetAnswer, dataset: Dataset | None) -> dict:
        info: dict[str, object] = {"status": part.status.value}
        if dataset:
            info |= {"name": dataset.name, "assembly": dataset.assembly, "release": dataset.release}
            if dataset.is_synthetic:
                info["isSynthetic"] = True
        return info

    def _licence(self, dataset: Dataset) -> dict:
        return {
            "handoverType": {"id": "CUSTOM:dataset-licence", "label": "Licence of the dataset"},
            "url": self.identity.dataset_url(dataset.id),
            "note": f"Licence: {dataset.licence}",
        }


def _handovers(
    parts: Sequence[DatasetAnswer], identity: BeaconIdentity, helps: Helps
) -> list[dict]:
    """Return where to go for access to what a grant would open, and whom to ask for it."""
    steps = [
        _step(part.dataset_id, one) for part in parts for one in helps.get(part.dataset_id, ())
    ]
    url = identity.contact_url or identity.welcome_url
    if not url:
        return steps
    return steps + [
        {
            "handoverType": {"id": "CUSTOM:access-request", "label": "Ask for access"},
            "url": url,
            "note": f"Dataset {part.dataset_id}: {part.reason or part.status.value}",
        }
        for part in parts
        if part.status in _GRANT_HELPS
    ]


def _step(dataset_id: str, help: Help) -> dict:
    name = help.step.replace(" ", "-")
    return {
        "handoverType": {"id": f"CUSTOM:{name}", "label": help.step.capitalize()},
        "url": help.url,
        "note": f"Dataset {dataset_id}: {help.words}",
    }


# ---- collections and errors --------------------------------------------------------------------


def render_collections(
    entry_type: EntryType,
    documents: Sequence[dict],
    received: ReceivedRequest,
    identity: BeaconIdentity,
    *,
    parts: Sequence[DatasetAnswer] = (),
) -> dict:
    """Return the response of `/datasets` and `/cohorts`: all `documents`, of which a page is shown.

    Below record granularity it is a boolean or count response like any other. `parts` are what the
    datasets answered, if there were conditions: one that could not answer is told of.
    """
    count = len(documents)
    granularity = received.granularity
    summary: dict[str, object] = {"exists": count > 0}
    if granularity >= Granularity.COUNT:
        summary |= {"numTotalResults": count, "countPrecision": _EXACT}
    document: dict[str, dict] = {
        "meta": render_meta(entry_type, granularity, received, identity),
        "responseSummary": summary,
        "info": {"countOf": entry_type.counts},
    }
    if parts:
        document["info"] |= {"datasets": [_row(part, _ALL) for part in parts]}
    if granularity is _RECORD:
        first = received.page.offset
        shown = documents[first : first + received.page.limit]
        document["response"] = {"collections": list(shown)}
    return document


def render_error(
    code: int,
    message: str,
    identity: BeaconIdentity,
    received: ReceivedRequest = NOTHING_RECEIVED,
) -> dict:
    """Return an error response; its meta is complete, whatever could be read of the request."""
    return {
        "meta": render_meta(None, Granularity.BOOLEAN, received, identity),
        "error": {"errorCode": code, "errorMessage": message},
    }

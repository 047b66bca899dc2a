"""Reads clinical records as a record answer shows them: the hospital's ids never leave.

A record whose public id is its own id is shown as it was loaded. Of every other one only the
properties of the Beacon v2.1.1 default model are shown, without what is free text or may name the
person elsewhere (`info`, `notes`, external references), and each id of a record of this dataset is
replaced by that record's public id; ids that mean nothing here are left out.
"""

from collections.abc import Callable, Iterable
from functools import partial

import orjson

from beacon_node.model.entries import EntryType
from beacon_node.store.variants.index import Index

_SHOWN = {
    EntryType.INDIVIDUAL: """
        diseases ethnicity exposures geographicOrigin interventionsOrProcedures karyotypicSex
        measures pedigrees phenotypicFeatures sex treatments
    """,
    EntryType.BIOSAMPLE: """
        biosampleStatus collectionDate collectionMoment diagnosticMarkers histologicalDiagnosis
        individualId measurements obtentionProcedure pathologicalStage pathologicalTnmFinding
        phenotypicFeatures sampleOriginDetail sampleOriginType sampleProcessing sampleStorage
        tumorGrade tumorProgression
    """,
    EntryType.RUN: """
        biosampleId individualId libraryLayout librarySelection librarySource libraryStrategy
        platform platformModel runDate
    """,
    EntryType.ANALYSIS: """
        aligner analysisDate biosampleId individualId pipelineName pipelineRef runId variantCaller
    """,
}
_TELLING = frozenset(
    {
        *("info", "notes", "note", "description", "comment", "comments", "externalReferences"),
        *("externalReference", "externalUrl", "reference", "evidence", "files", "_id"),
        *("externalIds", "externalIdentifiers", "alternateIds", "alternativeIds", "identifiers"),
        *("vcfSampleId", "sampleName", "accession", "dateOfBirth", "timeOfBirth", "name"),
    }
)
_REFERENCES = {
    "individualId": EntryType.INDIVIDUAL,
    "memberId": EntryType.INDIVIDUAL,
    "subjectId": EntryType.INDIVIDUAL,
    "individualIds": EntryType.INDIVIDUAL,
    "biosampleId": EntryType.BIOSAMPLE,
    "biosampleIds": EntryType.BIOSAMPLE,
    "runId": EntryType.RUN,
    "runIds": EntryType.RUN,
    "analysisId": EntryType.ANALYSIS,
    "analysisIds": EntryType.ANALYSIS,
}

PublicId = Callable[[EntryType, str], str | None]
"""Returns the public id of the record with a hospital's id, None if there is no such record."""


def read_documents(index: Index, entry_type: EntryType, numbers: Iterable[int]) -> tuple[dict, ...]:
    """Return records as Beacon v2 documents with public ids."""
    sql = "SELECT id, public_id, body FROM entry WHERE entry_type = ? AND number = ?"
    public_id = partial(_public_id, index)
    found = (index.execute(sql, (entry_type.value, number)).fetchone() for number in numbers)
    return tuple(
        published(entry_type, orjson.loads(body), id, shown, public_id)
        for id, shown, body in filter(None, found)
    )


def _public_id(index: Index, entry_type: EntryType, id: str) -> str | None:
    sql = "SELECT public_id FROM entry WHERE entry_type = ? AND id = ?"
    found = index.execute(sql, (entry_type.value, id)).fetchone()
    return found[0] if found else None


def published(
    entry_type: EntryType, body: dict, id: str, shown_id: str, public_id: PublicId
) -> dict:
    """Return a record as it may be shown under `shown_id`."""
    if shown_id == id:
        return {**body, "id": id}
    shown = set(_SHOWN[entry_type].split())
    kept = {name: value for name, value in body.items() if name in shown}
    return {"id": shown_id, **_without_ids(kept, public_id)}


def _without_ids(value: object, public_id: PublicId):
    if isinstance(value, list):
        return [_without_ids(item, public_id) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, child in value.items():
        if name == "pedigrees":
            found[name] = [_pedigree(pedigree, public_id) for pedigree in child]
        elif name in _REFERENCES:
            if replaced := _replaced(_REFERENCES[name], child, public_id):
                found[name] = replaced
        elif name not in _TELLING:
            found[name] = _without_ids(child, public_id)
    return found


def _replaced(entry_type: EntryType, ids: object, public_id: PublicId):
    if isinstance(ids, list):
        replaced = (_replaced(entry_type, id, public_id) for id in ids)
        return [id for id in replaced if id]
    return public_id(entry_type, ids) if isinstance(ids, str) else None


def _pedigree(pedigree: dict, public_id: PublicId) -> dict:
    """Return a pedigree of the members who are here; its own name is the hospital's and is made
    anew from theirs."""
    members = [_without_ids(member, public_id) for member in pedigree.get("members", [])]
    members = [member for member in members if "memberId" in member]
    name = min((member["memberId"] for member in members), default="unknown")
    rest = {key: child for key, child in pedigree.items() if key not in ("id", "members")}
    return {"id": f"pedigree-{name}", **_without_ids(rest, public_id), "members": members}

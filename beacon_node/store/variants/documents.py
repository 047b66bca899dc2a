"""Reads clinical records as a record answer shows them: the hospital's ids never leave.

A record whose public id is its own id is shown as it was loaded, but for references to records that
are not in the release or are of people who may not be counted. Of every other one only the
properties of the Beacon v2.1.1 default model are shown, without what is free text or may name the
person elsewhere (`info`, `notes`, external references), and each id of a record of this dataset is
replaced by that record's public id; ids that mean nothing here are left out, and so is any text
that contains one of the record's own.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import orjson

from beacon_node.model.entries import EntryType
from beacon_node.store.variants.eligible import Eligible
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.names import SHORTEST_NAME

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
"""Returns the public id of the record with a hospital's id, None if there is no such record or it
may not be shown."""


def read_documents(
    index: Index, entry_type: EntryType, numbers: Iterable[int], eligible: Eligible | None
) -> tuple[dict, ...]:
    """Return records as Beacon v2 documents with public ids.

    They name nobody who may not be counted (`eligible` None: everybody may).
    """
    sql = "SELECT id, public_id, body FROM entry WHERE entry_type = ? AND number = ?"
    public_id = partial(_public_id, index, eligible)
    found = (index.execute(sql, (entry_type.value, number)).fetchone() for number in numbers)
    return tuple(
        published(entry_type, orjson.loads(body), id, shown, public_id)
        for id, shown, body in filter(None, found)
    )


def _public_id(
    index: Index, eligible: Eligible | None, entry_type: EntryType, id: str
) -> str | None:
    sql = "SELECT public_id, number FROM entry WHERE entry_type = ? AND id = ?"
    found = index.execute(sql, (entry_type.value, id)).fetchone()
    if found is None or not (eligible is None or eligible.may_show(entry_type, found[1])):
        return None
    return found[0]


def published(
    entry_type: EntryType, body: dict, id: str, shown_id: str, public_id: PublicId
) -> dict:
    """Return a record as it may be shown under `shown_id`."""
    if shown_id == id:
        return {**_of_people_here(body, public_id), "id": id}
    shown = set(_SHOWN[entry_type].split())
    kept = {name: value for name, value in body.items() if name in shown}
    names = frozenset(name for name in (id, *_referred_ids(body)) if len(name) >= SHORTEST_NAME)
    return {"id": shown_id, **_Publisher(public_id, names).without_ids(kept)}


def _of_people_here(body: dict, public_id: PublicId) -> dict:
    """Return a record that refers only to records that may be shown."""
    gone = {id for entry_type, id in _referred(body) if public_id(entry_type, id) is None}
    kept = _without(body, gone) if gone else body
    if "pedigrees" not in kept:
        return kept
    pedigrees = [
        {**pedigree, "members": [m for m in _members(pedigree) if _is_here(m, public_id)]}
        for pedigree in _objects(kept["pedigrees"])
    ]
    return {**kept, "pedigrees": pedigrees}


def _without(value: object, gone: set[str]):
    """Return a value without the texts in `gone`, and without properties that are one."""
    if isinstance(value, list):
        return [_without(item, gone) for item in value if not _is_one_of(item, gone)]
    if isinstance(value, dict):
        return {
            name: _without(child, gone)
            for name, child in value.items()
            if not _is_one_of(child, gone)
        }
    return value


def _is_one_of(value: object, texts: set[str]) -> bool:
    return isinstance(value, str) and value in texts


def _is_here(member: dict, public_id: PublicId) -> bool:
    id = member.get("memberId")
    return isinstance(id, str) and public_id(EntryType.INDIVIDUAL, id) is not None


def _members(pedigree: dict) -> list[dict]:
    return _objects(pedigree.get("members"))


def _objects(value: object) -> list[dict]:
    """Return what is an object in a list that a file may have filled with anything."""
    return [item for item in _listed(value) if isinstance(item, dict)]


def _referred_ids(body: dict) -> Iterator[str]:
    return (id for _, id in _referred(body))


def _referred(value: object) -> Iterator[tuple[EntryType, str]]:
    """Yield the (type, id) by which a record refers to others."""
    if isinstance(value, list):
        for item in value:
            yield from _referred(item)
    elif isinstance(value, dict):
        for name, child in value.items():
            if name in _REFERENCES:
                ids = (id for id in _listed(child) if isinstance(id, str))
                yield from ((_REFERENCES[name], id) for id in ids)
            else:
                yield from _referred(child)


def _listed(value: object) -> list:
    return value if isinstance(value, list) else [value]


class _Publisher:
    """Rewrites one record; `names` are the ids in it, which no text may contain."""

    def __init__(self, public_id: PublicId, names: frozenset[str]) -> None:
        self._public_id, self._names = public_id, names

    def without_ids(self, value: object):
        if isinstance(value, list):
            return [self.without_ids(item) for item in value if not self._names_somebody(item)]
        if not isinstance(value, dict):
            return value
        found = {}
        for name, child in value.items():
            if name == "pedigrees":
                found[name] = [self._pedigree(pedigree) for pedigree in _objects(child)]
            elif name in _REFERENCES:
                if replaced := self._replaced(_REFERENCES[name], child):
                    found[name] = replaced
            elif name not in _TELLING and not self._names_somebody(child):
                found[name] = self.without_ids(child)
        return found

    def _names_somebody(self, value: object) -> bool:
        return isinstance(value, str) and any(name in value for name in self._names)

    def _replaced(self, entry_type: EntryType, ids: object):
        if isinstance(ids, list):
            replaced = (self._replaced(entry_type, id) for id in ids)
            return [id for id in replaced if id]
        return self._public_id(entry_type, ids) if isinstance(ids, str) else None

    def _pedigree(self, pedigree: dict) -> dict:
        """Return a pedigree of the members who are here; its own name is the hospital's and is
        made anew from theirs."""
        members = [self.without_ids(member) for member in _members(pedigree)]
        members = [member for member in members if isinstance(member.get("memberId"), str)]
        name = min((member["memberId"] for member in members), default="unknown")
        rest = {key: child for key, child in pedigree.items() if key not in ("id", "members")}
        return {"id": f"pedigree-{name}", **self.without_ids(rest), "members": members}

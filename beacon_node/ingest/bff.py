"""Beacon-friendly format (BFF): one file per entry type, a JSON array or a record a line.

Files are streamed, so that a cohort of any size needs the memory of one record (and of the ids
already seen). What a record must have is what the Beacon v2.1.1 default model requires of it; the
model's own terms for nested objects are in `_NESTED`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import ijson
import orjson

from beacon_node.errors import InvalidInput
from beacon_node.ingest.plain_files import opened
from beacon_node.model.entries import Document, EntryType

_CURIE = re.compile(r"\w[^:]+:.+")  # framework/json/common/ontologyTerm.json

# Keys that only one entry type has; the type with most of them in a file's first record is its own.
_TELLING = {
    EntryType.INDIVIDUAL: "sex ethnicity geographicOrigin diseases measures phenotypicFeatures"
    " treatments interventionsOrProcedures exposures pedigrees karyotypicSex",
    EntryType.BIOSAMPLE: "biosampleStatus sampleOriginType sampleOriginDetail collectionDate"
    " collectionMoment obtentionProcedure histologicalDiagnosis tumorProgression measurements"
    " sampleProcessing sampleStorage",
    EntryType.RUN: "runDate libraryLayout librarySelection librarySource libraryStrategy platform"
    " platformModel",
    EntryType.ANALYSIS: "analysisDate pipelineName pipelineRef aligner variantCaller runId",
    EntryType.COHORT: "cohortType cohortSize cohortDesign cohortDataTypes collectionEvents"
    " inclusionCriteria exclusionCriteria",
    EntryType.DATASET: "dataUseConditions createDateTime updateDateTime externalUrl version",
}
_VARIATION_KEYS = frozenset({"variation", "variantInternalId", "caseLevelData"})

_REQUIRED = {
    EntryType.INDIVIDUAL: ("id", "sex"),
    EntryType.BIOSAMPLE: ("id", "biosampleStatus", "sampleOriginType"),
    EntryType.RUN: ("id", "biosampleId", "runDate"),
    EntryType.ANALYSIS: ("id", "analysisDate", "pipelineName"),
    EntryType.DATASET: ("id", "name"),
    EntryType.COHORT: ("id", "name", "cohortType"),
}
_TERMS = (
    *("sex", "ethnicity", "geographicOrigin", "biosampleStatus", "sampleOriginType"),
    *("sampleOriginDetail", "histologicalDiagnosis", "tumorProgression", "tumorGrade"),
    *("pathologicalStage", "sampleProcessing", "sampleStorage", "librarySource", "platformModel"),
)
# list → (what each of its objects must have, which of that are ontology terms)
_NESTED = {
    "diseases": (("diseaseCode",), ("diseaseCode",)),
    "phenotypicFeatures": (("featureType",), ("featureType",)),
    "measures": (("assayCode", "measurementValue"), ("assayCode",)),
    "measurements": (("assayCode", "measurementValue"), ("assayCode",)),
    "treatments": (("treatmentCode",), ("treatmentCode",)),
    "interventionsOrProcedures": (("procedureCode",), ("procedureCode",)),
    "exposures": (("exposureCode", "ageAtExposure", "unit", "duration"), ("exposureCode",)),
}
# entry type → where its parent's id may stand, best first
_PARENTS = {
    EntryType.BIOSAMPLE: (("individualId", EntryType.INDIVIDUAL),),
    EntryType.RUN: (("biosampleId", EntryType.BIOSAMPLE),),
    EntryType.ANALYSIS: (
        ("runId", EntryType.RUN),
        ("biosampleId", EntryType.BIOSAMPLE),
        ("individualId", EntryType.INDIVIDUAL),
    ),
}


def read_bff(path: str | Path) -> Iterator[Document]:
    """Yield a BFF file's individuals, biosamples, runs, analyses, cohorts or datasets.

    Which of them is told from the first record's keys, the file's name only where those say
    nothing. Raises InvalidInput naming the record: broken JSON, a required field missing or of the
    wrong shape, an id that comes twice, a file of something else.
    """
    entry_type: EntryType | None = None
    seen: set[str] = set()
    for place, record in numbered_records(path):
        if entry_type is None:
            entry_type = _entry_type(record, path)
        problem = _problem(record, entry_type)
        if not problem and record["id"] in seen:
            problem = "its id was already used by an earlier record of this file"
        if problem:
            raise InvalidInput(f"{entry_type} {place}: {problem}", file=str(path))
        seen.add(record["id"])
        yield _document(entry_type, record)


def _document(entry_type: EntryType, record: dict) -> Document:
    for key, parent_type in _PARENTS.get(entry_type, ()):
        if record.get(key):
            return Document(entry_type, record["id"], record, record[key], parent_type)
    return Document(entry_type, record["id"], record)


# ---- which entry type --------------------------------------------------------------------------


def entry_type_of(keys: set[str], name: str) -> EntryType | None:
    """Return the entry type that a record with these keys is, None if it is no BFF record.

    `name` is the file's and decides only where the keys speak for none or for several.
    """
    scores = {t: len(keys & set(words.split())) for t, words in _TELLING.items()}
    best = max(scores.values())
    candidates = [t for t, score in scores.items() if score == best]
    if best and len(candidates) == 1:
        return candidates[0]
    hinted = [t for t in candidates if Path(name).name.lower().startswith(t.path)]
    return hinted[0] if hinted else None


def _entry_type(record: dict, path: str | Path) -> EntryType:
    keys = set(record)
    if keys & _VARIATION_KEYS:
        problem = "genomicVariations are not loaded from BFF: load the VCF that they came from"
        raise InvalidInput(problem, file=str(path))
    found = entry_type_of(keys, Path(path).name)
    if found is None:
        known = ", ".join(t.path for t in _TELLING)
        raise InvalidInput(f"the first record is none of {known}", file=str(path))
    return found


# ---- what a record must have -------------------------------------------------------------------


def _problem(record: dict, entry_type: EntryType) -> str:
    """Return what is wrong with a record, empty if nothing is."""
    for key in _REQUIRED[entry_type]:
        if record.get(key) in (None, ""):
            return f"required field `{key}` is missing"
    for key in ("id", *(key for key, _ in _PARENTS.get(entry_type, ()))):
        if not isinstance(record.get(key, ""), str):
            return f"`{key}` must be a string"
    for key in _TERMS:
        if key in record and not is_ontology_term(record[key]):
            return f"`{key}` must be an ontology term {{id, label}}"
    return next(_nested_problems(record), "")


def _nested_problems(record: dict) -> Iterator[str]:
    for key, (required, terms) in _NESTED.items():
        items = record.get(key, [])
        if not isinstance(items, list):
            yield f"`{key}` must be a list"
            continue
        for number, item in enumerate(items, 1):
            if not isinstance(item, dict):
                yield f"`{key}` item {number} must be an object"
                continue
            yield from (
                f"`{key}` item {number} has no `{name}`"
                for name in required
                if item.get(name) is None
            )
            yield from (
                f"`{key}` item {number}: `{name}` must be an ontology term {{id, label}}"
                for name in terms
                if not is_ontology_term(item.get(name))
            )


def is_ontology_term(value: object) -> bool:
    """Say whether a JSON value has the shape of the Beacon framework's ontologyTerm: a CURIE."""
    id = value.get("id") if isinstance(value, dict) else None
    return isinstance(id, str) and _CURIE.fullmatch(id) is not None


# ---- JSON records of a file --------------------------------------------------------------------


def numbered_records(path: str | Path) -> Iterator[tuple[str, dict]]:
    """Yield (`record 3` or `line 3`, object) of a JSON array, of one JSON object or of JSON lines.

    Raises InvalidInput for an empty file, JSON that is broken, or records that are no objects.
    """
    for place, record in _values(path):
        if not isinstance(record, dict):
            raise InvalidInput(f"{place} is not a JSON object", file=str(path))
        yield place, record


def _values(path: str | Path) -> Iterator[tuple[str, object]]:
    with opened(path) as stream:
        first = stream.readline(1 << 20)
        while first and not first.strip():
            first = stream.readline(1 << 20)
        start = stream.tell() - len(first)
        if not first:
            raise InvalidInput("the file is empty", file=str(path))
        is_array = first.lstrip().startswith(b"[")
        rest = stream.readline(1 << 20)
        stream.seek(start)
        if not is_array and rest.strip() and _loads(first) is not None:
            yield from _lines(path)
        else:
            yield from _streamed(stream, "item" if is_array else "", path)


def _loads(line: bytes) -> object | None:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _lines(path: str | Path) -> Iterator[tuple[str, object]]:
    with opened(path) as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                yield f"line {number}", orjson.loads(line)
            except orjson.JSONDecodeError as broken:
                problem = f"not valid JSON ({broken.msg})"
                raise InvalidInput(problem, file=str(path), line=number) from broken


def _streamed(stream, prefix: str, path: str | Path) -> Iterator[tuple[str, object]]:
    number = 0
    try:
        items = ijson.items(stream, prefix, use_float=True, multiple_values=not prefix)
        for number, record in enumerate(items, 1):
            yield f"record {number}", record
    except ijson.JSONError as broken:
        problem = f"not valid JSON after record {number}" if number else "not valid JSON"
        raise InvalidInput(problem, file=str(path)) from broken

"""Datasets and cohorts as Beacon v2 entries.

What a hospital's file says of them is shown by an allow-list of the descriptive members of the
Beacon v2.1.1 default model: such files also list people (`ids`) and hold whatever else (`info`).
Numbers are those of the release, never the file's. A dataset that is closed to the asker shows
what its operator declared and its data use conditions; its cohorts are not shown at all.
"""

import re
from collections.abc import Iterable, Mapping

from beacon_node.model.data_use import ConsentTerm, Use, term_text
from beacon_node.model.duo_terms import DUO_RELEASE, DUO_TERMS
from beacon_node.model.entries import EntryType
from beacon_node.ports import Dataset

_DATASET_TEXTS = ("description", "version", "externalUrl", "createDateTime", "updateDateTime")
_DUO_TEXTS = ("id", "label", "version")
_PUBLIC = "Anybody is told yes or no whether it has a variation that is not too rare."
_CURIE = re.compile(r"\w[^:]+:.+")  # what Beacon v2 takes for an ontology term
_COHORT_TYPES = ("study-defined", "beacon-defined", "user-defined")
_COHORT_DEFINITION = ("cohortDesign", "cohortDataTypes", "inclusionCriteria", "exclusionCriteria")
_DEFINING = frozenset(
    {
        *("id", "label", "ageRange", "genders", "locations", "ethnicities"),
        *("diseaseConditions", "phenotypicConditions", "start", "end", "iso8601duration"),
        *("diseaseCode", "ageOfOnset", "stage", "severity", "familyHistory"),
        *("featureType", "modifiers", "excluded", "onset", "resolution"),
    }
)


def dataset_document(
    dataset: Dataset, *, is_open: bool, most_told: Mapping[str, str] | None = None
) -> dict:
    """Return the `dataset` entry: what the hospital wrote of it, and what the release says.

    `is_open`: the asker may have answers from it, so its loaded description and sizes are told.
    `most_told`: the highest granularity of each tier that gets answers here.
    """
    written = dataset.document or {}
    document = _texts(written, _DATASET_TEXTS) if is_open else {}
    told = {
        "description": dataset.description,
        "updateDateTime": dataset.released_at,
        "version": f"release {dataset.release}" if dataset.release else "",
        "dataUseConditions": _in_force(dataset.use) or _data_use(written.get("dataUseConditions")),
    }
    document |= {name: value for name, value in told.items() if value}
    document |= {"id": dataset.id, "name": dataset.name, "info": _declared(dataset)}
    document["info"] |= guard_words(dataset)
    if most_told is not None:
        document["info"]["granularityByTier"] = dict(most_told)
    if is_open:
        document["info"]["hasIndividuals"] = dataset.has_individuals
    if is_open and dataset.sizes:
        document["info"]["sizes"] = {t.path: size for t, size in dataset.sizes.items()}
    return document


def guard_words(dataset: Dataset) -> dict[str, str]:
    """Return in words, by tier, what a protected dataset tells and gives away at most; empty where
    only a grant opens it, and for open data. Shown in its entry and in `/info`."""
    return {"publicTier": f"{_PUBLIC} {dataset.public.bound}"} if dataset.public else {}


def _texts(written: Mapping, names: Iterable[str]) -> dict:
    found = {name: written.get(name) for name in names}
    return {name: text for name, text in found.items() if isinstance(text, str)}


def _in_force(use: Use | None) -> dict:
    """Return the DUO terms of a release as Beacon v2 has them, empty if nobody said any."""
    terms = sorted(use.terms, key=term_text) if use else []
    told = [_term(term) for term in terms if _CURIE.fullmatch(term.id)]
    return {"duoDataUse": told} if told else {}


def _term(term: ConsentTerm) -> dict:
    """Return a term: the diseases it is limited to as modifiers, countries and times in its label.

    Users, projects, institutions and investigators are not told: such words may name people.
    """
    known = DUO_TERMS.get(term.id)
    limits = [*sorted(term.countries)]
    limits += [f"not before {term.date}"] if term.date else []
    limits += [f"{term.months} months"] if term.months is not None else []
    label = known.label if known else ""
    document = {"id": term.id, "version": DUO_RELEASE}
    if label:
        document["label"] = f"{label}: {', '.join(limits)}" if limits else label
    diseases = [{"id": one} for one in sorted(term.diseases) if _CURIE.fullmatch(one)]
    return document | ({"modifiers": diseases} if diseases else {})


def _data_use(conditions: object) -> dict:
    """Return the DUO terms of `dataUseConditions`, and nothing that is beside them."""
    written = conditions.get("duoDataUse") if isinstance(conditions, Mapping) else None
    written = written if isinstance(written, list) else [written]
    terms = [_texts(term, _DUO_TEXTS) for term in written if isinstance(term, Mapping)]
    terms = [term for term in terms if "id" in term]
    return {"duoDataUse": terms} if terms else {}


def _declared(dataset: Dataset) -> dict:
    return {
        "assembly": dataset.assembly,
        "isOpenData": dataset.is_open_data,
        "isSynthetic": dataset.is_synthetic,
        "licence": dataset.licence,
        "release": dataset.release,
    }


def cohort_documents(datasets: Iterable[Dataset], open_ids: frozenset[str]) -> list[dict]:
    """Return the `cohort` entries of datasets, each saying which dataset it is in.

    `open_ids` are the datasets the asker may have answers from; others' cohorts are not told.
    """
    return [
        _cohort(cohort, dataset)
        for dataset in datasets
        if dataset.id in open_ids
        for cohort in dataset.cohorts
    ]


def _cohort(cohort: Mapping, dataset: Dataset) -> dict:
    """Return how a cohort is defined; a cohort here is everybody in its dataset's release."""
    document = {
        name: defined for name in _COHORT_DEFINITION if (defined := _defining(cohort.get(name)))
    }
    document["id"] = str(cohort.get("id") or dataset.id)
    document["name"] = str(cohort.get("name") or document["id"])
    kind = cohort.get("cohortType")
    document["cohortType"] = kind if kind in _COHORT_TYPES else "study-defined"
    if dataset.sizes:
        document["cohortSize"] = dataset.sizes.get(EntryType.INDIVIDUAL, 0)
    document["info"] = {"datasetId": dataset.id}
    return document


def _defining(value: object) -> object:
    """Return the parts of objects and lists that define who is in a cohort."""
    if isinstance(value, list):
        return [part for part in map(_defining, value) if part]
    if not isinstance(value, Mapping):
        return None
    return {
        name: found
        for name, part in value.items()
        if name in _DEFINING
        if (found := _defining(part) if isinstance(part, list | Mapping) else part) is not None
    }

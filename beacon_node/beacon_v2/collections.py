"""Datasets and cohorts as Beacon v2 entries.

Of a dataset that is closed to the asker they say what it is, and no numbers.
"""

from collections.abc import Iterable, Mapping

from beacon_node.ports import Dataset

_COHORT_TYPES = ("study-defined", "beacon-defined", "user-defined")
_COHORT_DEFINITION = (
    *("id", "name", "cohortType", "cohortDesign", "cohortDataTypes"),
    *("inclusionCriteria", "exclusionCriteria"),
)


def dataset_document(dataset: Dataset, *, is_open: bool) -> dict:
    """Return the `dataset` entry: what the hospital wrote of it, and what the release says.

    `is_open`: the asker may have answers from it, so its sizes are told.
    """
    document = dict(dataset.document or {})
    told = {
        "description": dataset.description,
        "updateDateTime": dataset.released_at,
        "version": f"release {dataset.release}" if dataset.release else "",
    }
    document |= {name: value for name, value in told.items() if value}
    document |= {"id": dataset.id, "name": dataset.name}
    document["info"] = _own_info(document) | _info(dataset)
    if is_open and dataset.sizes:
        document["info"]["sizes"] = {t.path: size for t, size in dataset.sizes.items()}
    return document


def _own_info(document: Mapping) -> dict:
    written = document.get("info")
    return dict(written) if isinstance(written, dict) else {}


def _info(dataset: Dataset) -> dict:
    return {
        "assembly": dataset.assembly,
        "isOpenData": dataset.is_open_data,
        "isSynthetic": dataset.is_synthetic,
        "hasIndividuals": dataset.has_individuals,
        "licence": dataset.licence,
        "release": dataset.release,
    }


def cohort_documents(datasets: Iterable[Dataset], open_ids: frozenset[str]) -> list[dict]:
    """Return the `cohort` entries of datasets, each saying which dataset it is in.

    `open_ids` are the datasets the asker may have answers from; of others' cohorts only the
    definition is told.
    """
    return [
        _cohort(cohort, dataset, is_open=dataset.id in open_ids)
        for dataset in datasets
        for cohort in dataset.cohorts
    ]


def _cohort(cohort: Mapping, dataset: Dataset, *, is_open: bool) -> dict:
    document = {k: v for k, v in cohort.items() if is_open or k in _COHORT_DEFINITION}
    document["id"] = str(document.get("id") or dataset.id)
    document["name"] = str(document.get("name") or document["id"])
    if document.get("cohortType") not in _COHORT_TYPES:
        document["cohortType"] = "study-defined"
    document["info"] = _own_info(document) | {"datasetId": dataset.id}
    return document

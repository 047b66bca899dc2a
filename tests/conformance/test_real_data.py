"""Records of real public data are valid: structural variants, annotations, a clinical cohort."""

import pytest

from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.manage_datasets import NewDataset, add_dataset
from beacon_node.actions.release_dataset import release
from beacon_node.model.genome import Assembly
from beacon_node.node import open_node
from beacon_node.node_web.app import create_app
from tests.conformance.schemas import response_faults
from tests.shared_data import shared

GENOTYPES = {
    "structural": "vcf/grch37/HG00096_1kg_sv_odd.vcf.gz",
    "annotated": "vcf/grch37/1kg_p3_chr1_10-80kb_2504_SnpEff_ANN.vcf.gz",
}
COHORT = "bff/cineca_uk1"


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    shared("data")
    node = open_node(init_node(tmp_path_factory.mktemp("real") / "home", NewNode()), {})
    files = {name: [shared(f"data/{path}")] for name, path in GENOTYPES.items()}
    files["cohort"] = sorted(shared(f"data/{COHORT}").glob("*.json*"))
    for dataset, paths in files.items():
        declared = NewDataset(dataset, Assembly.GRCH37, "", True, "CC0-1.0", keeps_ids=True)
        add_dataset(node, declared)
        for path in paths:
            load(node, dataset, str(path), LoadOptions(processes=1))
        release(node, dataset)
    return create_app(node).test_client()


@pytest.mark.parametrize(
    ("dataset", "path", "limit"),
    [
        ("structural", "g_variants", 150),
        ("annotated", "g_variants", 20),
        ("cohort", "individuals", 150),
        ("cohort", "biosamples", 150),
        ("cohort", "runs", 150),
        ("cohort", "analyses", 150),
    ],
)
@pytest.mark.parametrize("skip", [0, 2])
def test_records_of_real_data_are_valid(real, dataset, path, limit, skip):
    answer = real.get(f"/api/{path}?datasetIds={dataset}&limit={limit}&skip={skip}")
    (one,) = answer.json["response"]["resultSets"]
    assert len(one["results"]) == limit
    assert response_faults(answer.json) == []


@pytest.mark.parametrize("path", ["datasets", "cohorts"])
def test_collections_of_real_data_are_valid(real, path):
    answer = real.get(f"/api/{path}").json
    assert answer["response"]["collections"] and response_faults(answer) == []


def test_filtering_terms_of_a_real_cohort_can_all_be_asked_for(real):
    terms = real.get("/api/datasets/cohort/filtering_terms").json["response"]["filteringTerms"]
    ontology = [term["id"] for term in terms if term["type"] == "ontology"]
    assert len(ontology) > 50
    for id in ontology[::60]:
        answer = real.get("/api/individuals", query_string={"filters": id, "limit": 1})
        assert answer.json["responseSummary"]["exists"] or not _is_of_individuals(terms, id), id


def _is_of_individuals(terms: list[dict], id: str) -> bool:
    return any(term["id"] == id and "individual" in term["scopes"] for term in terms)

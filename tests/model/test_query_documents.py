"""model/query_documents.py: the audit says what was asked, and nothing that was left open."""

import json

import pytest

from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.query import (
    AlphanumericFilter,
    AminoacidQuery,
    BracketQuery,
    GeneQuery,
    Granularity,
    NameQuery,
    OntologyFilter,
    Page,
    Query,
    RangeQuery,
    Selection,
    SequenceQuery,
    Similarity,
    VariationIdQuery,
    Within,
)
from beacon_node.model.query_documents import query_document
from beacon_node.model.variation import Allele, parse_variation_id, variation_id

G38 = Assembly.GRCH38
BRAF = parse_variation_id(variation_id(G38, Allele("7", 140_753_335, 140_753_336, "A", "T")))

VARIATIONS = [
    (
        SequenceQuery(G38, "17", 43_045_702, None, "C"),
        {"assembly": "GRCh38", "reference_name": "17", "start": 43_045_702, "alt": "C"},
    ),
    (
        RangeQuery(G38, Region("1", 0, 9), Selection(frozenset({"SNP", "DEL"}), max_length=5)),
        {
            "assembly": "GRCh38",
            "region": ["1", 0, 9],
            "selection": {"variant_types": ["DEL", "SNP"], "max_length": 5},
        },
    ),
    (
        BracketQuery(G38, "X", 0, 5, 7, 9),
        {
            "assembly": "GRCh38",
            "reference_name": "X",
            "start_min": 0,
            "start_max": 5,
            "end_min": 7,
            "end_max": 9,
        },
    ),
    (GeneQuery("BRCA1"), {"gene": "BRCA1"}),
    (AminoacidQuery("V600E", "BRAF"), {"change": "V600E", "gene": "BRAF"}),
    (NameQuery("rs1", G38), {"name": "rs1", "assembly": "GRCh38"}),
    (VariationIdQuery(BRAF), {"id": BRAF.text}),
]


@pytest.mark.parametrize(("variation", "said"), VARIATIONS)
def test_a_variation_is_written_with_its_kind_and_what_was_said_of_it(variation, said):
    document = query_document(Query(EntryType.INDIVIDUAL, variation))["variation"]
    assert document == {"kind": type(variation).__name__, **said}
    assert json.loads(json.dumps(document)) == document


def test_a_question_says_nothing_of_what_it_leaves_open():
    said = query_document(Query(EntryType.INDIVIDUAL))
    assert said == {"entry_type": "individual", "granularity": "boolean"}


def test_a_question_says_all_that_narrows_it():
    query = Query(
        EntryType.BIOSAMPLE,
        filters=(
            OntologyFilter("HP:1"),
            OntologyFilter("HP:2", EntryType.INDIVIDUAL, False, Similarity.HIGH),
            AlphanumericFilter("age", ">", "P60Y"),
        ),
        granularity=Granularity.RECORD,
        page=Page(2, 50),
        datasets=("d",),
        within=Within(EntryType.INDIVIDUAL, "ind-x"),
        entry_id="bio-y",
    )
    assert query_document(query) == {
        "entry_type": "biosample",
        "granularity": "record",
        "filters": [
            {"id": "HP:1"},
            {
                "id": "HP:2",
                "scope": "individual",
                "include_descendants": False,
                "similarity": "high",
            },
            {"id": "age", "operator": ">", "value": "P60Y"},
        ],
        "page": [2, 50],
        "datasets": ["d"],
        "within": ["individual", "ind-x"],
        "id": "bio-y",
    }

"""OBO files become terms with their parents, older ids and counts of what lies below."""

import pytest

from beacon_node.errors import InvalidInput
from beacon_node.model.knowledge import Kind, OntologyTerm
from tests.ingest.knowledge.test_tables import read
from tests.shared_data import shared

OBO = """format-version: 1.2
data-version: hp/releases/2025-01-16
ontology: hp.obo
property_value: dc:title "Human Phenotype Ontology" xsd:string

[Term]
id: HP:1
name: All

[Term]
id: HP:2
name: Seizure
alt_id: HP:22
synonym: "Fit \\"of sorts\\"" EXACT []
is_a: HP:1 ! All
relationship: part_of HP:8

[Term]
id: HP:9
name: obsolete Fit
is_obsolete: true
replaced_by: HP:2

[Typedef]
id: part_of
"""


def test_terms_of_a_small_file(tmp_path):
    path = tmp_path / "hp.obo"
    path.write_text(OBO)
    opened, terms, report = read(Kind.ONTOLOGY, path)
    assert (opened.name, opened.version, opened.assembly) == ("HP", "2025-01-16", None)
    assert opened.details == {"prefix": "HP", "title": "Human Phenotype Ontology", "size": 2}
    assert terms == [
        OntologyTerm("HP:1", "All", below=1),
        OntologyTerm("HP:2", "Seizure", ("HP:1",), ('Fit \\"of sorts\\"',), ("HP:22",)),
        OntologyTerm("HP:9", "obsolete Fit", replaced_by="HP:2", is_obsolete=True),
    ]
    assert report.skipped == {"term that is only referred to": 1}


@pytest.mark.parametrize(
    "text", ["", "not an ontology", "format-version: 1.2\n", "[Term]\nname x\n"]
)
def test_what_is_no_ontology_is_refused(tmp_path, text):
    path = tmp_path / "x.obo"
    path.write_text(text)
    with pytest.raises(InvalidInput, match="x.obo"):
        read(Kind.ONTOLOGY, path)


@pytest.mark.parametrize(
    ("file", "prefix", "version", "size", "term", "below"),
    [
        ("ncit_disease_2018-06-08", "NCIT", "2018-06-08", 15_457, "NCIT:C3262", 10_036),
        ("ncit_disease_2018-06-08", "NCIT", "2018-06-08", 15_457, "NCIT:C3059", 256),
        ("so_2024-11-18", "SO", "2024-11-18", 2_404, "SO:0001583", 6),
    ],
)
def test_counts_below_terms_of_public_ontologies(file, prefix, version, size, term, below):
    opened, terms, _ = read(Kind.ONTOLOGY, shared(f"data/ontologies/{file}.obo.gz"))
    assert (opened.name, opened.version, opened.details["size"]) == (prefix, version, size)
    assert next(t.below for t in terms if t.id == term) == below

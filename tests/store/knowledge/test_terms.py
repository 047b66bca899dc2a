"""Ontology filters: descendants, older ids, similarity (Beacon v2.1.1, filters)."""

import pytest

from beacon_node.errors import InvalidRequest
from beacon_node.model.knowledge import OntologyTerm
from beacon_node.model.query import OntologyFilter, Similarity
from beacon_node.store.knowledge import SqliteKnowledge
from tests.store.knowledge.sources import TERMS, ontology


@pytest.fixture
def knowledge(tmp_path) -> SqliteKnowledge:
    knowledge = SqliteKnowledge(tmp_path)
    knowledge.add(ontology(), TERMS)
    return knowledge


def terms_for(knowledge, term, **options) -> set[str]:
    return set(knowledge.terms_for(OntologyFilter(term, **options)))


def test_a_filter_means_a_term_and_all_below_it_with_their_older_ids(knowledge):
    assert terms_for(knowledge, "HP:2") == {"HP:2", "HP:3", "HP:4", "HP:22", "HP:9"}


def test_without_descendants_it_means_the_term_alone(knowledge):
    assert terms_for(knowledge, "HP:2", include_descendants=False) == {"HP:2", "HP:22", "HP:9"}


@pytest.mark.parametrize("older", ["HP:22", "HP:9", "hp:2", "hp:22"])
def test_an_older_id_or_another_case_means_the_present_term(knowledge, older):
    assert terms_for(knowledge, older) == terms_for(knowledge, "HP:2") | {older}


def test_an_unknown_term_means_itself(knowledge):
    assert terms_for(knowledge, "ICD10:G40") == {"ICD10:G40"}
    assert terms_for(SqliteKnowledge(knowledge._folder / "empty"), "HP:2") == {"HP:2"}


def test_a_term_may_lie_below_another_by_any_ontology(knowledge):
    more = [OntologyTerm("MONDO:1", "epilepsy", ("HP:2",)), OntologyTerm("MONDO:2", "x", ("HP:4",))]
    knowledge.add(ontology("MONDO", 2), more)
    assert {"MONDO:1", "MONDO:2"} <= terms_for(knowledge, "HP:2")


def test_similar_terms_are_added_to_the_descendants(knowledge):
    exact = terms_for(knowledge, "HP:3")
    low = terms_for(knowledge, "HP:3", similarity=Similarity.LOW)
    assert exact == {"HP:3"}
    assert low == exact  # information of HP:2 among five terms is too little
    assert terms_for(knowledge, "HP:2", similarity=Similarity.HIGH) >= terms_for(knowledge, "HP:2")


@pytest.mark.parametrize("similarity", [Similarity.HIGH, Similarity.MEDIUM, Similarity.LOW])
def test_similarity_to_a_term_of_no_loaded_ontology_is_refused_by_name(knowledge, similarity):
    with pytest.raises(InvalidRequest, match="NCIT:C3262"):
        terms_for(knowledge, "NCIT:C3262", similarity=similarity)


def test_labels(knowledge):
    assert knowledge.label("HP:2") == knowledge.label("hp:2") == "Seizure"
    assert knowledge.label("HP:22") == "Seizure"
    assert knowledge.label("HP:9") == "obsolete Fit"
    assert knowledge.label("HP:7") == ""


def test_loaded_ontologies_are_the_resources(knowledge):
    (resource,) = knowledge.resources()
    assert resource == {
        "id": "hp",
        "name": "Human Phenotype Ontology",
        "url": "http://purl.obolibrary.org/obo/hp.obo",
        "nameSpacePrefix": "HP",
        "iriPrefix": "http://purl.obolibrary.org/obo/HP_",
    }


def test_ancestors_follow_every_parent_of_their_own_ontology_alone(knowledge):
    above = [("MONDO:1", ()), ("MONDO:2", ("MONDO:1",)), ("MONDO:3", ("MONDO:1", "HP:2"))]
    both = ("MONDO:4", ("MONDO:2", "MONDO:3"))
    more = [OntologyTerm(id, id, parents) for id, parents in (*above, both)]
    knowledge.add(ontology("MONDO", 4), more)
    found = knowledge.ancestors("MONDO:4", "MONDO")
    assert found >= {"MONDO:1", "MONDO:2", "MONDO:3"} and "MONDO:4" not in found
    assert "HP:1" not in found and knowledge.ancestors("MONDO:4", "HP") == frozenset()
    assert knowledge.ancestors("ICD10:G40", "MONDO") == frozenset()


def test_an_older_id_has_the_ancestors_of_its_present_term_and_that_term(knowledge):
    assert knowledge.ancestors("HP:22", "HP") >= {"HP:2"} | knowledge.ancestors("HP:2", "HP") - {
        "HP:22"
    }

"""What a plan says of its filters: one version of knowledge, in few bytes."""

import re

from beacon_node.actions.plan_search import plan_search
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.query import AlphanumericFilter, OntologyFilter, Query
from beacon_node.ports import Dataset
from tests.actions.fakes import FakeKnowledge, FakeStore, fake_node

OPEN = Dataset("open", "Open", Assembly.GRCH38, is_open_data=True, licence="CC0-1.0")
AGE = [{"type": "alphanumeric", "id": "age"}]
EPILEPSY = OntologyFilter("HP:1")


def plan(node, *filters):
    return plan_search(node, Query(EntryType.INDIVIDUAL, filters=filters), (OPEN,))


def knowing(*below: str) -> FakeKnowledge:
    knowledge = FakeKnowledge()
    knowledge.terms = {EPILEPSY.id: frozenset({EPILEPSY.id, *below})}
    knowledge.labels = {EPILEPSY.id: "Seizure"}
    return knowledge


def test_filters_of_any_length_have_a_key_of_64_characters():
    node = fake_node(FakeStore([OPEN], terms={"open": AGE}))
    keys = {plan(node, AlphanumericFilter("age", "=", word * 1_000)).filters_key for word in "ab"}
    assert len(keys) == 2 and all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)
    assert all(len(repr(kept)) < 500 for kept in node.plans.items())


def test_a_plan_has_the_version_of_knowledge_it_began_with():
    class Changing(FakeKnowledge):
        """Changes between any two looks at its version."""

        reads = 0

        @property
        def version(self) -> int:
            self.reads += 1
            return self.reads

    knowledge = Changing()
    knowledge.labels = {EPILEPSY.id: "Seizure"}
    node = fake_node(FakeStore([OPEN]), knowledge)
    first = plan(node, EPILEPSY).filters_key
    assert knowledge.reads == 1
    assert plan(node, EPILEPSY).filters_key != first


def test_what_a_filter_means_is_remembered_until_knowledge_changes():
    knowledge = knowing("HP:2")
    node = fake_node(FakeStore([OPEN]), knowledge)
    before = plan(node, EPILEPSY)
    knowledge.terms = {EPILEPSY.id: frozenset({EPILEPSY.id, "HP:3"})}
    assert plan(node, EPILEPSY) == before
    knowledge.version = 2
    after = plan(node, EPILEPSY)
    assert after.terms == {EPILEPSY: {"HP:1", "HP:3"}}
    assert after.filters_key != before.filters_key


def test_filters_that_mean_very_many_terms_are_not_remembered():
    node = fake_node(FakeStore([OPEN]), knowing(*(f"HP:{n}" for n in range(5_000))))
    assert len(plan(node, EPILEPSY).terms[EPILEPSY]) == 5_000
    assert [key for key in node.plans if key[0] != "filterable"] == []

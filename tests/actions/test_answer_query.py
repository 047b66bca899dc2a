"""One way from a question to an answer: decide, search, disclose."""

import pytest

from beacon_node.actions.answer_query import answer, background
from beacon_node.errors import InvalidRequest, NotFound
from beacon_node.model.answer import Matches, Status, VariationRecord
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.query import (
    AlleleSet,
    AlphanumericFilter,
    AminoacidQuery,
    GeneQuery,
    Granularity,
    NameQuery,
    OntologyFilter,
    Query,
    RangeQuery,
    Selection,
    SequenceQuery,
    VariationIdQuery,
    Within,
)
from beacon_node.model.requester import ANONYMOUS
from beacon_node.model.variation import Allele
from beacon_node.ports import Dataset
from tests.actions.fakes import FakeKnowledge, FakeStore, fake_node

G38 = Assembly.GRCH38
OPEN = Dataset("open", "Open", G38, is_open_data=True, licence="CC0-1.0")
CLOSED = Dataset("closed", "Closed", G38, is_open_data=False)
BRAF = Allele("7", 140_753_335, 140_753_336, "A", "T")


def ask(store, knowledge=None, **query):
    entry_type = query.pop("entry_type", EntryType.INDIVIDUAL)
    return answer(fake_node(store, knowledge), Query(entry_type, **query), ANONYMOUS)


def lookups(knowledge=None, **query):
    """Return what the store was asked to look up on GRCh38."""
    store = FakeStore([OPEN])
    ask(store, knowledge, **query)
    return store.searched[0][1].lookups.get(G38)


def test_a_closed_dataset_is_not_even_searched():
    store = FakeStore([CLOSED], {"closed": Matches("closed", total=5)})
    said = ask(store, granularity=Granularity.RECORD)
    assert store.searched == []
    assert (said.exists, said.count, said.datasets[0].status) == (
        False,
        None,
        Status.NOT_PERMITTED,
    )


def test_open_and_closed_datasets_stand_side_by_side():
    store = FakeStore([OPEN, CLOSED], {"open": Matches("open", total=5)})
    said = ask(store, granularity=Granularity.COUNT)
    assert (said.exists, said.count) == (True, 5)
    assert [part.status for part in said.datasets] == [Status.ANSWERED, Status.NOT_PERMITTED]


def test_a_dataset_that_is_not_here_is_named():
    with pytest.raises(NotFound, match="'nowhere'"):
        ask(FakeStore([OPEN]), datasets=("nowhere",))


@pytest.mark.parametrize(
    "query",
    [
        {"datasets": ("open",)},
        {"within": Within(EntryType.DATASET, "open")},
        {"entry_type": EntryType.DATASET, "entry_id": "open"},
    ],
)
def test_only_the_datasets_asked_for_are_searched(query):
    other = Dataset("other", "Other", G38, is_open_data=True, licence="CC0-1.0")
    store = FakeStore([OPEN, other])
    ask(store, **query)
    assert [dataset_id for dataset_id, _ in store.searched] == ["open"]


@pytest.mark.parametrize(
    "spelling",
    [
        SequenceQuery(G38, "17", 3, "A", "AAC"),
        SequenceQuery(G38, "17", 4, "", "AC"),
        SequenceQuery(G38, "17", 2, "TA", "TAAC"),
    ],
)
def test_all_spellings_of_an_insertion_are_one_lookup(spelling):
    assert lookups(variation=spelling) == (AlleleSet((Allele("17", 4, 4, "", "AC"),)),)


def test_an_indel_is_shifted_left_where_a_reference_sequence_is_configured():
    knowledge = FakeKnowledge(sequence="GATATATC")
    asked = SequenceQuery(G38, "17", 5, "AT", "")
    assert lookups(knowledge, variation=asked) == (AlleleSet((Allele("17", 1, 3, "AT", ""),)),)


@pytest.mark.parametrize(("ref", "alt"), [(None, "A"), ("N", "A"), ("G", "N")])
def test_wildcards_are_left_to_the_store(ref, alt):
    asked = SequenceQuery(G38, "17", 3, ref, alt)
    assert lookups(variation=asked) == (asked,)


def test_a_gene_is_where_the_knowledge_base_says():
    region = Region("7", 140_719_326, 140_924_929)
    knowledge = FakeKnowledge(genes={"BRAF": {G38: (region,)}})
    assert lookups(knowledge, variation=GeneQuery("BRAF")) == (RangeQuery(G38, region),)


@pytest.mark.parametrize(
    "variation",
    [GeneQuery("NOGENE"), NameQuery("rs1"), AminoacidQuery("V600E", "BRAF")],
)
def test_a_name_the_knowledge_base_does_not_know_is_refused(variation):
    with pytest.raises(InvalidRequest):
        ask(FakeStore([OPEN]), variation=variation)


def test_a_name_known_on_another_assembly_only_says_so():
    knowledge = FakeKnowledge(names={"rs1": {Assembly.GRCH37: (BRAF,)}})
    with pytest.raises(InvalidRequest, match="GRCh38"):
        ask(FakeStore([OPEN]), knowledge, variation=NameQuery("rs1", G38))


def test_a_protein_change_is_looked_up_by_its_alleles():
    knowledge = FakeKnowledge(changes={("V600E", "BRAF"): {G38: (BRAF,)}})
    asked = AminoacidQuery("V600E", "BRAF")
    assert lookups(knowledge, variation=asked) == (AlleleSet((BRAF,)),)


@pytest.mark.parametrize(("start", "found"), [(140_753_000, True), (140_753_336, False)])
def test_a_protein_change_in_a_range_keeps_to_the_range(start, found):
    knowledge = FakeKnowledge(changes={("V600E", ""): {G38: (BRAF,)}})
    asked = RangeQuery(G38, Region("7", start, 140_754_000), Selection(aminoacid_change="V600E"))
    expected = (AlleleSet((BRAF,)),) if found else ()
    assert lookups(knowledge, variation=asked) == expected


@pytest.mark.parametrize(
    "query",
    [
        {"entry_type": EntryType.GENOMIC_VARIANT, "entry_id": "GRCh38.7.9.10.A.T"},
        {"within": Within(EntryType.GENOMIC_VARIANT, "GRCh38.7.9.10.A.T")},
    ],
)
def test_a_variation_is_found_by_its_public_id(query):
    (found,) = lookups(**query)
    assert isinstance(found, VariationIdQuery)
    assert found.id.region == Region("7", 9, 10)


def test_an_id_of_no_variation_is_refused():
    with pytest.raises(InvalidRequest, match="id"):
        ask(FakeStore([OPEN]), entry_type=EntryType.GENOMIC_VARIANT, entry_id="var1")


TERMS = [{"type": "ontology", "id": "HP:2"}, {"type": "alphanumeric", "id": "X:1", "label": "BMI"}]


@pytest.mark.parametrize(
    "wanted",
    [
        OntologyFilter("HP:2"),  # in the data
        OntologyFilter("HP:1"),  # above a term in the data
        OntologyFilter("HP:9"),  # in a loaded ontology, on nobody
        AlphanumericFilter("X:1", ">", "25"),
        AlphanumericFilter("bmi", ">", "25"),
    ],
)
def test_filters_that_mean_something_are_searched(wanted):
    knowledge = FakeKnowledge(terms={"HP:1": frozenset({"HP:1", "HP:2"})}, labels={"HP:9": "x"})
    store = FakeStore([OPEN], terms={"open": TERMS})
    ask(store, knowledge, filters=(wanted,))
    assert store.searched[0][1].filters == (wanted,)


@pytest.mark.parametrize("wanted", [OntologyFilter("HP:404"), AlphanumericFilter("X:2", "=", "1")])
def test_an_unknown_filter_is_refused_by_name_never_ignored(wanted):
    name = wanted.id if isinstance(wanted, OntologyFilter) else wanted.field
    with pytest.raises(InvalidRequest, match=name):
        ask(FakeStore([OPEN], terms={"open": TERMS}), filters=(wanted,))


def test_the_terms_of_a_closed_dataset_are_as_unknown_as_any():
    store = FakeStore([CLOSED], terms={"closed": TERMS})
    with pytest.raises(InvalidRequest, match="HP:2"):
        ask(store, filters=(OntologyFilter("HP:2"),))


def test_records_come_with_the_genes_at_their_place():
    record = VariationRecord(G38, BRAF)
    knowledge = FakeKnowledge(genes={"BRAF": {G38: (Region("7", 140_719_326, 140_924_929),)}})
    store = FakeStore([OPEN], {"open": Matches("open", total=1, page=(record,))})
    node = fake_node(store, knowledge)
    query = Query(EntryType.GENOMIC_VARIANT, granularity=Granularity.RECORD)
    said = answer(node, query, ANONYMOUS)
    assert background(node, said).genes == {(G38, BRAF): ("BRAF",)}

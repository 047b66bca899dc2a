"""A question put to a member asks the same, or is not put at all; never a broader one."""

import json
from urllib.parse import parse_qsl

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.beacon_v2.abilities import DOCUMENTS, UNKNOWN, Abilities, Form, learn
from beacon_node.beacon_v2.asking import Declined, canary, compose
from beacon_node.beacon_v2.parse import parse_get, parse_post
from beacon_node.beacon_v2.received import Target
from beacon_node.beacon_v2.wording import parameters_of
from beacon_node.model.entries import EntryType
from beacon_node.model.federation import Came, Member, MemberKind
from beacon_node.model.genome import Assembly
from beacon_node.model.notation import EXAMPLES, understand
from beacon_node.model.query import Within

VARIANT, INDIVIDUAL = EntryType.GENOMIC_VARIANT, EntryType.INDIVIDUAL
NODE = Member("org.north", "North", "https://north.example")
OTHER = Member("org.other", "Other", "https://other.example/beacon", MemberKind.BEACON)
PLACE = {"assemblyId": "GRCh38", "referenceName": "17", "start": [43_045_710]}
SNV = PLACE | {"referenceBases": "C", "alternateBases": "T"}
KNOWS = Abilities(terms=frozenset({"HP:0001250", "ageOfOnset"}))


def parsed(entry_type=INDIVIDUAL, *, within=None, entry_id="", **query):
    parameters = query.pop("g_variant", None)
    if parameters:
        query["requestParameters"] = {"g_variant": parameters}
    return parse_post(Target(entry_type, entry_id, within), {"query": query})


def typed(text: str):
    found = parameters_of(understand(text, Assembly.GRCH38))
    named = {n: list(v) if isinstance(v, tuple) else v for n, v in found.items()}
    return parsed(g_variant=named)


def read_back(sent, target=Target(INDIVIDUAL)):
    """Return the question that whoever gets `sent` understands."""
    if sent.method == "GET":
        return parse_get(target, parse_qsl(sent.path.partition("?")[2], keep_blank_values=True))
    return parse_post(target, orjson.loads(sent.body))


TYPED = (*EXAMPLES, "17-43045711-C-CT", "NC_000017.11:g.100_102dup", "17:1000-2000:<CN0>")


@pytest.mark.parametrize("text", TYPED)
def test_a_node_of_ours_is_asked_what_was_typed(text):
    asked = typed(text)
    assert asked.query.variation == understand(text, Assembly.GRCH38).variation
    sent = compose(NODE, asked, UNKNOWN)
    assert sent.path == "/api/individuals"
    assert read_back(sent).query.variation == asked.query.variation


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("text", [text for text in TYPED if not text.startswith("rs")])
def test_another_beacon_is_asked_the_same_in_each_form(text, form):
    asked = typed(text)
    sent = compose(OTHER, asked, Abilities(form=form))
    assert read_back(sent).query.variation == asked.query.variation


@pytest.mark.parametrize("name", ["rs80357906", "CYP2C19*2", "RCV000012345"])
def test_a_name_that_the_standard_has_no_parameter_for_goes_to_our_own_nodes_alone(name):
    asked = typed(name)
    assert read_back(compose(NODE, asked, UNKNOWN)).query.variation.name == name
    assert compose(OTHER, asked, UNKNOWN).came is Came.NOT_UNDERSTOOD


def test_an_insertion_goes_to_others_with_the_base_before_it():
    body = orjson.loads(compose(OTHER, typed("17-43045711-C-CT"), UNKNOWN).body)
    sent = body["query"]["requestParameters"]["g_variant"]
    assert (sent["start"], sent["referenceBases"], sent["alternateBases"]) == (
        [43_045_710],
        "C",
        "CT",
    )


def test_result_sets_with_a_no_are_asked_for_too():
    assert read_back(compose(NODE, parsed(g_variant=SNV), UNKNOWN)).query.include == "ALL"


@pytest.mark.parametrize("form", Form)
def test_filters_granularity_and_page_travel(form):
    filters = [{"id": "HP:0001250"}, {"id": "ageOfOnset", "operator": ">", "value": "P40Y"}]
    page = {"skip": 2, "limit": 5}
    asked = parsed(filters=filters, pagination=page, requestedGranularity="count")
    found = read_back(compose(OTHER, asked, Abilities(form=form, terms=KNOWS.terms))).query
    assert (found.filters, found.page) == (asked.query.filters, asked.query.page)
    assert found.granularity is asked.query.granularity


@pytest.mark.parametrize("abilities", [UNKNOWN, Abilities(terms=frozenset({"HP:1"}))])
def test_another_beacon_is_never_asked_with_a_filter_that_it_does_not_list(abilities):
    declined = compose(OTHER, parsed(filters=[{"id": "HP:0001250"}]), abilities)
    assert declined == Declined(Came.NOT_UNDERSTOOD, declined.reason)
    assert "HP:0001250" in declined.reason


@pytest.mark.parametrize(
    "wanted",
    [
        {"id": "HP:0001250", "includeDescendantTerms": False},
        {"id": "HP:0001250", "similarity": "high"},
        {"id": "HP:0001250", "scope": "individuals"},
    ],
)
def test_what_a_url_cannot_say_of_a_filter_is_not_left_out(wanted):
    asked = parsed(filters=[wanted])
    get, post = (Abilities(form=form, terms=KNOWS.terms) for form in (Form.GET, Form.FLAT))
    assert compose(OTHER, asked, get).came is Came.NOT_UNDERSTOOD
    assert read_back(compose(OTHER, asked, post)).query.filters == asked.query.filters


@pytest.mark.parametrize("member", [NODE, OTHER])
def test_entries_that_a_member_does_not_have_are_not_asked_for(member):
    known = Abilities(entry_types=frozenset({VARIANT}))
    assert compose(member, parsed(g_variant=SNV), known).came is Came.NOT_UNDERSTOOD


def test_each_node_is_asked_for_its_own_datasets_alone():
    asked = parse_post(
        Target(INDIVIDUAL),
        {"query": {"requestParameters": {"datasets": {"datasetIds": ["a", "b"]}}}},
    )
    sent = compose(NODE, asked, Abilities(datasets=frozenset({"b", "c"})))
    assert read_back(sent).query.datasets == ("b",)
    assert compose(NODE, asked, Abilities(datasets=frozenset({"c"}))).came is Came.NOT_UNDERSTOOD
    assert compose(OTHER, asked, UNKNOWN).came is Came.NOT_UNDERSTOOD


def test_a_question_inside_a_dataset_goes_to_whose_it_is():
    within = Within(EntryType.DATASET, "cohort/1")
    asked = parsed(within=within)
    sent = compose(NODE, asked, UNKNOWN)
    assert sent.path == "/api/datasets/cohort%2F1/individuals"
    assert compose(NODE, asked, Abilities(datasets=frozenset())).came is Came.NOT_UNDERSTOOD


ID = "GRCh38.17.43045710.43045711.C.T"


@pytest.mark.parametrize(
    ("asked", "own"),
    [
        (parsed(VARIANT, entry_id=ID), f"/api/g_variants/{ID}"),
        (
            parsed(INDIVIDUAL, within=Within(VARIANT, ID)),
            f"/api/g_variants/{ID}/individuals",
        ),
    ],
)
def test_a_variation_named_by_its_id_is_asked_of_others_by_what_the_id_says(asked, own):
    assert compose(NODE, asked, UNKNOWN).path == own
    sent = compose(OTHER, asked, UNKNOWN)
    target = Target(asked.query.entry_type)
    assert read_back(sent, target).query.variation == parsed(g_variant=SNV).query.variation
    assert sent.path == f"/{asked.query.entry_type.path}"


def test_an_id_that_does_not_spell_its_bases_is_not_asked_of_others():
    asked = parsed(VARIANT, entry_id="GRCh38.22.15999999.16060000.-.41~0123456789abcdef")
    assert compose(OTHER, asked, UNKNOWN).came is Came.NOT_UNDERSTOOD


def test_made_up_data_are_asked_for_of_our_own_alone():
    asked = parsed(testMode=True)
    assert read_back(compose(NODE, asked, UNKNOWN)).query.is_test
    assert compose(OTHER, asked, UNKNOWN).came is Came.SKIPPED


def test_a_beacon_that_does_not_read_its_questions_is_not_asked():
    assert compose(OTHER, parsed(g_variant=SNV), Abilities(reads=False)).came is Came.SKIPPED


def test_visas_travel_to_our_own_alone():
    asked = parsed(g_variant=SNV)
    assert orjson.loads(compose(NODE, asked, UNKNOWN, ("v",)).body)["visas"] == ["v"]
    assert b"visas" not in compose(OTHER, asked, UNKNOWN, ("v",)).body


def test_a_question_too_long_for_a_url_is_not_cut():
    long = SNV | {"alternateBases": "ACGT" * 2_000}
    assert compose(OTHER, parsed(g_variant=long), Abilities(form=Form.GET)).came is (
        Came.NOT_UNDERSTOOD
    )


@pytest.mark.parametrize("form", Form)
def test_the_question_whose_answer_is_known_is_a_valid_one(form):
    assert read_back(canary(OTHER, UNKNOWN, form), Target(VARIANT)).query.variation is not None


# ---- what is learned -----------------------------------------------------------------------------


def map_of(url: str, name: str = "genomicVariant") -> dict[str, bytes]:
    sets = {name: {"entryType": name, "rootUrl": url}}
    return {"/map": orjson.dumps({"response": {"endpointSets": sets}})}


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://other.example/beacon/api/g_variants", "/api/g_variants"),
        ("http://other.example/beacon/variants/", "/variants"),
        ("https://exampleBeacons.org/g_variants", "/g_variants"),
        ("http://localhost:5050/api/g_variants", "/g_variants"),
        ("https://other.example/elsewhere/g_variants", "/g_variants"),
        ("https://other.example/beacon/../admin", "/g_variants"),
        ("https://other.example/beacon/x?y=1", "/g_variants"),
        ("https://other.example@evil.example/beacon/x", "/g_variants"),
        ("https://other.example/beacon/%2e%2e/x", "/g_variants"),
        ("http://[", "/g_variants"),
        ("", "/g_variants"),
    ],
)
def test_a_map_can_name_only_places_below_the_members_own_address(url, path):
    assert learn(OTHER, map_of(url)).paths == {VARIANT: path}


def test_entry_types_are_those_that_any_document_lists():
    documents = map_of("x") | {
        "/entry_types": orjson.dumps({"response": {"entryTypes": {"individual": {}, "odd": {}}}})
    }
    assert learn(OTHER, documents).entry_types == {VARIANT, INDIVIDUAL}


def test_what_is_not_said_is_not_known():
    found = learn(OTHER, {"/map": b"<html>", "/datasets": b"{}"})
    assert (found.entry_types, found.terms, found.datasets) == (None, None, None)


def test_a_list_of_datasets_that_is_one_page_of_them_is_no_list_of_all():
    listed = {"response": {"collections": [{"id": "a"}]}}
    whole = listed | {"responseSummary": {"numTotalResults": 1}}
    page = listed | {"responseSummary": {"numTotalResults": 12}}
    assert learn(NODE, {"/datasets": orjson.dumps(whole)}).datasets == {"a"}
    assert learn(NODE, {"/datasets": orjson.dumps(page)}).datasets is None


# ---- whatever is served --------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        *("meta", "apiVersion", "response", "endpointSets", "entryTypes", "entryType", "rootUrl"),
        *("filteringTerms", "id", "type", "scopes", "resources", "collections", "url", "version"),
        *(
            "genomicVariant",
            "individual",
            "https://other.example/beacon/x",
            "http://[",
            "HP:0001250",
        ),
    ]
)
SERVED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=30,
)
BODIES = st.builds(lambda found: json.dumps(found).encode(), SERVED) | st.binary(max_size=50)
ASKED = [
    parsed(g_variant=SNV, filters=[{"id": "HP:0001250"}]),
    parsed(VARIANT, entry_id=ID),
    parsed(within=Within(EntryType.DATASET, "a/../b")),
]


@settings(max_examples=300, deadline=None)
@given(
    documents=st.dictionaries(st.sampled_from(DOCUMENTS), BODIES),
    member=st.sampled_from([NODE, OTHER]),
    asked=st.sampled_from(ASKED),
)
def test_whatever_a_member_serves_it_is_asked_below_its_address_or_not_at_all(
    documents, member, asked
):
    sent = compose(member, asked, learn(member, documents))
    if not isinstance(sent, Declined):
        assert sent.path.startswith("/") and not sent.path.startswith("//")
        assert "/../" not in sent.path
        assert b"visas" not in sent.body

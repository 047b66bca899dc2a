"""Public phenopackets lose nothing; junk in one is read or refused in one sentence."""

import copy
import json
import pickle
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.errors import InvalidInput
from beacon_node.ingest.phenopackets import (
    open_phenopacket_variants,
    read_phenopackets,
)
from beacon_node.model.calls import ReadReport
from beacon_node.model.carriers import decode
from beacon_node.model.characteristics import characteristics
from beacon_node.model.entries import Document, EntryType, Term
from beacon_node.model.genome import REFERENCE_NAMES, Assembly
from tests.ingest.official_schemas import problems
from tests.ingest.packets import (
    finding,
    interpreted,
    read,
    written,
)
from tests.shared_data import shared

# ---- real phenopackets -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def collection():
    return list(read_phenopackets(shared("data/phenopackets")))


def originals():
    files = sorted(shared("data/phenopackets").glob("*.json"))
    return [json.loads(path.read_text()) for path in files]


def test_a_real_collection_loses_nothing(collection):
    bodies = originals()
    assert len(collection) == len(bodies) == 122
    assert [d.id for d in collection] == [b["id"] for b in bodies]  # many are "patient 1"
    store = [d.body for d in collection if "PMID" in d.id]
    features = [f for body in store for f in body.get("phenotypicFeatures", [])]
    assert len(store) == 120
    assert len(features) == 2081
    assert sum(f.get("excluded", False) for f in features) == 825
    assert sum(len(body.get("diseases", [])) for body in store) == 120


def test_the_terms_of_a_real_collection_are_those_not_excluded(collection):
    stated = Counter(
        (document.id, fact.id)
        for document in collection
        for fact in characteristics(document)
        if isinstance(fact, Term) and fact.field == "phenotypicFeatures.featureType"
    )
    expected = Counter(
        (body["id"], feature["type"]["id"])
        for body in originals()
        for feature in body.get("phenotypicFeatures", [])
        if not feature.get("excluded")
    )
    assert stated == expected


def test_the_official_schema_accepts_every_individual(collection):
    assert {document.id: problems(document) for document in collection if problems(document)} == {}
    broken = Document(EntryType.INDIVIDUAL, "x", {"id": "x", "sex": "male"})
    assert problems(broken)


def test_every_vcf_record_of_a_real_collection_is_carried():
    kinds = {"GENO:0000135": "het", "GENO:0000136": "hom", "GENO:0000134": "single"}
    expected = Counter()
    for body in originals():
        for interpretation in body.get("interpretations", []):
            for found in interpretation["diagnosis"]["genomicInterpretations"]:
                variant = found["variantInterpretation"]["variationDescriptor"]
                if "vcfRecord" in variant:
                    expected[body["id"], kinds[variant["allelicState"]["id"]]] += 1
    assert sum(expected.values()) == 136
    file = open_phenopacket_variants(shared("data/phenopackets"), assembly=None)
    report, carried, places = ReadReport(), Counter(), []
    for calls in file.read(file.segments[0], report, lambda size: None):
        places.append(calls[:5])
        assert calls.effects[0]["source"] == "phenopacket"
        for kind in ("het", "hom", "single"):
            carried.update((file.samples[n], kind) for n in decode(getattr(calls, kind)).tolist())
    assert file.assembly is Assembly.GRCH38
    assert carried == expected
    assert places == sorted(set(places))
    assert report.skipped == {"interpretation without a vcfRecord": 4}
    assert {REFERENCE_NAMES[n - 1] for n in report.references} >= {"1", "X"}
    assert pickle.loads(pickle.dumps(file)) == file


JUNK = st.sampled_from([None, True, 7, -1.5, "", "x", [], [1], {}, {"id": 3}, {"value": [2]}, [[]]])
EXAMPLE = "data/phenopackets/phenopacket-schema-example_covid19.json"


def places_in(value, path=()):
    """Yield the path of everything inside a JSON value."""
    for key in value if isinstance(value, dict) else range(len(value)):
        yield (*path, key)
        if isinstance(value[key], dict | list):
            yield from places_in(value[key], (*path, key))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_junk_anywhere_is_read_or_refused_in_one_sentence(tmp_path_factory, data):
    body = json.loads(shared(EXAMPLE).read_text())
    called = interpreted(finding(who=body["subject"]["id"]))["interpretations"]
    body = copy.deepcopy(body | {"interpretations": called})
    *above, last = data.draw(st.sampled_from(list(places_in(body))))
    holder = body
    for key in above:
        holder = holder[key]
    holder[last] = data.draw(JUNK)
    folder = tmp_path_factory.mktemp("junk")
    try:
        for document in read_phenopackets(written(folder, body)):
            list(characteristics(document))
        read(folder, body)
    except InvalidInput as refused:
        assert "\n" not in str(refused)

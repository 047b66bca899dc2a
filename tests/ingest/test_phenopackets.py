"""Phenopackets become individuals, biosamples and called variants; people are never mixed up."""

import copy
import gzip
import json
import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.errors import InvalidInput
from beacon_node.ingest.phenopackets import (
    Naming,
    open_phenopacket_variants,
    read_phenopackets,
)
from beacon_node.model.calls import Interval, ReadReport
from beacon_node.model.carriers import decode
from beacon_node.model.characteristics import characteristics
from beacon_node.model.entries import Document, EntryType, Term
from beacon_node.model.genome import REFERENCE_NAMES, Assembly
from tests.ingest.official_schemas import problems
from tests.shared_data import shared

FEVER = {"id": "HP:0001945", "label": "Fever"}
UNIT = {"id": "NCIT:C28252", "label": "Kilogram"}


def packet(id="p1", subject="s1", **more):
    return {"id": id, "subject": {"id": subject, "sex": "MALE"}, "metaData": {}, **more}


def written(folder, content, name="packets.json"):
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def individual(folder, body):
    return next(iter(read_phenopackets(written(folder, body)))).body


# ---- people ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "term"),
    [
        ("FEMALE", {"id": "NCIT:C16576", "label": "female"}),
        ("MALE", {"id": "NCIT:C20197", "label": "male"}),
        ("OTHER_SEX", {"id": "NCIT:C17649", "label": "Other"}),
        ("UNKNOWN_SEX", {"id": "NCIT:C17998", "label": "unknown"}),
    ],
)
def test_sexes_are_ncit_terms(tmp_path, word, term):
    body = packet() | {"subject": {"id": "s1", "sex": word}}
    assert individual(tmp_path, body)["sex"] == term


def test_a_sex_that_is_not_stated_is_unknown(tmp_path):
    assert individual(tmp_path, packet() | {"subject": {"id": "s"}})["sex"]["id"] == "NCIT:C17998"


def test_excluded_features_stay_marked_and_excluded_diseases_leave(tmp_path):
    features = [{"type": FEVER, "excluded": True}, {"type": UNIT, "negated": True}, {"type": FEVER}]
    diseases = [{"term": FEVER, "excluded": True}, {"term": UNIT}]
    body = individual(tmp_path, packet(phenotypicFeatures=features, diseases=diseases))
    assert [f.get("excluded", False) for f in body["phenotypicFeatures"]] == [True, True, False]
    assert body["diseases"] == [{"diseaseCode": UNIT}]
    assert body["info"]["excludedDiseases"] == [{"diseaseCode": FEVER}]


@pytest.mark.parametrize(
    ("onset", "expected"),
    [
        ({"age": {"iso8601duration": "P6Y"}}, {"iso8601duration": "P6Y"}),
        ({"age": "P6Y"}, {"iso8601duration": "P6Y"}),  # v1
        (
            {"ageRange": {"start": {"iso8601duration": "P1Y"}, "end": {"iso8601duration": "P2Y"}}},
            {"start": {"iso8601duration": "P1Y"}, "end": {"iso8601duration": "P2Y"}},
        ),
        ({"gestationalAge": {"weeks": 13, "days": 0}}, {"weeks": 13, "days": 0}),
        ({"ontologyClass": FEVER}, FEVER),
        ({"timestamp": "2020-03-17T00:00:00Z"}, {"start": "2020-03-17T00:00:00Z"} | {}),
        ({"interval": {"start": "2020-01-01", "end": "2020-02-01"}}, {"start": "2020-01-01"}),
        ({"unheard": 1}, None),
    ],
)
def test_times_are_written_as_beacon_writes_them(tmp_path, onset, expected):
    body = individual(tmp_path, packet(diseases=[{"term": FEVER, "onset": onset}]))
    found = body["diseases"][0].get("ageOfOnset")
    assert found == expected or expected.items() <= found.items()


def test_the_disease_of_a_solved_interpretation_is_one_of_the_person(tmp_path):
    def read(status, **more):
        diagnosis = {"disease": FEVER}
        interpretation = {"id": "i", "progressStatus": status, "diagnosis": diagnosis}
        body = individual(tmp_path, packet(interpretations=[interpretation], **more))
        return body.get("diseases", [])

    assert read("SOLVED") == [{"diseaseCode": FEVER}]
    assert read("IN_PROGRESS") == []
    assert read("SOLVED", diseases=[{"term": FEVER}]) == [{"diseaseCode": FEVER}]
    assert read("SOLVED", diseases=[{"term": FEVER, "excluded": True}]) == []


def test_measurements_keep_value_unit_and_time(tmp_path):
    quantity = {"unit": UNIT, "value": 85.5}
    typed = {"type": FEVER, "quantity": quantity}
    measurements = [
        {
            "assay": FEVER,
            "value": {"quantity": quantity},
            "timeObserved": {"timestamp": "2020-03-20T"},
        },
        {"assay": FEVER, "value": {"ontologyClass": UNIT}},
        {"assay": FEVER, "complexValue": {"typedQuantities": [typed]}},
    ]
    body = individual(tmp_path, packet(measurements=measurements))
    assert body["measures"] == [
        {"assayCode": FEVER, "measurementValue": quantity, "date": "2020-03-20"},
        {"assayCode": FEVER, "measurementValue": UNIT},
        {
            "assayCode": FEVER,
            "measurementValue": {
                "typedQuantities": [{"quantityType": FEVER, "quantity": quantity}]
            },
        },
    ]


def test_biosamples_follow_their_individual(tmp_path):
    sample = {
        "id": "b1",
        "sampledTissue": {"id": "UBERON:0000178", "label": "blood"},
        "timeOfCollection": {"age": {"iso8601duration": "P40Y"}},
        "measurements": [{"assay": FEVER, "value": {"quantity": {"unit": UNIT, "value": 1}}}],
    }
    documents = list(read_phenopackets(written(tmp_path, packet(biosamples=[sample]))))
    person, blood = documents
    assert (blood.entry_type, blood.id) == (EntryType.BIOSAMPLE, "b1")
    assert (blood.parent_id, blood.parent_type) == ("s1", EntryType.INDIVIDUAL)
    assert blood.body["collectionMoment"] == "P40Y"
    assert blood.body["sampleOriginType"]["label"] == "blood"
    assert blood.body["biosampleStatus"]["label"] == "Unknown"
    assert problems(person) == problems(blood) == []


# ---- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([packet("a", "x"), packet("b", "y")], indent=1),
        json.dumps(packet("a", "x")) + "\n" + json.dumps(packet("b", "y")),
        json.dumps({"id": "f", "proband": packet("a", "x"), "relatives": [packet("b", "y")]}),
        json.dumps({"id": "c", "members": [packet("a", "x"), packet("b", "y")]}),
    ],
    ids=["array", "JSON lines", "Family", "Cohort"],
)
def test_files_of_several_phenopackets(tmp_path, text):
    assert [d.id for d in read_phenopackets(written(tmp_path, text))] == ["x", "y"]


def test_a_folder_is_read_by_path(tmp_path):
    written(tmp_path, packet("b", "y"), "2.json")
    (tmp_path / "1.json.gz").write_bytes(gzip.compress(json.dumps(packet("a", "x")).encode()))
    written(tmp_path, "no phenopacket", "readme.txt")
    assert [d.id for d in read_phenopackets(tmp_path)] == ["x", "y"]


def test_two_people_of_one_name_stay_two(tmp_path):
    path = written(tmp_path, [packet("a", "patient"), packet("b", "patient"), packet("c", "z")])
    assert [d.id for d in read_phenopackets(path)] == ["a", "b", "c"]
    assert open_phenopacket_variants(path, assembly=None).samples == ("a", "b", "c")
    with pytest.raises(InvalidInput, match="record 2: its subject id was already used"):
        list(read_phenopackets(path, naming=Naming.SUBJECT))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "empty"),
        ("{", "not valid JSON"),
        ('{"id": "p", "subject"', "not valid JSON"),
        ([packet(), {"id": "q"}], "record 2: required field `subject.id` is missing"),
        ([{"subject": {"id": "s"}}], "record 1: required field `id` is missing"),
        (json.dumps(packet()) + '\n{"id"\n', "line 2"),
        (packet(phenotypicFeatures=[{"type": {"label": "Fever"}}]), "phenotypicFeatures.type"),
        (packet(diseases=[{}]), "diseases.term"),
        (packet(diseases="none"), "`diseases` must be a list"),
        (packet(measurements=[{"assay": FEVER}]), "`measurements` needs"),
        (packet() | {"subject": {"id": "s", "sex": "M"}}, "`subject.sex` must be one of"),
        (packet(biosamples=[{}]), "`biosamples` needs an `id`"),
    ],
)
def test_broken_phenopackets_are_refused_with_their_place(tmp_path, content, problem):
    with pytest.raises(InvalidInput, match=problem) as caught:
        list(read_phenopackets(written(tmp_path, content)))
    assert "packets.json" in str(caught.value)


# ---- variants ----------------------------------------------------------------------------------


NOT_BASES = "vcfRecord whose ref and alt are not two different runs of bases"


def finding(state="GENO:0000135", who="s1", **record):
    vcf = {"genomeAssembly": "hg38", "chrom": "chr1", "pos": 100, "ref": "A", "alt": "G"} | record
    variant = {"vcfRecord": vcf, "allelicState": {"id": state, "label": "x"}}
    interpreted = {"variationDescriptor": variant}
    return {"subjectOrBiosampleId": who, "variantInterpretation": interpreted}


def interpreted(*findings, id="p1", subject="s1"):
    diagnosis = {"disease": FEVER, "genomicInterpretations": list(findings)}
    interpretation = {"id": "i", "progressStatus": "SOLVED", "diagnosis": diagnosis}
    return packet(id, subject, interpretations=[interpretation])


def read(folder, content, **options):
    """Return ([(place, start, ref, alt, {set: sample names})], report)."""
    path = written(folder, content)
    file = open_phenopacket_variants(path, **({"assembly": None} | options))
    report, found = ReadReport(), []
    for calls in file.read(file.segments[0], report, lambda size: None):
        sets = {"het": calls.het, "hom": calls.hom, "single": calls.single}
        names = {key: [file.samples[n] for n in decode(blob)] for key, blob in sets.items() if blob}
        found.append((calls.reference, calls.start, calls.ref, calls.alt, names))
    return found, report


@pytest.mark.parametrize(
    ("state", "carriers"),
    [
        ("GENO:0000135", "het"),
        ("GENO:0000402", "het"),
        ("GENO:0000136", "hom"),
        ("GENO:0000134", "single"),
        ("GENO:0000604", "single"),
    ],
)
def test_the_allelic_state_says_who_carries_how_many(tmp_path, state, carriers):
    found, _ = read(tmp_path, interpreted(finding(state)))
    assert found == [(1, 99, "A", "G", {carriers: ["s1"]})]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (finding("GENO:0000137"), "zygosity not stated, or without a number of copies"),
        (finding("GENO:0000603"), "zygosity not stated, or without a number of copies"),
        (finding(who="mother"), "variant of somebody else than the subject"),
        (finding(alt="<DEL>"), NOT_BASES),
        (finding(alt="A"), NOT_BASES),
        (finding(ref=""), NOT_BASES),
        (finding(genomeAssembly="GRCh37"), "vcfRecord on another assembly"),
        ({"subjectOrBiosampleId": "s1"}, "interpretation without a vcfRecord"),
    ],
)
def test_what_cannot_be_loaded_is_reported(tmp_path, wrong, reason):
    content = interpreted(finding(), wrong)
    found, report = read(tmp_path, content, assembly=Assembly.GRCH38)
    assert len(found) == 1
    assert report.skipped == {reason: 1}


def test_alleles_are_in_normal_form_sorted_and_joined_over_people(tmp_path):
    deletion = finding(pos=200, ref="TG", alt="T")
    content = [
        interpreted(deletion, finding("GENO:0000136")),
        interpreted(finding(who="s2"), id="p2", subject="s2"),
    ]
    found, report = read(tmp_path, content)
    assert found == [
        (1, 99, "A", "G", {"het": ["s2"], "hom": ["s1"]}),
        (1, 200, "G", "", {"het": ["s1"]}),
    ]
    assert (report.records, report.alleles) == (3, 2)
    assert report.assayed == [Interval(1, 99, 100), Interval(1, 200, 201)], "nothing else is known"


def test_the_same_finding_counts_once_and_a_contradiction_not_at_all(tmp_path):
    found, _ = read(tmp_path, interpreted(finding(), finding()))
    assert found == [(1, 99, "A", "G", {"het": ["s1"]})]
    found, report = read(tmp_path, interpreted(finding(), finding("GENO:0000136")))
    assert found == []
    assert report.skipped == {"two zygosities said of one variant": 1}


def test_findings_in_a_biosample_are_its_persons(tmp_path):
    body = interpreted(finding(who="tumor")) | {"biosamples": [{"id": "tumor"}]}
    found, _ = read(tmp_path, body)
    assert found[0][4] == {"het": ["s1"]}


def test_variants_of_version_1_are_read(tmp_path):
    allele = {"genomeAssembly": "GRCh38", "chr": "1", "pos": 100, "ref": "A", "alt": "G"}
    variant = {"vcfAllele": allele, "zygosity": {"id": "GENO:0000135", "label": "het"}}
    found, _ = read(tmp_path, packet(variants=[variant]))
    assert found == [(1, 99, "A", "G", {"het": ["s1"]})]


@pytest.mark.parametrize(
    ("findings", "given", "problem"),
    [
        ([finding(), finding(genomeAssembly="hg19")], None, "--assembly"),
        ([finding(genomeAssembly="hg18")], None, "'hg18' is not served"),
        ([finding(chrom="chrUn_7")], None, "chrom or pos"),
        ([finding(pos="ten")], None, "chrom or pos"),
        ([finding(pos=300_000_000)], None, "outside of 1 in GRCh38"),
    ],
)
def test_wrong_places_are_refused(tmp_path, findings, given, problem):
    with pytest.raises(InvalidInput, match=problem):
        read(tmp_path, interpreted(*findings), assembly=given)


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


def test_samples_without_variants_are_still_samples(tmp_path):
    file = open_phenopacket_variants(written(tmp_path, packet()), assembly=Assembly.GRCH38)
    assert file.samples == ("s1",)
    assert list(file.read(file.segments[0], ReadReport(), lambda size: None)) == []
    assert np.array_equal(decode(None), [])

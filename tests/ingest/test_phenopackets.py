"""Phenopackets become individuals, biosamples and called variants; people are never mixed up."""

import gzip
import json

import numpy as np
import pytest

from beacon_node.errors import InvalidInput
from beacon_node.ingest.phenopackets import (
    Naming,
    open_phenopacket_variants,
    read_phenopackets,
)
from beacon_node.model.calls import Interval, ReadReport
from beacon_node.model.carriers import decode
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from tests.ingest.official_schemas import problems
from tests.ingest.packets import (
    FEVER,
    UNIT,
    finding,
    individual,
    interpreted,
    packet,
    read,
    written,
)

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


def test_samples_without_variants_are_still_samples(tmp_path):
    file = open_phenopacket_variants(written(tmp_path, packet()), assembly=Assembly.GRCH38)
    assert file.samples == ("s1",)
    assert list(file.read(file.segments[0], ReadReport(), lambda size: None)) == []
    assert np.array_equal(decode(None), [])

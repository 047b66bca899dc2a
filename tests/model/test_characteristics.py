"""A record states terms and measures; what it denies or says of others is not among them."""

import csv
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.ingest.bff import read_bff
from beacon_node.model.characteristics import characteristics
from beacon_node.model.entries import Document, EntryType, Measure, Term
from tests.shared_data import shared

BMI = {"id": "LOINC:35925-4", "label": "BMI"}
UNIT = {"id": "NCIT:C49671", "label": "Kilogram per Square Meter"}
TERM = {"id": "NCIT:C20197", "label": "male"}


def found(body: dict) -> list[Term | Measure]:
    return list(characteristics(Document(EntryType.INDIVIDUAL, "A", {"id": "A", **body})))


def measured(value: object, **more) -> list[Term | Measure]:
    every = found({"measures": [{"assayCode": BMI, "measurementValue": value, **more}]})
    assert every.count(Term("measures.assayCode", BMI["id"], "BMI")) == 1
    return [fact for fact in every if fact.field != "measures.assayCode"]


def test_an_ontology_object_is_a_term_at_its_path():
    assert found({"sex": TERM}) == [Term("sex", "NCIT:C20197", "male")]
    disease = {"diseaseCode": {"id": "ICD10:G35"}, "stage": {"id": "OGMS:0000119", "label": "x"}}
    assert found({"diseases": [disease]}) == [
        Term("diseases.diseaseCode", "ICD10:G35"),
        Term("diseases.stage", "OGMS:0000119", "x"),
    ]


@pytest.mark.parametrize("word", ["excluded", "negated"])
def test_what_was_looked_for_and_not_found_is_not_stated(word):
    feature = {"featureType": {"id": "HP:1", "label": "x"}, "severity": TERM, word: True}
    disease = {"diseaseCode": {"id": "MONDO:1", "label": "x"}, word: True}
    assert not found({"phenotypicFeatures": [feature], "diseases": [disease]})
    assert found({"phenotypicFeatures": [feature | {word: False}]})


@pytest.mark.parametrize(
    "body",
    [
        {"info": {"accession": TERM, "size": 3}},
        {"pedigrees": [{"disease": {"diseaseCode": TERM}, "members": [{"role": TERM}]}]},
        {"phenotypicFeatures": [{"evidence": {"evidenceCode": TERM}}]},
        {"externalReferences": [{"id": "PMID:1"}]},
        {"link": {"id": "PMID:1", "reference": "a paper"}},
        {"exclusionCriteria": {"diseaseConditions": [TERM]}},
        {"individualId": "hospital-7", "biosampleId": "b", "runId": "r"},
        {"ids": {"individualIds": ["hospital-7"]}},
        {"notes": "free text", "description": "short"},
        {"anything": "x" * 101},
        {"nothing": None, "empty": "  ", "link": "https://example.org"},
    ],
)
def test_no_statement_about_the_record_itself(body):
    assert not found(body)


def test_a_measurement_is_a_measure_of_its_assay():
    assert measured({"value": 26.6, "unit": UNIT}) == [
        Measure(BMI["id"], 26.6, "26.6", UNIT["id"], "BMI", UNIT["label"])
    ]


@pytest.mark.parametrize(
    ("value", "amount", "text", "unit", "unit_label"),
    [
        ({"quantity": {"value": 26, "unit": UNIT}}, 26, "26", UNIT["id"], UNIT["label"]),
        ({"value": {"quantity": {"value": 26}}}, 26, "26", "", ""),
        ({"value": 3.0, "units": UNIT}, 3, "3", UNIT["id"], UNIT["label"]),
        ({"value": 3, "unit": "kg"}, 3, "3", "", "kg"),
        ({"value": "3.5 kg"}, 3.5, "3.5 kg", "", "kg"),
        (5.25, 5.25, "5.25", "", ""),
        ({"value": "many"}, None, "many", "", ""),
        ({"value": True}, None, "true", "", ""),
    ],
)
def test_values_of_a_measurement(value, amount, text, unit, unit_label):
    assert measured(value) == [Measure(BMI["id"], amount, text, unit, "BMI", unit_label)]


def test_a_qualitative_value_is_a_term_under_its_assay_and_a_text():
    assert measured({"id": "NCIT:C38758", "label": "Positive"}) == [
        Term("measures.LOINC:35925-4", "NCIT:C38758", "Positive"),
        Measure(BMI["id"], None, "Positive", label="BMI"),
    ]


def test_typed_quantities_are_measures_of_their_types():
    systolic = {"id": "NCIT:C25298", "label": "Systolic Blood Pressure"}
    mm = {"id": "NCIT:C49670", "label": "mmHg"}
    one = {"quantityType": systolic, "quantity": {"value": 120, "unit": mm}}
    assert measured({"typedQuantities": [one]}) == [
        Term("measures.quantityType", systolic["id"], systolic["label"]),
        Measure(systolic["id"], 120, "120", mm["id"], systolic["label"], "mmHg"),
    ]


def test_reference_ranges_are_no_measures():
    value = {"value": 1.4, "unit": UNIT, "referenceRange": {"low": 1, "high": 4.5, "unit": UNIT}}
    assert len(measured(value)) == 1


def test_when_something_was_measured_is_a_measure_too():
    facts = measured({"value": 1}, date="2021-09-24", observationMoment={"age": age("P40Y")})
    assert facts[1:] == [
        Measure("measures.date", 738056, "2021-09-24"),
        Measure("measures.observationMoment.iso8601duration", 40, "P40Y"),
    ]


def age(text: str) -> dict:
    return {"iso8601duration": text}


@pytest.mark.parametrize(
    ("onset", "field", "amount"),
    [
        (age("P18M"), ".iso8601duration", 1.5),
        ({"age": age("P18M")}, ".iso8601duration", 1.5),
        ({"ageRange": {"start": age("P1Y")}}, ".start.iso8601duration", 1),
        ({"gestationalAge": {"weeks": 13, "days": 0}}, ".gestationalAge", 13 * 7 / 365.25),
        ({"weeks": 13}, ".gestationalAge", 13 * 7 / 365.25),
        ("0001-01-03", "", 2),
        ({"timestamp": "0001-01-03T00:00:00Z"}, "", 2),
    ],
)
def test_a_time_has_one_field_however_it_is_written(onset, field, amount):
    (fact,) = found({"diseases": [{"ageOfOnset": onset}]})
    assert fact.field == f"diseases.ageOfOnset{field}"
    assert fact.amount == pytest.approx(amount)


def test_an_age_group_is_a_term_however_it_is_wrapped():
    for onset in (TERM, {"ageGroup": TERM}, {"ontologyClass": TERM}):
        assert found({"diseases": [{"ageOfOnset": onset}]}) == [
            Term("diseases.ageOfOnset", "NCIT:C20197", "male")
        ]


def test_an_exposure_with_a_value_is_a_measure_of_its_code():
    smoke = {"id": "NCIT:C154329", "label": "Smoking"}
    exposure = {"exposureCode": smoke, "value": 20, "unit": UNIT, "duration": "P3Y"}
    assert set(found({"exposures": [exposure]})) == {
        Measure(smoke["id"], 20, "20", UNIT["id"], "Smoking", UNIT["label"]),
        Term("exposures.exposureCode", smoke["id"], "Smoking"),
        Measure("exposures.duration", 3, "P3Y"),
    }


def test_plain_fields_are_measures():
    body = {"familyHistory": False, "cohortSize": 2504, "platform": "Illumina"}
    assert found(body) == [
        Measure("familyHistory", None, "false"),
        Measure("cohortSize", 2504, "2504"),
        Measure("platform", None, "Illumina"),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("id label value unit age weeks quantity measures assayCode x".split())  # noqa: SIM905
            | st.sampled_from(["measurementValue", "typedQuantities", "excluded"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["measures", "diseases", "sex", "x"]), JSON))
def test_any_json_is_walked(body):
    for fact in found(body):
        assert fact.field
        assert isinstance(fact, Term) or fact.amount is None or abs(fact.amount) < float("inf")


def test_the_terms_of_a_real_cohort_are_all_found():
    counted: Counter = Counter()
    for name in ("individuals", "biosamples", "runs", "analyses"):
        for record in read_bff(shared(f"data/bff/cineca_uk1/{name}.json.gz")):
            facts = characteristics(record)
            counted.update(
                (f"{name}.{fact.field}", fact.id, fact.label)
                for fact in facts
                if isinstance(fact, Term)
            )
    with shared("data/ontologies/cineca_terms_in_use.tsv").open() as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    expected = {(row["field"], row["id"], row["label"]): int(row["count"]) for row in rows}
    units = "individuals.measures.measurementValue.unit"
    listed = {key: count for key, count in expected.items() if key[0] != units}
    procedures = "individuals.interventionsOrProcedures.procedureCode"  # the table has a part
    complete = {key: count for key, count in counted.items() if key[0] != procedures}
    assert {key: counted[key] for key in listed} == listed
    assert complete.keys() <= listed.keys()

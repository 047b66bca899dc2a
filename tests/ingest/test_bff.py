"""BFF files become records with their parents, or are refused in one sentence."""

import gzip
import json
import tracemalloc

import pytest

from beacon_node.errors import InvalidInput
from beacon_node.ingest.bff import read_bff
from beacon_node.model.entries import EntryType
from tests.shared_data import shared

TERM = {"id": "NCIT:C20197", "label": "male"}
INDIVIDUAL = {"id": "P1", "sex": TERM}
BIOSAMPLE = {"id": "B1", "individualId": "P1", "biosampleStatus": TERM, "sampleOriginType": TERM}
RUN = {"id": "R1", "biosampleId": "B1", "runDate": "2020-01-01"}
ANALYSIS = {"id": "A1", "runId": "R1", "analysisDate": "2020-01-01", "pipelineName": "x"}
COHORT = {"id": "C1", "name": "c", "cohortType": "study-defined"}
DATASET = {"id": "D1", "name": "d", "createDateTime": "2020-01-01T00:00:00Z"}


def written(folder, records, name="records.json"):
    path = folder / name
    path.write_text(json.dumps(records))
    return path


@pytest.mark.parametrize(
    ("record", "entry_type", "parent"),
    [
        (INDIVIDUAL, EntryType.INDIVIDUAL, ("", None)),
        (BIOSAMPLE, EntryType.BIOSAMPLE, ("P1", EntryType.INDIVIDUAL)),
        (RUN, EntryType.RUN, ("B1", EntryType.BIOSAMPLE)),
        (ANALYSIS, EntryType.ANALYSIS, ("R1", EntryType.RUN)),
        (
            {"id": "A", "biosampleId": "B1", "analysisDate": "2020-01-01", "pipelineName": "x"},
            EntryType.ANALYSIS,
            ("B1", EntryType.BIOSAMPLE),
        ),
        (COHORT, EntryType.COHORT, ("", None)),
        (DATASET, EntryType.DATASET, ("", None)),
    ],
)
def test_the_entry_type_is_told_by_the_keys_and_parents_are_linked(
    tmp_path, record, entry_type, parent
):
    (document,) = read_bff(written(tmp_path, [record], "individuals.json"))
    assert (document.entry_type, document.id, document.body) == (entry_type, record["id"], record)
    assert (document.parent_id, document.parent_type) == parent


def test_the_file_name_decides_where_the_keys_say_nothing(tmp_path):
    plain = {"id": "D1", "name": "d"}
    (document,) = read_bff(written(tmp_path, [plain], "datasets.json"))
    assert document.entry_type is EntryType.DATASET
    with pytest.raises(InvalidInput, match="none of individuals, biosamples"):
        list(read_bff(written(tmp_path, [plain])))


def other(id):
    return INDIVIDUAL | {"id": id}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([other("1"), other("2")]),
        json.dumps([other("1"), other("2")], indent=2),
        f"{json.dumps(other('1'))}\n\n{json.dumps(other('2'))}\n",
        f"{json.dumps(other('1'), indent=2)}\n{json.dumps(other('2'), indent=2)}",
        "\n \n" + json.dumps([other("1"), other("2")]),
        "\ufeff" + json.dumps([other("1"), other("2")]),
    ],
    ids=["array", "indented array", "JSON lines", "objects in a row", "blank first", "BOM"],
)
@pytest.mark.parametrize("packed", [False, True])
def test_every_layout_of_json_is_read(tmp_path, text, packed):
    path = tmp_path / "individuals.json"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert [document.id for document in read_bff(path)] == ["1", "2"]


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        ([INDIVIDUAL, {"id": "P2"}], "individual record 2: required field `sex` is missing"),
        ([INDIVIDUAL, {"sex": TERM}], "record 2: required field `id` is missing"),
        ([INDIVIDUAL, INDIVIDUAL], "record 2: its id was already used"),
        ([INDIVIDUAL | {"id": 7}], "`id` must be a string"),
        ([INDIVIDUAL | {"sex": "male"}], "`sex` must be an ontology term"),
        ([INDIVIDUAL | {"ethnicity": {"id": "African"}}], "`ethnicity` must be an ontology term"),
        ([INDIVIDUAL | {"diseases": [{}]}], "`diseases` item 1 has no `diseaseCode`"),
        ([INDIVIDUAL | {"diseases": {}}], "`diseases` must be a list"),
        ([INDIVIDUAL | {"diseases": ["G35"]}], "`diseases` item 1 must be an object"),
        (
            [INDIVIDUAL | {"measures": [{"assayCode": TERM}]}],
            "`measures` item 1 has no `measurementValue`",
        ),
        (
            [INDIVIDUAL | {"phenotypicFeatures": [{"featureType": {"label": "x"}}]}],
            "`featureType` must be an ontology term",
        ),
        ([{**RUN, "biosampleId": ""}], "run record 1: required field `biosampleId` is missing"),
        ([7], "record 1 is not a JSON object"),
        ([{"variation": {}, "variantInternalId": "x"}], "load the VCF"),
    ],
)
def test_a_record_that_breaks_the_model_is_named(tmp_path, records, problem):
    with pytest.raises(InvalidInput, match=problem) as caught:
        list(read_bff(written(tmp_path, records)))
    assert "records.json" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b'[{"id": "1", "sex"', "not valid JSON"),
        (json.dumps([INDIVIDUAL]).encode()[:-1], "not valid JSON after record 1"),
        (b'{"id": "P1", "sex": {"id": "NCIT:C1"}}\n{"id"\n', "line 2"),
        (b"\x00\xff\xfe junk", "not valid JSON"),
        (gzip.compress(json.dumps([INDIVIDUAL] * 9).encode())[:40], "gzip data are damaged"),
        (b'"a string"', "not a JSON object"),
    ],
)
def test_broken_files_are_refused_in_one_sentence(tmp_path, content, problem):
    path = tmp_path / "individuals.json"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=problem):
        list(read_bff(path))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidInput, match="absent.json: there is no such file"):
        list(read_bff(tmp_path / "absent.json"))


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(count):
        path = tmp_path / f"individuals{count}.json"
        note = "x" * 2000
        path.write_text(json.dumps([other(str(n)) | {"notes": note} for n in range(count)]))
        tracemalloc.start()
        assert sum(1 for _ in read_bff(path)) == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(1000), peak(4000)
    assert large - small < 1_000_000  # the ids seen; the records themselves are 8 MB


@pytest.mark.parametrize("name", ["individuals", "biosamples", "runs", "analyses"])
def test_a_real_cohort_is_read_whole(name):
    path = shared(f"data/bff/cineca_uk1/{name}.json.gz")
    documents = list(read_bff(path))
    assert len(documents) == 1900
    assert [d.body for d in documents] == json.loads(gzip.decompress(path.read_bytes()))
    assert {d.entry_type.path for d in documents} == {name}

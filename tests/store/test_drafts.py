"""Clinical records wait in one file per loaded file; a later file's replace an earlier one's."""

import pytest

from beacon_node.errors import InvalidInput
from beacon_node.model.entries import Document, EntryType
from beacon_node.store.drafts import gathered, write_draft

INDIVIDUAL, BIOSAMPLE = EntryType.INDIVIDUAL, EntryType.BIOSAMPLE


def person(id: str, **body) -> Document:
    return Document(INDIVIDUAL, id, {"id": id} | body)


def test_records_are_counted_by_type(tmp_path):
    sample = Document(BIOSAMPLE, "b", {"id": "b"}, "p", INDIVIDUAL)
    counts = write_draft(tmp_path / "d", [person("p"), person("q"), sample], "x.json")
    assert counts == {INDIVIDUAL: 2, BIOSAMPLE: 1}


def test_a_later_file_replaces_a_record_and_keeps_its_place(tmp_path):
    write_draft(tmp_path / "1", [person("p", age=1), person("q")], "1.json")
    write_draft(tmp_path / "2", [person("r"), person("p", age=2)], "2.json")
    with gathered([tmp_path / "1", tmp_path / "2"], tmp_path / "scratch") as drafts:
        entries = list(drafts.entries(INDIVIDUAL))
        assert [entry.id for entry in entries] == ["p", "q", "r"]
        assert drafts.body(entries[0].key) == {"id": "p", "age": 2}
    assert not (tmp_path / "scratch").exists()


def test_the_record_above_is_remembered(tmp_path):
    write_draft(tmp_path / "1", [Document(BIOSAMPLE, "b", {}, "p", INDIVIDUAL)], "1.json")
    with gathered([tmp_path / "1"], tmp_path / "scratch") as drafts:
        (entry,) = drafts.entries(BIOSAMPLE)
    assert (entry.parent_type, entry.parent_id) == (INDIVIDUAL, "p")


def test_an_id_twice_in_one_file_is_refused_and_not_quoted(tmp_path):
    with pytest.raises(InvalidInput, match="two records of type individual") as refusal:
        write_draft(tmp_path / "d", [person("secret"), person("secret")], "people.json")
    assert "people.json" in str(refusal.value) and "secret" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []

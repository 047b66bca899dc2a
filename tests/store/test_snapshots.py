"""A snapshot is read back whole and for what it was made of, or not at all."""

import stat
from dataclasses import replace

import pytest

from beacon_node.errors import StoreUnavailable
from beacon_node.model.carriers import NumberSet
from beacon_node.store.people import individuals_of
from beacon_node.store.snapshots import Group, Origin, read_snapshot, write_snapshot

ORIGIN = Origin("d", "1-ab.sqlite", 5, "2030-01-01T00:00:00.000000Z", 7, "ab" * 32)
GROUPS = (
    Group([[[{"terms": []}], [["variants", "record_level"]]]], NumberSet.of(5, [0, 3])),
    Group([], NumberSet.empty(5)),
)


def said(groups):
    return [(group.permitted, group.members) for group in groups]


@pytest.fixture
def path(tmp_path):
    write_snapshot(tmp_path / "1-ab-1.consents", ORIGIN, GROUPS)
    return tmp_path / "1-ab-1.consents"


def test_a_snapshot_is_read_back_as_it_was_written(path):
    assert said(read_snapshot(path, ORIGIN)) == said(GROUPS)


def test_a_release_in_which_nobody_permits_anything_has_a_snapshot(tmp_path):
    write_snapshot(tmp_path / "s", ORIGIN, [])
    assert read_snapshot(tmp_path / "s", ORIGIN) == ()


def test_large_sets_are_read_back(tmp_path):
    origin = replace(ORIGIN, people=100_000)
    members = NumberSet.of(100_000, range(0, 100_000, 7))
    write_snapshot(tmp_path / "s", origin, [Group([], members)])
    [group] = read_snapshot(tmp_path / "s", origin)
    assert group.members == members and repr(group) == "Group(…)"


@pytest.mark.parametrize(
    "other",
    [
        {"dataset_id": "e"},
        {"index": "2-cd.sqlite"},
        {"people": 6},
        {"consented_at": "2030-01-01T00:00:00.000001Z"},
        {"consent_version": 8},
        {"consent_hash": "cd" * 32},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_snapshot_of_something_else_does_not_fit(path, other):
    assert read_snapshot(path, replace(ORIGIN, **other)) is None


def test_no_byte_of_it_can_be_another(path):
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert read_snapshot(path, ORIGIN) is None


@pytest.mark.parametrize("length", [0, 10, 64, 65, 200])
def test_half_a_snapshot_is_none(path, length):
    path.write_bytes(path.read_bytes()[:length])
    assert read_snapshot(path, ORIGIN) is None


def test_a_snapshot_that_is_not_there_is_none(tmp_path):
    assert read_snapshot(tmp_path / "none", ORIGIN) is None


def test_only_the_node_can_read_it_and_nothing_else_is_left(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_where_it_cannot_be_written_that_is_said(tmp_path):
    with pytest.raises(StoreUnavailable, match="no such file"):
        write_snapshot(tmp_path / "folder" / "s", ORIGIN, GROUPS)


def test_an_index_that_is_not_there_is_said(tmp_path):
    with pytest.raises(StoreUnavailable):
        individuals_of(tmp_path / "none.sqlite")

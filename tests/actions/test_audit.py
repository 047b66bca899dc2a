"""Whatever is done to the ledger is found: by its chain, or by a checkpoint that others kept."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beacon_node.actions.audit import Kept, keep_checkpoint, kept_checkpoint, make_checkpoint
from beacon_node.actions.audit import verify_audit as verify
from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.crypto.checkpoints import SIGNING_KEY, read_signing_key
from beacon_node.errors import ConfigurationError, Conflict, InvalidInput, LedgerBroken
from beacon_node.model.checkpoint import (
    SignedCheckpoint,
    Standing,
    checkpoint_text,
    read_checkpoint,
    signed_bytes,
)
from beacon_node.model.ledger import NO_HASH, Head, entry_hash
from beacon_node.node import Node, open_node
from tests.consent.clinic import closed, gives, make_clinic, set_clock, withdraws
from tests.policy.histories import DAY_0

ENTRIES = 8


def question(node: Node) -> None:
    body = {"asked": {}, "by": {"tier": "public"}, "datasets": ["d"], "told": {}}
    version = node.ledger.consent_version()
    node.ledger.audit(body | {"consent_version": version}, now=node.clock.now())


def kept(node: Node, name: str = "kept.json") -> Kept:
    return Kept(name, make_checkpoint(node))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, tuple[Kept, ...]]:
    """A node's home, whose ledger has `ENTRIES`, and a checkpoint after each of them."""
    home = tmp_path_factory.mktemp("made") / "home"
    node = make_clinic(home, closed("d"))
    checkpoints = [kept(node)]
    acts = (
        lambda: gives(node, "ann"),
        lambda: gives(node, "bob"),
        lambda: question(node),
        lambda: question(node),
        lambda: withdraws(node, "ann"),
        lambda: node.ledger.record_release("d", now=node.clock.now()),
        lambda: question(node),
        lambda: gives(node, "cid"),
    )
    for number, act in enumerate(acts):
        set_clock(node, number)
        act()
        checkpoints.append(kept(node))
    assert node.ledger.head().sequence == ENTRIES
    node.ledger.close()
    return home, tuple(checkpoints)


@pytest.fixture
def home(made, tmp_path) -> Path:
    shutil.copytree(made[0], tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def last(made) -> Kept:
    return made[1][-1]


def tampered(home: Path, act: Callable[[sqlite3.Connection], None]) -> Node:
    """Return the node after somebody who can write its ledger did something to it, carefully: no
    trigger, mark or number ever used says that anything was done."""
    path = home / "data" / "ledger.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as ledger:
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in ledger.execute(names).fetchall():
            ledger.execute(f"DROP TRIGGER {name}")
        ledger.execute("BEGIN")
        act(ledger)
        ledger.execute("COMMIT")
    path.with_name("ledger.sqlite-mark").unlink(missing_ok=True)
    return open_node(home, {})


def cut(ledger: sqlite3.Connection, keep: int) -> None:
    """Leave the first entries alone, with everything that is listed of them."""
    for table in ("question", "consent_date", "consent"):
        ledger.execute(f"DELETE FROM {table} WHERE number > ?", [keep])
    ledger.execute("DELETE FROM entry WHERE sequence > ?", [keep])
    ledger.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'entry'", [keep])


def rechain(ledger: sqlite3.Connection) -> None:
    """Make all hashes anew, as they should be."""
    previous = NO_HASH
    rows = ledger.execute("SELECT sequence, recorded_at, clock, kind, body FROM entry").fetchall()
    for row in rows:
        new = entry_hash(*row, previous)
        sql = "UPDATE entry SET previous = ?, hash = ? WHERE sequence = ?"
        ledger.execute(sql, [previous, new, row[0]])
        previous = new


def test_what_was_not_touched_holds_every_checkpoint(made, home):
    found = verify(open_node(home, {}), made[1])
    assert found.is_good and found.problem == ""
    assert [one.standing for one in found.checkpoints] == [Standing.HELD] * (ENTRIES + 1)


def test_a_checkpoint_says_how_many_entries_of_each_kind_there_are(last):
    said = last.signed.checkpoint
    assert said.counts == {"consent": 4, "audit": 3, "release": 1}
    assert (said.node, said.head.sequence) == ("org.example.beacon", ENTRIES)


# ---- tampering -----------------------------------------------------------------------------------

CHANGES = {
    column: f"UPDATE entry SET {column} = {value} WHERE sequence = :at"
    for column, value in {
        "body": "replace(body, 'd', 'e')",
        "kind": "'note'",
        "clock": "'2030-01-01T00:00:00.000000Z'",
        "recorded_at": "substr(recorded_at, 1, 26) || '1Z'",
        "previous": f"x'{'01' * 32}'",
        "hash": "zeroblob(32)",
    }.items()
}


@pytest.mark.parametrize("at", [1, 4, ENTRIES])
@pytest.mark.parametrize("column", CHANGES)
def test_a_changed_entry_is_named(home, last, column, at):
    node = tampered(home, lambda ledger: ledger.execute(CHANGES[column], {"at": at}))
    found = verify(node, [last])
    assert found.verification.broken_at == at and not found.is_good
    assert f"broken at entry {at}: " in found.problem and "restore the last backup" in found.problem
    assert found.checkpoints[0].standing is Standing.BROKEN


@pytest.mark.parametrize("at", [1, 3, 4])
def test_a_dropped_entry_is_named(home, at):
    def drop(ledger: sqlite3.Connection) -> None:
        for table in ("question", "consent_date", "consent"):
            ledger.execute(f"DELETE FROM {table} WHERE number = ?", [at])
        ledger.execute("DELETE FROM entry WHERE sequence = ?", [at])

    assert verify(tampered(home, drop)).verification.broken_at == at


def swap(ledger: sqlite3.Connection) -> None:
    """Two audit entries change places."""
    for old, new in ((3, -1), (4, 3), (-1, 4)):
        ledger.execute("UPDATE entry SET sequence = ? WHERE sequence = ?", [new, old])


def test_reordered_entries_are_named(home):
    assert verify(tampered(home, swap)).verification.broken_at == 3


def test_an_entry_that_was_put_in_is_named(home):
    def put_in(ledger: sqlite3.Connection) -> None:
        row = "'2030-01-01T00:00:00.000000Z', '', 'audit', '{}', zeroblob(32), zeroblob(32)"
        ledger.execute(f"INSERT INTO entry VALUES ({ENTRIES + 1}, {row})")

    assert verify(tampered(home, put_in)).verification.broken_at == ENTRIES + 1


@pytest.mark.parametrize("table", ["consent", "question"])
def test_a_table_that_lost_a_row_is_found(home, table):
    def drop(ledger: sqlite3.Connection) -> None:
        ledger.execute(f"DELETE FROM {table} WHERE number = (SELECT max(number) FROM {table})")

    found = verify(tampered(home, drop))
    assert not found.is_good and "is not listed as it was recorded" in found.problem


@given(keep=st.integers(0, ENTRIES - 1), data=st.data())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_was_cut_off_is_found_by_any_later_checkpoint(made, tmp_path_factory, keep, data):
    """The chain alone says nothing; checkpoints of what is still there hold."""
    home = tmp_path_factory.mktemp("cut") / "home"
    shutil.copytree(made[0], home)
    later = made[1][data.draw(st.integers(keep + 1, ENTRIES))]
    earlier = made[1][data.draw(st.integers(0, keep))]
    node = tampered(home, lambda ledger: cut(ledger, keep))
    assert verify(node).is_good
    found = verify(node, [later, earlier])
    assert [one.standing for one in found.checkpoints] == [Standing.TRUNCATED, Standing.HELD]
    assert not found.is_good and "put back the newest backup" in found.checkpoints[0].sentence
    node.ledger.close()
    shutil.rmtree(home)


@given(at=st.integers(1, ENTRIES), data=st.data())
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_chain_that_was_made_anew_is_found_by_any_later_checkpoint(
    made, tmp_path_factory, at, data
):
    def rewrite(ledger: sqlite3.Connection) -> None:
        ledger.execute("UPDATE entry SET clock = '1' WHERE sequence = ?", [at])
        rechain(ledger)

    home = tmp_path_factory.mktemp("anew") / "home"
    shutil.copytree(made[0], home)
    later = made[1][data.draw(st.integers(at, ENTRIES))]
    node = tampered(home, rewrite)
    found = verify(node, [later, made[1][at - 1]])
    assert found.verification.is_whole
    assert [one.standing for one in found.checkpoints] == [Standing.EXCHANGED, Standing.HELD]
    node.ledger.close()
    shutil.rmtree(home)


# ---- checkpoints that say nothing ----------------------------------------------------------------


def standing(node: Node, signed: SignedCheckpoint) -> Standing:
    return verify(node, [Kept("k", signed)]).checkpoints[0].standing


FORGERIES = {
    "signature": lambda s: replace(s, signature=bytes(64)),
    "sequence": lambda s: replace(s, checkpoint=replace(s.checkpoint, head=Head(3, NO_HASH))),
    "moment": lambda s: replace(s, checkpoint=replace(s.checkpoint, at=DAY_0)),
    "counts": lambda s: replace(s, checkpoint=replace(s.checkpoint, counts={"audit": ENTRIES})),
    "node": lambda s: replace(s, checkpoint=replace(s.checkpoint, node="org.other")),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_checkpoint_is_no_evidence(home, last, name):
    node = open_node(home, {})
    assert standing(node, FORGERIES[name](last.signed)) is Standing.FORGED


def test_another_nodes_checkpoint_is_told_from_an_exchanged_key(home, last, tmp_path):
    other = open_node(init_node(tmp_path / "other", NewNode(beacon_id="org.other")), {})
    namesake = open_node(init_node(tmp_path / "namesake", NewNode()), {})
    node = open_node(home, {})
    assert standing(node, make_checkpoint(other)) is Standing.OTHER_NODE
    assert standing(node, make_checkpoint(namesake)) is Standing.OTHER_KEY


def test_a_public_key_that_was_kept_finds_who_exchanged_ledger_and_key(home, last):
    kept_key = read_signing_key(home / "keys").public
    (home / "keys" / SIGNING_KEY).unlink()
    node = tampered(home, lambda ledger: cut(ledger, 3))
    anew = kept(node)  # signed with the new key
    found = verify(node, [last, anew], kept_key)
    assert [one.standing for one in found.checkpoints] == [Standing.TRUNCATED, Standing.OTHER_KEY]
    assert standing(node, last.signed) is Standing.OTHER_KEY


def test_without_a_key_checkpoints_cannot_be_verified_and_the_chain_can(home, last):
    (home / "keys" / SIGNING_KEY).unlink()
    node = open_node(home, {})
    assert verify(node).is_good
    with pytest.raises(ConfigurationError, match="--public-key"):
        verify(node, [last])
    assert not (home / "keys" / SIGNING_KEY).exists()  # to verify makes nothing


def test_a_home_of_before_gets_its_key_with_the_first_checkpoint(home):
    (home / "keys" / SIGNING_KEY).unlink()
    node = open_node(home, {})
    first = kept(node)
    assert verify(node, [first]).is_good


def test_nothing_is_signed_that_is_broken(home):
    node = tampered(home, lambda ledger: ledger.execute(CHANGES["body"], {"at": 4}))
    with pytest.raises(LedgerBroken, match="entry 4"):
        make_checkpoint(node)


# ---- files ---------------------------------------------------------------------------------------


def test_a_checkpoint_is_read_as_it_was_kept(tmp_path, last):
    file = tmp_path / "c.json"
    keep_checkpoint(file, checkpoint_text(last.signed))
    assert kept_checkpoint(file) == Kept(str(file), last.signed)
    with pytest.raises(Conflict, match="never replaced"):
        keep_checkpoint(file, "")


@pytest.mark.parametrize(
    "old, new, problem",
    [
        ('"sequence":8', '"sequence":9', "counts: they do not add up"),
        ('"sequence":8', '"sequence":true', "sequence: a number"),
        ('"audit":3', '"audit":-3', "counts: a number"),
        ('"hash":"', '"hash":"zz', "hash: 64 hexadecimal"),
        ('"signature":"', '"signature":"00', "signature: 128 hexadecimal"),
        ('"node":"org.example.beacon"', '"node":7', "node: a text"),
        ('"key":', '"more":1,"key":', "not known here"),
        ('"at":"2', '"at":"x', "at: "),
        ("checkpoint 1", "checkpoint 2", "format: 'beacon-node ledger checkpoint 1'"),
        ("{", "[", "not valid JSON"),
    ],
)
def test_what_is_no_checkpoint_is_told_by_file_and_field(last, old, new, problem):
    text = checkpoint_text(last.signed)
    assert old in text
    with pytest.raises(InvalidInput) as told:
        read_checkpoint(text.replace(old, new).encode(), "c.json")
    assert str(told.value).startswith("c.json") and problem in str(told.value)


def test_the_signature_is_over_everything_a_checkpoint_says(last):
    said = signed_bytes(last.signed.checkpoint).decode()
    assert f'{said[:-1]},"signature":"' in checkpoint_text(last.signed)

"""`beacon-node broker …` as its operator types it."""

import io
import json
from pathlib import Path

import pytest

from beacon_node.broker.broker import open_broker
from beacon_node.broker.joins import ask_to_join
from beacon_node.cli.main import run
from beacon_node.federation.messages import Signer
from beacon_node.ports import Sent
from beacon_node.randomness import SystemClock
from tests.broker.homes import signer_of
from tests.broker.test_joins import told
from tests.broker.world import KEYS

NODE = "org.hospital.beacon"


@pytest.fixture
def home(tmp_path, monkeypatch, capsys):
    home = tmp_path / "broker"
    assert run(["broker", "init", str(home), "--id", "org.example.net", "--name", "Net"]) == 0
    monkeypatch.setenv("BEACON_BROKER_HOME", str(home))
    capsys.readouterr()
    return home


def shown(capsys) -> dict:
    return json.loads(capsys.readouterr().out)


def asks(home: Path, member_id: str = NODE) -> Signer:
    node = signer_of(member_id, SystemClock())
    sent = Sent("POST", "/network/joins", json.dumps(told(node)).encode())
    ask_to_join(open_broker(home, {}), node.join("org.example.net", sent))
    return node


def test_a_new_home_has_settings_keys_and_no_members(home):
    assert {path.name for path in home.iterdir()} == {"broker.toml", "network.toml", "keys", "data"}
    for key in (home / "keys").iterdir():
        assert oct(key.stat().st_mode & 0o777) == "0o600"
    assert oct((home / "data" / "broker.sqlite").stat().st_mode & 0o777) == "0o600"
    broker = open_broker(home, {})
    assert (broker.settings.broker.id, broker.registry.members()) == ("org.example.net", ())


def test_a_home_is_made_once_and_only_in_an_empty_folder(home, tmp_path, capsys):
    assert run(["broker", "init", str(home)]) == 4
    assert "already" in capsys.readouterr().err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    assert run(["broker", "init", str(tmp_path / "full")]) == 4
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.txt"]


def test_another_folder_is_no_broker(tmp_path, capsys):
    assert run(["broker", "members", "--home", str(tmp_path)]) == 78
    assert "beacon-node broker init" in capsys.readouterr().err


def test_a_key_that_others_can_read_stops_the_start(home, capsys):
    (home / "keys" / "network.key").chmod(0o644)
    assert run(["broker", "members"]) == 78
    assert "chmod 600" in capsys.readouterr().err


def test_the_fingerprint_is_shown_the_private_key_never(home, capsys):
    assert run(["broker", "key"]) == 0
    text = capsys.readouterr().out
    public = open_broker(home, {}).signer.key.public
    assert public.id in text and (home / "keys" / "network.key").read_bytes().hex() not in text


def test_who_asks_is_approved_by_fingerprint(home, capsys):
    node = asks(home)
    assert run(["broker", "joins"]) == 0
    assert node.key.public.id in capsys.readouterr().out
    assert run(["broker", "approve", NODE, "--fingerprint", "another"]) == 3
    assert "do not approve it" in capsys.readouterr().err
    assert run(["broker", "approve", NODE, "--fingerprint", node.key.public.id, "--json"]) == 0
    assert shown(capsys)["standing"] == "approved"
    assert run(["broker", "members", "--json"]) == 0
    assert [one["id"] for one in shown(capsys)["members"]] == [NODE]
    assert run(["broker", "approve", NODE, "--fingerprint", node.key.public.id]) == 4


def test_without_a_fingerprint_a_person_is_asked(home, monkeypatch, capsys):
    asks(home)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run(["broker", "approve", NODE]) == 130
    assert "fingerprint" in capsys.readouterr().err
    assert open_broker(home, {}).registry.members() == ()


def test_who_is_refused_stays_on_the_list_of_all(home, capsys):
    asks(home)
    assert run(["broker", "refuse", NODE, "--reason", "unknown"]) == 0
    capsys.readouterr()
    run(["broker", "joins", "--json"])
    assert shown(capsys)["joins"] == []
    run(["broker", "joins", "--all", "--json"])
    assert shown(capsys)["joins"][0]["standing"] == "refused"
    assert run(["broker", "refuse", "org.nobody"]) == 4


def test_check_says_what_is_wrong_and_fails(home, capsys):
    assert run(["broker", "check"]) == 0
    with (home / "network.toml").open("a") as file:
        file.write(
            f'[[member]]\nid = "{NODE}"\nname = "H"\nurl = "http://127.0.0.1:1"\n'
            f'keys = ["{KEYS[0]}"]\n'
        )
    capsys.readouterr()
    assert run(["broker", "check"]) == 5
    assert f"! {NODE}: nothing listens at its address" in capsys.readouterr().out
    assert run(["broker", "check", "org.nobody"]) == 4


def test_one_member_is_shown_with_all_that_is_known(home, capsys):
    node = asks(home)
    run(["broker", "approve", NODE, "--fingerprint", node.key.public.id])
    capsys.readouterr()
    assert run(["broker", "members", NODE]) == 0
    text = capsys.readouterr().out
    assert node.key.public.id in text and "not asked yet" in text
    assert run(["broker", "members", "org.nobody"]) == 4


def test_a_broken_list_of_members_stops_the_start_and_names_the_key(home, capsys):
    (home / "network.toml").write_text('[[member]]\nid = "a"\n')
    assert run(["broker", "members"]) == 78
    assert "member[1].name" in capsys.readouterr().err


def test_nothing_to_settle(home, capsys):
    assert run(["broker", "settle", NODE, "--found", "a restore", "--json"]) == 0
    assert shown(capsys)["settled"] == 0


def test_every_broker_has_a_key_of_its_own(tmp_path):
    ids = set()
    for name in ("a", "b"):
        run(["broker", "init", str(tmp_path / name)])
        ids.add(open_broker(tmp_path / name, {}).signer.key.public.id)
    assert len(ids) == 2

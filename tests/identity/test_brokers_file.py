"""The brokers a node answers: strict, obeyed from the next question on, edited without losses."""

from dataclasses import replace
from pathlib import Path

import pytest

from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.errors import ConfigurationError, Conflict, NotFound, StoreUnavailable
from beacon_node.identity.brokers_file import (
    BrokersFile,
    read_brokers,
    with_broker,
    without_broker,
)
from beacon_node.model.federation import PinnedBroker
from beacon_node.model.requester import Tier

EXAMPLE = Path(__file__).resolve().parents[2] / "network_config" / "brokers.example.toml"
KEY, NEXT, THIRD = (SigningKey(bytes([number]) * 32).public.x for number in (1, 2, 3))
NETWORK = PinnedBroker("org.network", "Network", "https://n.example", (KEY,), Tier.REGISTERED)
OTHER = replace(NETWORK, id="org.other", name='The "other"', keys=(NEXT,), ceiling=Tier.PUBLIC)
ROW = f'[[broker]]\nid = "org.network"\nurl = "https://n.example"\nkeys = ["{KEY}"]\n'


def read(text: str):
    return read_brokers(text.encode(), "brokers.toml")


def test_the_example_is_read_as_it_stands():
    (broker,) = read_brokers(EXAMPLE.read_bytes(), EXAMPLE.name).values()
    assert (broker.id, broker.ceiling) == ("org.example.network", Tier.REGISTERED)


def test_a_broker_is_believed_nothing_unless_the_operator_says_so():
    assert read(ROW)["org.network"].ceiling is Tier.PUBLIC


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x = 1", "x"),
        ("broker = 1", "broker"),
        ("[[broker]]", r"broker\[1\].id"),
        (ROW.replace("org.network", "https://n.example"), "id"),
        (ROW.replace("org.network", "a b"), "id"),
        (ROW.replace("https://n", "http://n"), "url"),
        (ROW.replace(KEY, KEY[:-1]), "keys"),
        (ROW.replace(f'"{KEY}"', ""), "keys"),
        (ROW.replace(f'"{KEY}"', f'"{KEY}", "{NEXT}", "{THIRD}"'), "keys"),
        (f'{ROW}ceiling = "controlled"', "ceiling"),
        (f"{ROW}ceiling = 2", "ceiling"),
        (f"{ROW}celing = 1", "celing"),
        (ROW + ROW, "the same id"),
        (ROW + ROW.replace("org.network", "org.other"), "the same key"),
        ("[[broker", "no|not valid TOML"),
    ],
)
def test_a_file_is_refused_by_the_name_of_what_is_wrong(text, names):
    with pytest.raises(ConfigurationError, match=f"brokers.toml.*({names})"):
        read(text)


def test_the_file_is_obeyed_from_the_next_question_on(tmp_path):
    path = tmp_path / "brokers.toml"
    file = BrokersFile(path)
    assert file.current() == {}
    path.write_text(ROW)
    assert set(file.current()) == {"org.network"}
    path.write_text(ROW + "broken")
    with pytest.raises(StoreUnavailable, match=str(path)):
        file.current()
    path.unlink()
    assert file.current() == {}


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "brokers.toml"
    for broker in (NETWORK, OTHER):
        path.write_text(with_broker(path, broker))
    assert read(path.read_text()) == {"org.network": NETWORK, "org.other": OTHER}
    with pytest.raises(Conflict, match="org.other"):
        with_broker(path, OTHER)


@pytest.mark.parametrize(("gone", "left"), [("org.network", OTHER), ("org.other", NETWORK)])
def test_a_broker_is_taken_out_and_all_else_stays_as_it_was_written(tmp_path, gone, left):
    path = tmp_path / "brokers.toml"
    for broker in (NETWORK, OTHER):
        path.write_text(with_broker(path, broker))
    path.write_text("# ours since 2029\n" + path.read_text() + "# the end\n")
    text = without_broker(path, gone)
    assert read(text) == {left.id: left} and text.startswith("# ours since 2029\n")
    with pytest.raises(NotFound):
        without_broker(path, "org.nobody")


def test_a_broker_that_does_not_stand_alone_is_left_to_the_operator(tmp_path):
    path = tmp_path / "brokers.toml"
    row = f'{{id = "org.network", url = "https://n.example", keys = ["{KEY}"]}}'
    path.write_text(f"broker = [{row}]")
    with pytest.raises(ConfigurationError, match="by hand"):
        without_broker(path, "org.network")

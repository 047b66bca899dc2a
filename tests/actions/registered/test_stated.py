"""Settings that were loosened hold once the operator accepts them."""

from dataclasses import asdict, replace

import pytest
from click.testing import CliRunner

from beacon_node.actions.node_status import status
from beacon_node.actions.registered.stated import accept_bounds, stated_bounds, why_loosened
from beacon_node.cli.privacy import privacy
from beacon_node.model.answer import NoisyCount, Refused, Status
from beacon_node.privacy.registered.bounds import Bounds
from beacon_node.privacy.registered.loosened import loosened
from beacon_node.settings import Registered
from tests.actions.registered.counted import BOUNDS, ask, asked, counting_node, rows


def with_settings(node, **told):
    settings = replace(node.settings, registered=Registered(**told))
    return replace(node, settings=settings, accounts={})


def on_record(node) -> int:
    return len(list(node.ledger.entries(kind="registered-bounds")))


@pytest.fixture
def node(tmp_path):
    made = counting_node(tmp_path / "home")
    yield made
    made.ledger.close()


def test_the_first_charge_puts_the_settings_on_record_once(node):
    assert stated_bounds(node) is None
    for key in "abc":
        ask(node, asked(key))
    assert on_record(node) == 1 and stated_bounds(node) == asdict(BOUNDS)
    assert node.ledger.verify().is_whole


@pytest.mark.parametrize(
    "looser",
    [{"power": 0.2}, {"epsilon": 1.5}, {"threshold": 3}, {"completeness": 0.5},
     {"smallest_group": 20}, {"worst_case": 20.0}, {"accounts_in_collusion": 4},
     {"false_positives": 0.04}],
)  # fmt: skip
def test_nothing_is_counted_nor_read_again_after_settings_were_loosened(node, looser):
    ask(node, asked("before"))
    changed = with_settings(node, **looser)
    for key in ("before", "after"):
        found = ask(changed, asked(key))["d"]
        assert isinstance(found, Refused) and found.status is Status.NOT_ANSWERABLE
        assert next(iter(looser)) in found.reason and "accept-bounds" in found.reason
    assert len(rows(node)) == 1 and on_record(node) == 1
    accept_bounds(changed)
    assert isinstance(ask(changed, asked("after"))["d"], NoisyCount) and on_record(node) == 2
    assert not why_loosened(changed) and node.ledger.verify().is_whole


def test_stricter_settings_hold_at_once_and_going_back_is_loosening(node):
    ask(node, asked("a"))
    stricter = with_settings(node, threshold=9)
    assert isinstance(ask(stricter, asked("b"))["d"], NoisyCount) and on_record(node) == 2
    back = with_settings(node)
    assert "threshold from 9 to 5" in ask(back, asked("c"))["d"].reason


def test_every_change_of_the_order_is_loosening():
    for order in (4.0, 6.0):
        assert loosened(asdict(BOUNDS), asdict(Bounds(order=order)))


def test_status_says_that_nothing_is_counted(node):
    ask(node, asked("a"))
    assert not any("accept-bounds" in one for one in status(node).warnings)
    (warning,) = (w for w in status(with_settings(node, power=0.2)).warnings if "loosened" in w)
    assert "power from 0.15 to 0.2" in warning and "accept-bounds" in warning


def test_the_operator_accepts_with_yes_alone(node, tmp_path):
    ask(node, asked("a"))
    home = tmp_path / "home"
    with (home / "node.toml").open("a") as settings:
        settings.write("\n[registered]\npower = 0.2\n")
    run = CliRunner().invoke
    first = run(privacy, ["accept-bounds", "--home", str(home)])
    assert first.exit_code != 0 and on_record(node) == 1
    assert "power 0.15" in first.output and "power 0.2" in first.output
    assert run(privacy, ["accept-bounds", "--home", str(home), "--yes"]).exit_code == 0
    assert on_record(node) == 2 and stated_bounds(node)["beta"] == 0.2

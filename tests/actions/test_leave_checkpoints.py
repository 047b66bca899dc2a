"""Checkpoints left with others: in a folder, by mail, with a broker; and found there again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from beacon_node.actions import leave_checkpoints
from beacon_node.actions.audit import Unreadable, kept_in_folder, verify_audit
from beacon_node.actions.housekeeping import do_what_is_due, housekeeping_problems
from beacon_node.actions.join_network import signer_of
from beacon_node.actions.leave_checkpoints import deliver, kept_files, place_problems
from beacon_node.broker.app import create_app
from beacon_node.errors import ConfigurationError, Unreachable
from beacon_node.identity.brokers_file import with_broker
from beacon_node.model.checkpoint import Standing
from beacon_node.model.checkpoint_places import read_places
from beacon_node.model.federation import PinnedBroker
from beacon_node.ports import Received
from beacon_node.settings import Audit, MailServer
from tests.actions.homes import new_node
from tests.broker.homes import BROKER, add, member_of, open_home
from tests.consent.clinic import gives, with_clock
from tests.notify.post_office import Office, free_port, opened

DAC = "dac@hospital.example"


@pytest.fixture
def node(tmp_path):
    node = with_clock(new_node(tmp_path / "home"))
    gives(node, "ann")
    return node


@pytest.fixture
def share(tmp_path):
    (tmp_path / "share").mkdir()
    return tmp_path / "share"


def leaving(node, *told: str, **more):
    """Return the node with these settings."""
    return replace(node, settings=replace(node.settings, audit=Audit(told), **more))


def verified(node):
    return verify_audit(node, [kept_in_folder(file) for file in kept_files(node)])


def truncate(node, tmp_path, to: bytes) -> None:
    """Put an older ledger in the newest one's place, and lose the mark that would tell."""
    node.ledger.close()
    for file in node.data.glob("ledger.sqlite*"):
        file.unlink()
    node.ledger.path.write_bytes(to)


# ---- folders -------------------------------------------------------------------------------------


def test_a_folder_gets_one_whole_file_each_time(node, share):
    node = leaving(node, str(share))
    (left,) = deliver(node)
    assert not left.problem and left.sequence == node.ledger.head().sequence
    (file,) = share.iterdir()
    at = f"{node.clock.at:%Y-%m-%dT%H%M%SZ}"
    assert file.name == f"{node.settings.node.id}.{at}.{left.sequence}.json"
    node.clock.at += timedelta(days=1)
    deliver(node)
    assert len(list(share.iterdir())) == 2


def test_a_folder_that_is_not_there_is_never_made(node, share):
    away = share / "mounted"
    (left,) = deliver(leaving(node, str(away)))
    assert "is the share mounted?" in left.problem and not away.exists()


def test_a_write_that_fails_leaves_nothing_and_does_not_stop_the_others(node, share, monkeypatch):
    other = share.parent / "other"
    other.mkdir()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(leave_checkpoints.os, "fsync", full)
        text = leave_checkpoints.checkpoint_text(leave_checkpoints.make_checkpoint(node))
        with pytest.raises(Exception, match="no space left"):
            leave_checkpoints._to_folder(node, str(share), text)
    assert list(share.iterdir()) == []
    bad, good = deliver(leaving(node, str(share / "away"), str(other)))
    assert bad.problem and not good.problem and len(list(other.iterdir())) == 1


def test_what_a_folder_keeps_is_looked_at_by_itself(node, share, tmp_path):
    node = leaving(node, str(share))
    old = node.ledger.path
    node.ledger.close()
    before = old.read_bytes()
    gives(node, "bob")
    deliver(node)
    assert [one.standing for one in verified(node).checkpoints] == [Standing.HELD]
    truncate(node, tmp_path, before)
    (judged,) = verified(node).checkpoints
    assert judged.standing is Standing.TRUNCATED and "put back the newest backup" in judged.sentence


def test_a_file_that_was_spoilt_is_told_and_the_others_are_looked_at(node, share):
    node = leaving(node, str(share))
    deliver(node)
    node.clock.at += timedelta(days=1)
    deliver(node)
    newest = next(kept_files(node))
    newest.write_text("{")
    found = verified(node)
    assert isinstance(kept_in_folder(newest), Unreadable) and not found.is_good
    assert [one.standing for one in found.checkpoints] == [Standing.FORGED, Standing.HELD]
    (share / "other-node.2030-01-01T000000Z.1.json").write_text("{")
    assert len(verified(node).checkpoints) == 2


def test_a_folder_on_the_ledgers_own_disk_is_no_evidence_and_said_so(node, share):
    assert "the same disk" in " ".join(place_problems(leaving(node, str(share))))


# ---- mail ----------------------------------------------------------------------------------------


def test_a_checkpoint_comes_by_mail_as_a_file_that_verifies(node, tmp_path):
    office = Office()
    with opened(office) as account:
        mail = MailServer(account.host, account.port, "none", "beacon@hospital.example")
        node = leaving(node, f"mailto:{DAC}", mail=mail)
        (left,) = deliver(node)
    assert not left.problem and office.recipients == [DAC]
    (part,) = office.letters[0].iter_attachments()
    file = tmp_path / part.get_filename()
    file.write_text(part.get_content())
    assert verify_audit(node, [kept_in_folder(file)]).is_good


def test_a_mail_server_that_is_down_is_told_without_the_address(node, caplog):
    mail = MailServer("127.0.0.1", free_port(), "none", "beacon@hospital.example")
    node = leaving(node, f"mailto:{DAC}", mail=mail)
    do_what_is_due(node)
    assert "leaving a checkpoint with mail address 1" in " ".join(housekeeping_problems(node))
    assert DAC not in caplog.text and "cannot be reached" in caplog.text


# ---- a broker ------------------------------------------------------------------------------------


class ToBroker:
    """A transport that reaches the test's broker, or fails."""

    def __init__(self, web) -> None:
        self.web, self.is_down = web, False

    def send(self, member, sent, *, timeout_s):
        if self.is_down:
            raise Unreachable("nobody answers")
        response = self.web.open(
            sent.path, method=sent.method, data=sent.body, headers=dict(sent.headers)
        )
        return Received(response.status_code, response.data, {})


@pytest.fixture
def network(node, tmp_path, monkeypatch):
    """Return the broker, how it is reached, and the node that has pinned it."""
    broker = open_home(tmp_path / "broker", node.clock)
    add(broker, member_of(signer_of(node)))
    pinned = PinnedBroker(BROKER, BROKER, "https://broker.example", (broker.signer.key.public.x,))
    path = node.home / node.settings.network.brokers
    path.write_text(with_broker(path, pinned))
    reach = ToBroker(create_app(broker).test_client())
    monkeypatch.setattr(leave_checkpoints, "transport_of", lambda _: reach)
    return broker, reach, leaving(node, f"broker:{BROKER}")


def test_a_broker_keeps_what_its_member_leaves(network):
    broker, _, node = network
    (left,) = deliver(node)
    assert not left.problem
    (kept,) = broker.state.checkpoints.checkpoints(node.settings.node.id)
    assert kept.sequence == left.sequence and not kept.problem


def test_a_broker_says_that_the_ledger_went_back(network, tmp_path):
    _, _, node = network
    node.ledger.close()
    before = node.ledger.path.read_bytes()
    gives(node, "bob")
    deliver(node)
    truncate(node, tmp_path, before)
    node.clock.at += timedelta(days=1)
    (left,) = deliver(node)
    assert "went back" in left.problem


def test_a_broker_that_is_down_is_tried_again_soon(network):
    broker, reach, node = network
    reach.is_down = True
    do_what_is_due(node)
    assert "nobody answers" in " ".join(housekeeping_problems(node))
    reach.is_down = False
    node.clock.at += timedelta(minutes=15)
    do_what_is_due(node)
    assert not list(housekeeping_problems(node))
    assert len(broker.state.checkpoints.checkpoints(node.settings.node.id)) == 1


def test_a_broker_that_is_not_pinned_gets_nothing(node):
    (left,) = deliver(leaving(node, "broker:org.nobody"))
    assert "network join" in left.problem


# ---- again and again -----------------------------------------------------------------------------


def test_once_a_day_each_place_gets_one_and_the_ledger_is_followed_once_for_all(
    node, share, monkeypatch
):
    other = share.parent / "other"
    other.mkdir()
    node = leaving(node, str(share), str(other))
    made = []
    make = leave_checkpoints.make_checkpoint
    monkeypatch.setattr(
        leave_checkpoints, "make_checkpoint", lambda node: made.append(1) or make(node)
    )
    for hours in (0, 1, 22, 1):
        node.clock.at += timedelta(hours=hours)
        do_what_is_due(node)
    assert len(list(share.iterdir())) == len(list(other.iterdir())) == 2
    assert len(made) == 2


@pytest.mark.parametrize(
    "told", ["folder", "relative/folder", "mailto:", "mailto:a b@c", "broker:", "http://x", ""]
)
def test_a_place_that_is_none_stops_the_start(told):
    with pytest.raises(ConfigurationError, match="none of /FOLDER"):
        read_places((told,))


def test_the_same_place_twice_stops_the_start():
    with pytest.raises(ConfigurationError, match="twice"):
        read_places(("/a", "/a"))

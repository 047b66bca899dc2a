"""A member that goes away comes back by itself; over real connections."""

import socket
import time

import pytest

from beacon_node.broker.fan_out import fan_out
from beacon_node.broker.settings import Breaker
from beacon_node.federation.direct import DirectTransport, Reach
from beacon_node.model.federation import Came, Member, MemberKind, MemberRow
from beacon_node.ports import Sent
from tests.broker.world import FixedClock, make_crew, make_watch
from tests.federation.servers import Server, answering

PAUSE_S = 0.05
HELLO = Sent("GET", "/info")


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Asked:
    """A broker's way to one member on this machine."""

    def __init__(self, folder, port: int) -> None:
        watched = make_watch(folder, FixedClock(), Breaker(2, PAUSE_S, PAUSE_S), time.monotonic)
        self.crew, self.state, self.watch = make_crew(watched.watch), watched.state, watched.watch
        self.transport = DirectTransport(Reach())
        url = f"http://127.0.0.1:{port}"
        self.member = Member("org.a", "A", url, MemberKind.BEACON)

    def ask(self) -> MemberRow:
        def ask(member: Member, timeout_s: float) -> MemberRow:
            self.transport.send(member, HELLO, timeout_s=timeout_s)
            return MemberRow(member.id, member.name, Came.ANSWERED, exists=True)

        (row,) = fan_out(self.crew, [self.member], ask, deadline_s=5)
        while self.crew.lanes.threads():
            time.sleep(0.001)
        return row

    def until(self, came: Came) -> MemberRow:
        """Ask now and then until a row says so; for five seconds at most."""
        for _ in range(250):
            if (row := self.ask()).came is came:
                return row
            time.sleep(0.02)
        raise AssertionError(f"never {came}")


def test_it_is_missed_left_alone_and_asked_again_when_it_is_back(tmp_path, port):
    asked = Asked(tmp_path, port)
    with Server(answering(), port=port):
        assert asked.ask().came is Came.ANSWERED
    assert [asked.ask().came for _ in range(3)] == [Came.OFFLINE, Came.OFFLINE, Came.SKIPPED]
    with Server(answering(), port=port) as server:
        asked.until(Came.ANSWERED)
        assert asked.ask().came is Came.ANSWERED
        assert len(server.requests) == 2
    asked.watch.write()
    assert asked.state.health.health("org.a").recent.answers == 3


def test_one_that_dies_while_it_answers_is_not_asked_a_second_time(tmp_path, port):
    def die(connection, request):
        connection.shutdown(socket.SHUT_RDWR)

    asked = Asked(tmp_path, port)
    with Server(die, port=port) as server:
        row = asked.ask()
        assert row.came is Came.OFFLINE and row.exists is None
        assert len(server.requests) == 1

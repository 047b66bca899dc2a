"""What a broker adds to its slowest member: `python -m benchmarks.federation`.

Members are stubs on this machine that answer after 20 to 100 ms, so that broker and members share
its cores. Nodes are asked as nodes are: each question is signed, and each answer's signature
verified; third parties' beacons without. The floor is the slowest member asked alone on a
connection that is open. Then the same with one member that hangs and one that refuses, against the
deadline; and memory and threads over many questions to members in memory, one of which hangs.

Exits with 1 if a bar is not met; `--rounds` and `--questions` make it shorter or longer.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import orjson

from beacon_node.broker.broker import Broker, open_broker
from beacon_node.broker.fan_out import fan_out
from beacon_node.broker.home import NewBroker, init_broker
from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.model.federation import Came, Member, MemberKind, MemberRow
from beacon_node.ports import Sent
from beacon_node.randomness import SystemRandomness
from benchmarks.measure import cores, quantile, show

SIZES = (1, 10, 50, 200)
BARS = {50: 1.2, 200: 2.5}  # wall over the slowest member
OVERRUN_BAR_S = 0.050
GROWTH_BAR = 1.05  # of memory, from the first tenth of the questions to their end
SHORTEST_MS, LONGEST_MS = 20, 100
DEADLINE_S = 0.4
BODY = b'{"query": {"requestParameters": {"referenceName": "17", "start": [43045710]}}}'
MEMBER_KEY = SigningKey(b"m" * 32)


@dataclass(frozen=True, slots=True)
class Measured:
    kind: str
    members: int
    walls_s: list[float]
    floors_s: list[float]
    cpu_s: float

    @property
    def ratio(self) -> float:
        return median(self.walls_s) / median(self.floors_s)


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        home = init_broker(Path(folder) / "broker", NewBroker(), SystemRandomness())
        kinds = (MemberKind.BEACON, MemberKind.NODE)
        found = [_fan_out(home, count, options.rounds, kind) for kind in kinds for count in SIZES]
        overruns = _overruns(home, options.rounds)
        grown, threads = _memory(home, options.questions)
    load = os.getloadavg()[0]
    print(f"{cores()} cores (load {load:.1f}), {options.rounds} rounds")
    _report(found)
    overrun = quantile(overruns, 0.9)  # the very worst is the scheduler's, on a busy machine
    print(
        f"50 members, one hung, one refusing, deadline {DEADLINE_S * 1e3:.0f} ms: over by "
        f"{median(overruns) * 1e3:.1f} ms (median), {overrun * 1e3:.1f} ms (90 %), "
        f"{max(overruns) * 1e3:.1f} ms (worst); bar {OVERRUN_BAR_S * 1e3:.0f} ms"
    )
    print(
        f"memory over {options.questions:,} questions to 50 members: × {grown:.3f} from the first "
        f"tenth on (bar {GROWTH_BAR}), {threads} threads at the end"
    )
    is_met = all(one.ratio <= BARS.get(one.members, 99) for one in found)
    sys.exit(0 if is_met and overrun <= OVERRUN_BAR_S and grown <= GROWTH_BAR else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--questions", type=int, default=10_000)
    return parser.parse_args()


def _report(found: list[Measured]) -> None:
    show(
        f"fan-out to members of {SHORTEST_MS}-{LONGEST_MS} ms",
        (
            "kind",
            "members",
            "wall ms",
            "best",
            "95 %",
            "slowest alone ms",
            "ratio",
            "bar",
            "CPU ms/member",
        ),
        [
            (
                *(one.kind, one.members, median(one.walls_s) * 1e3, min(one.walls_s) * 1e3),
                quantile(one.walls_s, 0.95) * 1e3,
                *(median(one.floors_s) * 1e3, one.ratio, BARS.get(one.members, "")),
                one.cpu_s * 1e3 / one.members,
            )
            for one in found
        ],
    )


# ---- over the network ----------------------------------------------------------------------------


def _fan_out(home: Path, count: int, rounds: int, kind: MemberKind) -> Measured:
    with _stubs(count) as ports:
        broker = open_broker(home, {})
        members = [_member(number, port, kind) for number, port in enumerate(ports[:count])]
        for _ in range(3):  # connections and threads are there
            _ask_all(broker, members, 5)
        walls, floors, cpu = [], [], 0.0
        for _ in range(rounds):
            floors.append(_ask_all(broker, members[-1:], 5))
            begun = time.process_time()
            walls.append(_ask_all(broker, members, 5))
            cpu += time.process_time() - begun
        broker.crew.lanes.close()
        return Measured(kind, count, walls, floors, cpu / rounds)


def _overruns(home: Path, rounds: int) -> list[float]:
    """Return by how much the deadline was overrun, in seconds. No member is ever left alone."""
    with _stubs(48) as ports:
        environment = {"BEACON_BROKER_BREAKER_FAILURES": "1000000"}
        broker = open_broker(home, environment)
        members = [_member(number, port) for number, port in enumerate(ports)]
        found = []
        for _ in range(rounds):
            begun = time.perf_counter()
            rows = list(fan_out(broker.crew, members, _asking(broker), deadline_s=DEADLINE_S))
            found.append(time.perf_counter() - begun - DEADLINE_S)
            came = [row.came for row in rows]
            if (came.count(Came.TIMED_OUT), came.count(Came.OFFLINE), len(rows)) != (1, 1, 50):
                raise SystemExit(f"rows are not as they should be: {came}")
        broker.crew.lanes.close()
        return found


def _ask_all(broker: Broker, members: list[Member], deadline_s: float) -> float:
    begun = time.perf_counter()
    rows = list(fan_out(broker.crew, members, _asking(broker), deadline_s=deadline_s))
    wall = time.perf_counter() - begun
    if bad := [row for row in rows if row.came is not Came.ANSWERED]:
        raise SystemExit(f"{bad[0].member}: {bad[0].reason}")
    return wall


def _asking(broker: Broker):
    sent = Sent("POST", "/api/g_variants", BODY, {"Content-Type": "application/json"})
    token = MEMBER_KEY.sign_token("beacon-reply+jwt", {"iss": "org.example.stub"})

    def ask(member: Member, timeout_s: float) -> MemberRow:
        is_node = member.kind is MemberKind.NODE
        leaves = broker.signer.question(member, sent)[0] if is_node else sent
        received = broker.transport.send(member, leaves, timeout_s=timeout_s)
        if is_node and not MEMBER_KEY.public.signed_token(token):
            raise SystemExit("a signature does not hold")
        exists = orjson.loads(received.body)["responseSummary"]["exists"]
        return MemberRow(member.id, member.name, Came.ANSWERED, exists=exists)

    return ask


def _member(number: int, port: int, kind: MemberKind = MemberKind.NODE) -> Member:
    return Member(f"org.example.m{number}", f"M{number}", f"http://127.0.0.1:{port}", kind)


@contextmanager
def _stubs(count: int) -> Iterator[list[int]]:
    command = [sys.executable, "-m", "benchmarks.stub_members"]
    command += map(str, (SHORTEST_MS, LONGEST_MS, count))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


# ---- memory --------------------------------------------------------------------------------------


def _memory(home: Path, questions: int) -> tuple[float, int]:
    """Return by what factor resident memory grew after the first tenth, and how many threads there
    are at the end. A hung member returns only when its time is over, or never is asked."""
    broker = open_broker(home, {"BEACON_BROKER_BREAKER_PAUSE_S": "0.2"})
    members = [_member(number, 1) for number in range(50)]
    never = threading.Event()

    def ask(member: Member, timeout_s: float) -> MemberRow:
        if member is members[0]:
            never.wait(timeout_s)
        return MemberRow(member.id, member.name, Came.ANSWERED, exists=True)

    first = 0.0
    for number in range(questions):
        for _ in fan_out(broker.crew, members, ask, deadline_s=0.02):
            pass
        if number == questions // 10:
            first = _resident_mb()
    grown = _resident_mb() / first
    threads = threading.active_count()
    broker.crew.lanes.close()
    return grown, threads


def _resident_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4_096 / 1e6


if __name__ == "__main__":
    main()

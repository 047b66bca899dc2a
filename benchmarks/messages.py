"""What the messages of a network cost: `python -m benchmarks.messages`.

A broker signs a question; the node checks it, uses its number up and signs its answer, which the
broker checks. The floor, measured in turn with it, is what a node cannot do without: to verify one
Ed25519 signature and to make one.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.federation.checks import check_reply, read_question
from beacon_node.federation.messages import Signer
from beacon_node.model.data_use import read_purpose
from beacon_node.model.federation import MESSAGE_HEADER, Asserted, Member, PinnedBroker
from beacon_node.model.requester import Tier
from beacon_node.ports import Received, Sent
from beacon_node.randomness import SystemClock, SystemRandomness
from beacon_node.storage.used_numbers import UsedNumbers
from benchmarks.measure import quantile, timed_us

NODE, BROKER = "org.hospital", "org.network"
SENT = Sent("POST", "/api/g_variants", b'{"query": {"requestParameters": {"geneId": "BRCA2"}}}')
PURPOSE = read_purpose({"categories": ["biomedical"]})
ASSERTED = Asserted(Tier.REGISTERED, "r-1", "https://uni.example", PURPOSE)
FLOOR = "floor: verify and sign once"
Step = tuple[str, Callable[[], object]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=2_000)
    count = parser.parse_args().questions
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        numbers = UsedNumbers(Path(folder) / "network.sqlite", now=datetime.now(UTC))
        for _ in range(count):
            for name, step in question(numbers):
                taken.setdefault(name, []).extend(timed_us(step, 1))
        numbers.close()
    report(taken)


def question(numbers: UsedNumbers) -> Iterator[Step]:
    """Yield what is done about one question, in its order."""
    clock, chance = SystemClock(), SystemRandomness()
    broker = Signer(BROKER, SigningKey(b"b" * 32), clock, chance)
    node = Signer(NODE, SigningKey(b"n" * 32), clock, chance)
    member = Member(NODE, "Hospital", "https://h.example", keys=(node.key.public.x,))
    brokers = {BROKER: PinnedBroker(BROKER, "N", "https://n.example", (broker.key.public.x,))}
    sent, asked = broker.question(member, SENT, ASSERTED)
    message = node.reply(asked, Tier.REGISTERED, status=200, body=SENT.body)
    received = Received(200, SENT.body, {MESSAGE_HEADER.lower(): message})
    signature = node.key.sign(SENT.body)
    now, times = clock.now(), {"made": asked.at, "until": asked.until}
    yield "broker: sign", lambda: broker.question(member, SENT, ASSERTED)
    yield "node: check", lambda: read_question(sent, brokers, NODE, now)
    yield "node: use the number", lambda: numbers.use(BROKER, asked.number, **times, now=now)
    body = SENT.body
    yield "node: sign", lambda: node.reply(asked, Tier.REGISTERED, status=200, body=body)
    yield "broker: check", lambda: check_reply(member, asked, received)
    yield FLOOR, lambda: (node.key.public.signed(body, signature), node.key.sign(body))


def report(taken: dict[str, list[float]]) -> None:
    medians = {name: quantile(times, 0.5) for name, times in taken.items()}
    for name, times in taken.items():
        print(f"{name:<28}  {medians[name]:6.0f} µs  (99 %: {quantile(times, 0.99):,.0f} µs)")
    own = sum(median for name, median in medians.items() if name.startswith("node: "))
    print(f"node, all together: {own:.0f} µs, {own / medians[FLOOR]:.1f} times the floor")


if __name__ == "__main__":
    main()

"""What it costs to know who asks with a token: `python -m benchmarks.tokens`.

A registered researcher with a grant brings a passport of several visas, again and again: `warm` is
what every request but the first takes, `cold` the first one, with all signatures. The floor,
measured in turn with it, is one SHA-256 of the same tokens and one look at whether anybody wrote to
an SQLite file, which no decision can do without.
"""

import argparse
import hashlib
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from beacon_node.identity.proved import ProvedCache
from beacon_node.store.ledger import Ledger
from tests.clearinghouse.world import good_visas, make_world, passport, visa

VISAS = 12  # of which four are used: what a person of many projects brings


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        world = make_world(home)
        ledger = Ledger.create(home / "ledger.sqlite")
        node = replace(world.node, ledger=ledger)
        others = [visa(claims={"jti": f"{n}"}) for n in range(VISAS - 4)]
        token = passport(*good_visas(), *others)
        warm_world = replace(world, node=node)
        warm_world.ask(token)

        def cold() -> None:
            house = replace(world.house, proved=ProvedCache())
            replace(warm_world, house=house).ask(token)

        with closing(sqlite3.connect(home / "ledger.sqlite")) as connection:
            measured = _measure(
                {
                    "warm decision": lambda: warm_world.ask(token),
                    "cold decision": cold,
                    "floor: SHA-256 and data_version": lambda: _floor(connection, token),
                },
                options.rounds,
            )
        ledger.close()
    _report(measured, len(token))


def _floor(connection: sqlite3.Connection, token: str) -> None:
    hashlib.sha256(token.encode()).digest()
    connection.execute("PRAGMA data_version").fetchone()


def _measure(what: dict[str, Callable[[], object]], rounds: int) -> dict[str, np.ndarray]:
    """Return the seconds that each took, taking turns."""
    taken = {name: np.empty(rounds) for name in what}
    for number in range(rounds):
        for name, do in what.items():
            began = time.perf_counter()
            do()
            taken[name][number] = time.perf_counter() - began
    return taken


def _report(measured: dict[str, np.ndarray], size: int) -> None:
    print(f"a passport of {VISAS} visas, {size:,} bytes")
    for name, seconds in measured.items():
        median, late = np.percentile(seconds * 1e6, [50, 99])
        print(f"{name:34} median {median:8.1f} µs   99 % {late:8.1f} µs")
    warm, cold, floor = (np.median(one) for one in measured.values())
    print(f"ratio of the medians: warm to floor {warm / floor:.1f}, cold to warm {cold / warm:.1f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()

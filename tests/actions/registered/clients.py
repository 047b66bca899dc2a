"""Processes whose clients ask until they are refused: `python -m tests.actions.registered.clients
HOME NAMES THREADS`, one process for each letter. They say which counts they were told, one
`key noisy` a line."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from beacon_node.model.answer import NoisyCount
from beacon_node.node import Node
from tests.actions.registered.counted import ask, asked, opened

MOST = 200  # questions of a client that is never refused: then something is wrong


def client(node: Node, name: str) -> int:
    for number in range(MOST):
        key = f"{name}.{number}"
        payers = f"researcher:{int(name.split('.')[-1]) % 8}", "organisation:o"
        told = ask(node, asked(key, *payers))["d"]
        if not isinstance(told, NoisyCount):
            return number
        os.write(1, f"{key} {told.noisy}\n".encode())
    raise SystemExit(f"{name} was never refused")


def work(node: Node, name: str, threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(client, node, f"{name}.{n}") for n in range(threads)]:
            done.result()


def fork(node: Node, name: str, threads: int) -> int:
    """Return the id of a new process that works and ends well only if all its clients do."""
    child = os.fork()
    if not child:
        try:
            work(node, name, threads)
        except BaseException:
            os._exit(1)
        os._exit(0)
    return child


if __name__ == "__main__":
    home, names, own_threads = sys.argv[1:]
    shared = opened(Path(home))
    os.write(1, b"ready\n")
    sys.stdin.readline()
    children = [fork(shared, name, int(own_threads)) for name in names]
    sys.exit(sum(os.waitpid(child, 0)[1] for child in children) > 0)

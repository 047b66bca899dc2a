"""Programs that tests run as processes of their own: `python -m tests.consent.askers WORK HOME`."""

import os
import resource
import select
import subprocess
import sys
import time
from pathlib import Path

from beacon_node.node import open_node
from tests.consent.clinic import at_site, client

URL = f"/api/individuals?requestedGranularity=count&{at_site(0)}"


ROOT = Path(__file__).resolve().parents[2]


def start(work: str, home: Path) -> subprocess.Popen:
    """Run one of the programs below on a node's home."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.consent.askers", work, home],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ask_on(home: Path) -> None:
    """Ask until standard input ends; a line says when a question began and what was counted."""
    asker = client(open_node(home, {}))
    while not select.select([sys.stdin], [], [], 0)[0]:
        began = time.monotonic()
        said = asker.get(URL)
        counted = said.json["responseSummary"]["numTotalResults"]
        os.write(1, f"{began} {counted}\n".encode())


def ask_once(home: Path) -> None:
    """Ask, say that it was answered, and wait to be killed."""
    said = client(open_node(home, {})).get(URL)
    os.write(1, f"{said.status_code}\n".encode())
    sys.stdin.read()


def ask_without_room(home: Path) -> None:
    """Ask until the ledger's log may not grow any more; says each status, then the last body."""
    node = open_node(home, {})
    asker, status = client(node), 200
    log = node.ledger.path.with_name("ledger.sqlite-wal")
    limit = log.stat().st_size + 20_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    while status == 200:
        said = asker.get(URL)
        status = said.status_code
        os.write(1, f"{status}\n".encode())
    os.write(1, said.data + b"\n")


if __name__ == "__main__":
    work = {"on": ask_on, "once": ask_once, "without-room": ask_without_room}
    work[sys.argv[1]](Path(sys.argv[2]))

"""Programs that tests run as processes of their own: `python -m tests.store.ledger.writers …`."""

import os
import resource
import sys
from pathlib import Path

from beacon_node.errors import StoreUnavailable
from beacon_node.store.ledger import Ledger
from tests.policy.histories import day, given


def append(ledger: Ledger, writer: str, count: int) -> None:
    """Append audit entries and say which were acknowledged."""
    for number in range(count):
        body = {"consent_version": 0, "datasets": [], "writer": writer, "number": number}
        ledger.audit(body, now=day(1))
        os.write(1, f"{number}\n".encode())


def import_many(ledger: Ledger, count: int) -> None:
    """Record many consents in one call, and say before which step it may be killed."""
    versions = [given(number, number % 100) for number in range(count)]
    os.write(1, b"starts\n")
    ledger.record(versions, by="r", now=day(1))
    os.write(1, b"done\n")


def hold(ledger: Ledger) -> None:
    """Take the turn, add an entry, and neither finish nor give up."""
    with ledger.writing(now=day(1), durable=True) as appending:
        appending.append("audit", ["{}"])
        os.write(1, b"holds\n")
        sys.stdin.read()


def fill(ledger: Ledger, room: int) -> None:
    """Record consents although the file may not grow; says why it failed."""
    limit = ledger.path.with_name("ledger.sqlite-wal").stat().st_size + room
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        ledger.record([given(number, 1) for number in range(5_000)], by="r", now=day(1))
    except StoreUnavailable as error:
        os.write(1, f"{error}\n".encode())


if __name__ == "__main__":
    opened, (work, *rest) = Ledger(Path(sys.argv[1])), sys.argv[2:]
    if work == "append":
        append(opened, rest[0], int(rest[1]))
    elif work == "import":
        import_many(opened, int(rest[0]))
    elif work == "fill":
        fill(opened, int(rest[0]))
    else:
        hold(opened)

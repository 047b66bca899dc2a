"""Programs that tests run as processes of their own: `python -m tests.store.ledger.writers …`."""

import os
import resource
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from beacon_node.errors import NotPermitted, StoreUnavailable
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.ledger import Head
from beacon_node.store.ledger import Ledger
from beacon_node.store.ledger.tail import Tail
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


def ask(ledger: Ledger, count: int) -> None:
    """Decide questions anew until no consent came meanwhile."""
    for _ in range(count):
        while not ask_once(ledger):
            pass


def ask_once(ledger: Ledger) -> Head | None:
    version = ledger.moment(day(1)).consent_version
    body = {"consent_version": version, "datasets": ["d"]}
    return ledger.audit(body, now=day(1), unchanged_since=version)


def consent(ledger: Ledger, writer: str, count: int) -> None:
    """Record consents one by one."""
    for number in range(count):
        statement = replace(given(0, 1, begins=number), individual=writer)
        ledger.record([statement], by="r", now=day(1))


def purpose(ledger: Ledger, accounts: str, categories: str) -> None:
    """When told to begin, want several purposes at once for each account; say which were fixed."""
    os.write(1, b"ready\n")
    sys.stdin.readline()
    with ThreadPoolExecutor(len(categories)) as threads:
        for account in accounts:
            fixed = threads.map(partial(fix, ledger, account), categories)
            os.write(1, "".join(f"{account}{one}\n" for one in fixed if one).encode())


def fix(ledger: Ledger, account: str, category: str) -> str:
    """Return the category if it is the account's purpose now, else nothing."""
    try:
        ledger.fix_purpose(account, ResearchPurpose(frozenset({category})), now=day(1))
    except NotPermitted:
        return ""
    return category


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


def die(ledger: Ledger, where: str, what: str) -> None:
    """Acknowledge two questions, then be killed while a third one, or a consent, is recorded."""
    append(ledger, "d", 2)
    _KILLS[where](ledger)
    if what == "question":
        append(ledger, "late", 1)
    else:
        consent(ledger, "P", 1)


def _kill(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _half_an_entry(ledger: Ledger) -> None:
    write = os.pwrite

    def half(file: int, content: bytes, at: int) -> int:
        if at:
            write(file, content[:100], at)
            _kill()
        return write(file, content, at)

    os.pwrite = half


def _after(kind: type, name: str) -> None:
    whole = getattr(kind, name)

    def act(*arguments: object) -> None:
        whole(*arguments)
        _kill()

    setattr(kind, name, act)


_KILLS = {
    "half an entry": _half_an_entry,
    "an entry that is not counted": lambda _: setattr(Tail, "_say", _kill),
    "an entry that is counted": lambda _: _after(Tail, "_say"),
    "before it is committed": lambda _: _after(Tail, "begin_commit"),
    "after it is committed": lambda _: setattr(Tail, "clear", _kill),
    "after the tail is cleared": lambda _: _after(Tail, "clear"),
}


def crowd(ledger: Ledger, room: int) -> None:
    """Record questions although the tail may not grow past some size; says which were."""
    limit = ledger.path.with_name("ledger.sqlite-tail").stat().st_size + room
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        append(ledger, "c", 1_000)
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
    elif work == "ask":
        ask(opened, int(rest[0]))
    elif work == "consent":
        consent(opened, rest[0], int(rest[1]))
    elif work == "die":
        die(opened, *rest)
    elif work == "crowd":
        crowd(opened, int(rest[0]))
    elif work == "purpose":
        purpose(opened, *rest)
    else:
        hold(opened)

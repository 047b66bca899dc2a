"""What the ledger holds: entries that are chained by their hashes and never change."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from beacon_node.errors import LedgerBroken
from beacon_node.model.consent import ConsentVersion
from beacon_node.model.consent_documents import consent_document, moment_text
from beacon_node.model.data_use import ResearchPurpose

NO_HASH = bytes(32)  # what the first entry is chained to


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a ledger: its sequence number (0: none yet) and its hash.

    Whoever keeps a head can later tell whether the ledger still holds everything up to it.
    """

    sequence: int = 0
    hash: bytes = NO_HASH


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment something is decided at, and the last consent on record then (its number).

    `is_ledger_older`: entries are missing that the ledger had before; nothing may be answered.
    `broken`: the chain was found broken, in the words of whoever found it; the same follows.
    """

    at: datetime
    consent_version: int
    is_ledger_older: bool = False
    broken: str = ""


@dataclass(frozen=True, slots=True)
class FixedPurpose:
    """The one purpose that a registered account stated, for good, and when."""

    account: str
    purpose: ResearchPurpose
    recorded_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One line of the ledger. Private: does not print itself.

    `recorded_at` is later than that of every entry of an earlier transaction, in UTC as ISO 8601
    text (ledgers of before: not earlier); `clock` is what the clock of who wrote it said where that
    was not later (it had been set back, or others wrote meanwhile), else empty. `body` is JSON
    text; `previous` is the hash of the entry before.
    """

    sequence: int
    recorded_at: str
    clock: str
    kind: str
    body: str
    previous: bytes
    hash: bytes

    def __repr__(self) -> str:
        return f"Entry({self.sequence}, …)"

    def own_hash(self) -> bytes:
        """Return the hash that the entry must have."""
        said = self.sequence, self.recorded_at, self.clock, self.kind, self.body, self.previous
        return entry_hash(*said)

    @property
    def head(self) -> Head:
        return Head(self.sequence, self.hash)


def entry_hash(
    sequence: int, recorded_at: str, clock: str, kind: str, body: str, previous: bytes
) -> bytes:
    """Return the SHA-256 over the hash of the entry before and everything an entry says.

    Only the body can hold a line break, and it comes last: no two entries make the same bytes.
    """
    return chained_hash(previous, said_by(sequence, recorded_at, clock, kind, body))


def said_by(sequence: int, recorded_at: str, clock: str, kind: str, body: str) -> bytes:
    """Return everything an entry says but for the hash of the one before."""
    return f"{sequence}\n{recorded_at}\n{clock}\n{kind}\n{body}".encode()


def chained_hash(previous: bytes, said: bytes) -> bytes:
    """Return the hash of an entry that says so, after the entry with the hash `previous`."""
    return hashlib.sha256(previous + said).digest()


@dataclass(frozen=True, slots=True)
class Verification:
    """What following the whole chain found. `broken_at` is the first entry that is not as it was
    written, or is missing; None if all are; `problem` says in words what is wrong with it."""

    head: Head
    broken_at: int | None = None
    problem: str = ""

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None

    def require_whole(self) -> None:
        """Raises LedgerBroken, saying what to do, unless the chain is whole."""
        if self.broken_at is not None:
            raise broken(self.broken_at, self.problem)


def broken(sequence: int, problem: str) -> LedgerBroken:
    """Return the error for a chain that fails at an entry, with the way out."""
    return LedgerBroken(
        f"the ledger is broken at entry {sequence}: {problem}; this node answers nothing until it "
        "is repaired: keep ledger.sqlite with its -wal and -tail as evidence, restore the last "
        "backup that verifies, record again the consents and withdrawals that came after it, then "
        "run: beacon-node audit verify"
    )


def older(than: str, dataset: str = "DATASET") -> LedgerBroken:
    """Return the error for an older ledger in the place of the newest, with the way out."""
    return LedgerBroken(
        f"the ledger is older than {than}, so withdrawals may be missing; this node answers and "
        "releases nothing until the newest ledger.sqlite is put back; only if there is none, "
        "record again all consents and withdrawals since, then: "
        f"beacon-node release {dataset} --restored-ledger"
    )


@dataclass(frozen=True, slots=True, repr=False)
class Recorded:
    """A consent version as the ledger holds it, and the hash of its entry, whose sequence number is
    the version's number. `is_new`: this call added it; else it was on record already."""

    version: ConsentVersion
    hash: bytes
    is_new: bool = True

    def __repr__(self) -> str:
        return f"Recorded({self.version.number}, …)"


@dataclass(frozen=True, slots=True, repr=False)
class Evaluated:
    """The first question that was decided under a consent version (or a later one)."""

    sequence: int
    asked_at: datetime
    audit: Mapping

    def __repr__(self) -> str:
        return f"Evaluated({self.sequence}, …)"


@dataclass(frozen=True, slots=True, repr=False)
class Receipt:
    """What a node can prove about one individual's consent: each version with the first question
    after it (None: nothing was asked since), and the head of the chain that holds them."""

    individual: str
    versions: tuple[tuple[Recorded, Evaluated | None], ...]
    head: Head

    def __repr__(self) -> str:
        return "Receipt(…)"


def receipt_document(receipt: Receipt) -> dict:
    """Return a receipt as JSON: for the individual, and for whoever has to prove it."""
    return {
        "individual": receipt.individual,
        "versions": [_version_document(*pair) for pair in receipt.versions],
        "head": {"sequence": receipt.head.sequence, "hash": receipt.head.hash.hex()},
    }


def _version_document(recorded: Recorded, evaluated: Evaluated | None) -> dict:
    """Of the first question it says when and about which datasets, not who asked what."""
    asked = evaluated and {
        "sequence": evaluated.sequence,
        "asked_at": moment_text(evaluated.asked_at),
        "datasets": list(evaluated.audit["datasets"]),
    }
    return {
        "consent": consent_document(recorded.version),
        "hash": recorded.hash.hex(),
        "first_question": asked,
    }

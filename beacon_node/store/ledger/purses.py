"""What accounts have spent, as of some charge, in files beside the ledger.

They only save replaying many charges when a process starts: one that is missing or damaged is
passed over. Each names the charge it is as of by its number and the hash of its entry, which no
other ledger has. A file is the SHA-256 of the rest, a line of JSON, and the numbers as they are: to
make them smaller would take longer than all else, and others wait meanwhile.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import make_private, temporary_name

_FORMAT = 2


@dataclass(frozen=True, slots=True, repr=False)
class StoredPurse:
    """`columns` are arrays of int32, `told` whatever else is known of the account (JSON); as of
    charge `number`, whose entry has the hash `hash`. Private: does not print itself."""

    number: int
    hash: bytes
    told: Mapping
    columns: Sequence[np.ndarray]

    def __repr__(self) -> str:
        return f"StoredPurse(number={self.number})"


class PurseFiles:
    """The files of one ledger's accounts, in a folder beside it."""

    def __init__(self, ledger: Path) -> None:
        self._folder = ledger.with_name(f"{ledger.name}-purses")

    def load(self, dataset: str, account: str) -> StoredPurse | None:
        """Return what was stored of an account, None if nothing whole is there."""
        try:
            content = self._path(dataset, account).read_bytes()
        except OSError:
            return None
        digest, body = content[:32], content[32:]
        if hashlib.sha256(body).digest() != digest:
            return None
        line, _, packed = body.partition(b"\n")
        head = orjson.loads(line)
        if (head["format"], head["dataset"], head["account"]) != (_FORMAT, dataset, account):
            return None
        numbers = np.frombuffer(packed, "<i4").astype(np.int32)
        columns = np.split(numbers, np.cumsum(head["sizes"])[:-1])
        return StoredPurse(head["number"], bytes.fromhex(head["hash"]), head["told"], columns)

    def save(self, dataset: str, account: str, purse: StoredPurse) -> None:
        """Store an account; only the node's own account can read it. Raises StoreUnavailable."""
        head = {
            "format": _FORMAT,
            "dataset": dataset,
            "account": account,
            "number": purse.number,
            "hash": purse.hash.hex(),
            "told": purse.told,
            "sizes": [len(one) for one in purse.columns],
        }
        numbers = np.concatenate(purse.columns).astype("<i4").tobytes()
        body = orjson.dumps(head) + b"\n" + numbers
        path = self._path(dataset, account)
        with told_plainly(path):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            temporary = temporary_name(path)
            make_private(temporary)
            temporary.write_bytes(hashlib.sha256(body).digest() + body)
            temporary.replace(path)  # no waiting for the disk: half a file is passed over

    def clear(self) -> None:
        """Forget all: the next process replays every charge."""
        if self._folder.is_dir():
            with told_plainly(self._folder):
                for path in self._folder.iterdir():
                    path.unlink(missing_ok=True)

    def _path(self, dataset: str, account: str) -> Path:
        name = hashlib.sha256(f"{dataset}\n{account}".encode()).hexdigest()
        return self._folder / name[:32]

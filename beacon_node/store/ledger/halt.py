"""A file beside the ledger that stops all answers, in every process: the chain was found broken.

It is set by whoever follows the whole chain, and taken away by whoever finds it whole again; an
answer looks for it each time, as it looks for the mark. Recording goes on: no withdrawal is lost.
"""

import os
from contextlib import suppress
from pathlib import Path

from beacon_node.storage.files import make_private, seal, temporary_name

_LONGEST = 4_096  # bytes of the sentence


class Halt:
    """What stops answers from one ledger."""

    def __init__(self, ledger: Path) -> None:
        self._path = ledger.with_name(f"{ledger.name}-halt")
        self._name = os.fspath(self._path)

    def sentence(self) -> str:
        """Return in the words of whoever found it that the ledger is broken; empty: nobody did."""
        try:
            os.stat(self._name)  # noqa: PTH116 - every question passes here
        except FileNotFoundError:
            return ""
        return self._read()

    def set(self, sentence: str) -> None:
        """Stop answers from now on."""
        temporary = temporary_name(self._path)
        make_private(temporary)
        temporary.write_text(sentence[:_LONGEST], encoding="utf-8")
        seal(temporary, self._path)

    def lift(self) -> None:
        """Let answers go on."""
        with suppress(FileNotFoundError):
            self._path.unlink()

    def _read(self) -> str:
        try:
            found = self._path.read_text("utf-8", "replace").strip()
        except OSError:
            found = ""
        return (
            found or f"{self._path} says that the ledger is broken; run: beacon-node audit verify"
        )

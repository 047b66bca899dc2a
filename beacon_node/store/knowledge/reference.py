"""Reference bases from the operator's FASTA, which stays where it is."""

from pathlib import Path

from pyfaidx import Fasta, FastaIndexingError, FastaNotFoundError, FetchError

from beacon_node.errors import StoreUnavailable
from beacon_node.model.genome import find_reference
from beacon_node.model.knowledge import Source


class ReferenceBases:
    """An indexed FASTA, opened on first use; one per process and thread."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._sequences: dict = {}

    def __call__(self, name: str, start: int, end: int) -> str:
        """Return the bases of `[start, end)`, upper case, as far as the sequence goes; empty for a
        sequence that the file does not have."""
        if not self._sequences:
            self._sequences = self._open()
        sequence = self._sequences.get(name)
        if sequence is None or end <= start:
            return ""
        try:
            return str(sequence[max(0, start) : end])
        except (OSError, FetchError) as error:
            raise self._unavailable() from error

    def _open(self) -> dict:
        path = Path(self._source.path)
        try:
            if path.stat().st_size != self._source.details["size_bytes"]:
                raise self._unavailable("has changed since it was loaded")
            file = Fasta(str(path), as_raw=True, sequence_always_upper=True, rebuild=False)
        except (OSError, FastaNotFoundError, FastaIndexingError) as error:
            raise self._unavailable() from error
        names = {name: find_reference(name) for name in list(file.keys())}
        return {found[0]: file[name] for name, found in names.items() if found}

    def _unavailable(self, problem: str = "cannot be read") -> StoreUnavailable:
        return StoreUnavailable(
            f"the reference sequence {self._source.path} of {self._source.assembly} {problem};"
            " load it again"
        )

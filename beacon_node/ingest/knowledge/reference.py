"""The reference sequence: a FASTA with its .fai, checked against the assembly's lengths."""

from collections.abc import Mapping
from pathlib import Path

from pyfaidx import Fasta, FastaIndexingError

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.plain_files import GZIP_MAGIC, explained
from beacon_node.model.genome import SEQUENCES, Assembly, detect_assembly, find_reference


def check_reference(path: str, declared: Assembly | None) -> tuple[Assembly, int]:
    """Return (assembly, how many of its sequences the FASTA has).

    An index is made beside the file where there is none. Raises InvalidInput if the file is no
    FASTA, or its lengths are not those of one assembly, or not those of the declared one.
    """
    _refuse_compressed(path)
    lengths = _lengths(path)
    try:
        told = detect_assembly(lengths)
    except InvalidRequest as error:
        raise InvalidInput(str(error), file=path) from error
    if declared and told and told != declared:
        raise InvalidInput(f"its lengths are {told}'s, but {declared} was declared", file=path)
    assembly = declared or told
    if assembly is None:
        raise InvalidInput("it has no chromosome that tells GRCh37 from GRCh38", file=path)
    return assembly, _known_sequences(lengths, assembly, path)


def _refuse_compressed(path: str) -> None:
    with explained(path), Path(path).open("rb") as file:
        if file.read(len(GZIP_MAGIC)) == GZIP_MAGIC:
            raise InvalidInput("decompress it: bases are read at random places", file=path)


def _lengths(path: str) -> Mapping[str, int]:
    try:
        with explained(path), Fasta(path, rebuild=False) as fasta:
            return {name: len(fasta[name]) for name in list(fasta.keys())}
    except (FastaIndexingError, ValueError) as error:
        problem = "it cannot be used as a FASTA: lines of one length, and a .fai beside it"
        raise InvalidInput(problem, file=path) from error


def _known_sequences(lengths: Mapping[str, int], assembly: Assembly, path: str) -> int:
    known = 0
    for contig, length in lengths.items():
        found = find_reference(contig)
        if found is None:
            continue
        if found[1] not in (None, assembly):
            raise InvalidInput(f"{contig} belongs to {found[1]}, not to {assembly}", file=path)
        expected = SEQUENCES[assembly][found[0]].length
        if length != expected:
            raise InvalidInput(
                f"{contig} has {length:,} bases where {assembly} has {expected:,}", file=path
            )
        known += 1
    if not known:
        raise InvalidInput("none of its sequences is a human chromosome", file=path)
    return known


def size_bytes(path: str) -> int:
    with explained(path):
        return Path(path).stat().st_size

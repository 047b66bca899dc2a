"""Opens a genotype file of any format, with the reference bases that the node has."""

import os
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from pathlib import Path

from beacon_node.errors import InvalidInput
from beacon_node.ingest.detect import Format
from beacon_node.ingest.dtc import open_dtc
from beacon_node.ingest.vcf import open_vcf
from beacon_node.model.calls import FilterPolicy, GenotypeFile
from beacon_node.model.genome import REFERENCE_NAMES, Assembly
from beacon_node.model.variation import Allele, Bases
from beacon_node.node import Node
from beacon_node.ports import Knowledge
from beacon_node.store.knowledge import SqliteKnowledge

_PIECE_BYTES = 4 << 20  # a smaller piece of a file is not worth a process of its own
_PIECES_PER_PROCESS = 16


@dataclass(frozen=True, slots=True)
class Opening:
    """Which file, and what is known of it. `processes`: how many will read it."""

    path: Path
    format: Format
    assembly: Assembly
    filters: FilterPolicy
    individual: str = ""
    processes: int = 1


def open_genotypes(node: Node, opening: Opening) -> GenotypeFile:
    """Return the opened file, on the assembly of `opening`. Raises InvalidInput."""
    bases = stored_bases(node, opening.assembly)
    if opening.format is Format.VCF:
        file = open_vcf(
            str(opening.path),
            assembly=opening.assembly,
            filters=opening.filters,
            bases=bases,
            pieces=_pieces(opening),
        )
    else:
        if not opening.individual:
            problem = "raw genotypes do not say whose they are: name the individual"
            raise InvalidInput(problem, file=str(opening.path))
        file = open_dtc(
            opening.path,
            individual=opening.individual,
            assembly=opening.assembly,
            bases=bases,
            reference_alleles=partial(_known_base, node.knowledge),
        )
    return file


def processes(told: int) -> int:
    """Return how many processes read a file; 0 means one per core that we may use."""
    return told or len(os.sched_getaffinity(0))


def _pieces(opening: Opening) -> int:
    most = _PIECES_PER_PROCESS * opening.processes
    return max(1, min(opening.path.stat().st_size // _PIECE_BYTES, most))


def stored_bases(node: Node, assembly: Assembly) -> "StoredBases | None":
    """Return the node's reference bases for an assembly, None if no FASTA is configured."""
    return StoredBases(node.data / "knowledge", assembly) if has_bases(node, assembly) else None


def _known_base(knowledge: Knowledge, assembly: Assembly, reference: int, start: int) -> str | None:
    """Return the reference base of a known single-base variation at a place, None without one.

    Sources that contradict each other give none.
    """
    name = REFERENCE_NAMES[reference - 1]
    changes = [Allele(name, start, start + 1, *bases) for bases in permutations("ACGT", 2)]
    found = {allele.ref for allele in knowledge.about(assembly, changes)}
    return found.pop() if len(found) == 1 else None


def has_bases(node: Node, assembly: Assembly) -> bool:
    """Say whether alleles of an assembly can be shifted to their leftmost place."""
    return SqliteKnowledge(node.data / "knowledge").reference_bases(assembly) is not None


class StoredBases:
    """Reference bases of one assembly (`model.variation.Bases`); can be sent to other processes,
    each of which opens the node's knowledge for itself. What the FASTA does not have is `N`."""

    def __init__(self, folder: Path, assembly: Assembly) -> None:
        self._folder, self._assembly = folder, assembly
        self._bases: Bases | None = None

    def __reduce__(self):
        return StoredBases, (self._folder, self._assembly)

    def __call__(self, name: str, start: int, end: int) -> str:
        if self._bases is None:
            self._bases = SqliteKnowledge(self._folder).reference_bases(self._assembly)
        return self._bases(name, start, end).ljust(end - start, "N")

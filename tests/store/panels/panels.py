"""Small panels and genomes for tests, written by hand."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from beacon_node.model.genome import Assembly
from beacon_node.model.knowledge import Kind, Source
from beacon_node.model.panels import Declaration, FrequencyChunk, PanelSite
from beacon_node.model.variation import Allele
from beacon_node.store.knowledge import SqliteKnowledge
from beacon_node.store.panels.write import write_panel

GRCH37, GRCH38 = Assembly.GRCH37, Assembly.GRCH38
DISJOINT = Declaration("NFE", is_disjoint=True)


def snv(position: int, ref: str = "A", alt: str = "C", name: str = "7") -> Allele:
    return Allele(name, position - 1, position, ref, alt)


def panel_source(name: str, declared: Declaration = DISJOINT, **more) -> Source:
    told = {"assembly": GRCH38, "details": asdict(declared)} | more
    return Source(Kind.PANEL, name, **told)


def load_panel(
    knowledge: SqliteKnowledge, name: str, sites: Sequence[tuple[Allele, int, int]], **more
) -> Source:
    """Load (allele, count, number) as a panel."""

    def write(path: Path) -> tuple:
        return write_panel(path, (PanelSite(*site) for site in sites))

    return knowledge.add_file(panel_source(name, **more), write)


def walked(chunks: Sequence[FrequencyChunk]) -> list[tuple[int, str, str]]:
    """Return (1-based position, ref, alt) of a walk, in its order."""
    return [
        ((int(place) >> 12 & (1 << 28) - 1) + 1, ref, alt)
        for chunk in chunks
        for place, ref, alt in zip(chunk.places, chunk.refs, chunk.alts, strict=True)
    ]

"""Load what names mean: genes, ClinVar, ontologies, panels … from files the operator has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.knowledge import OpenedFile, Reading, open_knowledge
from beacon_node.ingest.knowledge.reference import check_reference, size_bytes
from beacon_node.ingest.knowledge.text import digest
from beacon_node.model.calls import ReadReport
from beacon_node.model.genome import Assembly
from beacon_node.model.knowledge import Kind, Source
from beacon_node.node import Node
from beacon_node.ports import NO_PROGRESS, Progress
from beacon_node.store.knowledge import Changes
from beacon_node.store.panels import SqlitePanels

# What a file can be loaded as here; a table of named alleles is loaded as PGX. Panels and genomes
# are loaded by `annotate_panels`.
KINDS = tuple(kind for kind in Kind if kind not in (Kind.STAR_ALLELES, Kind.PANEL, Kind.GENOMES))
_SHIFTED = (
    *(Kind.CLINVAR, Kind.EFFECTS, Kind.FREQUENCIES, Kind.PGX, Kind.RSIDS, Kind.STAR_ALLELES),
    *(Kind.PANEL, Kind.GENOMES),
)


@dataclass(frozen=True, slots=True)
class AnnotateOptions:
    """What the operator says of a file; empty: what the file says of itself.

    Files of one kind with different names stand side by side; a frequency panel must be named.
    `part` tells the files of one source apart (`chr1`). `examples`: how many changed clinical
    significances are told of.
    """

    name: str = ""
    version: str = ""
    assembly: Assembly | None = None
    part: str = ""
    examples: int = 10


@dataclass(frozen=True, slots=True)
class AnnotateOutcome:
    """What became of a file. `is_unchanged`: it was loaded before, so nothing was done.

    `skipped` maps a reason to a number of the file's `records`; `source.rows` were kept.
    `changes` only for a ClinVar that replaced another. `notes` are sentences for the operator.
    """

    source: Source
    is_unchanged: bool = False
    replaced: Source | None = None
    records: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    changes: Changes | None = None
    notes: tuple[str, ...] = ()


def annotate(
    node: Node,
    kind: Kind,
    path: str,
    options: AnnotateOptions = AnnotateOptions(),
    progress: Progress = NO_PROGRESS,
) -> AnnotateOutcome:
    """Load a knowledge file, in one step for all readers; the old one counts until then.

    Raises InvalidInput for a bad file, InvalidRequest for a missing name or assembly, Conflict
    while another command changes knowledge; nothing is changed then.
    """
    if kind is Kind.REFERENCE:
        return _annotate_reference(node, path, options, progress)
    sha256 = digest(path, progress)
    same = next((s for s in list_sources(node) if _is_loaded(node, s, kind, sha256, options)), None)
    if same:
        return AnnotateOutcome(same, is_unchanged=True)
    opened = open_knowledge(kind, path, options.assembly, progress)
    source = _source(node, opened, path, sha256, options)
    former = next((s for s in list_sources(node) if s.key == source.key), None)
    report = ReadReport()
    bases = node.knowledge.reference_bases(source.assembly) if source.assembly else None
    positions = _positions(node, opened, path)
    records = opened.read(Reading(report, progress, source.assembly, bases, positions))
    listed, added = node.knowledge.add(source, records, options.examples)
    skipped = dict(report.skipped)
    if added.duplicates:
        skipped["repeats what an earlier record says"] = added.duplicates
    return AnnotateOutcome(
        listed,
        replaced=former,
        records=report.records,
        skipped=skipped,
        changes=added.changes,
        notes=tuple(shift_notes(listed)),
    )


def list_sources(node: Node) -> Sequence[Source]:
    """Return what knowledge is loaded, by kind, name and assembly."""
    return node.knowledge.sources()


def remove_source(
    node: Node, kind: Kind, name: str = "", assembly: Assembly | None = None, part: str = ""
) -> tuple[Source, ...]:
    """Forget the sources of a kind; `name`, `assembly`, `part` narrow it down. Returns them.

    Raises InvalidRequest if none is loaded or several names would go at once.
    """
    found = [
        source
        for source in node.knowledge.sources()
        if source.kind is kind
        and name in ("", source.name)
        and assembly in (None, source.assembly)
        and part in ("", source.part)
    ]
    names = sorted({source.name for source in found})
    if not found:
        raise InvalidRequest(f"no such {kind} source is loaded")
    if len(names) > 1:
        raise InvalidRequest(f"say which {kind} source: {', '.join(names)}")
    for source in found:
        node.knowledge.remove(source)
    if kind is Kind.PANEL:
        SqlitePanels(node.knowledge).sweep()
    return tuple(found)


# ---- inside ------------------------------------------------------------------------------------


def _source(
    node: Node, opened: OpenedFile, path: str, sha256: str, options: AnnotateOptions
) -> Source:
    name = options.name or opened.name
    if not name:
        if opened.kind is Kind.FREQUENCIES:
            raise InvalidRequest("a frequency panel needs a name: say --name, such as gnomAD")
        name = opened.kind.value
    return Source(
        kind=opened.kind,
        name=name,
        assembly=opened.assembly,
        part=options.part,
        version=options.version or opened.version,
        file_name=Path(path).name,
        sha256=sha256,
        loaded_at=node.clock.now().isoformat(timespec="seconds"),
        with_reference=opened.kind in _SHIFTED and _has_reference(node, opened.assembly),
        details=opened.details,
    )


def _is_loaded(
    node: Node, source: Source, kind: Kind, sha256: str, options: AnnotateOptions
) -> bool:
    """Say whether `source` is what loading this very file with these options would give."""
    kinds = (Kind.PGX, Kind.STAR_ALLELES) if kind is Kind.PGX else (kind,)
    has_reference = source.kind in _SHIFTED and _has_reference(node, source.assembly)
    return (
        source.kind in kinds
        and source.sha256 == sha256
        and source.part == options.part
        and source.with_reference == has_reference
        and options.name in ("", source.name)
        and options.version in ("", source.version)
        and (options.assembly in (None, source.assembly) or not source.kind.has_assembly)
    )


def _has_reference(node: Node, assembly: Assembly | None) -> bool:
    return assembly is not None and node.knowledge.reference_bases(assembly) is not None


def _positions(node: Node, opened: OpenedFile, path: str) -> dict:
    """Return the positions that named alleles refer to; InvalidInput if they are not loaded."""
    if opened.kind is not Kind.STAR_ALLELES:
        return {}
    positions = node.knowledge.pgx_positions(opened.assembly)
    if not positions:
        raise InvalidInput(
            "named alleles need the positions they refer to: load PharmCAT's positions VCF of"
            f" {opened.assembly} first, also as pgx",
            file=path,
        )
    return positions


def shift_notes(source: Source) -> list[str]:
    """Return what to tell of a source whose indels could not be shifted to their normal form."""
    if source.kind in _SHIFTED and not source.with_reference:
        return [
            "no reference sequence is loaded, so indels stand as the file has them; after loading"
            " one, load this file again"
        ]
    return []


def _annotate_reference(
    node: Node, path: str, options: AnnotateOptions, progress: Progress
) -> AnnotateOutcome:
    path = str(Path(path).resolve())
    assembly, sequences = check_reference(path, options.assembly)
    source = Source(
        kind=Kind.REFERENCE,
        name=options.name or "reference",
        assembly=assembly,
        version=options.version,
        file_name=Path(path).name,
        sha256=digest(path, progress),
        loaded_at=node.clock.now().isoformat(timespec="seconds"),
        rows=sequences,
        path=path,
        details={"size_bytes": size_bytes(path)},
    )
    former = [
        known
        for known in node.knowledge.sources()
        if known.kind is Kind.REFERENCE and known.assembly is assembly
    ]
    if any((known.sha256, known.path) == (source.sha256, path) for known in former):
        return AnnotateOutcome(former[0], is_unchanged=True)
    node.knowledge.add_reference(source)
    for known in former:  # one reference per assembly, whatever it was called
        if known.key != source.key:
            node.knowledge.remove(known)
    earlier = [s.name for s in node.knowledge.sources() if _is_unshifted(s, assembly)]
    note = f"loaded before the reference, load again to shift indels: {', '.join(earlier)}"
    return AnnotateOutcome(
        source,
        replaced=former[0] if former else None,
        records=sequences,
        notes=(note,) if earlier else (),
    )


def _is_unshifted(source: Source, assembly: Assembly) -> bool:
    return source.kind in _SHIFTED and source.assembly is assembly and not source.with_reference

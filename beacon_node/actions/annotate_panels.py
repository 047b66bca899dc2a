"""Load what the guard knows of the public: reference panels and reference genomes."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

from beacon_node.actions.annotate import AnnotateOutcome, list_sources, shift_notes
from beacon_node.actions.genotype_files import has_bases, processes, stored_bases
from beacon_node.actions.read_genotypes import Reading as GenotypeReading
from beacon_node.actions.read_genotypes import read_genotypes
from beacon_node.errors import Conflict, InvalidInput, InvalidRequest
from beacon_node.ingest.knowledge import Reading
from beacon_node.ingest.knowledge.panels import open_panel
from beacon_node.ingest.knowledge.text import digest
from beacon_node.ingest.vcf import VcfFile, check_order, open_vcf
from beacon_node.model.calls import FilterPolicy, ReadReport
from beacon_node.model.genome import REFERENCE_NAMES, Assembly
from beacon_node.model.knowledge import Kind, Source
from beacon_node.model.panels import Declaration
from beacon_node.node import Node
from beacon_node.ports import NO_PROGRESS, Progress
from beacon_node.store.panels import SqlitePanels
from beacon_node.store.panels.write import write_panel

_PIECE_BYTES = 4 << 20  # a smaller piece of a file is not worth a process of its own
_PIECES_PER_PROCESS = 16


@dataclass(frozen=True, slots=True)
class PublicOptions:
    """What the operator says of a file of a panel or of genomes; `name` is needed.

    `part` tells the files of one panel apart (`chr1`). `filters`: which FILTER values are used.
    `processes` read genomes; None: as the settings say, 0: one per core.
    """

    name: str
    version: str = ""
    assembly: Assembly | None = None
    part: str = ""
    filters: FilterPolicy = FilterPolicy()
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class _Load:
    """One file on its way in; `declared` is what was said of it and makes it another source."""

    node: Node
    kind: Kind
    path: str
    options: PublicOptions
    progress: Progress
    declared: Mapping = field(default_factory=dict)


def annotate_panel(
    node: Node,
    path: str,
    declared: Declaration,
    options: PublicOptions,
    progress: Progress = NO_PROGRESS,
) -> AnnotateOutcome:
    """Load the allele frequencies of a reference panel, or of one population of it.

    A panel of the same name, assembly and part counts until then. Raises InvalidInput for a bad
    file, InvalidRequest if a name, an ancestry or an assembly is missing, Conflict if other parts
    of the panel were declared otherwise; nothing is changed then.
    """
    if not declared.ancestry:
        raise InvalidRequest("say which ancestry the panel has: --ancestry, such as NFE")
    load = _Load(node, Kind.PANEL, path, options, progress, asdict(declared))
    sha256 = _digest(load)
    if same := _loaded(load, sha256):
        return AnnotateOutcome(same, is_unchanged=True)
    file = open_panel(
        path,
        population=declared.population,
        declared=options.assembly,
        filters=options.filters,
    )
    source = _source(load, sha256, file.assembly, options.version or file.version)
    _check_parts(load, source)
    report = ReadReport()
    bases = node.knowledge.reference_bases(file.assembly)
    sites = file.read(Reading(report, progress, file.assembly, bases))
    outcome = _add(load, source, lambda written: write_panel(written, sites), report)
    SqlitePanels(node.knowledge).sweep()
    return outcome


def annotate_genomes(
    node: Node, path: str, options: PublicOptions, progress: Progress = NO_PROGRESS
) -> AnnotateOutcome:
    """Load public people's genotypes. Errors are those of `annotate_panel`."""
    load = _Load(node, Kind.GENOMES, path, options, progress)
    sha256 = _digest(load)
    if same := _loaded(load, sha256):
        return AnnotateOutcome(same, is_unchanged=True)
    file = _open_genomes(load)
    source = _source(load, sha256, file.assembly, options.version)
    report = ReadReport()

    def write(written: Path) -> tuple[int, Mapping]:
        report.add(_read_genomes(load, file, written))
        references = [REFERENCE_NAMES[number - 1] for number in sorted(report.references)]
        return report.alleles, {"people": len(file.samples), "references": references}

    return _add(load, source, write, report)


# ---- inside ------------------------------------------------------------------------------------


def _digest(load: _Load) -> str:
    if not load.options.name:
        words = "a panel needs" if load.kind is Kind.PANEL else "genomes need"
        raise InvalidRequest(f"{words} a name: say --name, such as gnomad-nfe or 1000g")
    return digest(load.path, load.progress)


def _loaded(load: _Load, sha256: str) -> Source | None:
    """Return the source that loading this very file with these options would give."""
    told, details = load.options, _details(load)
    for known in list_sources(load.node):
        if (
            (known.kind, known.name, known.part) == (load.kind, told.name, told.part)
            and known.sha256 == sha256
            and told.assembly in (None, known.assembly)
            and told.version in ("", known.version)
            and known.with_reference == has_bases(load.node, known.assembly)
            and all(known.details[key] == value for key, value in details.items())
        ):
            return known
    return None


def _details(load: _Load) -> dict:
    accepted = load.options.filters.accepted
    return {**load.declared, "filters": None if accepted is None else sorted(accepted)}


def _source(load: _Load, sha256: str, assembly: Assembly, version: str) -> Source:
    return Source(
        kind=load.kind,
        name=load.options.name,
        assembly=assembly,
        part=load.options.part,
        version=version,
        file_name=Path(load.path).name,
        sha256=sha256,
        loaded_at=load.node.clock.now().isoformat(timespec="seconds"),
        with_reference=has_bases(load.node, assembly),
        details=_details(load),
    )


def _check_parts(load: _Load, source: Source) -> None:
    """Refuse a part that is declared otherwise than the panel's other parts."""
    for known in list_sources(load.node):
        is_beside = known.part != source.part and known.key[:3] == source.key[:3]
        if is_beside and any(known.details[key] != load.declared[key] for key in load.declared):
            raise Conflict(
                f"part {known.part!r} of panel {source.name!r} was declared otherwise: say the same"
                " ancestry, population and --disjoint, or remove it first"
            )


def _add(
    load: _Load,
    source: Source,
    write: Callable[[Path], tuple[int, Mapping]],
    report: ReadReport,
) -> AnnotateOutcome:
    former = next((s for s in list_sources(load.node) if s.key == source.key), None)
    listed = load.node.knowledge.add_file(source, partial(_written, write, load, report))
    return AnnotateOutcome(
        listed,
        replaced=former,
        records=report.records,
        skipped=dict(report.skipped),
        notes=(*shift_notes(listed), *_notes(listed)),
    )


def _written(
    write: Callable[[Path], tuple[int, Mapping]], load: _Load, report: ReadReport, path: Path
) -> tuple[int, Mapping]:
    """Write a source's file; InvalidInput if nothing of the file could be used."""
    rows, details = write(path)
    if not rows:
        reasons = ", ".join(sorted(report.skipped, key=report.skipped.get, reverse=True)[:3])
        why = f": {reasons}" if reasons else ""
        raise InvalidInput(f"none of {report.records:,} records can be used{why}", file=load.path)
    if repeated := details.get("repeated"):
        report.skip("repeats an allele, the lower frequency counts", repeated)
    return rows, details


def _notes(source: Source) -> list[str]:
    notes, details = [], source.details
    if source.kind is Kind.PANEL and not details["is_disjoint"]:
        notes.append(
            "not declared disjoint from this node's cohorts (--disjoint): it protects nobody yet"
        )
    if thin := details.get("thin"):
        notes.append(
            f"{thin:,} of {source.rows:,} sites have fewer than 2,000 alleles looked at and count"
            " as unseen"
        )
    return notes


# ---- genomes -----------------------------------------------------------------------------------


def _open_genomes(load: _Load) -> VcfFile:
    options, count = load.options, _processes(load)
    pieces = min(Path(load.path).stat().st_size // _PIECE_BYTES, _PIECES_PER_PROCESS * count)
    file = open_vcf(
        load.path, assembly=options.assembly, filters=options.filters, pieces=max(1, pieces)
    )
    if file.is_sites_only:
        raise InvalidInput("there are no samples: genomes need genotypes", file=load.path)
    if file.assembly is None:
        raise InvalidRequest(
            f"{load.path} does not say which assembly it is on; say --assembly GRCh37 or GRCh38"
        )
    return file


def _processes(load: _Load) -> int:
    told = load.options.processes
    return processes(load.node.settings.loading.processes if told is None else told)


def _read_genomes(load: _Load, file: VcfFile, written: Path) -> ReadReport:
    file = replace(file, bases=stored_bases(load.node, file.assembly))
    load.progress.start("reading", Path(load.path).stat().st_size, "bytes")
    reading = GenotypeReading(
        file,
        _processes(load),
        declare=lambda report: ({}, ()),
        check_order=partial(check_order, load.path),
        progress=load.progress,
    )
    report = read_genotypes(reading, written)
    load.progress.finish()
    return report

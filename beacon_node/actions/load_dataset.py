"""Load a file into the draft of a dataset's next release."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from beacon_node.actions.genotype_files import (
    Opening,
    has_bases,
    open_genotypes,
    processes,
    stored_bases,
)
from beacon_node.actions.given_file import STDIN, digest, local_file
from beacon_node.actions.read_genotypes import CheckOrder, Reading, read_genotypes
from beacon_node.errors import Conflict, InvalidInput
from beacon_node.ingest.bff import read_bff
from beacon_node.ingest.detect import Format, detect_format
from beacon_node.ingest.phenopackets import open_phenopacket_variants, read_phenopackets
from beacon_node.ingest.vcf import check_order
from beacon_node.model.calls import FilterPolicy, GenotypeFile, Interval, ReadReport
from beacon_node.model.genome import REFERENCE_NAMES, Assembly
from beacon_node.node import Node
from beacon_node.ports import NO_PROGRESS, Progress
from beacon_node.store.drafts import write_draft
from beacon_node.store.merge.assays import whole_sequences
from beacon_node.store.records import VARIANTS_OF, DatasetRecord, PartRecord, intervals_json
from beacon_node.store.schema import FORMAT
from beacon_node.store.sweep import sweep

WHOLE_GENOME = "whole-genome"
_CLINICAL = {Format.PHENOPACKETS: read_phenopackets, Format.BFF: read_bff}

Assayed = Sequence[Interval] | Literal["whole-genome"]
_Found = tuple[Format, str, Path, dict]  # format, content, file and report of a part to be


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What an operator may say about a file.

    `individual`: whose raw genotypes these are. `sample_table`: sample name → id of the biosample,
    individual, run or analysis it belongs to. `assayed`: what was sequenced in these samples, if it
    differs from the dataset. `filters`: instead of the dataset's. `processes` 0: one per core.
    """

    assembly: Assembly | None = None
    individual: str = ""
    sample_table: Mapping[str, str] = field(default_factory=dict)
    assayed: Assayed | None = None
    filters: FilterPolicy | None = None
    format: Format | None = None
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class LoadOutcome:
    """What became of a file.

    `records` are its own (lines, rows, documents), `skipped` says why some were not taken and how
    often. `replaced`: the same file had been loaded with other options. Phenopackets may bring both
    documents and alleles; then `skipped` tells of their variants.
    """

    dataset_id: str
    source: str
    format: Format
    part: int
    records: int
    alleles: int = 0
    samples: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    assembly: Assembly | None = None
    references: tuple[str, ...] = ()
    documents: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    already_loaded: bool = False
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class _Load:
    """One file on its way in."""

    node: Node
    dataset: DatasetRecord
    path: Path
    options: LoadOptions
    progress: Progress
    content: str  # SHA-256

    @property
    def folder(self) -> Path:
        return self.node.catalogue.folder(self.dataset.id) / "parts"


def load(
    node: Node,
    dataset_id: str,
    path: str,
    options: LoadOptions = LoadOptions(),
    progress: Progress = NO_PROGRESS,
) -> LoadOutcome:
    """Read a file (`-`: standard input) and add it to the draft of dataset `dataset_id`.

    Nothing is answered from it before a release. A file that is loaded already with the same
    options changes nothing. Raises NotFound for the dataset, InvalidInput for the file, Conflict if
    another command works on the dataset, StoreUnavailable if the disk is full; then nothing
    changed.
    """
    began = time.monotonic()
    dataset = node.catalogue.dataset(dataset_id)
    with node.catalogue.only_me(dataset_id):
        sweep(node.catalogue, dataset_id)
        folder = node.catalogue.folder(dataset_id) / "parts"
        with local_file(path, folder) as local:
            content = digest(local, progress)
            one = _Load(node, dataset, local, options, progress, content)
            source = "standard input" if path == STDIN else Path(path).name
            outcome = _load_one(one, source)
    return replace(outcome, seconds=time.monotonic() - began)


def _load_one(one: _Load, source: str) -> LoadOutcome:
    format = one.options.format or detect_format(one.path)
    key = _key(one, format)
    known = [p for p in one.node.catalogue.parts(one.dataset.id) if p.origin == one.content]
    if known and known[0].key == key:
        return replace(_outcome(one, known), already_loaded=True)
    try:
        read = _read_packets if format is Format.PHENOPACKETS else _read_one
        parts = [_part(one, key, source, found) for found in read(one, format)]
        added = one.node.catalogue.add_parts(one.dataset.id, parts)
    finally:
        sweep(one.node.catalogue, one.dataset.id)
    return replace(_outcome(one, added), replaced=bool(known))


def _part(one: _Load, key: str, source: str, found: _Found) -> PartRecord:
    format, content, path, report = found
    return PartRecord(
        number=0,
        content=content,
        key=key,
        source=source,
        format=format.value,
        path=path.name,
        loaded_at=one.node.clock.now().isoformat(timespec="seconds"),
        sample_table=report.pop("sample_table", {}),
        report=report,
    )


def _read_one(one: _Load, format: Format) -> list[_Found]:
    """Return the single part that a file of genotypes or of documents becomes."""
    path = _new_path(one)
    report = (_read_documents if format in _CLINICAL else _read_calls)(one, format, path)
    return [(format, one.content, path, report)]


def _new_path(one: _Load) -> Path:
    return one.folder / f"{one.content[:16]}-{one.node.randomness.bytes(4).hex()}.sqlite"


# ---- genotypes ---------------------------------------------------------------------------------


def _read_calls(one: _Load, format: Format, path: Path) -> dict:
    """Write a part; returns its report for the catalogue."""
    options = one.options
    _check_assembly(one)
    opening = Opening(
        path=one.path,
        format=format,
        assembly=one.dataset.assembly,
        filters=options.filters or one.dataset.filters,
        individual=options.individual,
        processes=processes(_told_processes(one)),
    )
    file = open_genotypes(one.node, opening)
    one.progress.start("reading", one.path.stat().st_size, "bytes")
    order = partial(check_order, str(one.path))
    return _write_calls(one, file, path, opening.processes, order)


def _write_calls(
    one: _Load, file: GenotypeFile, path: Path, processes: int, check_order: CheckOrder
) -> dict:
    """Write a part of an opened file; returns its report for the catalogue."""
    options = one.options
    _check_kind(one, file)
    assayed = _declared(options.assayed, one.dataset.assembly)
    digests: list[str] = []

    def declare(report: ReadReport) -> tuple[Mapping[str, str], Sequence[Interval]]:
        regions = report.assayed if assayed is None else assayed
        digests.append(_assay_digest(regions) if assayed is not None or regions else "")
        return {"assembly": one.dataset.assembly.value}, regions

    reading = Reading(file, processes, declare, check_order, one.progress)
    report = read_genotypes(reading, path)
    one.progress.finish()
    table = {
        name: options.sample_table[name] for name in file.samples if name in options.sample_table
    }
    return {
        "records": report.records,
        "alleles": report.alleles,
        "skipped": report.skipped,
        "samples": len(file.samples),
        "references": sorted(report.references),
        "is_sites_only": file.is_sites_only,
        "assay_digest": digests[0],
        "sample_table": table,
    }


def _check_assembly(one: _Load) -> None:
    told, own = one.options.assembly, one.dataset.assembly
    if told and told != own:
        problem = f"dataset {one.dataset.id!r} is on {own}, not {told}"
        raise InvalidInput(problem, file=str(one.path))


def _told_processes(one: _Load) -> int:
    told = one.options.processes
    return one.node.settings.loading.processes if told is None else told


def _check_kind(one: _Load, file: GenotypeFile) -> None:
    """Refuse sites among people, people among sites, and a table of other people."""
    for part in one.node.catalogue.parts(one.dataset.id):
        if part.is_clinical or part.origin == one.content:
            continue
        if part.report["is_sites_only"] != file.is_sites_only:
            old, new = "sites without samples", "samples"
            if file.is_sites_only:
                old, new = new, old
            raise Conflict(f"the file has {new}, but dataset {one.dataset.id!r} has {old}")
    table = one.options.sample_table
    if table and file.samples and not any(name in table for name in file.samples):
        raise InvalidInput("the table names none of the file's samples", file=str(one.path))


def _declared(assayed: Assayed | None, assembly: Assembly) -> Sequence[Interval] | None:
    if assayed == WHOLE_GENOME:
        return whole_genome(assembly)
    return assayed


def whole_genome(assembly: Assembly) -> tuple[Interval, ...]:
    """Return all of every reference sequence."""
    return whole_sequences(assembly, range(1, len(REFERENCE_NAMES) + 1))


def _assay_digest(regions: Sequence[Interval]) -> str:
    hashed = hashlib.sha256()
    for region in regions:
        hashed.update(b"%d:%d-%d," % (region.reference, region.start, region.end))
    return hashed.hexdigest()


# ---- clinical records --------------------------------------------------------------------------


def _read_documents(one: _Load, format: Format, path: Path) -> dict:
    """Write a draft of documents; returns its report for the catalogue."""
    one.progress.start("reading", None, "records")
    documents = _counted(_CLINICAL[format](one.path), one.progress)
    counts = write_draft(path, documents, str(one.path))
    one.progress.finish()
    by_type = {entry_type.value: count for entry_type, count in counts.items()}
    return {"records": sum(counts.values()), "documents": by_type}


def _read_packets(one: _Load, format: Format) -> list[_Found]:
    """Return the clinical records of phenopackets and, if they have any here, their variants.

    Only the places of the variants count as assayed, for the packets tell of nothing else.
    """
    _check_assembly(one)
    ((_, _, draft, records),) = _read_one(one, format)
    assembly = one.dataset.assembly
    bases = stored_bases(one.node, assembly)
    file = open_phenopacket_variants(one.path, assembly=assembly, bases=bases)
    path = _new_path(one)
    one.progress.start("reading variants", None, "records")
    calls = _write_calls(one, file, path, 1, lambda reports: None)
    found = [(format, one.content, draft, records | {"skipped": calls["skipped"]})]
    if calls["alleles"]:
        found.append((format, one.content + VARIANTS_OF, path, calls))
    return found


def _counted(documents: Iterator, progress: Progress) -> Iterator:
    for document in documents:
        yield document
        progress.advance(1)


# ---- the outcome -------------------------------------------------------------------------------


def _key(one: _Load, format: Format) -> str:
    """Return the SHA-256 of the content and of every option that shapes what becomes of it."""
    options = one.options
    accepted = (options.filters or one.dataset.filters).accepted
    assayed = _declared(options.assayed, one.dataset.assembly)
    shaping = {
        "content": one.content,
        "format": format.value,
        "layout": FORMAT,
        "assembly": one.dataset.assembly.value,
        "has_bases": format is not Format.BFF and has_bases(one.node, one.dataset.assembly),
        "individual": options.individual,
        "knowledge": one.node.knowledge.version if options.individual else 0,
        "sample_table": sorted(options.sample_table.items()),
        "filters": None if accepted is None else sorted(accepted),
        "assayed": None if assayed is None else intervals_json(list(assayed)),
    }
    if format is Format.PHENOPACKETS:
        shaping["parts"] = ["documents", "variants"]
    return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()


def _outcome(one: _Load, parts: Sequence[PartRecord]) -> LoadOutcome:
    part = parts[0]
    report = parts[-1].report | part.report  # what both say, the documents say
    return LoadOutcome(
        dataset_id=one.dataset.id,
        source=part.source,
        format=Format(part.format),
        part=part.number,
        records=report["records"],
        alleles=report.get("alleles", 0),
        samples=report.get("samples", 0),
        skipped=report.get("skipped", {}),
        assembly=None if parts[-1].is_clinical else one.dataset.assembly,
        references=tuple(REFERENCE_NAMES[r - 1] for r in report.get("references", ())),
        documents=report.get("documents", {}),
    )

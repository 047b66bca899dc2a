"""The way into a knowledge file of any kind: open it, look at its head, then read its records."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.knowledge import clinvar, effects, frequencies, genes, obo, pgx, summary
from beacon_node.ingest.knowledge.gene_names import open_gene_names, read_gene_names
from beacon_node.ingest.knowledge.rsids import rsid_records
from beacon_node.ingest.knowledge.sites import Site, SiteFile, open_sites, read_sites
from beacon_node.ingest.knowledge.text import first_lines
from beacon_node.model.calls import ReadReport
from beacon_node.model.genome import Assembly, parse_assembly
from beacon_node.model.knowledge import Kind
from beacon_node.model.variation import Bases
from beacon_node.ports import Progress


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading needs besides the file; `positions` only for named alleles."""

    report: ReadReport
    progress: Progress
    assembly: Assembly | None = None
    bases: Bases | None = None
    positions: pgx.Positions = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A knowledge file whose head was found good.

    `name` and `version` are what the file says of itself, empty where it does not. `details` go
    into the source's (see `model.knowledge.Source`). `read` yields the records of `kind`.
    """

    kind: Kind
    assembly: Assembly | None
    read: Callable[[Reading], Iterable]
    name: str = ""
    version: str = ""
    details: Mapping = field(default_factory=dict)


def open_knowledge(
    kind: Kind, path: str, declared: Assembly | None, progress: Progress
) -> OpenedFile:
    """Return a file of this kind, opened; a table of named alleles opens as STAR_ALLELES.

    Raises InvalidInput for a bad head or one that contradicts the declared assembly,
    InvalidRequest if an assembly is needed and nobody tells it.
    """
    openers = {
        Kind.GENES: _open_genes,
        Kind.GENE_NAMES: _open_gene_names,
        Kind.ONTOLOGY: partial(_open_ontology, progress=progress),
        Kind.PGX: _open_pgx,
        Kind.CLINVAR: _open_clinvar,
        Kind.EFFECTS: _open_effects,
        Kind.FREQUENCIES: _open_frequencies,
        Kind.RSIDS: _open_rsids,
    }
    opened = openers[kind](path, declared)
    if opened.kind.has_assembly and opened.assembly is None:
        raise InvalidRequest(
            f"{path} does not say which assembly it is on; say --assembly GRCh37 or GRCh38"
        )
    return opened


def _open_genes(path: str, declared: Assembly | None) -> OpenedFile:
    file = genes.open_genes(path)
    assembly = _agreed(file.assembly_hints, declared, path)

    def read(reading: Reading) -> Iterator:
        return genes.read_genes(file, assembly, reading.report, reading.progress)

    return OpenedFile(Kind.GENES, assembly, read, version=file.version)


def _agreed(hints: Iterable[str], declared: Assembly | None, path: str) -> Assembly | None:
    """Return the assembly that the operator and the file agree on."""
    try:
        told = {parse_assembly(hint) for hint in hints}
    except InvalidRequest as error:
        raise InvalidInput(str(error), file=path) from error
    if len(told) > 1 or (declared and told and declared not in told):
        words = " and ".join(sorted(told))
        against = f", but {declared} was declared" if declared else ""
        raise InvalidInput(f"the file says {words}{against}", file=path)
    return declared or next(iter(told), None)


def _open_gene_names(path: str, declared: Assembly | None) -> OpenedFile:
    table = open_gene_names(path)

    def read(reading: Reading) -> Iterator:
        return read_gene_names(table, reading.report, reading.progress)

    return OpenedFile(Kind.GENE_NAMES, None, read, name="HGNC")


def _open_ontology(path: str, declared: Assembly | None, progress: Progress) -> OpenedFile:
    ontology = obo.open_ontology(path, progress)

    def read(reading: Reading) -> Iterator:
        return obo.read_ontology(ontology, reading.report)

    details = {"prefix": ontology.prefix, "title": ontology.title, "size": ontology.size}
    return OpenedFile(
        Kind.ONTOLOGY, None, read, name=ontology.prefix, version=ontology.version, details=details
    )


def _open_pgx(path: str, declared: Assembly | None) -> OpenedFile:
    if not _is_vcf(path):
        return _open_named_alleles(path, declared)
    file = open_sites(path, declared)
    pgx.check_positions(file)
    return _site_file(Kind.PGX, file, pgx.pgx_records, name="PharmCAT positions")


def _open_named_alleles(path: str, declared: Assembly | None) -> OpenedFile:
    table = pgx.open_named_alleles(path)
    assembly = _agreed([table.assembly] if table.assembly else [], declared, path)

    def read(reading: Reading) -> Iterator:
        rows = pgx.read_named_alleles(table, reading.progress)
        return iter(pgx.star_records(rows, reading.positions, reading.report))

    return OpenedFile(Kind.STAR_ALLELES, assembly, read, name="PharmCAT named alleles")


def _open_clinvar(path: str, declared: Assembly | None) -> OpenedFile:
    file = open_sites(path, declared)
    return _site_file(Kind.CLINVAR, file, clinvar.clinical_records(file), name="ClinVar")


def _open_effects(path: str, declared: Assembly | None) -> OpenedFile:
    if summary.is_summary(path):
        return _open_summary(path, declared)
    file = open_sites(path, declared)
    return _site_file(Kind.EFFECTS, file, effects.effect_records(file), name=_stem(path))


def _open_summary(path: str, declared: Assembly | None) -> OpenedFile:
    table = summary.open_summary(path)

    def read(reading: Reading) -> Iterator:
        return summary.read_summary(
            table, declared, reading.bases, reading.report, reading.progress
        )

    return OpenedFile(Kind.EFFECTS, declared, read, name="ClinVar names")


def _open_frequencies(path: str, declared: Assembly | None) -> OpenedFile:
    file = open_sites(path, declared)
    fields = frequencies.populations(file)
    records = partial(frequencies.frequency_records, fields=fields)
    details = {"populations": list(fields)}
    return _site_file(Kind.FREQUENCIES, file, records, details=details)


def _open_rsids(path: str, declared: Assembly | None) -> OpenedFile:
    file = open_sites(path, declared)
    build = file.meta("dbSNP_BUILD_ID")
    name = "dbSNP" if build else _stem(path)
    return _site_file(Kind.RSIDS, file, rsid_records, name=name, version=build)


def _site_file(
    kind: Kind,
    file: SiteFile,
    records: Callable[[Site], Iterable],
    *,
    name: str = "",
    version: str = "",
    details: Mapping | None = None,
) -> OpenedFile:
    def read(reading: Reading) -> Iterator:
        sites = read_sites(file, file.assembly, reading.bases, reading.report, reading.progress)
        return (record for site in sites for record in records(site))

    told = version or file.meta("fileDate")[:10]
    return OpenedFile(kind, file.assembly, read, name, told, details or {})


def _is_vcf(path: str) -> bool:
    return any(line.startswith("##fileformat=VCF") for line in first_lines(path, count=1))


def _stem(path: str) -> str:
    return re.sub(r"(\.vcf|\.bcf|\.gz|\.bgz)+$", "", Path(path).name)

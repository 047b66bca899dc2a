"""The knowledge base as the rest of a node sees it."""

import os
import sqlite3
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from beacon_node.errors import NotFound, StoreUnavailable
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.knowledge import Kind, PgxRecord, Source
from beacon_node.model.query import OntologyFilter
from beacon_node.model.variation import Allele, Bases
from beacon_node.ports import Known
from beacon_node.storage.failures import told_plainly
from beacon_node.store.knowledge import facts, genes
from beacon_node.store.knowledge.allele_names import AlleleNames, Found
from beacon_node.store.knowledge.build import Added, build, new_file
from beacon_node.store.knowledge.catalogue import SourceCatalogue, read_sources, read_version
from beacon_node.store.knowledge.changes import compare
from beacon_node.store.knowledge.layout import allele_of
from beacon_node.store.knowledge.ontology_names import resource
from beacon_node.store.knowledge.reference import ReferenceBases
from beacon_node.store.knowledge.terms import Terms

_MMAP_BYTES = 1 << 40  # more than any file: pages come from the system's cache
_ATTEMPTS = 5  # a source may be replaced between reading the list and opening it
_READ_ELSEWHERE = (Kind.REFERENCE, Kind.PANEL, Kind.GENOMES)  # pyfaidx, store.panels
_FILTERS, _GENES, _LABELS = 64, 512, 2_048  # answers remembered until knowledge changes


Written = tuple[int, Mapping]
"""The rows of a file that was written, and what to add to its source's details."""


class Snapshot:
    """The knowledge of one version, all its files open; never changes."""

    def __init__(self, folder: Path, version: int, sources: Sequence[Source]) -> None:
        self.version, self.sources = version, sources
        loaded = [
            (source, _open(folder / source.path))
            for source in sources
            if source.kind not in _READ_ELSEWHERE
        ]
        self._loaded = loaded
        self._genes = {
            assembly: [db for s, db in loaded if s.kind is Kind.GENES and s.assembly == assembly]
            for assembly in Assembly
        }
        self.gene_names = genes.GeneNames(_of(Kind.GENE_NAMES, loaded))
        terms = Terms([(s, db) for s, db in loaded if s.kind is Kind.ONTOLOGY])
        self.allele_names = AlleleNames(loaded)
        self._bases = {s.assembly: ReferenceBases(s) for s in sources if s.kind is Kind.REFERENCE}
        self.terms_for = _Remembered(_FILTERS, lambda wanted: _known_terms(terms, wanted))
        self.ancestors = _Remembered(_FILTERS, terms.ancestors)
        self.label = _Remembered(_LABELS, terms.label)
        self.gene_regions = _Remembered(_GENES, self._gene_regions)

    def _gene_regions(self, gene: str) -> Mapping[Assembly, tuple[Region, ...]]:
        named = self.gene_names.find(gene)
        found = {a: genes.regions_of(named, databases) for a, databases in self._genes.items()}
        return {assembly: regions for assembly, regions in found.items() if regions}

    def genes_at(self, assembly: Assembly, region: Region) -> tuple[str, ...]:
        return genes.genes_at(region, self._genes[assembly], self.gene_names)

    def about(self, assembly: Assembly, alleles: Sequence[Allele]) -> Mapping[Allele, Known]:
        return facts.about(self._loaded, assembly, alleles)

    def bases(self, assembly: Assembly) -> ReferenceBases | None:
        return self._bases.get(assembly)

    def pgx_positions(self, assembly: Assembly) -> dict[tuple[str, int], list[PgxRecord]]:
        """Return (reference name, VCF position) → the alleles that can be there."""
        found: dict[tuple[str, int], list[PgxRecord]] = {}
        sql = 'SELECT place, ref, alt, "end", gene, position, vcf_ref, vcf_alt, rsids FROM allele'
        for source, db in self._loaded:
            if source.kind is not Kind.PGX or source.assembly != assembly:
                continue
            for *key, gene, position, ref, alt, rsids in db.execute(sql):
                allele = allele_of(*key)
                record = PgxRecord(allele, gene, position, ref, alt, facts.unpack_rsids(rsids))
                found.setdefault((allele.reference_name, position), []).append(record)
        return found


class _Remembered:
    """A function that remembers its latest answers, but none that is empty: whoever asks chooses
    the names, and those that mean nothing here are without number."""

    def __init__(self, size: int, ask: Callable) -> None:
        self._ask, self.kept = ask, LRUCache(size)

    def __call__(self, *key: Hashable) -> Any:
        found = self.kept.get(key)
        if found is None:
            found = self._ask(*key)
            if found:
                self.kept[key] = found
        return found


def _known_terms(terms: Terms, wanted: OntologyFilter) -> frozenset[str]:
    """Return the ids a filter stands for, none if no ontology has its term."""
    found = terms.terms_for(wanted)
    return found if len(found) > 1 or terms.current(wanted.id) else frozenset()


def _of(kind: Kind, loaded: Iterable[tuple[Source, sqlite3.Connection]]) -> list:
    return [db for source, db in loaded if source.kind is kind]


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    db.execute(f"PRAGMA mmap_size = {_MMAP_BYTES}")
    return db


class SqliteKnowledge:
    """`ports.Knowledge` over a folder; changes made by other processes are seen at once.

    Each thread of each process reads through connections of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = Path(folder)
        self._catalogue = SourceCatalogue(self._folder)
        self._mine = threading.local()
        self._nothing = Snapshot(self._folder, 0, ())  # while nothing was ever loaded

    # ---- what is known (ports.Knowledge) -----------------------------------------------------

    @property
    def version(self) -> int:
        with told_plainly(self._folder):
            return self._now().version

    def gene_regions(self, gene: str) -> Mapping[Assembly, tuple[Region, ...]]:
        """Return where a gene lies. Raises InvalidRequest for a name that several genes have."""
        with told_plainly(self._folder):
            return self._now().gene_regions(gene)

    def alleles_of(self, name: str) -> Found:
        with told_plainly(self._folder):
            return self._now().allele_names.alleles_of(name)

    def alleles_of_change(self, change: str, gene: str) -> Found:
        """Return what causes a protein change; the gene may go by any symbol it has or had."""
        with told_plainly(self._folder):
            now = self._now()
            names = set()
            if gene:
                named = now.gene_names.find(gene)
                names = {gene.strip().upper(), named.symbol.upper(), *named.previous} - {""}
            return now.allele_names.alleles_of_change(change, sorted(names))

    def terms_for(self, wanted: OntologyFilter) -> frozenset[str]:
        with told_plainly(self._folder):
            return self._now().terms_for(wanted) or frozenset({wanted.id})

    def ancestors(self, term: str, prefix: str) -> frozenset[str]:
        """Return all terms above `term` in the ontologies of `prefix`; empty if it is unknown."""
        with told_plainly(self._folder):
            return self._now().ancestors(term, prefix)

    def label(self, term: str) -> str:
        with told_plainly(self._folder):
            return self._now().label(term)

    def genes_at(self, assembly: Assembly, region: Region) -> tuple[str, ...]:
        with told_plainly(self._folder):
            return self._now().genes_at(assembly, region)

    def about(self, assembly: Assembly, alleles: Sequence[Allele]) -> Mapping[Allele, Known]:
        with told_plainly(self._folder):
            return self._now().about(assembly, alleles)

    def bases(self, assembly: Assembly, name: str, start: int, end: int) -> str:
        reader = self.reference_bases(assembly)
        return reader(name, start, end) if reader else ""

    def resources(self) -> Sequence[Mapping]:
        return [resource(s) for s in self.sources() if s.kind is Kind.ONTOLOGY]

    # ---- what is loaded ----------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        return self._folder

    def sources(self) -> Sequence[Source]:
        """Return what is loaded, by kind, name, assembly and part."""
        with told_plainly(self._folder):
            return self._now().sources

    def reference_bases(self, assembly: Assembly) -> Bases | None:
        """Return what reads reference bases, None if no FASTA is loaded for the assembly."""
        with told_plainly(self._folder):
            return self._now().bases(assembly)

    def pgx_positions(self, assembly: Assembly) -> dict[tuple[str, int], list[PgxRecord]]:
        with told_plainly(self._folder):
            return self._now().pgx_positions(assembly)

    def add(self, source: Source, records: Iterable, examples: int = 0) -> tuple[Source, Added]:
        """Load records as `source`, instead of the one with the same key; all or nothing.

        Returns the source as it is now listed. `examples`: how many changes of significance to
        tell of when a ClinVar replaces another. Raises what `records` raises, StoreUnavailable for
        a full disk, Conflict while another command changes the knowledge base.
        """
        with self._catalogue.only_me(), new_file(self._folder, source.kind) as path:
            added = build(path, source.kind, records)
            former = self._same_key(source)
            if source.kind is Kind.CLINVAR and former:
                old = self._folder / former.path
                changes = compare(old, path, source.assembly, examples)
                added = Added(added.rows, added.duplicates, changes)
            listed = replace(source, rows=added.rows, path=path.name)
            self._catalogue.put(listed)
        return listed, added

    def add_file(self, source: Source, write: Callable[[Path], Written]) -> Source:
        """Load `source` from the file that `write` makes, as `add` does.

        `write` is given the path; it returns the number of rows and what to add to the details.
        """
        with self._catalogue.only_me(), new_file(self._folder, source.kind) as path:
            rows, details = write(path)
            told = {**source.details, **details}
            listed = replace(source, rows=rows, path=path.name, details=told)
            self._catalogue.put(listed)
        return listed

    def add_reference(self, source: Source) -> None:
        """List a FASTA, whose path is `source.path`, as the reference of its assembly."""
        with self._catalogue.only_me():
            self._catalogue.put(source)

    def remove(self, source: Source) -> None:
        """Forget a source; NotFound if it is not loaded."""
        with self._catalogue.only_me():
            if self._same_key(source) is None:
                raise NotFound(f"no {source.kind} source {source.name!r} is loaded")
            self._catalogue.take_out(source)

    def _same_key(self, source: Source) -> Source | None:
        return next((known for known in self.sources() if known.key == source.key), None)

    # ---- which version -----------------------------------------------------------------------

    def _now(self) -> Snapshot:
        """Return the present knowledge, opened anew if another commit changed it."""
        try:
            view = self._mine.view
        except AttributeError:  # this thread's first question
            view = None
        if view is None or view.process != os.getpid():  # connections do not survive a fork
            view = self._mine.view = _View.of(self._folder, self._catalogue)
        return view.now() if view else self._nothing


class _View:
    """One thread's connection to the list of sources, and the snapshot it last led to."""

    def __init__(self, folder: Path, db: sqlite3.Connection) -> None:
        self.process = os.getpid()
        self._folder, self._db, self._check = folder, db, db.cursor()
        self._seen: tuple | None = None
        self._snapshot: Snapshot | None = None

    @classmethod
    def of(cls, folder: Path, catalogue: SourceCatalogue) -> "_View | None":
        """Return a view, None while nothing was ever loaded."""
        db = catalogue.connect()
        return cls(folder, db) if db else None

    def now(self) -> Snapshot:
        seen = self._check.execute("PRAGMA data_version").fetchone()
        if seen != self._seen or self._snapshot is None:
            self._snapshot = self._reopen()
            self._seen = seen
        return self._snapshot

    def _reopen(self) -> Snapshot:
        for _ in range(_ATTEMPTS):
            with self._db:  # ends the transaction whatever happens in it
                self._db.execute("BEGIN")  # version and list must be of one moment
                version, sources = read_version(self._db), read_sources(self._db)
            if self._snapshot and self._snapshot.version == version:
                return self._snapshot
            try:
                return Snapshot(self._folder, version, sources)
            except sqlite3.OperationalError:
                continue
        raise StoreUnavailable(f"{self._folder}: the files of the knowledge base cannot be opened")

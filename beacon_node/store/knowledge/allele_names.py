"""Finds the alleles that a name means: rsIDs, ClinVar ids, HGVS, protein changes, star alleles."""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from beacon_node.model.genome import REFERENCE_NUMBER, Assembly
from beacon_node.model.hgvs import HgvsName, parse_gene_change, parse_hgvs
from beacon_node.model.knowledge import Kind, Source
from beacon_node.model.protein import canonical_change
from beacon_node.model.variation import Allele
from beacon_node.store.knowledge.layout import COLUMNS, HAVE_NAMES, allele_of
from beacon_node.store.knowledge.write_alleles import change_key, star_key

_RSID = re.compile(r"rs(\d{1,12})", re.IGNORECASE)
_CLINVAR = re.compile(r"(?:clinvar:(?:VCV)?|VCV)0*(\d{1,12})(?:\.\d+)?", re.IGNORECASE)
_PLACE = 'place, ref, alt, "end"'

Loaded = tuple[Source, sqlite3.Connection]
Found = Mapping[Assembly, tuple[Allele, ...]]


class AlleleNames:
    """All loaded sources that say something of alleles; they must have an assembly."""

    def __init__(self, loaded: Sequence[Loaded]) -> None:
        self._loaded = [(s, db) for s, db in loaded if s.kind in COLUMNS]

    def alleles_of(self, text: str) -> Found:
        """Return the alleles a name means on each assembly where it means any."""
        name = text.strip()
        if rsid := _RSID.fullmatch(name):
            return self._by_number("rsid", int(rsid[1]), COLUMNS)
        if variation := _CLINVAR.fullmatch(name):
            return self._by_number("allele", int(variation[1]), (Kind.CLINVAR,))
        if hgvs := parse_hgvs(name):
            return self._by_hgvs(hgvs)
        if in_gene := parse_gene_change(name):
            gene, change = in_gene
            return self.alleles_of_change(change, [gene])
        return self._by_name(star_key(name))

    def alleles_of_change(self, change: str, genes: Iterable[str]) -> Found:
        """Return the alleles that cause a protein change in any of the genes, in all if none."""
        canonical = canonical_change(change)
        if not canonical:
            return {}
        keys = [change_key(canonical, gene) for gene in genes]
        if keys:
            return _united([self._by_name(key) for key in keys])
        return self._gather(
            HAVE_NAMES,
            f"SELECT {_PLACE} FROM name WHERE name >= ? AND name < ?",
            [change_key(canonical, ""), change_key(canonical, "") + "\U0010ffff"],
        )

    def _by_number(self, table: str, number: int, kinds: Iterable[Kind]) -> Found:
        sql = f"SELECT DISTINCT {_PLACE} FROM {table} WHERE number = ?"
        return self._gather(kinds, sql, [number])

    def _by_name(self, key: str) -> Found:
        return self._gather(HAVE_NAMES, f"SELECT {_PLACE} FROM name WHERE name = ?", [key])

    def _by_hgvs(self, name: HgvsName) -> Found:
        """Return the alleles of an HGVS name: with its very version, else with any other."""
        sql = f"SELECT {_PLACE} FROM name WHERE name = ? AND version = ?"
        exact = self._gather(HAVE_NAMES, sql, [name.key, name.version])
        return exact if name.is_genomic else {**self._by_name(name.key), **exact}

    def _gather(self, kinds: Iterable[Kind], sql: str, values: Sequence) -> Found:
        found: dict[Assembly, set[tuple]] = {}
        for source, db in self._loaded:
            rows = db.execute(sql, values).fetchall() if source.kind in kinds else ()
            if rows:
                found.setdefault(source.assembly, set()).update(rows)
        return {
            assembly: tuple(allele_of(*row) for row in sorted(rows))
            for assembly, rows in found.items()
        }


def _united(parts: Iterable[Found]) -> Found:
    united: dict[Assembly, dict[Allele, None]] = {}
    for part in parts:
        for assembly, alleles in part.items():
            united.setdefault(assembly, {}).update(dict.fromkeys(alleles))
    return {assembly: tuple(sorted(some, key=_order)) for assembly, some in united.items()}


def _order(allele: Allele) -> tuple:
    return REFERENCE_NUMBER[allele.reference_name], allele.start, allele.ref, allele.alt

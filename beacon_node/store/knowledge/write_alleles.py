"""Writes what a source says of alleles, and the names by which they are found."""

import json
import sqlite3
import struct
from collections.abc import Iterator, Sequence

from beacon_node.model.hgvs import parse_hgvs
from beacon_node.model.knowledge import (
    ClinicalRecord,
    EffectRecord,
    FrequencyRecord,
    Kind,
    PgxRecord,
    RsidRecord,
    StarRecord,
)
from beacon_node.model.protein import canonical_change, spellings
from beacon_node.store.knowledge.layout import COLUMNS, HAVE_NAMES, allele_key

STAGING = """
CREATE TABLE staging.rsid (number INTEGER, place INTEGER, ref TEXT, alt TEXT, "end" INTEGER);
CREATE TABLE staging.name (
    name TEXT, version INTEGER, place INTEGER, ref TEXT, alt TEXT, "end" INTEGER
);
"""
_KNOWN_TEXTS = 20_000  # texts remembered while writing; more are looked up again

AlleleRecord = ClinicalRecord | EffectRecord | FrequencyRecord | RsidRecord | PgxRecord | StarRecord


class AlleleWriter:
    """Writes batches of one kind's records; of two for the same allele the first is kept.

    A call writes one batch and returns how many rows were there already.
    """

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._texts: dict[str | tuple, int] = {}
        self._stars: dict[str, int] = {}

    def __call__(self, db: sqlite3.Connection, records: Sequence[AlleleRecord]) -> int:
        rows, rsids, names = [], [], []
        for record in records:
            key = allele_key(record.allele)
            rows += [(*key, number, *content) for number, content in self._contents(db, record)]
            rsids += [(rsid, *key) for rsid in record.rsids]
            names += [(name, version, *key) for name, version in _names(record)]
        marks = ", ".join("?" * (5 + len(COLUMNS[self._kind])))
        kept = db.executemany(f"INSERT OR IGNORE INTO allele VALUES ({marks})", rows).rowcount
        db.executemany("INSERT INTO staging.rsid VALUES (?, ?, ?, ?, ?)", rsids)
        db.executemany("INSERT INTO staging.name VALUES (?, ?, ?, ?, ?, ?)", names)
        return len(rows) - kept

    def _contents(
        self, db: sqlite3.Connection, record: AlleleRecord
    ) -> Iterator[tuple[int, tuple]]:
        """Yield (number, values of the kind's columns) of each row a record becomes."""
        match record:
            case ClinicalRecord():
                yield record.variation, self._clinical(db, record)
            case EffectRecord():
                yield 0, (pack_rsids(record.rsids), json.dumps(record.effects))
            case FrequencyRecord():
                yield 0, (pack_rsids(record.rsids), pack_counts(record.counts))
            case RsidRecord():
                yield from ((rsid, ()) for rsid in record.rsids)
            case PgxRecord():
                place = (record.gene, record.position, record.ref, record.alt)
                yield 0, (pack_rsids(record.rsids), *place)
            case StarRecord():
                number = self._stars.setdefault(record.star, len(self._stars))
                yield number, (pack_rsids(record.rsids), record.star)

    def _clinical(self, db: sqlite3.Connection, record: ClinicalRecord) -> tuple:
        return (
            pack_rsids(record.rsids),
            self._text(db, record.significance),
            self._text(db, record.statements),
            self._text(db, (record.genes, record.consequences)),
        )

    def _text(self, db: sqlite3.Connection, value: str | tuple) -> int:
        """Return the number of a text (or of a tuple, as JSON) that many records share."""
        known = self._texts.get(value)
        if known is not None:
            return known
        if len(self._texts) >= _KNOWN_TEXTS:
            self._texts.clear()
        text = value if isinstance(value, str) else json.dumps(value)
        db.execute("INSERT OR IGNORE INTO text (text) VALUES (?)", [text])
        found = db.execute("SELECT id FROM text WHERE text = ?", [text]).fetchone()
        self._texts[value] = found[0]
        return found[0]


def sort_names(db: sqlite3.Connection, kind: Kind) -> None:
    """Move the staged names to where they are found."""
    db.execute("INSERT OR IGNORE INTO main.rsid SELECT * FROM staging.rsid ORDER BY 1, 2, 3, 4, 5")
    if kind in HAVE_NAMES:
        db.execute(
            "INSERT OR IGNORE INTO main.name SELECT * FROM staging.name ORDER BY 1, 2, 3, 4, 5, 6"
        )
    if kind is Kind.CLINVAR:
        db.execute("CREATE INDEX allele_number ON allele (number, significance_text)")
    if kind is Kind.PGX:
        db.execute("CREATE INDEX allele_position ON allele (place >> 32, position)")


# ---- names -------------------------------------------------------------------------------------


def _names(record: AlleleRecord) -> Iterator[tuple[str, int]]:
    """Yield (name without version, version) of what finds an allele besides its rsIDs."""
    match record:
        case ClinicalRecord():
            yield from _hgvs(record.names)
        case EffectRecord():
            yield from _hgvs(record.names)
            for effect in record.effects:
                yield from _effect_names(effect)
        case StarRecord():
            yield star_key(record.star), 0


def _effect_names(effect: dict) -> Iterator[tuple[str, int]]:
    transcript, protein = effect.get("transcript", ""), effect.get("hgvs_p", "")
    coding = effect.get("hgvs_c", "")
    yield from _hgvs([coding if ":" in coding else f"{transcript}:{coding}", protein])
    change = canonical_change(effect.get("aminoacid_change", ""))
    if change:
        for spelled in spellings(change):
            yield change_key(spelled, effect.get("gene", "")), 0


def _hgvs(names: Sequence[str]) -> Iterator[tuple[str, int]]:
    for text in names:
        name = parse_hgvs(text)
        if name:
            yield name.key, name.version


def change_key(change: str, gene: str) -> str:
    """Return the key of a protein change in a gene; those of all genes begin alike."""
    return f"p.{change} {gene.upper()}"


def star_key(star: str) -> str:
    return star.upper()


# ---- packed values -----------------------------------------------------------------------------


def pack_rsids(rsids: Sequence[int]) -> int | str | None:
    """Return rsIDs as they are stored: nothing, one number, or numbers with commas."""
    if len(rsids) < 2:
        return rsids[0] if rsids else None
    return ",".join(map(str, rsids))


def unpack_rsids(stored: int | str | None) -> tuple[int, ...]:
    if stored is None:
        return ()
    return (stored,) if isinstance(stored, int) else tuple(map(int, stored.split(",")))


def pack_counts(counts: Sequence[tuple[int, int] | None]) -> bytes:
    """Return (count, number) pairs as 32-bit numbers, number 0 where nothing is told."""
    flat = [value for pair in counts for value in (pair or (0, 0))]
    return struct.pack(f"<{len(flat)}I", *flat)


def unpack_counts(stored: bytes) -> list[tuple[int, int]]:
    flat = struct.unpack(f"<{len(stored) // 4}I", stored)
    return list(zip(flat[::2], flat[1::2], strict=True))

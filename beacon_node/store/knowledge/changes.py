"""What a newer ClinVar says differently from the one it replaces."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from beacon_node.model.genome import Assembly
from beacon_node.model.variation import genomic_hgvs
from beacon_node.storage.failures import told_plainly
from beacon_node.store.knowledge.layout import allele_of


@dataclass(frozen=True, slots=True)
class SignificanceChange:
    """A variation whose clinical significance changed; `name` is its genomic HGVS name."""

    variation: str  # VCV accession
    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.variation} {self.name}: {self.before} → {self.after}"


@dataclass(frozen=True, slots=True)
class Changes:
    """Numbers of variations; `examples` are some of those whose significance changed."""

    added: int
    removed: int
    changed: int
    examples: tuple[SignificanceChange, ...] = ()


_ADDED = """
SELECT count(DISTINCT number) FROM main.allele AS fresh
WHERE NOT EXISTS (SELECT 1 FROM old.allele WHERE number = fresh.number)
"""
_REMOVED = """
SELECT count(DISTINCT number) FROM old.allele AS gone
WHERE NOT EXISTS (SELECT 1 FROM main.allele WHERE number = gone.number)
"""
_CHANGED = """
FROM main.allele AS fresh
JOIN old.allele AS former ON former.number = fresh.number
JOIN main.text AS after ON after.id = fresh.significance_text
JOIN old.text AS before ON before.id = former.significance_text
WHERE before.text <> after.text
"""
# The gravest first: whatever became or stopped being pathogenic.
_EXAMPLES = f"""
SELECT fresh.number, fresh.place, fresh.ref, fresh.alt, fresh."end", before.text, after.text
{_CHANGED} GROUP BY fresh.number
ORDER BY (before.text LIKE '%pathogenic%') = (after.text LIKE '%pathogenic%'), fresh.number
LIMIT ?
"""


def compare(old: Path, new: Path, assembly: Assembly, examples: int) -> Changes:
    """Return what changed from one ClinVar file to the next."""
    with told_plainly(new):
        db = sqlite3.connect(_read_only(new), uri=True)
        try:
            db.execute("ATTACH ? AS old", [_read_only(old)])
            changed = f"SELECT count(DISTINCT fresh.number) {_CHANGED}"
            counts = [db.execute(sql).fetchone()[0] for sql in (_ADDED, _REMOVED, changed)]
            rows = db.execute(_EXAMPLES, [examples]).fetchall()
        finally:
            db.close()
    return Changes(*counts, tuple(_example(row, assembly) for row in rows))


def _read_only(path: Path) -> str:
    return f"{path.resolve().as_uri()}?mode=ro&immutable=1"


def _example(row: tuple, assembly: Assembly) -> SignificanceChange:
    number, place, ref, alt, end, before, after = row
    name = genomic_hgvs(assembly, allele_of(place, ref, alt, end)) or ""
    return SignificanceChange(vcv(number), name, before or "none", after or "none")


def vcv(variation: int) -> str:
    """Return ClinVar's accession of a variation.

    >>> vcv(12345)
    'VCV000012345'
    """
    return f"VCV{variation:09d}"

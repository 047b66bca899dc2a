"""Tables of a knowledge file. A file holds one source, is written once and never changed.

Alleles are keyed by `place` = reference << 32 | start, their bases, and `end`, 0 where it is
start + length(ref). `number` tells records of one allele apart: ClinVar's variation id, an rsID, a
named allele's place in its table; 0 where there is one record per allele.
"""

from beacon_node.model.genome import REFERENCE_NAMES, REFERENCE_NUMBER
from beacon_node.model.knowledge import Kind
from beacon_node.model.variation import Allele

PAGE_SIZE = 8_192
_SHIFT = 32

AlleleKey = tuple[int, str, str, int]

_GENES = """
CREATE TABLE gene (
    number INTEGER PRIMARY KEY, symbol TEXT, hgnc TEXT, ensembl TEXT,
    reference INTEGER, start INTEGER, "end" INTEGER
);
CREATE VIRTUAL TABLE gene_place USING rtree_i32(
    number, reference_min, reference_max, start, "end"
);
"""

_GENE_NAMES = """
CREATE TABLE gene (hgnc TEXT PRIMARY KEY, symbol TEXT, ensembl TEXT) WITHOUT ROWID;
-- rank: 0 approved symbol or id, 1 previous symbol, 2 alias; `name` in upper case
CREATE TABLE gene_name (name TEXT, rank INTEGER, hgnc TEXT, PRIMARY KEY (name, rank, hgnc))
    WITHOUT ROWID;
CREATE INDEX gene_name_hgnc ON gene_name (hgnc, rank);
"""

_ONTOLOGY = """
CREATE TABLE term (
    id TEXT PRIMARY KEY COLLATE NOCASE, label TEXT, below INTEGER, is_obsolete INTEGER
) WITHOUT ROWID;
CREATE TABLE parent (parent TEXT, child TEXT, PRIMARY KEY (parent, child)) WITHOUT ROWID;
CREATE INDEX parent_child ON parent (child);
-- Ids that mean another term today: alternative ids, obsolete terms that were replaced.
CREATE TABLE stand_in (id TEXT PRIMARY KEY COLLATE NOCASE, term TEXT) WITHOUT ROWID;
CREATE INDEX stand_in_term ON stand_in (term);
CREATE TABLE synonym (term TEXT, text TEXT, PRIMARY KEY (term, text)) WITHOUT ROWID;
"""

_ALLELES = """
CREATE TABLE allele (
    place INTEGER, ref TEXT, alt TEXT, "end" INTEGER, number INTEGER{columns},
    PRIMARY KEY (place, ref, alt, "end", number)
) WITHOUT ROWID;
"""
_RSIDS = """
CREATE TABLE rsid (
    number INTEGER, place INTEGER, ref TEXT, alt TEXT, "end" INTEGER,
    PRIMARY KEY (number, place, ref, alt, "end")
) WITHOUT ROWID;
"""
# `name` without the version of its sequence, which stands in `version`.
_NAMES = """
CREATE TABLE name (
    name TEXT, version INTEGER, place INTEGER, ref TEXT, alt TEXT, "end" INTEGER,
    PRIMARY KEY (name, version, place, ref, alt, "end")
) WITHOUT ROWID;
"""
_TEXTS = "CREATE TABLE text (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);"

# What a kind's `allele` table has besides the key. Numbers named `…_text` are text.id.
COLUMNS = {
    Kind.CLINVAR: ("rsids", "significance_text", "statements_text", "effects_text"),
    Kind.EFFECTS: ("rsids", "effects"),
    Kind.FREQUENCIES: ("rsids", "counts"),
    Kind.RSIDS: (),
    Kind.PGX: ("rsids", "gene", "position", "vcf_ref", "vcf_alt"),
    Kind.STAR_ALLELES: ("rsids", "star"),
}
HAVE_NAMES = (Kind.CLINVAR, Kind.EFFECTS, Kind.STAR_ALLELES)
HAVE_TEXTS = (Kind.CLINVAR,)


def tables(kind: Kind) -> str:
    """Return the SQL that makes the tables of a source of this kind."""
    fixed = {Kind.GENES: _GENES, Kind.GENE_NAMES: _GENE_NAMES, Kind.ONTOLOGY: _ONTOLOGY}
    if kind in fixed:
        return fixed[kind]
    columns = "".join(f", {column}" for column in COLUMNS[kind])
    parts = [_ALLELES.format(columns=columns), _RSIDS]
    parts += [_NAMES] if kind in HAVE_NAMES else []
    parts += [_TEXTS] if kind in HAVE_TEXTS else []
    return "".join(parts)


def allele_key(allele: Allele) -> AlleleKey:
    """Return how an allele is keyed: (place, ref, alt, end)."""
    implied = allele.start + len(allele.ref)
    place = REFERENCE_NUMBER[allele.reference_name] << _SHIFT | allele.start
    return place, allele.ref, allele.alt, 0 if allele.end == implied else allele.end


def allele_of(place: int, ref: str, alt: str, end: int) -> Allele:
    """Return the allele that `allele_key` keyed."""
    start = place & (1 << _SHIFT) - 1
    name = REFERENCE_NAMES[(place >> _SHIFT) - 1]
    return Allele(name, start, end or start + len(ref), ref, alt)

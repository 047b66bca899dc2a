"""Layout of the variation index: one SQLite file per dataset release (`FORMAT` says which layout).

The same tables serve a *part* (what one loaded genotype file became, its samples numbered from 0)
and an *index* (a release: all parts merged, call sets renumbered, clinical records added). A part
leaves the tables below `-- index only` empty. Both are written once, sorted, and never changed.

Numbers: call sets, individuals, biosamples, runs and analyses each have their own dense numbers
from 0. Call sets come first among individuals: if every individual has at most one call set
(property `one_call_set_each` = 1), call set i belongs to individual i.
"""

FORMAT = 1

# allele.id = reference << 40 | start << 12 | ordinal: sorted by place, 4,096 alleles at one start.
REFERENCE_SHIFT = 40
START_SHIFT = 12
ORDINALS = 1 << START_SHIFT

# Alleles longer than this (bases) also stand in `long_allele`, so that a range scan may start this
# far before the range and still see everything that reaches into it.
LONG_ALLELE = 1_000

PAGE_SIZE = 8_192

TABLES = """
CREATE TABLE property (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE allele (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL,
    alt TEXT NOT NULL,
    "end" INTEGER,           -- NULL: start + length(ref)
    het BLOB,                -- carrier sets over call sets, model.carriers.encode; NULL: nobody
    hom BLOB,
    single BLOB,
    no_call BLOB,
    haploid INTEGER,         -- NULL: nobody has one copy here; else haploid.id
    allele_count INTEGER,    -- sites-only datasets
    allele_number INTEGER
);

-- Everybody called with one copy at some record; few distinct sets, shared by many alleles.
CREATE TABLE haploid (id INTEGER PRIMARY KEY, call_sets BLOB NOT NULL);

-- Only alleles that have any of it. JSON: ids [str], effects [object], extent {length,
-- start_margin, end_margin, mate: [reference name, start, end]}.
CREATE TABLE annotation (allele INTEGER PRIMARY KEY, ids TEXT, effects TEXT, extent TEXT);

CREATE VIRTUAL TABLE long_allele USING rtree_i32(
    allele, reference_min, reference_max, start, "end"
);

-- `assay` is a group of call sets that were assayed alike; 0 stands for the whole dataset.
CREATE TABLE assay_region (assay INTEGER, reference INTEGER, start INTEGER, "end" INTEGER);

CREATE TABLE call_set (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,          -- the sample's name in the file
    individual INTEGER,                 -- index only, as are the next four
    biosample INTEGER,
    run INTEGER,
    analysis INTEGER,
    assays TEXT                         -- JSON list of assay numbers
);

-- index only
CREATE TABLE entry (
    entry_type TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,                   -- the hospital's own
    public_id TEXT NOT NULL,            -- what is shown
    individual INTEGER,                 -- numbers of the records it belongs to, where there are any
    biosample INTEGER,
    run INTEGER,
    body BLOB NOT NULL,                 -- JSON with the hospital's ids
    PRIMARY KEY (entry_type, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX entry_id ON entry (entry_type, id);
CREATE UNIQUE INDEX entry_public_id ON entry (entry_type, public_id);

CREATE TABLE term (
    entry_type TEXT NOT NULL,
    term TEXT NOT NULL,
    field TEXT NOT NULL,
    label TEXT NOT NULL,
    members BLOB,                       -- set over the numbers of entry_type
    PRIMARY KEY (entry_type, term, field)
) WITHOUT ROWID;

CREATE TABLE measure (
    entry_type TEXT NOT NULL,
    field TEXT NOT NULL,
    number INTEGER NOT NULL,            -- of entry_type
    amount REAL,
    text TEXT NOT NULL,
    unit TEXT NOT NULL,
    unit_label TEXT NOT NULL,
    label TEXT NOT NULL
);
CREATE INDEX measure_field ON measure (entry_type, field, amount);
"""

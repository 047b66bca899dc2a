"""Steps that bring a catalogue of any age to the present layout, each in a transaction."""

from sqlite_utils import Database, Migrations

CATALOGUE = Migrations("catalogue")
STEPS = (
    "0001_datasets_parts_releases",
    "0002_consents_of_releases",
    "0003_public_tier",
    "0004_declared_filters",
)

# AUTOINCREMENT: a part's number never names two things, also after a dataset was removed.
_FIRST = """
CREATE TABLE dataset (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    assembly TEXT NOT NULL,
    is_open_data INTEGER NOT NULL,
    licence TEXT NOT NULL,
    description TEXT NOT NULL,
    filters TEXT NOT NULL,            -- JSON list of FILTER words besides PASS; null: any
    assay TEXT NOT NULL,              -- JSON [[reference, start, end]]; null: the files say
    keeps_ids INTEGER NOT NULL,
    is_synthetic INTEGER NOT NULL,
    document TEXT NOT NULL,           -- JSON
    created_at TEXT NOT NULL
) STRICT;
CREATE TABLE part (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset TEXT NOT NULL REFERENCES dataset ON DELETE CASCADE,
    content TEXT NOT NULL,            -- SHA-256 of the loaded file
    "key" TEXT NOT NULL,              -- SHA-256 of content and the options that shape the part
    source TEXT NOT NULL,
    format TEXT NOT NULL,
    path TEXT NOT NULL,
    loaded_at TEXT NOT NULL,
    sample_table TEXT NOT NULL,       -- JSON {sample name: record id}
    report TEXT NOT NULL,             -- JSON
    UNIQUE (dataset, content)
) STRICT;
CREATE TABLE release (
    dataset TEXT NOT NULL REFERENCES dataset ON DELETE CASCADE,
    number INTEGER NOT NULL,
    path TEXT NOT NULL,
    released_at TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    parts TEXT NOT NULL,              -- JSON list of part numbers
    sizes TEXT NOT NULL,              -- JSON {entry type: entries}
    has_individuals INTEGER NOT NULL,
    document TEXT NOT NULL,           -- JSON
    cohorts TEXT NOT NULL,            -- JSON list
    is_current INTEGER NOT NULL,
    PRIMARY KEY (dataset, number)
) STRICT;
CREATE UNIQUE INDEX one_current_release ON release (dataset) WHERE is_current;
CREATE TABLE removed_person (
    dataset TEXT NOT NULL REFERENCES dataset ON DELETE CASCADE,
    individual TEXT NOT NULL,
    PRIMARY KEY (dataset, individual)
) STRICT;
"""

# A release of before looked at no consents and said no terms: only open data answer from it.
_SECOND = """
ALTER TABLE dataset ADD COLUMN terms TEXT NOT NULL DEFAULT 'null';
ALTER TABLE release ADD COLUMN terms TEXT NOT NULL DEFAULT 'null';
ALTER TABLE release ADD COLUMN consented_at TEXT NOT NULL DEFAULT '';
ALTER TABLE release ADD COLUMN consent_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE release ADD COLUMN consents TEXT NOT NULL DEFAULT '';
ALTER TABLE release ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;
CREATE TABLE unfinished_purge (
    dataset TEXT PRIMARY KEY REFERENCES dataset ON DELETE CASCADE
) STRICT;
CREATE TABLE purged_name (
    dataset TEXT NOT NULL REFERENCES dataset ON DELETE CASCADE,
    pseudonym TEXT NOT NULL,          -- of a sample or record, as if it were an individual's id
    PRIMARY KEY (dataset, pseudonym)
) STRICT;
"""

_THIRD = """
ALTER TABLE dataset ADD COLUMN public TEXT NOT NULL DEFAULT 'null';
ALTER TABLE release ADD COLUMN public TEXT NOT NULL DEFAULT 'null';
"""

# JSON lists of terms and fields.
_FOURTH = """
ALTER TABLE dataset ADD COLUMN declared_filters TEXT NOT NULL DEFAULT '[]';
ALTER TABLE release ADD COLUMN declared_filters TEXT NOT NULL DEFAULT '[]';
"""


@CATALOGUE(name=STEPS[0])
def datasets_parts_releases(db: Database) -> None:
    """Create the first layout: what is loaded, what is released, who is taken out."""
    _execute(db, _FIRST)


@CATALOGUE(name=STEPS[1])
def consents_of_releases(db: Database) -> None:
    """Add data use terms, which consents a release was made from, and purges to be finished."""
    _execute(db, _SECOND)


@CATALOGUE(name=STEPS[2])
def public_tier(db: Database) -> None:
    """Add which panels let a dataset answer anybody, and how its releases do."""
    _execute(db, _THIRD)


@CATALOGUE(name=STEPS[3])
def declared_filters(db: Database) -> None:
    """Add by what registered counts of a dataset, and of its releases, may be filtered."""
    _execute(db, _FOURTH)


def _execute(db: Database, statements: str) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            db.execute(statement)

"""Layout of a table of public answers, and its rows as values.

`place` is the id of the first allele that starts there, as in the variation index. A row of
`answer` has the members of a batch who are counted at an allele, by their numbers in the batch;
variants at which nobody is counted have none. Batch 0 of `region` is what the dataset was assayed
for as a whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from beacon_node.model.calls import Interval

FORMAT = 1

TABLES = """
CREATE TABLE property (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE batch (
    number INTEGER PRIMARY KEY,
    people INTEGER NOT NULL,        -- among whom its answers hide each of them, when it was made
    dearest REAL NOT NULL,
    answerable INTEGER NOT NULL,    -- variants
    sequences TEXT NOT NULL         -- JSON list of the reference sequences that are answered for
);
CREATE TABLE member (
    batch INTEGER, number INTEGER,
    id TEXT NOT NULL,               -- the hospital's own
    spent INTEGER NOT NULL,         -- units of privacy.public.walks, of all walks in the lifetime
    covers INTEGER NOT NULL,        -- whether she hides others: not one who had spent before
    individual INTEGER,             -- her number in the release; NULL: she left the batch for good
    PRIMARY KEY (batch, number)
) WITHOUT ROWID;
CREATE TABLE assayed (
    batch INTEGER, part INTEGER, women INTEGER, men INTEGER, unknown INTEGER,
    PRIMARY KEY (batch, part)
) WITHOUT ROWID;
CREATE TABLE region (batch INTEGER, part INTEGER, reference INTEGER, start INTEGER, "end" INTEGER);
CREATE TABLE threshold (
    batch INTEGER, copies INTEGER, least_limit REAL NOT NULL, PRIMARY KEY (batch, copies)
) WITHOUT ROWID;
CREATE TABLE answer (
    place INTEGER, ref TEXT, alt TEXT, batch INTEGER, counted BLOB NOT NULL,
    PRIMARY KEY (place, ref, alt, batch)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, repr=False)
class Member:
    """One of a batch. `spent` are units; `individual` None: she left it for good."""

    id: str
    spent: int
    covers: bool
    individual: int | None


@dataclass(frozen=True, slots=True)
class AssayedPeople:
    """How many of a batch had the same assay, by sex, and what it covers."""

    women: int
    men: int
    unknown: int
    regions: tuple[Interval, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Batch:
    """The people whom one release added. `least_limits`: by how many copies are certain, the least
    lower limit of a frequency that is answerable, on `sequences` alone: those of the reference
    genomes. `members` stand in the order of their numbers."""

    number: int
    people: int
    dearest: float
    answerable: int
    assayed: tuple[AssayedPeople, ...]
    least_limits: Mapping[int, float]
    sequences: frozenset[str]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What a table was made of.

    `index` is the file of the release whose numbers its members have, `panel_set` the file of the
    panels' joint limits, `consented_at` the moment whose consents it was made from (text), `assay`
    the stretches of the whole dataset.
    """

    dataset: str
    basis: str
    index: str
    panel_set: str
    consented_at: str
    carriers_needed: int
    assay: tuple[Interval, ...] = field(default=(), repr=False)

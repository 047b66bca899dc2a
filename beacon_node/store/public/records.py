"""Layout of a table of public answers, and its rows as values.

`place` is the id of the first allele that starts there, as in the variation index. A row of
`answer` has the members of a batch who are counted at an allele, by their numbers in the batch;
variants at which nobody is counted have none. Batch 0 of `region` is what the dataset was assayed
for as a whole.

A row of `opened` has the openers who carry an allele that lies in one choice of theirs, by their
numbers among the openers: they consented that anybody be told of it exactly.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from beacon_node.model.calls import Interval
from beacon_node.model.variation import Allele

FORMAT = 2
WITHOUT_OPENERS = 1  # the format of before: nobody is told of exactly

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
    covers INTEGER NOT NULL,        -- whether she hides others: not who had spent before or opened
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
CREATE TABLE opener (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, individual INTEGER NOT NULL
);
CREATE TABLE choice (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL);
CREATE TABLE opened (
    place INTEGER, ref TEXT, alt TEXT, "end" INTEGER, choice INTEGER, carriers BLOB NOT NULL,
    is_long INTEGER NOT NULL,       -- longer than a scan of a range looks back
    PRIMARY KEY (place, ref, alt, "end", choice)
) WITHOUT ROWID;
CREATE INDEX long_opened ON opened (place) WHERE is_long;
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


class ChoiceKind(StrEnum):
    """What a name in a person's open choice names."""

    GENE = "gene"
    VARIANT = "variant"


@dataclass(frozen=True, slots=True, repr=False)
class Choice:
    """A gene or variant, by the name it has in consents, of which anybody may be told exactly."""

    kind: ChoiceKind
    name: str


@dataclass(frozen=True, slots=True, repr=False)
class Opener:
    """Somebody with a choice: the hospital's own id, and her number in the release."""

    id: str
    individual: int


class OpenedCarriers(NamedTuple):
    """Openers who carry an allele in a choice, by its place among the choices. Private."""

    allele: Allele
    choice: int
    carriers: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """Who of a release is told of exactly, and where. Private; `rows` are read once."""

    openers: tuple[Opener, ...] = ()
    choices: tuple[Choice, ...] = ()
    rows: Iterable[OpenedCarriers] = ()


NOBODY_OPENED = Opened()


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What a table was made of.

    `index` is the file of the release whose numbers its members have, `panel_set` the file of the
    panels' joint limits, `consented_at` the moment whose consents it was made from (text), `assay`
    the stretches of the whole dataset. `opened` is a digest of who opened what, empty: nobody.
    """

    dataset: str
    basis: str
    index: str
    panel_set: str
    consented_at: str
    carriers_needed: int
    assay: tuple[Interval, ...] = field(default=(), repr=False)
    opened: str = field(default="", repr=False)

"""Steps that bring a ledger of any age to the present layout, each in a transaction."""

from sqlite_utils import Database, Migrations

from beacon_node.store.ledger import questions as first_questions

LEDGER = Migrations("ledger")
STEPS = ("0001_chain_and_consents", "0002_purposes", "0003_questions")

# AUTOINCREMENT keeps the highest number ever used, so that entries cut off at the end are missed.
_TABLES = """
CREATE TABLE entry (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    recorded_at TEXT NOT NULL,        -- UTC; never before that of the entry before
    clock TEXT NOT NULL,              -- the machine's clock, where it had been set back
    kind TEXT NOT NULL,
    body TEXT NOT NULL,               -- JSON
    previous BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TABLE consent (
    number INTEGER PRIMARY KEY REFERENCES entry,
    individual TEXT NOT NULL,
    dataset TEXT NOT NULL,            -- or *
    statement BLOB NOT NULL UNIQUE    -- SHA-256 of what was stated, whoever recorded it when
) STRICT;
CREATE INDEX consents_of_an_individual ON consent (individual, number);
CREATE TABLE consent_date (
    number INTEGER NOT NULL REFERENCES consent,
    moment TEXT NOT NULL,             -- in the future when it was recorded
    PRIMARY KEY (number, moment)
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_of_a_date ON consent_date (moment);
"""
_IN_ORDER = """
CREATE TRIGGER {table}_is_never_replaced BEFORE INSERT ON {table}
WHEN NEW.{key} <= (SELECT max({key}) FROM {table})
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""
_APPEND_ONLY = """
CREATE TRIGGER {table}_is_never_{done} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""


@LEDGER(name=STEPS[0])
def chain_and_consents(db: Database) -> None:
    """Create the chain, and what finds the consents in it."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)
    for table, key in (("entry", "sequence"), ("consent", "number")):
        db.execute(_IN_ORDER.format(table=table, key=key))
    for table in ("entry", "consent", "consent_date"):
        db.execute(_APPEND_ONLY.format(table=table, verb="UPDATE", done="changed"))
        db.execute(_APPEND_ONLY.format(table=table, verb="DELETE", done="dropped"))


_PURPOSES = """
CREATE TABLE purpose (
    number INTEGER PRIMARY KEY REFERENCES entry,
    account TEXT NOT NULL UNIQUE      -- the first purpose of an account is its only one
) STRICT;
CREATE TRIGGER purpose_is_never_another BEFORE INSERT ON purpose
WHEN EXISTS (SELECT 1 FROM purpose WHERE account = NEW.account)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
"""


@LEDGER(name=STEPS[1])
def purposes(db: Database) -> None:
    """Create what finds the fixed purposes of accounts."""
    table, trigger = _PURPOSES.split(";\n", 1)
    db.execute(table)
    db.execute(trigger)
    db.execute(_IN_ORDER.format(table="purpose", key="number"))
    db.execute(_APPEND_ONLY.format(table="purpose", verb="UPDATE", done="changed"))
    db.execute(_APPEND_ONLY.format(table="purpose", verb="DELETE", done="dropped"))


_QUESTIONS = """
CREATE TABLE question (
    dataset TEXT NOT NULL,            -- or * for any
    under INTEGER NOT NULL,           -- the newest consent that the question knew
    number INTEGER NOT NULL REFERENCES entry,
    PRIMARY KEY (dataset, under)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER question_is_never_replaced BEFORE INSERT ON question
WHEN EXISTS (SELECT 1 FROM question WHERE dataset = NEW.dataset AND under >= NEW.under)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
"""


@LEDGER(name=STEPS[2])
def questions(db: Database) -> None:
    """Create what finds the first question after each consent, and fill it once."""
    table, trigger = _QUESTIONS.split(";\n", 1)
    db.execute(table)
    db.execute(trigger)
    db.execute(_APPEND_ONLY.format(table="question", verb="UPDATE", done="changed"))
    db.execute(_APPEND_ONLY.format(table="question", verb="DELETE", done="dropped"))
    first_questions.fill(db.conn)

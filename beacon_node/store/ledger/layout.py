"""Steps that bring a ledger of any age to the present layout, each in a transaction."""

from sqlite_utils import Database, Migrations

from beacon_node.store.ledger import questions as first_questions

LEDGER = Migrations("ledger")
STEPS = (
    "0001_chain_and_consents",
    "0002_purposes",
    "0003_questions",
    "0004_charges",
    "0005_committee",
    "0006_links",
    "0007_key_check",
    "0008_identities",
)

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


_CHARGES = """
CREATE INDEX consents_of_a_dataset ON consent (dataset, number);
CREATE TABLE seat (
    dataset TEXT NOT NULL,
    number INTEGER NOT NULL,          -- for life: 0, 1, 2 … in each dataset
    person BLOB NOT NULL,             -- a keyed pseudonym, the same in every dataset
    entry INTEGER NOT NULL REFERENCES entry,
    PRIMARY KEY (dataset, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX seats_of_a_person ON seat (person, dataset);
CREATE TABLE people_set (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,      -- SHA-256: many questions are about the same people
    members BLOB NOT NULL
) STRICT;
CREATE TABLE charge (
    number INTEGER PRIMARY KEY,       -- 1, 2, 3 … over all datasets
    entry INTEGER NOT NULL REFERENCES entry,
    dataset TEXT NOT NULL,
    key BLOB NOT NULL UNIQUE,         -- a question is drawn once
    payers TEXT NOT NULL,             -- JSON
    public TEXT NOT NULL,             -- JSON: prices, place, group
    noisy INTEGER NOT NULL,
    completeness REAL NOT NULL,
    people INTEGER NOT NULL,          -- how many numbers there were
    seats INTEGER REFERENCES people_set,  -- NULL: everybody
    carriers INTEGER NOT NULL REFERENCES people_set,
    left_out INTEGER NOT NULL REFERENCES people_set,
    reference INTEGER NOT NULL,       -- how many public genomes there were
    reference_seats INTEGER REFERENCES people_set,
    reference_carriers INTEGER NOT NULL REFERENCES people_set,
    reference_left_out INTEGER NOT NULL REFERENCES people_set,
    salt BLOB NOT NULL                -- of the digest in the chain
) STRICT;
CREATE INDEX charges_of_a_dataset ON charge (dataset, number);
CREATE TABLE charge_payer (
    dataset TEXT NOT NULL,
    payer TEXT NOT NULL,
    number INTEGER NOT NULL REFERENCES charge,
    PRIMARY KEY (dataset, payer, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX payers_of_a_charge ON charge_payer (number);
CREATE TABLE spent (
    entry INTEGER PRIMARY KEY REFERENCES entry,
    dataset TEXT NOT NULL,
    seats INTEGER NOT NULL            -- the people below it are taken to have spent everything
) STRICT
"""
_NOT_IN_TURN = {  # what would replace or overtake a row that is there
    "seat": """NEW.number IS NOT (SELECT coalesce(max(number) + 1, 0) FROM seat
               WHERE dataset = NEW.dataset)
               OR EXISTS (SELECT 1 FROM seat
                          WHERE person = NEW.person AND dataset = NEW.dataset)""",
    "people_set": """EXISTS (SELECT 1 FROM people_set WHERE id = NEW.id OR digest = NEW.digest)""",
    "charge": """NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM charge)
                 OR EXISTS (SELECT 1 FROM charge WHERE key = NEW.key)""",
    "charge_payer": """EXISTS (SELECT 1 FROM charge_payer WHERE dataset = NEW.dataset
                       AND payer = NEW.payer AND number = NEW.number)""",
    "spent": "NEW.entry <= (SELECT max(entry) FROM spent)",
}
_NEVER_REPLACED = """
CREATE TRIGGER {table}_is_never_replaced BEFORE INSERT ON {table} WHEN {condition}
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""


@LEDGER(name=STEPS[3])
def charges(db: Database) -> None:
    """Create what keeps who paid for noisy counts."""
    for statement in _CHARGES.split(";\n"):
        db.execute(statement)
    for table, condition in _NOT_IN_TURN.items():
        db.execute(_NEVER_REPLACED.format(table=table, condition=condition))
        db.execute(_APPEND_ONLY.format(table=table, verb="UPDATE", done="changed"))
        db.execute(_APPEND_ONLY.format(table=table, verb="DELETE", done="dropped"))


_DAC = """
CREATE TABLE dac_entry (
    number INTEGER PRIMARY KEY REFERENCES entry,
    kind TEXT NOT NULL,
    application TEXT NOT NULL         -- its id; empty for what is about none
) STRICT;
CREATE INDEX entries_of_an_application ON dac_entry (application, number);
CREATE INDEX dac_entries_of_a_kind ON dac_entry (kind, number)
"""


@LEDGER(name=STEPS[4])
def committee(db: Database) -> None:
    """Create what finds the work of the data access committee."""
    for statement in _DAC.split(";\n"):
        db.execute(statement)
    db.execute(_IN_ORDER.format(table="dac_entry", key="number"))
    db.execute(_APPEND_ONLY.format(table="dac_entry", verb="UPDATE", done="changed"))
    db.execute(_APPEND_ONLY.format(table="dac_entry", verb="DELETE", done="dropped"))


@LEDGER(name=STEPS[5])
def links(db: Database) -> None:
    """Create what finds the links of accounts."""
    db.execute("CREATE TABLE link (number INTEGER PRIMARY KEY REFERENCES entry) STRICT")
    db.execute(_IN_ORDER.format(table="link", key="number"))
    db.execute(_APPEND_ONLY.format(table="link", verb="UPDATE", done="changed"))
    db.execute(_APPEND_ONLY.format(table="link", verb="DELETE", done="dropped"))


@LEDGER(name=STEPS[6])
def key_check(db: Database) -> None:
    """Create what keeps the check value of the key."""
    db.execute("CREATE TABLE key_check (value TEXT NOT NULL) STRICT")
    never = _NEVER_REPLACED.format(table="key_check", condition="EXISTS (SELECT 1 FROM key_check)")
    db.execute(never)
    db.execute(_APPEND_ONLY.format(table="key_check", verb="UPDATE", done="changed"))
    db.execute(_APPEND_ONLY.format(table="key_check", verb="DELETE", done="dropped"))


_IDENTITIES = """
CREATE TABLE identity (
    account TEXT PRIMARY KEY,
    entry INTEGER NOT NULL REFERENCES entry,
    salt BLOB NOT NULL,               -- of the digest in the chain
    said TEXT NOT NULL,               -- JSON: who it is
    seen_at TEXT NOT NULL
) STRICT, WITHOUT ROWID
"""


@LEDGER(name=STEPS[7])
def identities(db: Database) -> None:
    """Create what knows who is behind accounts: the one table whose rows may change and go."""
    db.execute(_IDENTITIES)

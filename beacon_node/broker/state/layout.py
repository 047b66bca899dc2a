"""Steps that bring a broker's state of any age to the present layout, each in a transaction."""

from sqlite_utils import Database, Migrations

LAYOUT = Migrations("broker")
STEPS = ("0001_joins_health_checkpoints", "0002_purposes", "0003_applied")

_FIRST = """
CREATE TABLE join_request (
    member TEXT PRIMARY KEY,
    document TEXT NOT NULL,           -- JSON, as it was read
    contact TEXT NOT NULL,
    standing TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    decided_at TEXT NOT NULL,         -- empty: not yet
    reason TEXT NOT NULL
) STRICT;
CREATE TABLE health_change (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    member TEXT NOT NULL,
    condition TEXT NOT NULL,
    since TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX health_change_of_member ON health_change (member, number);
CREATE TABLE health_day (
    member TEXT NOT NULL,
    day TEXT NOT NULL,
    answers INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    late INTEGER NOT NULL,
    total_ms INTEGER NOT NULL,
    slowest_ms INTEGER NOT NULL,
    classes TEXT NOT NULL,            -- JSON list of counts
    PRIMARY KEY (member, day)
) STRICT;
CREATE TABLE health_last (
    member TEXT PRIMARY KEY,
    answer TEXT NOT NULL,
    failure TEXT NOT NULL,
    reason TEXT NOT NULL,
    in_a_row INTEGER NOT NULL         -- bad outcomes after the last good one, of all processes
) STRICT;
CREATE TABLE checkpoint_key (
    member TEXT PRIMARY KEY,
    jwk TEXT NOT NULL,
    since TEXT NOT NULL
) STRICT;
CREATE TABLE checkpoint (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    member TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    hash TEXT NOT NULL,
    made_at TEXT NOT NULL,
    document TEXT NOT NULL,           -- the signed checkpoint, as it came
    received_at TEXT NOT NULL,
    problem TEXT NOT NULL,            -- empty: it goes on from those before it
    settled TEXT NOT NULL DEFAULT '', -- what the broker's operator found out about the problem
    UNIQUE (member, document)
) STRICT;
CREATE INDEX checkpoint_of_member ON checkpoint (member, number);
CREATE TABLE learned (
    member TEXT NOT NULL,
    what TEXT NOT NULL,
    document TEXT NOT NULL,           -- JSON
    learned_at TEXT NOT NULL,
    PRIMARY KEY (member, what)
) STRICT;
"""


@LAYOUT(name=STEPS[0])
def joins_health_checkpoints(db: Database) -> None:
    """Create the first layout."""
    for statement in _FIRST.split(";\n"):
        if statement.strip():
            db.execute(statement)


@LAYOUT(name=STEPS[1])
def purposes(db: Database) -> None:
    """Keep the one purpose of each researcher."""
    db.execute(
        "CREATE TABLE purpose (account TEXT PRIMARY KEY, document TEXT NOT NULL, "
        "fixed_at TEXT NOT NULL) STRICT"
    )


@LAYOUT(name=STEPS[2])
def applied(db: Database) -> None:
    """Keep which applications at members belong together."""
    db.execute(
        "CREATE TABLE applied (account TEXT NOT NULL, bundle TEXT NOT NULL, "
        "member TEXT NOT NULL, application TEXT NOT NULL, opened_at TEXT NOT NULL, "
        "UNIQUE (bundle, member)) STRICT"
    )
    db.execute("CREATE INDEX applied_by ON applied (account, bundle)")

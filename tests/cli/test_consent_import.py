"""`beacon-node consent import`: the node's time zone, and what is said to people."""

import pytest

from beacon_node.actions.manage_datasets import NewDataset
from beacon_node.cli.main import run
from beacon_node.model.genome import Assembly
from tests.actions.homes import new_node
from tests.ingest.consents.resources import FHIR_MAPPING, bundle, consent, rule
from tests.ingest.consents.tables import MAPPING


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("BEACON_NODE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BEACON_NODE_NODE_TIME_ZONE", "Asia/Tokyo")
    monkeypatch.chdir(tmp_path)
    new_node(tmp_path / "home", NewDataset("d", Assembly.GRCH37))
    return tmp_path


@pytest.fixture
def ask(home, capsys):
    """Return a function that runs a command and returns what it said to people."""

    def ask(*arguments: str) -> str:
        run(["consent", *arguments])
        return "".join(capsys.readouterr())

    return ask


@pytest.mark.parametrize(
    ("told", "text", "named"),
    [
        (MAPPING, "id,signed\nP,2026-01-07\n", "Europe/Helsinki"),
        (
            FHIR_MAPPING,
            bundle(consent(rule("permit", "8"), dateTime="2026-01-07")),
            "Europe/Berlin",
        ),
    ],
    ids=["csv", "fhir"],
)
@pytest.mark.parametrize("is_named", [True, False])
def test_days_are_those_of_the_mapping_or_else_of_the_node(home, ask, told, text, named, is_named):
    line = f'time_zone = "{named}"\n'
    (home / "m.toml").write_text(told if is_named else told.replace(line, ""))
    (home / "file").write_text(text)
    assert "Recorded 1 statement." in ask("import", "file", "--mapping", "m.toml")
    hours = {"Europe/Helsinki": "22:00", "Europe/Berlin": "23:00"}
    assert f"2026-01-06T{hours[named] if is_named else '15:00'}" in ask("show", "P", "--json")


NO, GIVEN = "holds from the next question on", "counts from the next release of the dataset on"
STATES = MAPPING.replace('signed_on = "signed"', 'signed_on = "signed"\nwithdrawn_on = "stopped"')


def test_what_was_recorded_is_told_with_when_it_counts(home, ask):
    (home / "m.toml").write_text(STATES)

    def imported(*rows: str) -> str:
        (home / "c.csv").write_text("\n".join(["id,signed,stopped", *rows]) + "\n")
        return ask("import", "c.csv", "--mapping", "m.toml").splitlines()[-1]

    first, second = "P,2026-01-07,", "Q,2026-01-07,"
    given = imported(first, second)
    assert GIVEN in given and NO not in given
    withdrawn = imported(first + "2026-02-03", second)
    assert NO in withdrawn and GIVEN not in withdrawn
    both = imported("R,2026-01-07,", "Q,2026-01-07,2026-02-03")
    assert NO in both and GIVEN in both
    assert imported(first, second) == "Recorded 0 statements."


USES = MAPPING.replace("[[terms]]", 'uses = ["research_discovery", "record_level"]\n[[terms]]')
FEWER = USES.replace(', "record_level"', "")
STOPS = "What was permitted before, and is not by a newer consent, stops with the next question."


def test_newer_consents_that_permit_less_are_counted_before_and_after_they_are_recorded(home, ask):
    (home / "all.toml").write_text(USES)
    (home / "fewer.toml").write_text(FEWER)
    (home / "old.csv").write_text("id,signed\nP,2026-01-07\nQ,2026-01-07\n")
    (home / "new.csv").write_text("id,signed\nP,2026-01-08\nR,2026-01-08\n")
    assert STOPS not in ask("import", "old.csv", "--mapping", "all.toml")
    dry = ask("import", "new.csv", "--mapping", "fewer.toml", "--dry-run")
    assert "1 of them would permit less than until now." in dry
    said = ask("import", "new.csv", "--mapping", "fewer.toml")
    assert f"{STOPS} 1 consent names fewer uses or types of data than held before." in said
    (home / "wide.csv").write_text("id,signed\nP,2026-01-09\n")
    wider = ask("import", "wide.csv", "--mapping", "all.toml")
    assert STOPS in wider and "fewer uses" not in wider and "permit less" not in wider

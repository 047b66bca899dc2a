"""Dates decide by themselves, at the moment of the question, whatever order things arrive in."""

from datetime import UTC

import pytest

from beacon_node.actions.consent_statement import Told, record_statement
from beacon_node.actions.import_consents import (
    Limits,
    apply_import,
    plan_import,
    read_consents,
)
from beacon_node.actions.release_dataset import release
from beacon_node.model.consent import DataType, Status
from beacon_node.node import Node
from tests.consent.clinic import (
    BIOMEDICAL,
    at_site,
    client,
    closed,
    gives,
    granted,
    make_clinic,
    reopened,
    says,
    set_clock,
    withdraws,
)
from tests.ingest.consents.tables import MAPPING

SECOND = 1 / 86_400  # of a day
URL = f"/api/individuals?requestedGranularity=count&{at_site(0)}"  # ann, bob and dea carry it
OTHERS = ("ann", "cid", "dea", "eve")


@pytest.fixture
def node(tmp_path) -> Node:
    """A node with the closed dataset `d`; all but bob consented on day 0; nothing is released."""
    node = make_clinic(tmp_path / "home", closed("d"))
    gives(node, *OTHERS)
    return node


def released(node: Node, at: float) -> None:
    set_clock(node, at)
    release(node, "d")


def is_bob_counted(node: Node, at: float | None = None) -> bool:
    """Ask under a grant at a day: this process, and one that has just started."""
    if at is not None:
        set_clock(node, at)
    totals = [_count(one) for one in (node, reopened(node), node)]
    assert len(set(totals)) == 1 and totals[0] in (2, 3)
    return totals[0] == 3


def _count(node: Node) -> int:
    said = client(node, granted("d", purpose=BIOMEDICAL)).get(URL)
    return said.json["responseSummary"]["numTotalResults"]


# ---- dates ahead ---------------------------------------------------------------------------------


def test_a_consent_ends_between_two_questions(node):
    gives(node, "bob", until=5)
    released(node, 1)
    assert is_bob_counted(node, 5 - SECOND)
    last = node.ledger.consent_version()
    assert not is_bob_counted(node, 5)
    assert node.ledger.consent_version() == last  # nobody recorded anything
    released(node, 6)
    assert not is_bob_counted(node, 6)


def test_a_consent_for_later_waits_for_its_day_and_for_a_release(node):
    gives(node, "bob", begins=5)
    released(node, 1)
    assert not is_bob_counted(node, 4)
    released(node, 4)
    assert not is_bob_counted(node, 6)  # begun, but in no release
    released(node, 6)
    assert is_bob_counted(node, 6)


def test_a_signature_of_the_future_permits_nothing_before_it(node):
    gives(node, "bob", signed=5, begins=0)
    released(node, 1)
    assert not is_bob_counted(node, 1)
    released(node, 5)
    assert is_bob_counted(node, 5)


def test_a_withdrawal_for_later_does_not_wait(node):
    gives(node, "bob")
    released(node, 1)
    assert is_bob_counted(node, 1)
    withdraws(node, "bob", signed=9)
    assert not is_bob_counted(node, 1)


# ---- dates behind, and of one day ----------------------------------------------------------------


@pytest.mark.parametrize(("signed", "is_counted"), [(3, False), (1, True)])
def test_a_withdrawal_that_arrives_late_counts_as_signed(node, signed, is_counted):
    """Signed after the consent it ends it; signed before, the consent is the newer word."""
    gives(node, "bob", signed=2, begins=0)
    released(node, 4)
    assert is_bob_counted(node, 4)
    set_clock(node, 6)
    withdraws(node, "bob", signed=signed)
    assert is_bob_counted(node, 6) is is_counted


@pytest.mark.parametrize("order", [(gives, withdraws), (withdraws, gives)])
def test_of_a_yes_and_a_no_of_one_moment_the_no_holds(node, order):
    for say in order:
        say(node, "bob", signed=0, begins=0)
    released(node, 1)
    assert not is_bob_counted(node, 1)


def test_of_two_consents_of_one_day_the_one_recorded_later_holds(node):
    """A narrower one acts at once, a wider one waits for the release."""
    gives(node, "bob", signed=0)
    released(node, 1)
    gives(node, "bob", signed=0, types={DataType.RUNS})
    assert not is_bob_counted(node, 2)
    gives(node, "bob", signed=0, begins=0)
    assert not is_bob_counted(node, 3)
    released(node, 4)
    assert is_bob_counted(node, 4)


def test_a_consent_that_was_entered_in_error_was_none(node):
    gives(node, "bob")
    released(node, 1)
    assert is_bob_counted(node, 1)
    (given,) = node.ledger.history("bob")
    says(node, "bob", Status.ENTERED_IN_ERROR, cancels=given.number)
    assert not is_bob_counted(node, 1)


# ---- a clock that is set back --------------------------------------------------------------------


def test_a_clock_set_back_a_year_forgets_no_withdrawal(node):
    gives(node, "bob")
    released(node, 10)
    set_clock(node, 400)
    withdraws(node, "bob")
    assert not is_bob_counted(node, 35)
    assert not is_bob_counted(node, -1_000)


def test_a_clock_set_back_does_not_renew_what_ended(node):
    gives(node, "bob", until=390)
    released(node, 10)
    assert is_bob_counted(node, 389)
    assert not is_bob_counted(node, 395)  # which is on record from now on
    assert not is_bob_counted(node, 35)
    released(node, 36)
    assert not is_bob_counted(node, 36)


def test_a_clock_set_back_does_not_renew_a_grant(node):
    released(node, 1)
    asker = client(node, granted("d", until=5))
    set_clock(node, 4)
    assert asker.get(URL).json["responseSummary"]["exists"] is True
    for at in (5, 4, -100):
        set_clock(node, at)
        said = asker.get(URL).json
        assert said["responseSummary"] == {"exists": False}
        assert said["info"]["datasets"][0]["status"] == "not permitted"


def test_a_release_on_a_clock_set_back_holds_what_is_on_record(node):
    set_clock(node, 400)
    gives(node, "bob")
    released(node, 35)
    assert is_bob_counted(node, 35)
    record_statement(node, Told(individual="bob", status=Status.WITHDRAWN, zone=UTC), "test")
    assert not is_bob_counted(node, 35)


def test_a_no_without_a_date_is_newer_than_a_signature_dated_ahead(node):
    gives(node, "bob", signed=3, begins=0)
    set_clock(node, 1)
    record_statement(node, Told(individual="bob", status=Status.REFUSED, zone=UTC), "test")
    released(node, 4)
    assert not is_bob_counted(node, 4)


# ---- files ---------------------------------------------------------------------------------------

ENDING = MAPPING.replace(
    'signed_on = "signed"',
    'signed_on = "signed"\neffective_until = "until"\nwithdrawn_on = "stopped"',
)
RECORD_LEVEL = ENDING.replace('dataset = "d"', 'dataset = "d"\nuses = ["record_level"]')
HEAD = "id;signed;until;stopped"


def imports(node: Node, tmp_path, *rows: str, zone: str = "Europe/Helsinki") -> None:
    (tmp_path / "m.toml").write_text(RECORD_LEVEL.replace("Europe/Helsinki", zone))
    (tmp_path / "c.csv").write_text("\n".join((HEAD, *rows)) + "\n")
    read = read_consents(tmp_path / "c.csv", tmp_path / "m.toml")
    planned = plan_import(node.ledger, node.clock, read)
    apply_import(node.ledger, node.clock, planned, Limits(max_change=1), by="test")


def test_an_old_file_after_a_newer_one_brings_nobody_back(node, tmp_path):
    old, new = "bob;2029-12-01;;", "bob;2029-12-01;;2029-12-24"
    imports(node, tmp_path, old)
    released(node, 1)
    assert is_bob_counted(node, 1)
    imports(node, tmp_path, new)
    assert not is_bob_counted(node, 2)
    imports(node, tmp_path, old)
    assert not is_bob_counted(node, 3)
    imports(node, tmp_path, "bob;2029-12-02;;")  # another form, also older than the withdrawal
    released(node, 4)
    assert not is_bob_counted(node, 4)


@pytest.mark.parametrize(
    ("zone", "hours"), [("UTC", 0), ("Europe/Helsinki", -2), ("America/New_York", 5)]
)
def test_a_last_day_lasts_to_the_midnight_of_the_site(node, tmp_path, zone, hours):
    imports(node, tmp_path, "bob;2029-12-01;2030-01-05;", zone=zone)
    released(node, 1)
    midnight = 5 + hours / 24  # at the end of 5 January, in UTC
    assert is_bob_counted(node, midnight - SECOND)
    assert not is_bob_counted(node, midnight)


def test_a_consent_of_today_begins_at_the_midnight_of_the_site(node, tmp_path):
    imports(node, tmp_path, "bob;2030-01-03;;")
    begins = 2 - 2 / 24  # 3 January in Helsinki
    released(node, begins - SECOND)
    assert not is_bob_counted(node, begins + SECOND)
    released(node, begins + 2 * SECOND)
    assert is_bob_counted(node, begins + 3 * SECOND)

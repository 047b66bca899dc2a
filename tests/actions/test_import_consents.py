"""Importing consents: what changes, what does not, and what stops it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beacon_node.actions.import_consents import (
    Limits,
    apply_import,
    plan_import,
    read_consents,
    too_much,
)
from beacon_node.actions.record_consent import record_consents
from beacon_node.errors import Conflict, InvalidInput, InvalidRequest
from beacon_node.model.consent import Asked, DataType, State, UseKind
from beacon_node.policy.consent import state_at
from beacon_node.policy.consent_import import Kind, cancellation
from beacon_node.store.ledger import Ledger

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ASKED = Asked("d", DataType.VARIANTS, UseKind.RESEARCH_DISCOVERY)
ANY = Limits(max_change=1)
MAPPING = """
format = "csv"
time_zone = "UTC"
[columns]
individual = "id"
signed_on = "signed"
status = "status"
document = ["form"]
[status]
yes = "given"
no = "withdrawn"
error = "entered-in-error"
[scope]
dataset = "d"
[[terms]]
duo = "GRU"
when = { term = "GRU" }
[[terms]]
duo = "HMB"
when = { term = "HMB" }
[other_values]
term = [""]
"""


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


class Overtaken(Watch):
    """A clock with which, when it is asked, something else is done first."""

    def __init__(self, other) -> None:
        super().__init__()
        self.other = other

    def now(self) -> datetime:
        self.other()
        return super().now()


class World:
    """A ledger, and tables that are written, planned and imported."""

    def __init__(self, folder) -> None:
        self.folder, self.clock = folder, Watch()
        self.ledger = Ledger.create(folder / "ledger.sqlite")
        (folder / "mapping.toml").write_text(MAPPING)

    def about(self, dataset: str) -> None:
        """Let the mapping say that the tables from now on are about another dataset."""
        mapping = MAPPING.replace('dataset = "d"', f'dataset = "{dataset}"')
        (self.folder / "mapping.toml").write_text(mapping)

    def plan(self, *rows: str, missing_as: str = ""):
        table = "\n".join(["id,signed,status,term,form", *rows]) + "\n"
        (self.folder / "consents.csv").write_text(table)
        read = read_consents(self.folder / "consents.csv", self.folder / "mapping.toml")
        return plan_import(self.ledger, self.clock, read, missing_as=missing_as)

    def run(self, *rows: str, limits: Limits = ANY, missing_as: str = ""):
        planned = self.plan(*rows, missing_as=missing_as)
        apply_import(self.ledger, self.clock, planned, limits, by="test")
        return planned.plan

    def state(self, individual: str) -> State:
        return state_at(self.ledger.history(individual), self.clock.now(), ASKED).state

    def states(self) -> dict[str, tuple]:
        """Return what holds of everybody: the state and the terms behind it."""
        found = {}
        for individual, history in self.ledger.histories("d"):
            standing = state_at(history, self.clock.moment, ASKED)
            found[individual] = (standing.state, standing.version and standing.version.use)
        return found


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.ledger.close()


def row(individual="P", day=1, status="yes", term="GRU", form="") -> str:
    return f"{individual},2026-01-{day:02},{status},{term},{form or f'{individual}-{day}-{status}'}"


def kinds(plan) -> list[str]:
    return [change.kind.value for change in plan.changes]


KNOWN = (row("P", 5), row("Q", 5))


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ([row("P", 5), row("Q", 5)], ["unchanged", "unchanged"]),
        ([row("R", 5), *KNOWN], ["new", "unchanged", "unchanged"]),
        ([row("P", 6, term="HMB"), row("Q", 5)], ["changed", "unchanged"]),
        ([row("P", 5, term="HMB"), row("Q", 5)], ["changed", "unchanged"]),
        ([row("P", 6, "no"), row("Q", 5)], ["withdrawn", "unchanged"]),
        ([row("P", 5, "no"), row("Q", 5)], ["withdrawn", "unchanged"]),
        ([row("P", 4, term="HMB"), row("Q", 5)], ["stale", "unchanged"]),
        ([row("P", 4, "no"), row("Q", 5)], ["stale", "unchanged"]),
        ([row("P", 5, "error", form="P-5-yes"), row("Q", 5)], ["cancelled", "unchanged"]),
        ([row("P", 5)], ["unchanged", "missing"]),
        ([row("P", 5), row("P", 5), row("Q", 5)], ["unchanged", "unchanged"]),
    ],
    ids=[
        *("again", "new", "newer", "corrected", "withdrawn", "same-day-no", "older", "older-no"),
        *("cancelled", "missing", "twice"),
    ],
)
def test_a_second_file_is_compared_with_what_is_on_record(world, then, expected):
    world.run(*KNOWN)
    assert kinds(world.plan(*then).plan) == expected


def test_importing_a_file_again_records_nothing(world):
    rows = [row("P", 5), row("P", 6, "no"), row("Q", 7, term="HMB")]
    world.run(*rows)
    head = world.ledger.head()
    assert set(kinds(world.run(*rows))) == {"unchanged"} and world.ledger.head() == head


def test_an_old_file_after_a_newer_one_changes_nothing_that_the_newer_decided(world):
    world.run(row("P", 9, "no"), row("Q", 9, term="HMB"))
    before = world.states()
    plan = world.run(row("P", 5), row("Q", 5))
    assert kinds(plan) == ["stale", "stale"] and plan.people_changed == 0
    assert world.states() == before
    assert len(world.ledger.history("P")) == 2  # history is complete nevertheless


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row("P", 4, "no"), row("P", 5)], ["stale", "new"]),
        ([row("P", 5), row("P", 4, "no")], ["new", "stale"]),
        ([row("P", 5), row("P", 6, "no")], ["new", "new"]),
        ([row("P", 4, "no"), row("P", 5), row("P", 45)], ["new", "held_back"]),
    ],
    ids=["first", "last", "newer", "the consent is held back"],
)
def test_a_no_that_a_newer_consent_of_the_same_file_has_decided_is_stale(world, rows, expected):
    plan = world.run(*rows, limits=Limits(1, skip_rejects=True))
    assert kinds(plan) == expected
    assert [str(one.place) for one in plan.changes] == ["line 2", "line 3"]
    assert (world.state("P") is State.PERMITTED) == ("stale" in expected)


def test_a_newer_signature_consents_again(world):
    world.run(row("P", 5), row("P", 6, "no"))
    assert world.state("P") is State.WITHDRAWN
    world.run(row("P", 7))
    assert world.state("P") is State.PERMITTED


def test_what_was_cancelled_does_not_come_back_with_an_old_file(world):
    world.run(row("P", 5))
    (wrong,) = world.ledger.history("P")
    record_consents(world.ledger, world.clock, [cancellation(wrong, NOON)], by="test")
    assert kinds(world.run(row("P", 5))) == ["stale"] and world.state("P") is State.SILENT


def test_a_cancelled_document_uncovers_what_it_hid(world):
    world.run(row("P", 5), row("P", 6, "no", form="slip"))
    world.run(row("P", 5), row("P", 6, "error", form="slip"))
    assert world.state("P") is State.PERMITTED
    assert set(kinds(world.plan(row("P", 5), row("P", 6, "error", form="slip")).plan)) == {
        "unchanged"
    }


def test_missing_people_are_withdrawn_only_on_demand_and_once(world):
    world.run(*KNOWN)
    assert world.run(row("P", 5)).people_changed == 0 and world.state("Q") is State.PERMITTED
    plan = world.run(row("P", 5), missing_as="withdrawn")
    assert plan.people_changed == 1 and world.state("Q") is State.WITHDRAWN
    assert kinds(world.run(row("P", 5), missing_as="withdrawn")) == ["unchanged"]


def test_nobody_is_missing_while_a_line_names_nobody(world):
    world.run(*KNOWN)
    with pytest.raises(Conflict, match="nobody is surely missing"):
        world.plan(row("P", 5), row("", 5), missing_as="withdrawn")
    # a rejected line of a person is still a line of hers
    plan = world.plan(row("P", 5), row("Q", 45), missing_as="withdrawn").plan
    assert kinds(plan) == ["unchanged"]


def test_one_bad_line_stops_everything_and_is_named(world):
    with pytest.raises(InvalidInput, match=r"consents\.csv, line 3, signed"):
        world.run(row("P", 5), row("Q", 45))
    assert world.ledger.head().sequence == 0


def test_rejects_are_skipped_with_the_rest_of_what_their_people_gave(world):
    world.run(row("P", 5), row("Q", 5))
    rows = [row("P", 6, term="HMB"), row("P", 45), row("Q", 6, "no"), row("Q", 45), row("R", 5)]
    plan = world.run(*rows, limits=Limits(1, skip_rejects=True))
    assert kinds(plan) == ["held_back", "withdrawn", "new"] and len(plan.rejects) == 2
    assert [len(world.ledger.history(one)) for one in "PQR"] == [1, 2, 1]


@pytest.mark.parametrize(("changed", "stops"), [(1, False), (2, False), (3, True)])
def test_an_import_that_changes_more_than_a_share_is_stopped(world, changed, stops):
    world.run(*(row(f"P{n}", 5) for n in range(10)))
    head = world.ledger.head()
    rows = [row(f"P{n}", 6, "no") for n in range(changed)]
    if stops:
        with pytest.raises(Conflict, match=r"3 of 10 people .* \(--max-change\)"):
            world.run(*rows, limits=Limits())
        assert world.ledger.head() == head
    else:
        world.run(*rows, limits=Limits())
        assert world.state("P0") is State.WITHDRAWN


@pytest.mark.parametrize("status", ["no", "yes"])
def test_a_file_about_every_dataset_is_held_against_everybody_on_record(world, status):
    world.run(*(row(f"P{n}", 5) for n in range(10)))
    world.about("*")
    head = world.ledger.head()
    rows = [row(f"P{n}", 6, status, term="HMB") for n in range(3)]
    with pytest.raises(Conflict, match="3 of 10 people"):
        world.run(*rows, limits=Limits())
    assert world.ledger.head() == head
    assert kinds(world.run(*rows))[:3] == ["withdrawn" if status == "no" else "changed"] * 3


def test_a_file_about_every_dataset_leaves_what_newer_signatures_decided(world):
    world.run(row("P", 5), row("Q", 5))
    world.about("e")
    world.run(row("Q", 3))
    world.about("*")
    older = [row("P", 4, "no"), row("Q", 4, "no"), row("R", 4, "no")]
    assert kinds(world.run(*older)) == ["stale", "withdrawn", "new"]
    assert world.state("P") is State.PERMITTED and world.state("Q") is State.PERMITTED


def test_who_is_missing_in_a_file_about_every_dataset_is_withdrawn_where_she_consented(world):
    world.run(*KNOWN)
    world.about("*")
    plan = world.run(row("P", 6), missing_as="withdrawn")
    assert kinds(plan) == ["changed", "missing"] and world.state("Q") is State.WITHDRAWN
    assert [one.scope.dataset for one in world.ledger.history("Q")] == ["d", "d"]


def test_one_person_may_always_change_and_new_people_do_not_count(world):
    world.run(row("P", 5), row("Q", 5))
    plan = world.plan(row("P", 6, "no"), *(row(f"N{n}", 5) for n in range(9))).plan
    assert not too_much(plan, 0.2) and plan.counts[Kind.NEW] == 9


def test_a_plan_is_not_applied_to_a_record_that_has_changed(world):
    world.run(*KNOWN)
    planned = world.plan(row("P", 6, "no"))
    world.run(row("P", 7, term="HMB"))
    with pytest.raises(Conflict, match="meanwhile"):
        apply_import(world.ledger, world.clock, planned, ANY, by="test")


def test_other_people_may_change_while_a_plan_waits(world):
    world.run(*KNOWN)
    planned = world.plan(row("P", 6, "no"))
    world.run(row("Q", 7, term="HMB"))
    (done,) = apply_import(world.ledger, world.clock, planned, ANY, by="test")
    assert done.is_new and world.state("P") is State.WITHDRAWN


def test_a_consent_that_comes_at_the_last_moment_stops_an_import_too(world):
    world.run(*KNOWN)
    planned, other = world.plan(row("P", 6, "no")), world.plan(row("P", 7, term="HMB"))
    late = Overtaken(lambda: apply_import(world.ledger, world.clock, other, ANY, by="other"))
    with pytest.raises(Conflict, match="recorded meanwhile: nothing was recorded"):
        apply_import(world.ledger, late, planned, ANY, by="test")
    assert world.state("P") is State.PERMITTED


def test_a_clock_that_was_set_back_does_not_undo_a_withdrawal(world):
    world.run(row("P", 5), row("P", 6, "no"))
    world.clock.moment = NOON - timedelta(days=300)
    world.run(row("P", 5), row("P", 6, "no"), row("Q", 5))
    assert world.ledger.present(world.clock.now()) > NOON
    at = world.ledger.present(world.clock.now())
    assert state_at(world.ledger.history("P"), at, ASKED).state is State.WITHDRAWN


def test_nothing_private_is_printed(world):
    planned = world.plan(row("Maria", 5), row("Maria", 45))
    shown = repr([planned, planned.plan, planned.plan.changes, planned.plan.rejects])
    assert "Maria" not in shown


ROWS = st.builds(
    row,
    st.sampled_from("PQ"),
    st.integers(1, 4),
    st.sampled_from(["yes", "yes", "no"]),
    st.sampled_from(["GRU", "HMB"]),
)
# Of two consents with one signature the one recorded later holds: that order is meant to matter.
FILES = st.lists(ROWS, max_size=6, unique_by=lambda line: line[: len("P,2026-01-01")])
few = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@few
@given(rows=FILES.filter(bool), cut=st.integers(0, 6), shuffled=st.randoms())
def test_the_order_of_imports_does_not_matter(tmp_path_factory, rows, cut, shuffled):
    orders = [[rows], [rows[cut:], rows[:cut]], [[one] for one in shuffled.sample(rows, len(rows))]]
    outcomes = []
    for files in orders:
        world = World(tmp_path_factory.mktemp("home"))
        for file in filter(None, files):
            world.run(*file)
        outcomes.append(world.states())
        world.ledger.close()
    assert outcomes[0] == outcomes[1] == outcomes[2]


@few
@given(rows=FILES, bad=st.integers(0, 6))
def test_a_reject_never_half_applies(tmp_path_factory, rows, bad):
    world = World(tmp_path_factory.mktemp("home"))
    rows.insert(bad, row("X", 45))
    with pytest.raises(InvalidInput):
        world.run(*rows)
    assert world.ledger.head().sequence == 0
    world.ledger.close()


def test_an_unknown_word_for_missing_is_refused(world):
    with pytest.raises(InvalidRequest, match="only withdrawn"):
        world.plan(row(), missing_as="gone")

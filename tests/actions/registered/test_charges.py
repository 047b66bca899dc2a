"""What is charged for registered counts, together with the draw and the question, or not at all."""

import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.actions.registered.accounts import forget
from beacon_node.actions.registered.charges import charge
from beacon_node.errors import Conflict, StoreUnavailable
from beacon_node.model.answer import NoisyCount, Refused, Status
from beacon_node.privacy.registered.bounds import RHO_UNIT
from beacon_node.store.ledger.chain import Appending
from tests.actions.registered.counted import (
    BOUNDS,
    DEAR,
    PEOPLE,
    Book,
    ask,
    asked,
    assert_every_unit_is_right,
    counting_node,
    moment,
    opened,
    rows,
    seat,
)
from tests.policy.histories import given as consent_given

ROOT = Path(__file__).resolve().parents[3]
PAYERS = "researcher:ann", "organisation:o", "broker:b"


@pytest.fixture
def node(tmp_path):
    made = counting_node(tmp_path / "home")
    yield made
    made.ledger.close()


def audited(node) -> list[dict]:
    return [orjson.loads(entry.body) for entry in node.ledger.entries(kind="audit")]


def until_refused(node, *payers: str, name: str = "q", most: int = 200) -> list[NoisyCount]:
    told = []
    for number in range(most):
        found = ask(node, asked(f"{name}{number}", *payers))["d"]
        if isinstance(found, Refused):
            assert found.status is Status.BUDGET_SPENT and "privacy budget" in found.reason
            return told
        told.append(found)
    raise AssertionError("never refused")


# ---- one question --------------------------------------------------------------------------------


def test_the_same_question_again_costs_nothing_and_says_the_same(node):
    first, again = (ask(node, asked("q", *PAYERS))["d"] for _ in range(2))
    assert (again.noisy, again.completeness) == (first.noisy, first.completeness)
    assert len(rows(node)) == 1 and len(audited(node)) == 2


def test_another_account_has_a_draw_of_its_own(node):
    told = [ask(node, asked(f"{n}", f"researcher:{n}", carriers=[1, 2]))["d"] for n in range(12)]
    assert len({one.noisy for one in told}) > 1 and len(rows(node)) == 12


def test_charge_draw_and_question_are_one_transaction(node):
    def fails(outcomes):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        charge(node, [asked("q")], moment(node), fails)
    assert not rows(node) and not audited(node) and not node.ledger.drawn([b"q"])
    assert isinstance(ask(node, asked("q"))["d"], NoisyCount)
    assert_every_unit_is_right(rows(node))


def test_a_question_that_a_consent_overtook_is_neither_charged_nor_recorded(node):
    before = moment(node)
    node.ledger.record([consent_given(0, 1)], by="r", now=node.clock.now())
    record = {"consent_version": before.consent_version, "datasets": ["d"]}
    for key in ("q", "drawn before"):
        assert charge(node, [asked(key)], before, lambda _: record) is None
    ask(node, asked("drawn before"))
    assert charge(node, [asked("drawn before")], before, lambda _: record) is None
    assert charge(node, [asked("drawn before")], before, None) is None
    assert len(rows(node)) == 1 and len(audited(node)) == 1


def test_the_size_of_a_group_is_charged_without_a_question_on_record(node):
    told = charge(node, [asked("size")], moment(node), None)
    assert isinstance(told["d"], NoisyCount)
    assert len(rows(node)) == 1 and not audited(node)


def test_people_without_numbers_are_not_charged(node):
    with pytest.raises(Conflict, match="numbers for life"):
        ask(node, asked("q", people=PEOPLE + 1))
    assert not rows(node)


def test_a_refusal_is_on_record_and_charges_nothing(node):
    told = until_refused(node, "researcher:ann")
    assert len(rows(node)) == len(told) and len(audited(node)) == len(told) + 1


# ---- budgets -------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["", "organisation:o", "organisation:p"])),
        min_size=1,
        max_size=60,
    ),
    st.lists(st.integers(0, 59), max_size=4),
)
def test_what_everybody_spent_is_what_a_simple_book_says(tmp_path_factory, questions, restarts):
    node = counting_node(tmp_path_factory.mktemp("book") / "home")
    for number, (researcher, organisation) in enumerate(questions):
        if number in restarts:
            forget(node)
        payers = [f"researcher:{researcher}", *filter(None, [organisation])]
        ask(node, asked(f"{number}", *payers))
    assert_every_unit_is_right(rows(node))
    assert node.ledger.verify().is_whole
    node.ledger.close()


def test_many_accounts_together_spend_the_pool_and_no_more(node):
    for account in range(12):
        until_refused(node, f"researcher:{account}", name=f"{account} ")
    book = assert_every_unit_is_right(rows(node))
    spent = [
        units for (payer, kind, _), units in book.spent.items() if (payer, kind) == ("", "rho")
    ]
    assert max(spent) > 1.5 * BOUNDS.rho / RHO_UNIT  # of 3, to which it comes ever closer


def test_a_person_who_comes_later_has_her_whole_budget(node):
    until_refused(node, "researcher:ann")
    assert seat(node, "d", [*range(0, PEOPLE, 2), *range(100, 300)])[-1] == PEOPLE + 199
    told = ask(node, asked("more", "researcher:eve", people=PEOPLE + 200))["d"]
    assert isinstance(told, NoisyCount)
    assert_every_unit_is_right(rows(node))


def test_who_leaves_and_comes_back_in_another_order_has_her_number(node):
    assert seat(node, "d", [7, 3]) == [7, 3]
    assert seat(node, "d", [99, 3]) == [PEOPLE, 3]


def test_a_process_that_starts_goes_on_where_the_last_one_ended(node, tmp_path):
    until_refused(node, "researcher:ann")
    node.ledger.close()
    again = opened(tmp_path / "home")
    assert isinstance(ask(again, asked("new", "researcher:ann"))["d"], Refused)
    again.ledger.close()


def test_people_of_two_datasets_have_one_budget(node):
    there = [*range(PEOPLE - 1, 19, -1), *range(500, 520)]  # half of them are in both
    seat(node, "e", there)
    who = dict(enumerate(("p", n) for n in there))
    for number in range(30):
        ask(node, asked(f"d{number}"), asked(f"e{number}", dataset="e"))
    book = Book.empty()
    for one in sorted(rows(node) + rows(node, "e"), key=lambda one: _turn(node, one)):
        _enter(book, one, who)
    book.assert_nobody_overspent()


def _turn(node, one) -> int:
    with node.ledger.charging(now=node.clock.now()) as turn:
        return next(n for d in "de" for n, other in turn.charges(d) if other.key == one.key)


def _enter(book, one, who) -> None:
    """The reference genomes of each dataset are its own."""
    own = replace(one, reference=replace(one.reference, carriers=b"", left_out=b"", universe=0))
    book.enter(own, who if one.dataset == "e" else None)


def test_after_256_charges_a_process_starts_from_what_was_stored(node, tmp_path):
    cheap = replace(DEAR, carrier=9, other=3, rho_carrier=5, rho_other=2, fill=1)
    for number in range(300):
        ask(node, asked(f"{number}", *PAYERS, prices=cheap))
    purses = sorted((tmp_path / "home/data/ledger.sqlite-purses").iterdir())
    assert len(purses) == 4
    node.ledger.close()
    purses[0].write_bytes(purses[0].read_bytes()[:-1])  # damaged: passed over
    purses[1].unlink()
    again = opened(tmp_path / "home")
    until_refused(again, *PAYERS)
    assert_every_unit_is_right(rows(again))
    again.ledger.close()


# ---- many at once, and accidents -----------------------------------------------------------------


def start(home, names: str):
    """Start four processes with sixteen clients each, who all begin at once."""
    work = [sys.executable, "-m", "tests.actions.registered.clients", str(home), names, "16"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen(work, cwd=ROOT, start_new_session=True, **pipes)
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("begin\n")
    process.stdin.flush()
    return process


def told_by(process) -> dict[str, int]:
    said = process.communicate()[0].split("\n")
    return {key: int(noisy) for key, noisy in (line.split() for line in said[:-1])}


def assert_all_is_there(node, told) -> None:
    charges = rows(node)
    drawn = {one.key.decode(): one.drawn.noisy for one in charges}
    assert len(drawn) == len(charges)
    assert {key: drawn[key] for key in told} == told
    asked_for = Counter(key for body in audited(node) for key in body["keys"])
    assert drawn.keys() <= asked_for.keys()  # no charge without its question
    assert_every_unit_is_right(charges)
    assert node.ledger.verify().is_whole


def test_64_clients_of_four_processes_spend_the_budget_and_not_a_unit_more(node, tmp_path):
    asking = start(tmp_path / "home", "abcd")
    told = told_by(asking)
    assert asking.returncode == 0  # all were refused in the end
    assert len(told) == len(rows(node)) > 8
    assert_all_is_there(node, told)


def test_processes_that_are_killed_spend_no_unit_that_is_not_on_record(node, tmp_path):
    asking = start(tmp_path / "home", "abcd")
    first = [asking.stdout.readline().split() for _ in range(3)]
    os.killpg(asking.pid, signal.SIGKILL)
    told = {key: int(noisy) for key, noisy in first} | told_by(asking)
    assert_all_is_there(node, told)
    again = start(tmp_path / "home", "efgh")
    told |= told_by(again)
    assert again.returncode == 0
    assert_all_is_there(node, told)


def test_a_forked_process_and_its_parent_spend_one_budget(node):
    ask(node, asked("before"))
    child = os.fork()
    if child == 0:
        until_refused(node, "researcher:ann", name="child ")
        os._exit(0)
    until_refused(node, "researcher:ann", name="parent ")
    assert os.waitpid(child, 0)[1] == 0
    assert_every_unit_is_right(rows(node))


def test_a_full_disk_charges_nothing_half(node, tmp_path):
    ask(node, asked("before", *PAYERS))
    log = tmp_path / "home/data/ledger.sqlite-wal"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 5_000, limits[1]))
    try:
        with pytest.raises(StoreUnavailable, match="full|no room"):
            for number in range(50):
                ask(node, asked(f"{number}", *PAYERS))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(rows(node)) == len(audited(node))
    until_refused(node, *PAYERS, name="after ")
    assert_every_unit_is_right(rows(node))
    assert node.ledger.verify().is_whole


def test_a_transaction_that_fails_at_its_end_leaves_no_trace_in_the_process(node, monkeypatch):
    ask(node, asked("before", *PAYERS))
    with pytest.raises(KeyboardInterrupt), monkeypatch.context() as patched:
        patched.setattr(Appending, "end", _interrupted)
        ask(node, asked("lost", *PAYERS))
    assert [one.key for one in rows(node)] == [b"before"]
    until_refused(node, *PAYERS, name="after ")
    assert_every_unit_is_right(rows(node))


def _interrupted(self):
    raise KeyboardInterrupt

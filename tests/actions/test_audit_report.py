"""What is on record, read and counted, as committees and data protection officers see it."""

import json
from datetime import timedelta

import pytest

from beacon_node.actions.answer_query import answer
from beacon_node.actions.audit_entries import Wanted, shown_entries
from beacon_node.actions.audit_report import Line, audit_report
from beacon_node.actions.processing_record import BLANK, processing_record
from beacon_node.actions.release_dataset import release
from beacon_node.errors import InvalidRequest, LedgerBroken
from beacon_node.model.dac import Actor, Done, read_said
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity, Query
from beacon_node.model.requester import ANONYMOUS
from beacon_node.node import Node
from tests.actions.homes import open_data
from tests.consent.clinic import (
    closed,
    gives,
    granted,
    make_clinic,
    set_clock,
    withdraws,
)
from tests.policy.histories import day

FORM = {
    "title": "T",
    "description": "D",
    "purpose": {"categories": ["biomedical"]},
    "datasets": ["d"],
}
ANN = granted("d")


def ask(node: Node, dataset: str, requester=ANONYMOUS, *, id: str = "") -> None:
    kind, much = EntryType.INDIVIDUAL, Granularity.COUNT
    answer(node, Query(kind, granularity=much, datasets=(dataset,), entry_id=id), requester)


def decide(node: Node, command: dict, by: str = "acc-eve") -> None:
    said, _ = read_said("application", {"by": by, "id": "A-1", "command": command})
    assert isinstance(said, Done)
    with node.ledger.deciding(now=node.clock.now()) as deciding:
        deciding.add(said, Actor(by))


@pytest.fixture(scope="module")
def node(tmp_path_factory) -> Node:
    """Open data `o` and protected `d`, in January; in February a withdrawal and questions."""
    node = make_clinic(tmp_path_factory.mktemp("n") / "home", open_data("o"), closed("d"))
    gives(node, "ann", "bob")
    release(node, "o")
    release(node, "d")
    ask(node, "o")
    ask(node, "d")
    ask(node, "d", ANN)
    decide(node, {"do": "save-draft", "form": FORM}, by="acc-ann")
    set_clock(node, 40)
    withdraws(node, "ann")
    decide(node, {"do": "reject", "comment": "no"})
    ask(node, "d", ANN)
    ask(node, "d", ANN, id="bob")
    return node


def lines(node: Node, **wanted) -> dict[Line, int]:
    return dict(audit_report(node, Wanted(**wanted)).lines)


def numbers(found: dict[Line, int], dataset: str, what: str) -> dict[tuple[str, ...], int]:
    own = [(one, n) for one, n in found.items() if (one.dataset, one.what) == (dataset, what)]
    return {tuple(filter(None, (one.month, one.tier, one.basis, one.which))): n for one, n in own}


FIRST, SECOND = f"{day(0):%Y-%m}", f"{day(40):%Y-%m}"


def test_questions_are_counted_by_month_tier_basis_and_what_was_told(node):
    found = lines(node)
    assert numbers(found, "o", "questions") == {(FIRST, "public", "open data", "count"): 1}
    assert numbers(found, "d", "questions") == {
        (FIRST, "public", "not permitted"): 1,
        (FIRST, "controlled", "grant", "count"): 1,
        (SECOND, "controlled", "grant", "count"): 2,
    }


def test_an_account_counts_once_a_month_whatever_it_asks(node):
    assert numbers(lines(node), "d", "accounts") == {
        (FIRST, "controlled", "different"): 1,
        (SECOND, "controlled", "different"): 1,
    }


def test_decisions_consents_and_releases_are_counted(node):
    found = lines(node)
    assert numbers(found, "d", "decisions") == {(FIRST, "save-draft"): 1, (SECOND, "reject"): 1}
    assert numbers(found, "d", "releases") == {(FIRST, "begun"): 1}
    consents = [n for one, n in found.items() if one.what == "consents"]
    assert sum(consents) == 3
    assert [one.month for one in found if one.which == "withdrawn"] == [SECOND]


def test_a_report_keeps_to_its_dataset_and_its_time(node):
    assert {one.dataset for one in lines(node, dataset="o")} <= {"o", "*"}
    assert {one.month for one in lines(node, since=day(20))} == {SECOND}
    assert {one.month for one in lines(node, until=day(20))} == {FIRST}


def test_what_an_application_is_about_is_known_in_later_months_too(node):
    assert numbers(lines(node, dataset="d", since=day(20)), "d", "decisions")


def test_nothing_is_reported_of_a_broken_ledger(node, monkeypatch):
    found = node.ledger.verify()
    broken = type(found)(found.head, 3, "it was changed")
    monkeypatch.setattr(type(node.ledger), "verify", lambda self: broken)
    with pytest.raises(LedgerBroken, match="entry 3"):
        audit_report(node, Wanted())


# ---- entries -------------------------------------------------------------------------------------


def test_every_entry_is_shown_in_its_order(node):
    shown = list(shown_entries(node, Wanted()))
    assert [one.sequence for one in shown] == list(range(1, node.ledger.head().sequence + 1))
    assert all(one.said for one in shown)


@pytest.mark.parametrize(
    "wanted, kinds",
    [
        (Wanted(kind="consent"), ["consent"] * 3),
        (Wanted(account=ANN.account), ["audit"] * 3),
        (Wanted(account="acc-eve"), ["application"]),
        (Wanted(dataset="o", kind="audit"), ["audit"]),
        (Wanted(dataset="d", kind="application"), ["application"] * 2),
        (Wanted(dataset="d", kind="application", since=day(20)), ["application"]),
        (Wanted(kind="audit", since=day(20)), ["audit"] * 2),
        (Wanted(kind="release", until=day(0) - timedelta(1)), []),
    ],
    ids=[
        "kind",
        "account",
        "committee",
        "dataset",
        "application",
        "application later",
        "since",
        "until",
    ],
)
def test_entries_are_chosen(node, wanted, kinds):
    assert [one.kind for one in shown_entries(node, wanted)] == kinds


def test_no_individual_is_named(node):
    shown = [json.dumps([one.said, one.body]) for one in shown_entries(node, Wanted())]
    assert not [text for text in shown if '"bob"' in text or '"ann"' in text or " bob" in text]


def test_a_question_is_told_in_words(node):
    (open_one,) = shown_entries(node, Wanted(dataset="o", kind="audit"))
    assert open_one.said == "asked count individual -> o: answered up to count (open data)"
    assert open_one.who == "public"


def test_a_kind_that_does_not_exist_is_refused(node):
    with pytest.raises(InvalidRequest, match=r"^kind: one of application, audit"):
        shown_entries(node, Wanted(kind="questions"))


# ---- the record of processing --------------------------------------------------------------------


def test_the_record_has_every_point_of_article_30(node):
    text = processing_record(node, audit_report(node, Wanted()))
    for letter in "abcdefg":
        assert f"\n## ({letter}) " in text
    assert f"controller: {BLANK}" in text and f"legal basis (art. 6 and 9): {BLANK}" in text
    assert "controlled requesters, of d (grant): 3 questions answered" in text
    assert "public requesters, of o (open data): 1 questions answered" in text
    assert "Anybody, anywhere, is answered about: o." in text and "individuals: 2" in text


def test_the_record_of_one_dataset_tells_of_no_other(node):
    report = audit_report(node, Wanted(dataset="d"))
    text = processing_record(node, report, "d")
    assert "dataset d" in text and "dataset o" not in text and "open data" not in text

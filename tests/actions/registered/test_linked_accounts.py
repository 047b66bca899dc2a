"""What several accounts of one person spent, and were told, is one account's from the link on."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.actions import answer_query
from beacon_node.actions.registered import accounts as books
from beacon_node.actions.registered.accounts import accounts_of, forget
from beacon_node.actions.registered.charges import charge
from beacon_node.errors import NotPermitted
from beacon_node.model.answer import NoisyCount, Refused
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.linked import How
from tests.actions.public_world import DATASET
from tests.actions.registered.counted import Book, ask, asked, counting_node, moment, opened, rows
from tests.actions.registered.test_answers import account, asks, on_autosome, question
from tests.actions.registered.world import WOMEN, make_hospital
from tests.consent.clinic import audits

METHODS = ResearchPurpose(frozenset({"methods"}))


@pytest.fixture
def node(tmp_path):
    made = counting_node(tmp_path / "home")
    yield made
    made.ledger.close()


def link(node, *accounts: str):
    return node.ledger.link(accounts, How.VISAS, now=node.clock.now())


def of_person(node, key: str, account: str, *institutions: str):
    """Return a question of whoever has this account, as it is asked for all their accounts."""
    accounts = node.ledger.linked().accounts(account)
    key_, *earlier = (f"{one} {key}".encode() for one in accounts)
    made = asked(key, f"researcher:{accounts[0]}", *institutions)
    return replace(made, key=key_, earlier=tuple(earlier), accounts=accounts)


def spent(node, *names: str):
    """Return what everybody spent on accounts, as the ledger's rows come to."""
    with node.ledger.charging(now=node.clock.now()) as turn:
        found = accounts_of(node, "d")
        found.bring_up_to_date(turn, names)
        return [[one.tolist() for one in found.of(name).people.columns] for name in names]


def sum_of(purses):
    return [[a + b for a, b in zip(*columns, strict=True)] for columns in zip(*purses, strict=True)]


# ---- budgets -------------------------------------------------------------------------------------


def test_both_accounts_spending_counts_for_each_from_the_link_on(node):
    for number in range(3):
        ask(node, of_person(node, f"{number}", "ann"))
        ask(node, of_person(node, f"{number + 10}", "bob"))
    both = sum_of(spent(node, "researcher:ann", "researcher:bob"))
    link(node, "ann", "bob")
    assert spent(node, "researcher:ann") == [both]
    forget(node)
    assert spent(node, "researcher:ann") == [both]


def test_what_institutions_and_the_pool_were_charged_stays_as_it_was(node):
    ask(node, of_person(node, "1", "ann", "organisation:o"))
    ask(node, of_person(node, "2", "bob", "organisation:o", "broker:b"))
    shared = "organisation:o", "broker:b", books.POOL
    before = spent(node, *shared[:2])
    link(node, "ann", "bob")
    forget(node)
    assert spent(node, *shared[:2]) == before
    ask(node, of_person(node, "3", "bob", "organisation:o"))
    assert [one.payers for one in rows(node)][-1] == ("researcher:ann", "organisation:o")


def test_a_second_identity_buys_no_question_more(node):
    """Who used up one account has nothing left under the other, nor under both."""
    told = 0
    while isinstance(ask(node, of_person(node, f"{told}", "ann"))["d"], NoisyCount):
        told += 1
    assert isinstance(ask(node, of_person(node, "x", "bob"))["d"], NoisyCount)
    link(node, "ann", "bob")
    for name in ("ann", "bob"):
        assert isinstance(ask(node, of_person(node, f"y {name}", name))["d"], Refused)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.integers(0, 3), st.sampled_from(["", "organisation:o"])),
            st.tuples(st.just("link"), st.integers(0, 3), st.integers(0, 3)),
            st.just("restart"),
        ),
        min_size=1,
        max_size=50,
    )
)
def test_a_simple_book_agrees_whoever_is_linked_when(tmp_path_factory, steps):
    """Of every charge exactly those were left out who could not pay for the person as a whole."""
    node, book, seen = counting_node(tmp_path_factory.mktemp("book") / "home"), Book.empty(), 0
    for number, step in enumerate(steps):
        if step == "restart":
            forget(node)
        elif step[0] == "link":
            link(node, *(f"{one}" for one in step[1:]))
        else:
            ask(node, of_person(node, f"{number}", f"{step[0]}", *filter(None, step[1:])))
        book = _as_one(node, book)
        for one in rows(node)[seen:]:
            book.enter(one)
            seen += 1
    assert node.ledger.verify().is_whole
    node.ledger.close()


def _as_one(node, book: Book) -> Book:
    """Add up what the book has under several accounts of one person."""
    linked, united = node.ledger.linked(), Book.empty()
    for (payer, kind, person), units in book.spent.items():
        is_own = payer.startswith("researcher:")
        name = f"researcher:{linked.person(payer.removeprefix('researcher:'))}" if is_own else payer
        united.spent[name, kind, person] += units
    return united


def test_what_was_stored_of_one_account_is_not_taken_for_both(node, monkeypatch):
    monkeypatch.setattr(books, "ROWS_UNTIL_SAVED", 2)
    for number in range(4):
        ask(node, of_person(node, f"{number}", "ann"), of_person(node, f"1{number}", "ann"))
        ask(node, of_person(node, f"2{number}", "bob"))
    both = sum_of(spent(node, "researcher:ann", "researcher:bob"))
    link(node, "ann", "bob")
    for _ in range(2):  # the first one stores it anew
        other = opened(node.home)
        assert spent(other, "researcher:ann") == [both]
        other.ledger.close()


def test_a_link_between_question_and_charge_is_noticed_and_nothing_is_charged(node):
    question, record = of_person(node, "q", "bob"), {"datasets": ["d"]}
    now = moment(node)
    link(node, "ann", "bob")
    told = record | {"consent_version": now.consent_version}
    assert charge(node, [question], now, lambda _: told) is None
    assert not rows(node)
    assert charge(node, [of_person(node, "q", "bob")], now, lambda _: told) is not None


# ---- answers -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    return make_hospital(tmp_path_factory.mktemp("linked"))


def counts(hospital, name: str, number: int = 1, **more) -> int | None:
    who = account(name, organisation="o", **more.pop("who", {}))
    return asks(hospital.node, question(hospital, number, **more), who).count


def drawn(hospital) -> int:
    with hospital.node.ledger.charging(now=hospital.node.clock.now()) as turn:
        return len(list(turn.charges(DATASET)))


def test_what_either_was_told_is_told_again_and_never_drawn_anew(hospital):
    ann, bob = counts(hospital, "a-1", 1), counts(hospital, "b-1", 2)
    before = drawn(hospital)
    link(hospital.node, "a-1", "b-1")
    for name in ("a-1", "b-1"):
        assert counts(hospital, name, 1) == ann and counts(hospital, name, 2) == bob
    assert drawn(hospital) == before


def test_of_two_draws_told_before_the_first_one_stays(hospital):
    names = [f"c-{number}" for number in range(6)]
    told = [counts(hospital, name, 1) for name in names]
    assert len(set(told)) > 1
    link(hospital.node, *reversed(names))
    assert {counts(hospital, name, 1) for name in names} == {told[0]}


def test_two_groups_near_a_place_are_never_asked_about_by_one_person(hospital):
    """What two accounts could do before is refused to the person that they are."""
    everybody, women = on_autosome(hospital)[6:8]
    assert counts(hospital, "d-1", everybody) is not None
    assert counts(hospital, "d-2", women, filters=(WOMEN,)) is not None
    link(hospital.node, "d-1", "d-2")
    before = drawn(hospital)
    for name in ("d-1", "d-2"):
        assert counts(hospital, name, women) is None
        assert counts(hospital, name, everybody, filters=(WOMEN,)) is None
    assert drawn(hospital) == before


def test_a_link_in_the_middle_of_an_answer_charges_the_person(hospital, monkeypatch):
    real, done = answer_query.charge, []

    def linking(*given):
        if not done:
            done.append(link(hospital.node, "e-1", "e-2"))
        return real(*given)

    counts(hospital, "e-1", 5)
    monkeypatch.setattr(answer_query, "charge", linking)
    counts(hospital, "e-2", 6)
    with hospital.node.ledger.charging(now=hospital.node.clock.now()) as turn:
        *_, (_, last) = turn.charges(DATASET)
    assert done and last.payers[0] == "researcher:e-1"
    assert audits(hospital.node)[-1]["by"]["account"] == "e-1"


def test_the_older_account_s_purpose_holds_for_the_person(hospital):
    counts(hospital, "f-1", 7)
    counts(hospital, "f-2", 7, who={"purpose": METHODS})
    link(hospital.node, "f-2", "f-1")
    counts(hospital, "f-2", 7)
    with pytest.raises(NotPermitted, match="another purpose"):
        counts(hospital, "f-2", 7, who={"purpose": METHODS})

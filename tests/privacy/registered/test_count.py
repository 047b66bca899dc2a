"""What is charged, to whom, and what an account gets for it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.errors import Conflict, QuotaExceeded
from beacon_node.model.carriers import NumberSet
from beacon_node.model.charges import Charged
from beacon_node.privacy.registered.account import Account, Change, Purse, Row, replay
from beacon_node.privacy.registered.bounds import (
    Bounds,
    Limits,
    account_limits,
    institution_limits,
    pool_limits,
)
from beacon_node.privacy.registered.count import (
    Group,
    Question,
    Subjects,
    charge,
    draw,
    quote,
    shown,
)
from beacon_node.privacy.registered.masks import store_mask
from beacon_node.privacy.registered.prices import Prices
from tests.privacy.registered.worlds import (
    BOUNDS,
    NoNoise,
    SeededNoise,
    guarded,
    independent_world,
    question,
    subjects,
)

LIMITS = account_limits(BOUNDS)
PEOPLE, REFERENCE = 20, 10
DEAR = Prices(LIMITS.renyi // 2, 10, 5, rho_carrier=100, rho_other=7, fill_two=0.5, fill_one=0.25)


def accounts(*names: str, bounds: Bounds = BOUNDS) -> Subjects:
    sizes = {"people": PEOPLE, "reference": REFERENCE}
    own = account_limits(bounds)
    some = tuple(Account(n, own, **sizes, one_group_per_place=True) for n in names)
    return Subjects(some, Account("all", pool_limits(bounds), **sizes, one_group_per_place=False))


def through(broker: Account, name: str, pool: Account) -> Subjects:
    """Return a researcher of no organisation who comes through a broker."""
    own = Account(
        f"researcher:{name}",
        LIMITS,
        people=PEOPLE,
        reference=REFERENCE,
        one_group_per_place=True,
    )
    return Subjects((own, broker), pool)


def asks(*carriers: int, seats=None, reference=(), prices=DEAR, **more) -> Question:
    chosen = None if seats is None else NumberSet.of(PEOPLE, seats)
    people = Group(NumberSet.of(PEOPLE, carriers), chosen, more.pop("one_copy", None))
    return Question(people, Group(NumberSet.of(REFERENCE, reference)), prices, **more)


def charged(who: Subjects, asked: Question):
    quoted = quote(who, asked, BOUNDS)
    replay(who.all, [charge(quoted, who)])
    return quoted


def test_carriers_and_others_pay_their_prices_on_every_account():
    who = accounts("ada", "hospital", "broker")
    charged(who, asks(3, 7))
    for account in who.all:
        spent = account.people.renyi
        assert spent[3] == spent[7] == DEAR.carrier and spent[0] == DEAR.other
        assert account.people.rho[3] == 100 and account.people.rho[0] == 7
        assert account.reference.renyi.tolist() == [DEAR.other] * REFERENCE


def test_who_is_not_asked_about_pays_nothing_and_is_not_counted():
    who = accounts("ada")
    quoted = charged(who, asks(3, 7, seats=[1, 3]))
    assert quoted.matching == 1
    assert np.flatnonzero(who.accounts[0].people.renyi).tolist() == [1, 3]


def test_whoever_cannot_pay_the_dearer_price_is_left_out_whether_she_carries_or_not():
    """Person 3 could still pay the price of others many times over."""
    who, prices = accounts("ada"), replace(DEAR, carrier=LIMITS.renyi * 3 // 5)
    charged(who, asks(3, 7, prices=prices))
    for carriers in ([3], []):
        quoted = quote(who, asks(*carriers, prices=prices), BOUNDS)
        assert quoted.matching == 0 and quoted.filled == (2, 0)


def test_whoever_cannot_pay_one_of_the_accounts_is_charged_on_none():
    who, other = accounts("ada", "hospital"), accounts("hospital").accounts[0]
    for _ in range(2):
        charged(Subjects((who.accounts[1],), who.pool), asks(3))
    quoted = charged(who, asks(3, 5))
    assert quoted.matching == 1 and who.accounts[0].people.renyi[3] == 0
    assert other.version == 0


def test_the_answer_has_draws_in_place_of_those_who_cannot_pay():
    who = accounts("ada")
    for _ in range(2):
        charged(who, asks(*range(10)))
    quoted = quote(who, asks(*range(20), one_copy=NumberSet.of(PEOPLE, [0])), BOUNDS)
    assert quoted.matching == 10 and quoted.filled == (9, 1)
    draws = [draw(quoted, SeededNoise(seed), BOUNDS) for seed in range(4_000)]
    assert np.mean(draws) == pytest.approx(10 + 9 * 0.5 + 0.25, abs=0.25)  # 7 standard errors
    assert draw(quoted, NoNoise(), BOUNDS) == 10


def test_a_charge_is_refused_once_any_of_its_accounts_was_charged():
    who = accounts("ada", "hospital")
    first, second = (quote(who, asks(carrier), BOUNDS) for carrier in (1, 2))
    replay(who.all, [charge(first, who)])
    with pytest.raises(Conflict, match="meanwhile"):
        charge(second, who)


def test_parallel_questions_spend_the_budget_and_not_a_unit_more():
    who = accounts("ada")
    quotes = [quote(who, asks(1), BOUNDS) for _ in range(8)]
    done = 0
    for quoted in quotes * 8:
        try:
            row = charge(quoted, who)
        except Conflict:
            row = charge(quote(who, quoted.question, BOUNDS), who)
        replay(who.all, [row])
        done += 1
    assert done == 64 and int(who.accounts[0].people.renyi.max()) <= LIMITS.renyi
    assert who.accounts[0].people.renyi[1] == 2 * DEAR.carrier


def test_replaying_the_rows_gives_the_same_account_in_any_order():
    world = independent_world(1, 300, np.linspace(0.02, 0.5, 30))
    who, rows = subjects(world), []
    for site in range(30):
        quoted = quote(who, question(world, site), BOUNDS)
        rows.append(charge(quoted, who))
        replay(who.all, rows[-1:])
    again = subjects(world)
    replay(again.all, reversed(rows))
    assert all(isinstance(row, Row) for row in rows)
    for one, other in zip(who.all, again.all, strict=True):
        assert np.array_equal(one.people.renyi, other.people.renyi)
        assert np.array_equal(one.people.rho, other.people.rho)
        assert np.array_equal(one.reference.renyi, other.reference.renyi)
        assert (one.fill, one.version) == (other.fill, other.version)


def test_answers_stop_when_too_few_reference_genomes_could_be_counted():
    who = accounts("ada")
    for _ in range(2):
        charged(who, asks(reference=[0, 1, 2]))
    with pytest.raises(QuotaExceeded, match="80%"):
        quote(who, asks(), BOUNDS)


def test_predicted_completeness_is_the_share_of_reference_genomes_that_can_pay():
    who = accounts("ada")
    for _ in range(2):
        charged(who, asks(reference=[0]))
    assert quote(who, asks(), BOUNDS).completeness == 0.9


def test_what_is_predicted_and_refused_does_not_depend_on_who_is_in_the_cohort():
    frequencies = np.full(400, 0.2)
    worlds = [independent_world(seed, 200, frequencies) for seed in (1, 2)]
    same_reference = [worlds[0], worlds[1].__class__(worlds[1].cohort, *_public(worlds[0]))]
    courses = []
    for world in same_reference:
        node, course = guarded(world), []
        for site in range(400):
            try:
                course.append(quote(node.subjects, question(world, site), BOUNDS).completeness)
            except QuotaExceeded:
                course.append(None)
            node.answer(site)
        courses.append(course)
    assert courses[0] == courses[1]
    assert None in courses[0] and courses[0][0] == 1.0


def _public(world):
    return world.reference, world.frequencies, world.carriage


# ---- what accounts share -------------------------------------------------------------------------


def shared() -> tuple[Account, Account]:
    sizes = {"people": PEOPLE, "reference": REFERENCE, "one_group_per_place": False}
    broker = Account("broker:b", institution_limits(BOUNDS), **sizes)
    return broker, Account("everybody", pool_limits(BOUNDS), **sizes)


def until_spent(who: Subjects, prices: Prices, most: int = 1_000) -> tuple[int, str]:
    """Return how many questions about a person were counted, and why no more are."""
    for number in range(most):
        try:
            charged(who, asks(3, reference=range(10), prices=prices))
        except QuotaExceeded as refused:
            return number, str(refused)
    raise AssertionError("never refused")


SOME = Prices(LIMITS.renyi // 20, 10, 1, rho_carrier=100, rho_other=7)


def test_the_first_account_of_a_broker_loses_nothing_and_the_next_ones_still_get_answers():
    broker, pool = shared()
    counted = [until_spent(through(broker, name, pool), SOME) for name in "abcd"]
    assert [number for number, _ in counted] == [20, 10, 5, 2]  # half of what is left, each time
    assert "of your account is used up" in counted[0][1]
    assert all("of the broker" in why and "others" in why for _, why in counted[1:])
    assert broker.people.renyi.max() <= institution_limits(BOUNDS).renyi


def test_rho_and_fill_are_shared_in_the_same_way():
    for prices in (
        Prices(1, 1, 0, rho_carrier=LIMITS.rho // 20, rho_other=1),
        Prices(1, 1, LIMITS.fill // 20, rho_carrier=1, rho_other=1),
    ):
        broker, pool = shared()
        counted = [until_spent(through(broker, name, pool), prices) for name in "abcd"]
        assert [number for number, _ in counted] == [20, 10, 5, 2]


def test_when_many_institutions_have_spent_the_pool_it_says_that_all_accounts_did():
    _, pool = shared()
    whys = [until_spent(through(shared()[0], name, pool), SOME)[1] for name in "abcd"]
    assert "of your account" in whys[0] and "of all accounts together" in whys[-1]


def test_counts_below_the_threshold_are_not_shown():
    assert [shown(noisy, BOUNDS) for noisy in (-2, 0, 4, 5, 17)] == [None, None, None, 5, 17]


def test_who_comes_later_has_spent_nothing_and_nobody_else_forgets():
    who = accounts("ada")
    charged(who, asks(3, 7))
    before = who.accounts[0].people.renyi.tolist()
    who.accounts[0].people.grow(PEOPLE + 2)
    assert who.accounts[0].people.renyi.tolist() == [*before, 0, 0]


def test_a_number_in_another_set_of_reference_genomes_has_paid_the_dearest_prices():
    (ada,) = accounts("ada").accounts
    row = quote(accounts("ada"), asks(3, 7, reference=[1]), BOUNDS).row
    replay([ada], [replace(row, genomes="one")] * 2)
    prices, limits = row.prices, ada.limits
    paid = set(ada.spent_on("one", row.reference.universe).renyi.tolist())
    assert paid == {2 * prices.carrier, 2 * prices.other}
    dearest = {min(limits.renyi, 2 * prices.dearest)}
    for genomes, count in (("two", row.reference.universe), ("two", 3), (None, 3), ("one", 3)):
        purse = ada.spent_on(genomes, count)
        assert len(purse) == count and set(purse.renyi.tolist()) == dearest
        assert set(purse.rho.tolist()) == {min(limits.rho, 2 * prices.dearest_rho)}


def test_rows_of_other_sets_and_of_unknown_ones_are_dear():
    row = quote(accounts("ada"), asks(3, 7, reference=[1]), BOUNDS).row
    prices = row.prices
    for earlier in ("another", None):
        (ada,) = accounts("ada").accounts
        replay([ada], [replace(row, genomes=name) for name in (earlier, "mine")])
        spent = set(ada.spent_on("mine", row.reference.universe).rho.tolist())
        later = {prices.rho_carrier, prices.rho_other}
        assert spent == {prices.dearest_rho + own for own in later}


def test_nothing_private_prints_itself():
    who = accounts("ada")
    quoted = charged(who, asks(3, 7))
    for thing in (quoted, quoted.row.people, quoted.question.people, who.accounts[0]):
        assert "3" not in repr(thing).replace("Account('ada', version=1)", "")


def test_what_several_accounts_of_one_person_spent_never_comes_to_less():
    """However many there are: a sum that no number of 32 bits holds is taken for everything."""
    whole = Limits(renyi=2**29, rho=2**29, fill=1)
    change = Change.of(*(np.array([2**29, 3], np.int32) for _ in range(2)))
    purse = Purse(2)
    for _ in range(9):
        purse.add(change)
        assert purse.renyi[0] >= 2**29 and purse.rho[0] >= 2**29
    assert purse.within(whole).renyi.tolist() == [2**29, 27]
    assert purse.within(whole).most("rho", allowed=0) == 2**29


CHARGES = st.lists(
    st.tuples(
        st.lists(st.integers(0, 11), max_size=12, unique=True),  # who carries
        st.none() | st.lists(st.integers(0, 11), max_size=12, unique=True),  # who is asked about
        st.lists(st.integers(0, 11), max_size=6, unique=True),  # who cannot pay
        st.sampled_from([4, 8, 12]),  # how many people there were
        st.integers(0, 9),
        st.integers(0, 9),
        st.booleans(),  # whether somebody looks
    ),
    max_size=20,
)


@given(CHARGES)
def test_changes_that_wait_come_to_what_each_person_paid(charges):
    """As if each person were charged for each row at once, whoever looks when."""
    account = Account("ada", LIMITS, people=0, reference=0, one_group_per_place=False)
    expected = np.zeros(12, int)
    for carrying, asked, short, people, carrier, other, looks in charges:
        flags = [np.isin(np.arange(people), one) for one in (carrying, asked or [], short)]
        seats = None if asked is None else flags[1]
        charged = Charged(
            None if seats is None else store_mask(seats),
            store_mask(flags[0] if seats is None else flags[0] & seats),
            store_mask(flags[2]),
            people,
        )
        prices = Prices(carrier, other, 0, carrier + 1, other + 1)
        replay([account], [Row(prices, charged, Charged(None, b"", b"", 0), None, "")])
        paying = ~flags[2] if seats is None else ~flags[2] & seats
        expected[:people] += np.where(flags[0], carrier, other) * paying
        part = account.people.first(4)
        if looks:
            assert part.renyi.tolist() == expected[:4].tolist()
            assert account.people.most("renyi", allowed=-1) == expected.max()
    assert account.people.renyi.tolist() == expected[: len(account.people)].tolist()

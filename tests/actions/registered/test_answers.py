"""From a registered researcher's question to what is said, on record and charged."""

from dataclasses import replace

import numpy as np
import pytest

from beacon_node.actions import answer_query
from beacon_node.actions.answer_query import answer
from beacon_node.actions.load_dataset import WHOLE_GENOME
from beacon_node.actions.manage_datasets import NewDataset, add_dataset
from beacon_node.actions.public_tier import set_panels
from beacon_node.actions.release_dataset import release
from beacon_node.errors import BudgetSpent, StoreUnavailable
from beacon_node.model.answer import DatasetAnswer, Precision, Status
from beacon_node.model.consent import UseKind
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.genome import Region
from beacon_node.model.query import Granularity, NameQuery, OntologyFilter, Page, Query, RangeQuery
from beacon_node.model.requester import ANONYMOUS, Requester
from beacon_node.node import Node
from beacon_node.randomness import OpenDPNoise
from tests.actions.homes import open_data
from tests.actions.public_world import DATASET, GRCH37, PANEL, World, join, load_cohort, variant
from tests.actions.registered.world import (
    INDIVIDUAL,
    PEOPLE,
    RESEARCHER,
    WOMEN,
    carriers_of,
    make_hospital,
    women_of,
)
from tests.consent.clinic import GRU, audits, gives, granted, reopened, withdraws

COUNT = Granularity.COUNT


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """150 people, all consenting. Each test asks as an account of its own."""
    return make_hospital(tmp_path_factory.mktemp("registered"))


@pytest.fixture(scope="module")
def spending(tmp_path_factory):
    """The same for those who use up their budgets, and with them some of the pool of all."""
    return make_hospital(tmp_path_factory.mktemp("spending"))


@pytest.fixture
def small(tmp_path):
    """A hospital of one's own, to be changed."""
    return make_hospital(tmp_path)


def account(name: str, **more) -> Requester:
    return replace(RESEARCHER, **{"account": name, "organisation": f"of {name}", **more})


def question(world: World, number: int, entry_type: EntryType = INDIVIDUAL, **told) -> Query:
    return Query(entry_type, variant(world, number), **{"granularity": COUNT, **told})


def asks(node: Node, query: Query, who: Requester) -> DatasetAnswer:
    (part,) = answer(node, query, who).datasets
    return part


def charges(node: Node) -> list[dict]:
    """Return what was charged for each question on record, in order."""
    return [body.get("charged", {}) for body in audits(node)]


def spend_all(world: World, who: Requester) -> BudgetSpent:
    """Ask until nothing is left; return what is said then."""
    for number in range(len(on_autosome(world))):
        try:
            asks(world.node, question(world, number), who)
        except BudgetSpent as spent:
            return spent
    raise AssertionError("the budget is not used up")


def on_autosome(world: World) -> list[int]:
    return [v for v, name in enumerate(world.population.sequences) if name == "22"]


# ---- the number ----------------------------------------------------------------------------------


def test_numbers_are_within_noise_of_the_truth(hospital):
    """|Z| > 20 has probability 2 e^-21 / (1 + e^-1) < 1.2e-9 for each of fifteen numbers; that all
    of them are exact has tanh(1/2)^15 < 1e-5."""
    errors = []
    for number in range(0, 30, 2):
        part = asks(hospital.node, question(hospital, number), account("truth"))
        truth = len(carriers_of(hospital, number))
        assert part.precision is Precision.IMPRECISE and part.adjusted_to == 5
        errors.append(part.count - truth)
    assert max(map(abs, errors)) <= 20 and any(errors)


def test_every_account_has_a_draw_of_its_own(hospital):
    """All equal with probability below 0.47^19 < 1e-6."""
    asked = question(hospital, 2)
    told = [asks(hospital.node, asked, account(f"many-{n}")).count for n in range(8)]
    again = [asks(hospital.node, asked, account(f"many-{n}")).count for n in range(8)]
    assert told == again and len(set(told)) > 1


def test_a_filtered_count_is_of_the_people_who_meet_the_filters(hospital):
    number, who = on_autosome(hospital)[3], account("filters")
    part = asks(hospital.node, question(hospital, number, filters=(WOMEN,)), who)
    truth = len(carriers_of(hospital, number) & women_of(hospital))
    assert abs(part.count - truth) <= 20
    assert abs(truth - len(carriers_of(hospital, number))) > 20


def test_what_the_size_of_a_group_cost_is_on_record_with_its_question(hospital):
    first, second = on_autosome(hospital)[3:5]
    who = account("sizes")
    for number in (first, second):
        asks(hospital.node, question(hospital, number, filters=(WOMEN,)), who)
    sized = [body["sized"][DATASET] for body in audits(hospital.node)[-2:]]
    assert [one["drawn"] for one in sized] == ["now", "before"]
    assert sized[0]["payers"][0] == "researcher" and sized[0]["prices"]["rho_carrier"] > 0
    asks(hospital.node, question(hospital, first), account("no filters"))
    assert "sized" not in audits(hospital.node)[-1]


def test_a_filter_that_is_not_declared_is_refused_like_one_that_nobody_has(hospital):
    words = set()
    for term in ("NCIT:C20197", "NCIT:C99999"):  # the sex of every other one, and of nobody
        query = Query(INDIVIDUAL, filters=(OntologyFilter(term),), granularity=COUNT)
        with pytest.raises(answer_query.InvalidRequest, match="/filtering_terms") as refused:
            asks(hospital.node, query, account("men"))
        words.add(str(refused.value).replace(term, "…"))
    assert len(words) == 1


# ---- one draw for one question -------------------------------------------------------------------


def test_the_same_question_is_drawn_and_charged_once_however_it_is_asked(hospital):
    world, who = hospital, account("ways")
    node, before = world.node, len(charges(world.node))
    first = asks(node, question(world, 8), who)
    for query in (
        question(world, 8, page=Page(3, 7)),
        question(world, 8, granularity=Granularity.RECORD),
        question(world, 8, datasets=(DATASET,)),
    ):
        assert asks(node, query, who) == first
    for query in (
        question(world, 8, granularity=Granularity.BOOLEAN),
        *(question(world, 8, one) for one in LINEAGE if one is not INDIVIDUAL),
    ):
        part = asks(node, query, who)
        assert (part.exists, part.count) == (first.exists, None)
        assert part.granularity is Granularity.BOOLEAN
    drawn = [one[DATASET]["drawn"] for one in charges(node)[before:]]
    assert drawn == ["now"] + ["before"] * 7


def test_a_draw_survives_a_restart(hospital):
    who, query = account("restart"), question(hospital, 4)
    first = asks(hospital.node, query, who)
    assert asks(reopened(hospital.node), query, who) == first


def test_a_budget_survives_a_restart(spending):
    who = account("spender")
    spend_all(spending, who)
    part = asks(reopened(spending.node), question(spending, 60), who)
    assert part.count is None and "privacy budget of your account" in part.reason


# ---- what is on record ---------------------------------------------------------------------------


def test_each_question_has_one_entry_that_says_what_it_cost_and_never_the_number(hospital):
    node, before = hospital.node, len(audits(hospital.node))
    part = asks(node, question(hospital, 10), account("audit"))
    (body,) = audits(node)[before:]
    assert body["told"] == {
        DATASET: {
            "status": "answered",
            "granularity": "count",
            "basis": "registered tier",
            "individuals": len(hospital.ids),
        }
    }
    charged = body["charged"][DATASET]
    assert charged["drawn"] == "now"
    assert charged["payers"] == ["researcher", "organisation", "pool"]
    assert charged["prices"]["carrier"] > 0 and charged["prices"]["rho_carrier"] > 0
    assert part.count not in _numbers(body["told"])
    assert set(charged) == {"drawn", "payers", "prices"}


def _numbers(told: dict) -> list:
    return [value for one in told.values() for value in one.values() if isinstance(value, int)]


def test_who_consented_to_research_discovery_alone_is_counted_but_in_no_public_answer(small):
    gives(small.node, *small.ids, uses={UseKind.RESEARCH_DISCOVERY})
    place = Query(INDIVIDUAL, RangeQuery(GRCH37, Region("22", 10_000, 11_000)))
    assert asks(small.node, place, account("place")).status is Status.NOT_ANSWERABLE
    part = asks(small.node, question(small, 4), account("place"))
    assert abs(part.count - len(carriers_of(small, 4))) <= 20
    assert asks(small.node, question(small, 4), ANONYMOUS).status is Status.NOT_ANSWERABLE


def test_who_consented_to_public_discovery_alone_is_not_in_a_registered_count(small):
    women = sorted(women_of(small))
    gives(small.node, *women, uses={UseKind.PUBLIC_DISCOVERY})
    asks(small.node, question(small, 4), account("men"))
    told = audits(small.node)[-1]["told"][DATASET]
    assert told["individuals"] == len(small.ids) - len(women)


def test_places_are_answered_from_the_public_table_and_the_audit_says_so(small):
    region = Region("22", 10_000, 11_000)
    place = Query(INDIVIDUAL, RangeQuery(GRCH37, region), granularity=COUNT)
    part = asks(small.node, place, account("place"))
    assert (part.granularity, part.count) == (Granularity.BOOLEAN, None)
    body = audits(small.node)[-1]
    assert body["told"][DATASET]["basis"] == "public tier" and "charged" not in body
    public = asks(small.node, place, ANONYMOUS)
    assert (public.exists, public.status) == (part.exists, part.status)


def test_a_question_that_means_nothing_is_recorded_as_refused_and_costs_nothing(hospital):
    node, before = hospital.node, len(audits(hospital.node))
    with pytest.raises(answer_query.InvalidRequest):
        answer(node, Query(INDIVIDUAL, NameQuery("rs0")), account("nonsense"))
    (body,) = audits(node)[before:]
    assert body["told"] == "refused" and "charged" not in body


# ---- who is told what ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "who",
    [ANONYMOUS, account("", organisation=""), account("p", purpose=None)],
    ids=["nobody", "no account", "no purpose"],
)
def test_the_public_never_sees_a_number(hospital, who):
    before = len(charges(hospital.node))
    part = asks(hospital.node, question(hospital, 0), who)
    assert (part.count, part.completeness, part.adjusted_to) == (None, None, None)
    assert charges(hospital.node)[before:] == [{}]


def test_a_grant_is_answered_exactly_and_charges_nobody(small):
    who, holder = account("granted"), granted(DATASET)
    spend_all(small, replace(who, account=holder.account))
    mixed = replace(holder, organisation="o", purpose=RESEARCHER.purpose)
    for number in (0, 5, 40):
        before = len(charges(small.node))
        part = asks(small.node, question(small, number), mixed)
        assert part.count == len(carriers_of(small, number))
        assert part.precision is Precision.EXACT and part.adjusted_to is None
        assert charges(small.node)[before:] == [{}]


def test_a_spent_budget_is_refused_after_it_is_on_record(spending):
    who = account("refused")
    spent = spend_all(spending, who)
    assert "budget" in str(spent) and "80%" in str(spent)
    body = audits(spending.node)[-1]
    assert body["by"]["account"] == "refused"
    assert body["told"] == {DATASET: {"status": "privacy budget used up"}}
    assert "charged" not in body


def test_what_was_told_can_be_read_again_when_the_budget_is_spent(spending):
    who, query = account("reader"), question(spending, 0)
    first = asks(spending.node, query, who)
    spend_all(spending, who)
    assert asks(spending.node, query, who) == first


def test_a_spent_dataset_beside_one_that_answers_is_a_row_without_a_total(small):
    add_dataset(small.node, open_data("open"))
    load_cohort(small, "open")
    release(small.node, "open")
    who = account("beside")
    for number in on_autosome(small):
        found = answer(small.node, question(small, number), who)
        rows = {part.dataset_id: part for part in found.datasets}
        if rows[DATASET].status is Status.BUDGET_SPENT:
            break
        if rows[DATASET].count is not None:
            assert found.count == rows[DATASET].count + rows["open"].count
            assert found.precision is Precision.IMPRECISE
    assert rows[DATASET].exists is None and rows[DATASET].count is None
    exact = len(carriers_of(small, number))
    assert (rows["open"].count, found.count, found.exists) == (exact, exact, exact > 0)
    assert found.precision is Precision.EXACT


# ---- all or nothing ------------------------------------------------------------------------------


class Broken:
    """Noise whose mechanism fails; the failure is not one of ours."""

    def geometric(self, epsilon):
        raise ArithmeticError("the noise is weaker than it must be")

    def binomial(self, count, *, probability):
        raise ArithmeticError("no chance is to be had")


def test_nobody_is_charged_and_nothing_recorded_where_noise_fails(small):
    who, query, before = account("unlucky"), question(small, 3), len(audits(small.node))
    with pytest.raises(ArithmeticError):
        answer(replace(small.node, noise=Broken()), query, who)
    assert len(audits(small.node)) == before
    assert asks(small.node, query, who).status is Status.ANSWERED
    assert charges(small.node)[-1][DATASET]["drawn"] == "now"


class FailingSecond(OpenDPNoise):
    """Gives one draw and then fails."""

    def __init__(self):
        self.drawn = 0

    def geometric(self, epsilon):
        self.drawn += 1
        if self.drawn > 1:
            raise ArithmeticError("no more noise")
        return super().geometric(epsilon)


def test_two_datasets_are_charged_together_or_not_at_all(small):
    new = NewDataset("twin", GRCH37, use=GRU, assayed=WHOLE_GENOME)
    add_dataset(small.node, new)
    join(small, small.population.people(150, np.random.default_rng(7)), dataset="twin")
    set_panels(small.node, "twin", [PANEL])
    release(small.node, "twin")
    query, who = question(small, 5), account("two")
    with pytest.raises(ArithmeticError):
        answer(replace(small.node, noise=FailingSecond()), query, who)
    assert audits(small.node) == []
    found = answer(small.node, query, who)
    (body,) = audits(small.node)
    assert {one: c["drawn"] for one, c in body["charged"].items()} == {
        DATASET: "now",
        "twin": "now",
    }
    told = [part.count for part in found.datasets]
    assert found.count == sum(told) and (found.precision, found.adjusted_to) == (
        Precision.IMPRECISE,
        5,
    )
    carriers = carriers_of(small, 5)
    truths = [len(carriers & set(ids)) for ids in (small.ids[:PEOPLE], small.ids[PEOPLE:])]
    assert all(abs(count - truth) <= 20 for count, truth in zip(told, truths, strict=True))


def test_nobody_is_charged_where_the_question_cannot_be_recorded(small, monkeypatch):
    who, query = account("full"), question(small, 3)

    def full(*args):
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(answer_query, "audit_body", full)
        with pytest.raises(StoreUnavailable):
            answer(small.node, query, who)
    asks(small.node, query, who)
    assert [one[DATASET]["drawn"] for one in charges(small.node)] == ["now"]


def test_a_consent_that_comes_meanwhile_is_decided_anew_and_charged_once(small, monkeypatch):
    leaver, real, calls = sorted(carriers_of(small, 3))[0], answer_query.prepare, []

    def prepare(*args):
        found = real(*args)
        if not calls:
            withdraws(small.node, leaver)
        calls.append(found)
        return found

    monkeypatch.setattr(answer_query, "prepare", prepare)
    asks(small.node, question(small, 3), account("meanwhile"))
    first, second = (len(one.question.people.matching) for one in calls)
    assert second == first - 1
    (charged,) = charges(small.node)
    assert charged[DATASET]["drawn"] == "now"
    assert audits(small.node)[-1]["told"][DATASET]["individuals"] == len(small.ids) - 1

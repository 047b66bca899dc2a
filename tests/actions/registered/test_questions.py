"""A registered question is about people who consent and were sequenced there; what it costs, and
whether it is answerable, follows from what is public."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from beacon_node.actions.registered.asked import Asked
from beacon_node.actions.registered.bounds import bounds_of
from beacon_node.actions.registered.forms import counted_plan
from beacon_node.actions.registered.posed import Asker
from beacon_node.actions.registered.questions import prepare
from beacon_node.actions.registered.reasons import Why
from beacon_node.errors import ReleasedAnew
from beacon_node.model.answer import Matches, Refused, Status
from beacon_node.model.data_use import read_purpose
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.query import (
    AlphanumericFilter,
    Granularity,
    OntologyFilter,
    Page,
    Query,
    RangeQuery,
    SequenceQuery,
    VariationIdQuery,
    Within,
)
from beacon_node.model.variation import parse_variation_id
from beacon_node.policy.access import public_decision
from beacon_node.ports import SearchPlan
from beacon_node.privacy.registered.account import Place
from beacon_node.privacy.registered.crowd import Crowd
from beacon_node.privacy.registered.frequencies import frequency
from beacon_node.privacy.registered.prices import phenotype_price, price
from tests.actions.public_world import DATASET, GRCH37, World, ask, variant
from tests.actions.registered.world import (
    GENOMES,
    INDIVIDUAL,
    PEOPLE,
    RESEARCHER,
    WOMEN,
    asks,
    carriers_of,
    ids_of,
    on,
    ready,
    the_dataset,
    women_of,
)

VARIANT = EntryType.GENOMIC_VARIANT
COMMON, RARE = 20, 159


def counts(world: World, number: int) -> tuple[int, int]:
    """Return AC and AN of a variant, from the panel file."""
    rows = [line for line in (world.folder / "panel.vcf").open() if line[0] != "#"]
    told = rows[number].split("\t")[7].strip().split(";")
    return tuple(int(one.split("=")[1]) for one in told)


# ---- carriers of one allele ----------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, COMMON, 60])
def test_everybody_is_asked_about_and_carriers_match(hospital, number):
    found = asks(hospital, number).question
    assert ids_of(hospital, found.people.seats) == set(hospital.ids)
    assert ids_of(hospital, found.people.matching) == carriers_of(hospital, number)
    assert found.people.one_copy is None
    start = variant(hospital, number).start
    assert found.place == Place("22", start, start + 1)


def test_the_price_is_that_of_nine_tenths_of_them_at_the_panels_limits(hospital):
    expected = price(
        Crowd(two=130), frequency([counts(hospital, COMMON)]), bounds_of(hospital.node)
    )
    assert PEOPLE == 150
    assert asks(hospital, COMMON).question.prices == expected


def test_the_reference_is_asked_the_same(hospital):
    carrying = hospital.reference[:, COMMON] > 0
    reference = asks(hospital, COMMON).question.reference
    assert set(reference.seats) == set(range(GENOMES))
    assert set(reference.matching) == set(np.flatnonzero(carrying))


def test_people_have_the_copies_of_their_sex(hospital):
    women, men = women_of(hospital), set(hospital.ids) - women_of(hospital)
    on_x, on_mt = (asks(hospital, on(hospital, name)).question for name in ("X", "MT"))
    assert ids_of(hospital, on_x.people.seats) == women | men
    assert ids_of(hospital, on_x.people.one_copy) == men
    assert ids_of(hospital, on_mt.people.one_copy) == women | men
    assert (on_x.prices.fill_two > 0, on_mt.prices.fill_two) == (True, 0)
    expected = frequency([counts(hospital, on(hospital, "X"))])
    assert on_x.prices == price(Crowd(60, 60), expected, bounds_of(hospital.node))


def test_at_y_only_men_are_asked_about(hospital):
    number = on(hospital, "Y")
    found = asks(hospital, number).question
    men = set(hospital.ids) - women_of(hospital)
    assert ids_of(hospital, found.people.seats) == men
    assert ids_of(hospital, found.people.matching) == carriers_of(hospital, number)
    assert set(found.reference.seats) == set(range(1, GENOMES, 2))  # of whom it is known
    assert set(found.reference.matching) == set(np.flatnonzero(hospital.reference[:, number] > 0))


def test_questions_are_prepared_in_any_thread(hospital):
    with ThreadPoolExecutor(2) as pool:  # each reads the genomes through files of its own
        found = list(pool.map(lambda number: asks(hospital, number), range(30, 40)))
    for number, one in enumerate(found, 30):
        carrying = np.flatnonzero(hospital.reference[:, number] > 0)
        assert set(one.question.reference.matching) == set(carrying)
        assert ids_of(hospital, one.question.people.matching) == carriers_of(hospital, number)


def test_who_pays_is_the_researcher_first(hospital):
    assert asks(hospital, COMMON).payers == ("researcher:r", "organisation:o")
    through = replace(RESEARCHER, broker="b", organisation="")
    assert asks(hospital, COMMON, requester=through).payers == ("researcher:r", "broker:b")


def test_nothing_of_a_question_is_printed(hospital):
    assert repr(asks(hospital, COMMON)) == f"Asked({DATASET!r})"


# ---- among whom filters select -------------------------------------------------------------------


def test_the_size_of_a_group_is_charged_first_and_then_is_its_crowd(hospital, till):
    found = asks(hospital, COMMON, filters=(WOMEN,)).question
    (size,) = till.asked
    assert ids_of(hospital, size.question.people.matching) == women_of(hospital)
    assert ids_of(hospital, size.question.people.seats) == set(hospital.ids)
    assert size.question.prices == phenotype_price(bounds_of(hospital.node))
    assert size.question.place is None
    assert size.question.group == found.group
    assert ids_of(hospital, found.people.seats) == women_of(hospital)
    carrying = carriers_of(hospital, COMMON) & women_of(hospital)
    assert ids_of(hospital, found.people.matching) == carrying
    crowd = Crowd(two=len(women_of(hospital)) - 14)  # the certain part of a noisy number
    limits = frequency([counts(hospital, COMMON)])
    assert found.prices == price(crowd, limits, bounds_of(hospital.node))


def test_all_reference_genomes_pay_for_a_group_for_anybody_may_be_in_it(hospital, till):
    found = asks(hospital, COMMON, filters=(WOMEN,)).question
    assert found.reference == asks(hospital, COMMON).question.reference
    assert set(till.asked[0].question.reference.matching) == set(range(GENOMES))


def test_one_size_serves_all_places_where_the_same_people_can_be_asked_about(hospital, till):
    for number in (0, COMMON, 60):
        asks(hospital, number, filters=(WOMEN,))
    assert len({one.key for one in till.asked}) == 1
    assert till.asked[0].key != asks(hospital, COMMON, filters=(WOMEN,)).key


def test_small_groups_are_refused_on_their_noisy_size(hospital, till):
    till.added = 49 - len(women_of(hospital))
    found = asks(hospital, COMMON, filters=(WOMEN,))
    assert found.status is Status.NOT_ANSWERABLE
    assert "fewer than about 50 people" in found.reason
    till.added += 1
    assert isinstance(asks(hospital, 0, filters=(WOMEN,)), Asked)


def test_what_hides_among_all_may_not_among_a_group(hospital, till):
    number = next(
        v
        for v in range(60, 160)
        if isinstance(asks(hospital, v), Asked)
        and isinstance(asks(hospital, v, filters=(WOMEN,)), Refused)
    )
    assert asks(hospital, number, filters=(WOMEN,)).reason == Why.TOO_RARE.words


def test_a_size_that_cannot_be_paid_for_is_the_answer(hospital, till):
    spent = Refused(DATASET, Status.BUDGET_SPENT, "used up")
    till.outcome = {DATASET: spent}
    assert asks(hospital, COMMON, filters=(WOMEN,)) is spent


def test_a_consent_recorded_meanwhile_has_the_question_decided_anew(hospital, till):
    till.outcome = None
    with pytest.raises(ReleasedAnew):
        asks(hospital, COMMON, filters=(WOMEN,))


def test_nothing_is_charged_for_what_is_not_answerable_anyway(hospital, till):
    for number in (RARE, on(hospital, "X"), on(hospital, "Y"), on(hospital, "MT")):
        assert asks(hospital, number, filters=(WOMEN,)).status is Status.NOT_ANSWERABLE
    assert asks(hospital, COMMON, filters=(OntologyFilter("NCIT:C20197"),)).reason.startswith(
        "filters: this dataset does not let people be counted by 'NCIT:C20197'"
    )
    assert till.asked == []


# ---- people alone --------------------------------------------------------------------------------


def test_people_are_counted_without_a_variation_too(hospital):
    found = ready(hospital, Query(INDIVIDUAL, filters=(WOMEN,))).question
    assert ids_of(hospital, found.people.seats) == set(hospital.ids)
    assert ids_of(hospital, found.people.matching) == women_of(hospital)
    assert found.prices == phenotype_price(bounds_of(hospital.node))
    assert found.place is None and found.reference.seats is None
    assert len(found.reference.matching) == GENOMES


def test_how_many_people_there_are_is_not_counted(hospital):
    found = ready(hospital, Query(INDIVIDUAL))
    assert not isinstance(found, Asked) and found.reason == Why.EVERYBODY.words


# ---- what is not counted -------------------------------------------------------------------------


@pytest.mark.parametrize("entry_type", [*LINEAGE, VARIANT])
def test_places_are_answered_from_the_public_table(hospital, entry_type):
    start = variant(hospital, COMMON).start
    place = RangeQuery(GRCH37, Region("22", start, start + 1))
    found = ready(hospital, Query(entry_type, place))
    assert isinstance(found, Matches)
    assert bool(found.total) is ask(hospital, place, entry_type).exists is True


def test_variants_without_filters_are_answered_from_the_public_table(hospital):
    asked = Query(VARIANT, variant(hospital, 0))
    assert ready(hospital, asked) == Matches(DATASET, total=1)
    assert isinstance(asks(hospital, 0, entry_type=VARIANT, filters=()), Matches)


def test_without_a_purpose_there_is_only_the_public_table(hospital):
    plan = Query(INDIVIDUAL, variant(hospital, 0))
    dataset, node = the_dataset(hospital), hospital.node
    moment = node.ledger.moment(node.clock.now())
    own = public_decision(DATASET)
    planned = SearchPlan(INDIVIDUAL, {GRCH37: ()})
    for who in (replace(RESEARCHER, purpose=None), replace(RESEARCHER, account="")):
        found = prepare(Asker(node, dataset, own, who, moment), planned)
        assert isinstance(found, Matches)
    assert isinstance(ready(hospital, plan), Asked)


def test_another_assembly_is_told_as_such(hospital, till):
    elsewhere = replace(variant(hospital, COMMON), assembly=Assembly.GRCH38)
    for filters in ((), (WOMEN,)):
        found = ready(hospital, Query(INDIVIDUAL, elsewhere, filters))
        assert found.status is Status.WRONG_ASSEMBLY


def unseen(world: World) -> SequenceQuery:
    """A variant at a place that the panel has, with other bases."""
    return replace(variant(world, COMMON), alt="G")


def test_what_the_panel_has_not_seen_is_not_answerable(hospital):
    found = ready(hospital, Query(INDIVIDUAL, unseen(hospital)))
    assert (found.status, found.reason) == (Status.NOT_ANSWERABLE, Why.UNKNOWN_TO_PANEL.words)


def test_what_is_too_rare_for_any_budget_is_not_answerable(hospital):
    found = asks(hospital, RARE)
    assert (found.status, found.reason) == (Status.NOT_ANSWERABLE, Why.TOO_RARE.words)
    assert "larger dataset" in found.reason and "grant" in found.reason


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"within": Within(INDIVIDUAL, "p0-000")}, Why.ONE_ENTRY),
        ({"entry_id": "p0-000"}, Why.ONE_ENTRY),
        ({"within": Within(EntryType.COHORT, "other")}, Why.NO_COHORT),
    ],
)
def test_single_records_are_not_answerable(hospital, told, why):
    found = asks(hospital, COMMON, **told)
    assert (found.status, found.reason) == (Status.NOT_ANSWERABLE, why.words)


# ---- one key for one question --------------------------------------------------------------------


def test_all_ways_to_ask_share_one_draw(hospital, till):
    start = variant(hospital, COMMON).start
    by_id = VariationIdQuery(parse_variation_id(f"GRCh37.22.{start}.{start + 1}.A.C"))
    expected = asks(hospital, COMMON, filters=(WOMEN,)).key
    variations = variant(hospital, COMMON), by_id
    found = {
        ready(hospital, Query(entry, variation, (WOMEN,), granularity, page=Page(skip, 3))).key
        for entry in (*LINEAGE, VARIANT)
        for variation in variations
        for granularity in Granularity
        for skip in (0, 2)
    }
    assert found == {expected}


def test_all_ways_to_write_filters_share_one_draw(hospital, till):
    scoped = replace(WOMEN, scope=INDIVIDUAL)
    found = [
        asks(hospital, COMMON, filters=filters)
        for filters in ((WOMEN,), (scoped,), (WOMEN, scoped), (WOMEN, WOMEN))
    ]
    assert len({one.key for one in found}) == len({one.question.group for one in found}) == 1
    assert len({one.key for one in till.asked}) == 1
    for one in found:
        assert ids_of(hospital, one.question.people.seats) == women_of(hospital)


def test_of_several_bounds_on_one_field_the_narrowest_counts(hospital):
    def counted(*bounds: tuple[str, str]):
        filters = tuple(AlphanumericFilter("age", *bound) for bound in bounds)
        return counted_plan(SearchPlan(INDIVIDUAL, filters=filters), the_dataset(hospital)).filters

    narrowest = (AlphanumericFilter("age", ">=", "P50Y", INDIVIDUAL),)
    assert counted((">=", "P40Y"), (">=", "P50Y")) == narrowest
    assert counted((">=", "P50Y"), (">=", "P40Y")) == narrowest
    assert len(counted((">=", "P40Y"), ("<", "P50Y"))) == 2


def test_the_key_is_of_one_account_purpose_and_question(hospital, till):
    keys = [
        asks(hospital, COMMON).key,
        asks(hospital, COMMON + 1).key,
        asks(hospital, COMMON, filters=(WOMEN,)).key,
        asks(hospital, COMMON, requester=replace(RESEARCHER, account="s")).key,
        asks(hospital, COMMON, requester=replace(RESEARCHER, purpose=OTHER_PURPOSE)).key,
    ]
    assert len(set(keys)) == len(keys)
    assert asks(hospital, COMMON).key == keys[0]
    elsewhere = replace(RESEARCHER, organisation="p", broker="b")
    assert asks(hospital, COMMON, requester=elsewhere).key == keys[0]


OTHER_PURPOSE = read_purpose({"categories": ["biomedical"], "will_collaborate": True})


def test_the_purpose_is_part_of_the_group(hospital):
    found = [
        asks(hospital, COMMON, requester=replace(RESEARCHER, purpose=purpose)).question.group
        for purpose in (RESEARCHER.purpose, OTHER_PURPOSE, RESEARCHER.purpose)
    ]
    assert found[0] == found[2] != found[1]

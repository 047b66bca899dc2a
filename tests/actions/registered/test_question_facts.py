"""Whether a registered question is answerable follows from public facts, in every release."""

import json
import sqlite3
from dataclasses import replace

import numpy as np

from beacon_node.actions.registered.accounts import subjects
from beacon_node.actions.registered.asked import Asked
from beacon_node.actions.registered.charges import charge
from beacon_node.actions.registered.reasons import Why
from beacon_node.actions.release_dataset import release
from beacon_node.model.answer import Refused, Status
from beacon_node.model.calls import Interval
from beacon_node.model.consent import OpenChoice
from beacon_node.model.genome import REFERENCE_NUMBER
from tests.actions.public_world import DATASET, PANEL, join, load_genomes
from tests.actions.registered.world import (
    WOMEN,
    asks,
    carriers_of,
    ids_of,
    make_hospital,
    on,
    the_dataset,
    women_of,
)
from tests.consent.clinic import gives, set_clock, withdraws

COMMON, RARE = 20, 159


# ---- only public facts decide --------------------------------------------------------------------


def test_one_persons_genome_changes_nothing_but_who_matches(hospital, tmp_path, till):
    """All her genotypes are other ones; the questions, their prices and refusals are not."""
    other = make_hospital(tmp_path / "other", changed=7)
    assert (other.genomes[7] != hospital.genomes[7]).mean() > 0.5
    answered = 0
    for number in range(len(hospital.population.sequences)):
        for filters in ((), (WOMEN,)):
            one, two = (asks(world, number, filters=filters) for world in (hospital, other))
            assert type(one) is type(two)
            if isinstance(one, Refused):
                assert one == two
            else:
                assert _public(one.question) == _public(two.question)
                answered += 1
    assert answered > 100


def _public(question) -> tuple:
    people, reference = question.people, question.reference
    among = people.seats, people.one_copy, reference.matching, reference.seats
    return (*among, question.prices, question.place, question.group)


def test_reference_genomes_that_are_loaded_anew_have_paid_the_dearest_prices(tmp_path):
    world = make_hospital(tmp_path / "h")

    def spent(asked: Asked) -> list[set[int]]:
        with world.node.ledger.charging(now=world.node.clock.now()) as turn:
            who = subjects(world.node, turn, DATASET, asked.payers, asked.question)
        return [set(one.reference.rho.tolist()) for one in who.all]

    asked = asks(world, COMMON)
    charge(world.node, [asked], world.node.ledger.moment(world.node.clock.now()), None)
    prices = asked.question.prices
    assert spent(asks(world, COMMON)) == [{prices.rho_carrier, prices.rho_other}] * 3
    load_genomes(world, np.roll(world.reference, 2, axis=0))  # the same names, of others
    assert spent(asks(world, COMMON)) == [{prices.dearest_rho}] * 3


# ---- what releases and withdrawals change --------------------------------------------------------


def test_who_withdrew_is_not_asked_about_and_the_draw_is_another(tmp_path, till):
    world = make_hospital(tmp_path / "h")
    before, gone = asks(world, COMMON), world.ids[:3]
    set_clock(world.node, 2)
    withdraws(world.node, *gone)
    set_clock(world.node, 3)
    after = asks(world, COMMON)
    assert ids_of(world, after.question.people.seats) == set(world.ids[3:])
    assert ids_of(world, after.question.people.matching) == carriers_of(world, COMMON) - {*gone}
    assert after.key != before.key
    set_clock(world.node, 4)
    assert asks(world, COMMON).key == after.key


def test_who_ever_opened_anything_is_counted_and_hides_nobody(tmp_path, till):
    world = make_hospital(tmp_path / "h")
    before, openers = asks(world, COMMON).question, world.ids[:40]
    set_clock(world.node, 2)
    gives(world.node, *openers, open=OpenChoice(genes=frozenset({"ANY"})))
    set_clock(world.node, 3)
    gives(world.node, *openers)  # taken back, and still known
    release(world.node, DATASET)
    after = asks(world, COMMON).question
    for side in ("seats", "matching"):
        told = [ids_of(world, getattr(one.people, side)) for one in (before, after)]
        assert told[0] == told[1]
    assert after.prices.carrier > before.prices.carrier  # as of 90 people, not 130
    asks(world, COMMON, filters=(WOMEN,))
    hiding = ids_of(world, till.asked[-1].question.people.matching)
    assert hiding == women_of(world) - set(openers)


def test_too_few_who_consent_are_not_asked_about(tmp_path):
    world = make_hospital(tmp_path / "h", people=70)
    assert isinstance(asks(world, 0), Asked)
    set_clock(world.node, 2)
    withdraws(world.node, *world.ids[:15])  # nine tenths of the others are below fifty
    set_clock(world.node, 3)
    for number in (0, RARE):
        found = asks(world, number)
        assert (found.status, found.reason) == (Status.NOT_ANSWERABLE, Why.TOO_FEW_PEOPLE.words)


def test_only_who_was_sequenced_there_is_asked_about(tmp_path):
    start = 10_000 + 10 * COMMON
    panel = [Interval(REFERENCE_NUMBER["22"], start - 5, start + 5)]
    world = make_hospital(tmp_path / "h", people=80, joining=panel)
    joined, all_ids = set(world.ids[80:]), set(world.ids)
    at_panel, elsewhere = (asks(world, number).question for number in (COMMON, 0))
    assert len(joined) == 60
    assert ids_of(world, at_panel.people.seats) == all_ids
    assert ids_of(world, elsewhere.people.seats) == all_ids - joined


def test_where_no_assay_reaches_it_was_not_sequenced(tmp_path):
    elsewhere = [Interval(REFERENCE_NUMBER["22"], 1, 10_005)]
    world = make_hospital(tmp_path / "h", people=60, assayed=elsewhere)
    assert isinstance(asks(world, 0), Asked)
    assert asks(world, COMMON) == Refused(DATASET, Status.NOT_SEQUENCED, "")


def test_whether_it_was_sequenced_does_not_tell_of_one_person_with_another_assay(tmp_path):
    reference = REFERENCE_NUMBER["22"]
    known, beyond = [Interval(reference, 1, 11_000)], [Interval(reference, 11_000, 13_000)]
    place = 110  # at 11,100
    worlds = [make_hospital(tmp_path / str(n), people=60, assayed=known) for n in range(2)]
    join(worlds[1], worlds[1].population.people(1, np.random.default_rng(2)), assayed=beyond)
    release(worlds[1].node, DATASET)
    told = [asks(world, place) for world in worlds]
    assert told[0] == told[1] == Refused(DATASET, Status.NOT_SEQUENCED, "")


def test_undeclared_assays_tell_of_nobody(tmp_path):
    world = make_hospital(tmp_path / "h", people=60, assayed=None)
    assert asks(world, 0).reason == Why.NO_ASSAY.words


def test_too_few_reference_genomes_predict_nothing(tmp_path):
    world = make_hospital(tmp_path / "h", people=120, genomes=120)
    assert isinstance(asks(world, 0), Asked)
    assert asks(world, on(world, "Y")).reason == Why.NO_GENOMES.words


def test_a_release_that_names_no_panels_waits_for_the_next(hospital):
    dataset = the_dataset(hospital)
    for public, why in (
        (replace(dataset.public, panels=(), genomes=""), Why.RELEASED_BEFORE),
        (replace(dataset.public, panels=("gone",)), Why.PANEL_GONE),
        (None, Why.NO_PANEL),
    ):
        old = replace(dataset, public=public)
        assert asks(hospital, COMMON, dataset=old).reason == why.words
    assert "until the dataset's next release" in Why.RELEASED_BEFORE.words


def test_a_dataset_can_be_released_anew_only_to_name_its_panels(tmp_path):
    world = make_hospital(tmp_path / "h", people=60)
    node, path = world.node, world.node.catalogue.path
    with sqlite3.connect(path) as db:  # as releases of before are on record
        (text,) = db.execute("SELECT public FROM release").fetchone()
        told = {k: v for k, v in json.loads(text).items() if k not in ("panels", "genomes")}
        db.execute("UPDATE release SET public = ?", [json.dumps(told)])
    assert asks(world, 0).reason == Why.RELEASED_BEFORE.words
    release(node, DATASET)
    assert the_dataset(world).public.panels == (PANEL,)
    assert isinstance(asks(world, 0), Asked)


# ---- charged in a real ledger --------------------------------------------------------------------


def test_the_size_of_a_group_is_drawn_once_and_stored(tmp_path):
    world = make_hospital(tmp_path / "h", people=200)
    node = world.node
    first = asks(world, 0, filters=(WOMEN,))
    assert isinstance(first, Asked)
    charged = _charges(node)
    assert [one.payers for one in charged] == [("researcher:r", "organisation:o")]
    assert abs(charged[0].drawn.noisy - len(women_of(world))) < 20
    for number in (0, COMMON):
        again = asks(world, number, filters=(WOMEN,))
        assert isinstance(again, Asked)
    assert asks(world, 0, filters=(WOMEN,)).question.prices == first.question.prices
    assert len(_charges(node)) == 1


def _charges(node) -> list:
    with node.ledger.charging(now=node.clock.now()) as turn:
        return [charge for _, charge in turn.charges(DATASET, 0)]


def test_a_prepared_question_can_be_charged(tmp_path):
    world = make_hospital(tmp_path / "h", people=200)
    moment = world.node.ledger.moment(world.node.clock.now())
    one = asks(world, COMMON)
    found = charge(world.node, [one], moment, record=None)[DATASET]
    assert abs(found.noisy - len(carriers_of(world, COMMON))) < 20
    assert found.completeness == 1.0

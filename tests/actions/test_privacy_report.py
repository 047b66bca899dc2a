"""actions/privacy_report: what an operator is told before going public. The node is made from
files, the attacks are the library's, and the answers are those that anybody would get."""

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import asdict, replace

import numpy as np
import pytest

from beacon_node.actions.load_dataset import WHOLE_GENOME
from beacon_node.actions.manage_datasets import NewDataset, add_dataset
from beacon_node.actions.privacy_report import Outcome, Sampling, privacy_report
from beacon_node.actions.privacy_report.attack import _as_assayed, _cast, verdict_of
from beacon_node.actions.privacy_report.chart import chart
from beacon_node.actions.privacy_report.contents import (
    PRIVATE,
    QUESTIONS,
    AttackResult,
    DatasetReport,
    Figure,
    Report,
)
from beacon_node.actions.privacy_report.scene import scene_of
from beacon_node.actions.privacy_report.sites import chosen_sites
from beacon_node.actions.privacy_report.subject import Subject, chunk_of, subject_of
from beacon_node.actions.privacy_report.utility import utility_of
from beacon_node.actions.public_tier import set_panels
from beacon_node.actions.registered.bounds import bounds_of
from beacon_node.actions.release_dataset import release
from beacon_node.attacks.power import Power
from beacon_node.attacks.report_suite import most_allowed
from beacon_node.attacks.target import NO, NOT_ANSWERABLE, YES
from beacon_node.errors import NotFound
from beacon_node.model.calls import Interval
from beacon_node.model.genome import REFERENCE_NUMBER
from beacon_node.ports import NO_PROGRESS
from beacon_node.privacy.likelihood import budget_for
from beacon_node.settings import Registered
from beacon_node.store.alleles import place_of
from beacon_node.store.panels.layout import Key
from tests.actions.homes import open_data
from tests.actions.public_world import (
    DATASET,
    GRCH37,
    PANEL,
    Population,
    World,
    ask_all,
    join,
    load_genomes,
    load_panel,
    make_world,
    new_node,
)
from tests.consent.clinic import GRU, with_clock, withdraws

ALL = Sampling()
B = budget_for(power=0.10, false_positives=0.05)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    made = make_world(tmp_path_factory.mktemp("report") / "w", people=80)
    release(made.node, DATASET)
    return made


def subject(world: World) -> Subject:
    return subject_of(world.node, world.node.catalogue.dataset(DATASET))


def key(world: World, number: int) -> Key:
    name = world.population.sequences[number]
    start = world.population.positions[number] - 1
    return place_of(REFERENCE_NUMBER[name], start), "A", "C"


def report_of(world: World, sampling: Sampling = ALL) -> DatasetReport:
    return privacy_report(world.node, DATASET, sampling=sampling).datasets[0]


# ---- what is attacked ----------------------------------------------------------------------------


def test_the_answers_attacked_are_those_that_anybody_gets(world):
    found = subject(world)
    keys = [key(world, number) for number in range(len(world.population.sequences))]
    told = [found.answer(one, found.opened.limits.limit(one)) for one in keys]
    words = {YES: True, NO: False, NOT_ANSWERABLE: None}
    assert [words[answer] for answer in told] == ask_all(world)
    assert set(told) >= {YES, NOT_ANSWERABLE}


def test_all_variants_are_attacked_where_they_are_few(world):
    chosen = chosen_sites(subject(world), ALL)
    carried = {
        key(world, number)
        for number in range(world.genomes.shape[1])
        if (world.genomes[:, number] > 0).any() or (world.reference[:, number] > 0).any()
    }
    assert set(chosen.keys) >= carried and chosen.keys == sorted(chosen.keys)
    assert chosen.dearest == ask_all(world).count(True) + ask_all(world).count(False)


def test_of_many_answerable_variants_those_are_attacked_whose_answers_tell_most(world):
    found = subject(world)
    (batch,) = found.open_batches
    some = chosen_sites(found, Sampling(dearest=20, others=1))
    assert some.dearest == 20
    everything = chosen_sites(found, ALL).keys
    limits = [found.opened.limits.limit(one) for one in everything]
    costs = found.costs(batch, chunk_of(everything, limits))
    told = np.sort(costs[costs <= batch.dearest])[::-1]
    chosen = [c for one, c in zip(everything, costs, strict=True) if one in set(some.keys)]
    assert set(told[:20]) <= set(chosen)


def test_the_same_data_give_the_same_report(world):
    assert report_of(world) == report_of(world)


# ---- what comes out ------------------------------------------------------------------------------


def rare_population(frequency: float, variants: int = 1_500) -> Population:
    """Return a population whose variants are all this common."""
    positions = tuple(10_000 + 10 * i for i in range(variants))
    return Population(np.full(variants, frequency), ("22",) * variants, positions)


def world_of(folder, *, panel: Population, people: Population, genomes: int = 400) -> World:
    """Return a node whose panel is of one population, and whose people of another."""
    folder.mkdir()
    random = np.random.default_rng(5)
    new = NewDataset(DATASET, GRCH37, use=GRU, assayed=WHOLE_GENOME)
    nobody = people.people(0, random)
    node = with_clock(new_node(folder / "home", new))
    world = World(node, panel, folder, nobody, [], covers=nobody > 0)
    load_panel(world, random)
    load_genomes(world, people.people(genomes, random))
    set_panels(world.node, DATASET, [PANEL])
    world.population = people
    join(world, people.people(200, random))
    release(world.node, DATASET)
    return world


@pytest.fixture(scope="module")
def wrong_panel(tmp_path_factory) -> World:
    """A panel that says 3 % of what is .2 % in the dataset's people: assumption A1 is broken."""
    folder = tmp_path_factory.mktemp("wrong") / "w"
    return world_of(folder, panel=rare_population(0.03), people=rare_population(0.002))


def test_a_panel_of_other_people_is_found_out(wrong_panel):
    attacks = report_of(wrong_panel).attacks
    assert attacks.verdict.outcome is Outcome.FAILS
    assert attacks.verdict.sentence.startswith("Does not hold: do not go public")
    assert max(one.worst.lower for one in attacks.guarded) > 0.5


@pytest.fixture(scope="module")
def right_panel(tmp_path_factory) -> World:
    folder = tmp_path_factory.mktemp("right") / "w"
    return world_of(folder, panel=rare_population(0.01), people=rare_population(0.01))


def test_the_guard_holds_where_the_same_data_without_it_give_people_away(right_panel):
    attacks = report_of(right_panel).attacks
    assert attacks.verdict.outcome is Outcome.NOT_REFUTED
    assert max(one.worst.lower for one in attacks.guarded) <= attacks.power
    assert max(one.worst.lower for one in attacks.unguarded) > 0.3
    assert [one.questions for one in attacks.guarded[0].figures] == list(QUESTIONS)
    assert {one.controls for one in attacks.guarded} == {400, 200}
    assert {one.batch for one in attacks.unguarded} == {0}
    assert "count likelihood ratio" not in {one.attack for one in attacks.guarded}


def test_victims_and_controls_are_no_more_than_asked_for(right_panel):
    attacks = report_of(right_panel, Sampling(victims=50, controls=120)).attacks
    assert {figure.victims for one in attacks.guarded for figure in one.figures} <= set(range(51))
    assert max(one.controls for one in attacks.guarded) == 120
    assert "50 of 200 people" in attacks.notes[0] and "120 of 400 reference" in attacks.notes[0]


@pytest.mark.parametrize(
    ("found", "controls", "outcome"),
    [
        (20, 10_000, Outcome.NOT_REFUTED),  # 10 %: as promised
        (27, 10_000, Outcome.NOT_REFUTED),  # its lower limit is below β
        (60, 10_000, Outcome.FAILS),
        (60, 400, Outcome.FAILS),
        (45, 120, Outcome.UNSURE),  # so few controls draw the line at up to 12 %
        (0, 100, Outcome.NOT_REFUTED),
    ],
)
def test_the_verdict_follows_from_the_lower_limit_and_the_controls(found, controls, outcome):
    power = Power(found, 200)
    figure = Figure(10, found, 200, power.share, power.lower)
    allowed = most_allowed(controls, budget=B)
    result = AttackResult("an attack", 1, controls, allowed, (figure,))
    said = verdict_of([result], 0.10, least=0.3)
    assert said.outcome is outcome


def test_nothing_can_be_told_where_only_a_power_far_above_the_bound_would_be_noticed():
    figure = Figure(10, 1, 10, 0.1, Power(1, 10).lower)
    result = AttackResult("an attack", 1, 100, most_allowed(100, budget=B), (figure,))
    said = verdict_of([result], 0.10, least=0.6)
    assert said.outcome is Outcome.UNSURE and "only a power of 60% or more" in said.sentence
    assert "would have been noticed" in verdict_of([result], 0.10, least=0.4).sentence


# ---- usefulness ----------------------------------------------------------------------------------


def test_usefulness_is_counted_carrier_by_carrier(world):
    told = {one.name: one for one in utility_of(subject(world), ALL, NO_PROGRESS)}
    answers, carriers = ask_all(world), (world.genomes > 0).sum(axis=0)
    common = world.population.frequencies > 0.06  # those near 5 % may be of either class
    assert told["> 5 %"].answerable == pytest.approx(1, abs=0.01) and told["> 5 %"].true == 1
    assert all(answers[number] for number in np.flatnonzero(common))
    rows = [told[name] for name in ("< 0.5 %", "0.5–5 %", "> 5 %")]
    assert sum(one.variants for one in rows) == int((carriers > 0).sum())
    is_told = np.array([answer is not None for answer in answers])
    small = world.limits < 0.04
    middle = told["0.5–5 %"]
    near = (carriers * is_told)[small].sum() / carriers[small].sum()
    assert middle.answerable == pytest.approx(near, abs=0.12)
    assert middle.answerable == pytest.approx(middle.expected_answerable, abs=0.1)
    absent = told["absent"]
    assert absent.variants == int((carriers == 0).sum()) and absent.true == 1


# ---- batches, assays, people who left ------------------------------------------------------------


def test_batches_and_who_waits_are_told_exactly(tmp_path):
    world = make_world(tmp_path / "w", people=60)
    release(world.node, DATASET)
    ids = list(world.ids)
    join(world, world.genomes[:55])
    release(world.node, DATASET)
    join(world, world.genomes[:7])
    release(world.node, DATASET)
    withdraws(world.node, *ids[:2])
    found = report_of(world)
    numbers = [(one.number, one.people, one.consenting, one.is_open) for one in found.batches]
    assert numbers == [(1, 60, 58, True), (2, 55, 55, True)] and found.waiting == 7
    assert {one.batch for one in found.attacks.guarded} == {1, 2}
    withdraws(world.node, *ids[2:12])
    one, other = report_of(world).batches
    assert not one.is_open and one.answerable == 0 and one.least_frequency is None
    assert other.is_open


def test_controls_are_seen_as_the_assays_of_the_people_would_see_them(tmp_path):
    """Half of the people had a panel that ends at the 40th variant; so has half of the controls."""
    world = make_world(tmp_path / "w", people=30)
    short = (Interval(REFERENCE_NUMBER["22"], 0, 10_405),)
    join(world, world.population.people(30, np.random.default_rng(3)), assayed=short)
    release(world.node, DATASET)
    found = subject(world)
    cast = _cast(found, found.open_batches, ALL, np.random.default_rng(1))
    scene = scene_of(found, chosen_sites(found, ALL), cast, NO_PROGRESS)
    seen = list(_as_assayed(scene, found.open_batches[0]))
    is_beyond = (scene.chunk.places >> 12 & (1 << 28) - 1) > 10_405
    beyond = [int((genome[is_beyond] > 0).sum()) for genome in seen]
    assert 55 <= sum(count == 0 for count in beyond) <= 65
    whole = [genome for genome, count in zip(seen, beyond, strict=True) if count]
    assert min(int((genome > 0).sum()) for genome in whole) > 20


# ---- what is not reported, and what is not done --------------------------------------------------


def test_without_a_table_one_sentence_says_why(tmp_path):
    world = make_world(tmp_path / "w", people=60, panels=False)
    add_dataset(world.node, open_data("free"))
    assert "no reference panel is named" in report_of(world).why_not
    release(world.node, DATASET)
    found = report_of(world)
    assert "no reference panel is named" in found.why_not and found.attacks is None
    (free,) = privacy_report(world.node, "free").datasets
    assert free.why_not.startswith("open data")
    assert [one.dataset for one in privacy_report(world.node).datasets] == [DATASET]
    with pytest.raises(NotFound, match="there is no dataset 'nowhere' here"):
        privacy_report(world.node, "nowhere")


def test_a_report_is_no_question_and_is_not_on_record(world):
    before = list(world.node.ledger.entries())
    report_of(world)
    assert list(world.node.ledger.entries()) == before


def test_it_states_the_settings_and_the_bounds_that_follow_from_them(world):
    bounds = bounds_of(world.node)
    told = {one.name: one.value for one in report_of(world).settings}
    assert told["β, members found at most"] == "10%" and told["public lifetime"] == "1"
    assert told["registered counts: one account"] == f"{bounds.beta:.0%}"
    institution = bounds.power(2 * bounds.budget)
    assert told["registered counts: one organisation or broker"] == f"{institution:.0%}"
    together = bounds.power(bounds.pool * bounds.budget + B)
    assert told["all accounts and public answers"] == f"{together:.0%}"


def test_other_settings_of_registered_counts_give_other_bounds(world):
    settings = replace(world.node.settings, registered=Registered(power=0.12))
    (found,) = privacy_report(replace(world.node, settings=settings), DATASET).datasets
    told = {one.name: one.value for one in found.settings}
    assert told["registered counts: one account"] == "12%"


# ---- the picture ---------------------------------------------------------------------------------


def test_the_picture_is_valid_svg_and_says_that_it_is_private(world):
    drawn = chart(privacy_report(world.node))
    root = ElementTree.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = " ".join(root.itertext())
    assert PRIVATE in words and "questions about one person" in words and DATASET in words
    told = " ".join(words.split())
    report = privacy_report(world.node)
    (found,) = report.datasets
    assert f"Made at {report.made_at}." in told and "public lifetime: 1" in told
    assert f"{found.attacks.least:.0%}: less is not surely told from β" in told
    assert "holds" not in told.lower()
    assert "http" not in drawn.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_nothing_in_a_report_can_break_out_of_the_picture(world):
    found = report_of(world)
    evil = "</text><script>alert(1)</script>&\"'"
    verdict = replace(found.attacks.verdict, sentence=evil)
    attacks = replace(found.attacks, verdict=verdict)
    told = [replace(found, dataset=evil, attacks=attacks), DatasetReport("x", why_not=evil)]
    root = ElementTree.fromstring(chart(Report("2030", tuple(told))))
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    assert "".join(root.itertext()).count("alert(1)") == 3


def test_all_labels_of_the_picture_stand_inside_it(world):
    root = ElementTree.fromstring(chart(privacy_report(world.node)))
    _, _, width, height = map(float, root.get("viewBox").split())
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        x, y, letters = float(text.get("x")), float(text.get("y")), len(text.text) * 6.4
        kind = text.get("class")
        left = x - letters if "end" in kind else x - letters / 2 if "middle" in kind else x
        assert left >= 0 and left + letters <= width + 8 and 0 < y < height, text.text


def test_a_report_reads_back_as_json(world):
    told = json.loads(json.dumps(asdict(privacy_report(world.node))))
    assert told["private"] == PRIVATE and told["datasets"][0]["attacks"]["guarded"]

"""actions/public_open.py: from when and until when an open choice holds, and with what declared."""

import numpy as np
import pytest

from beacon_node.actions.annotate import remove_source
from beacon_node.actions.public_tier import set_panels
from beacon_node.actions.release_dataset import release
from beacon_node.model.answer import Status
from beacon_node.model.consent import OpenChoice, UseKind
from beacon_node.model.knowledge import Kind
from beacon_node.privacy.public import NotAnswerable
from tests.actions.open_world import GENES, carried_in, genes, opening_world, rare_of
from tests.actions.public_world import (
    DATASET,
    PANEL,
    ask,
    join,
    load_genes,
    make_world,
    on_day,
    table,
    variant,
)
from tests.consent.clinic import gives, reopened, withdraws

# ---- what she says later -------------------------------------------------------------------------


def test_a_withdrawal_acts_on_the_next_question(tmp_path):
    world = opening_world(tmp_path / "w", {3: genes("ONE")})
    v = rare_of(world, 3)
    assert ask(world, variant(world, v)).exists is True
    withdraws(world.node, world.ids[3])
    assert ask(world, variant(world, v)).exists is None


@pytest.mark.parametrize(
    "narrower",
    [
        {"open": genes("TWO")},
        {},
        {"open": genes("ONE"), "uses": {UseKind.RECORD_LEVEL}},
        {"open": genes("ONE"), "until": 3.5},
    ],
    ids=["another gene", "nothing opened", "no public discovery", "ended"],
)
def test_a_narrower_consent_acts_at_once_and_in_every_process(tmp_path, narrower):
    world = opening_world(tmp_path / "w", {3: genes("ONE")})
    v = rare_of(world, 3)
    assert ask(world, variant(world, v)).exists is True
    on_day(world, 3)
    gives(world.node, world.ids[3], **narrower)
    on_day(world, 4)
    assert ask(world, variant(world, v)).exists is None
    world.node = reopened(world.node)
    assert ask(world, variant(world, v)).exists is None


def test_a_date_ends_it_though_nothing_is_recorded(tmp_path):
    world = make_world(tmp_path / "w")
    load_genes(world, **GENES)
    gives(world.node, world.ids[3], open=genes("ONE"), until=3)
    release(world.node, DATASET)
    v, found = rare_of(world, 3), []
    for number in (2, 4):
        on_day(world, number)
        found.append(ask(world, variant(world, v)).exists)
    assert found == [True, None]


def test_a_narrower_consent_that_begins_later_acts_on_its_day(tmp_path):
    world = opening_world(tmp_path / "w", {3: genes("ONE")})
    v, found = rare_of(world, 3), []
    on_day(world, 2)
    gives(world.node, world.ids[3], open=genes("TWO"), begins=5)
    for number in (4, 6):
        on_day(world, number)
        found.append(ask(world, variant(world, v)).exists)
    assert found == [True, None]


def test_what_others_say_changes_nothing_of_her(tmp_path):
    world = opening_world(tmp_path / "w", {3: genes("ONE"), 8: genes("ONE")})
    v = rare_of(world, 3)
    for number, who in ((3, world.ids[8]), (4, world.ids[20])):
        assert ask(world, variant(world, v)).exists is True
        on_day(world, number)
        withdraws(world.node, who)
    assert ask(world, variant(world, v)).exists is True


def test_what_is_opened_later_waits_for_the_next_release(tmp_path):
    world = opening_world(tmp_path / "w", {3: genes("TWO")})
    v = rare_of(world, 3)
    on_day(world, 3)
    gives(world.node, world.ids[3], open=genes("ONE", "TWO"))
    assert ask(world, variant(world, v)).exists is None
    release(world.node, DATASET)
    assert ask(world, variant(world, v)).exists is True


def test_taken_back_and_given_again_waits_for_the_next_release(tmp_path):
    world = opening_world(tmp_path / "w", {3: genes("ONE")})
    v = rare_of(world, 3)
    for number, choice in ((3, OpenChoice()), (4, genes("ONE"))):
        on_day(world, number)
        gives(world.node, world.ids[3], open=choice)
    assert ask(world, variant(world, v)).exists is None
    release(world.node, DATASET)
    assert ask(world, variant(world, v)).exists is True


# ---- without a table for the others --------------------------------------------------------------


def test_openers_are_told_of_where_too_few_people_are(tmp_path):
    world = opening_world(tmp_path / "w", {3: genes("ONE")}, people=5)
    v = max(carried_in(world, 3, "ONE"))
    assert ask(world, variant(world, v)).exists is True
    assert ask(world, variant(world, 0)).status is Status.NOT_ANSWERABLE


def test_openers_are_told_of_while_the_panel_is_missing_and_nothing_spent_is_forgotten(tmp_path):
    world = opening_world(tmp_path / "w", {3: genes("ONE")})
    spent = [m.spent for m in table(world.node).batches[0].members]
    v = rare_of(world, 3)
    remove_source(world.node, Kind.PANEL, PANEL)
    join(world, world.population.people(4, np.random.default_rng(2)))
    release(world.node, DATASET)
    assert ask(world, variant(world, v)).exists is True
    told = ask(world, variant(world, 0))
    assert told.reason.startswith(NotAnswerable.NO_PANEL.reason)
    assert [m.spent for m in table(world.node).batches[0].members] == spent


def test_where_no_panels_are_declared_nobody_is_told_of(tmp_path):
    world = make_world(tmp_path / "w", panels=False)
    load_genes(world, **GENES)
    gives(world.node, world.ids[3], open=genes("ONE"))
    release(world.node, DATASET)
    assert ask(world, variant(world, 140)).status is Status.NOT_PERMITTED


def test_panels_taken_away_close_it_for_openers_too(tmp_path):
    world = opening_world(tmp_path / "w", {3: genes("ONE")})
    set_panels(world.node, DATASET, [])
    assert ask(world, variant(world, rare_of(world, 3))).status is Status.NOT_PERMITTED


def test_a_gene_table_that_comes_later_lets_the_next_release_tell(tmp_path):
    world = make_world(tmp_path / "w")
    gives(world.node, world.ids[3], open=genes("ONE"))
    release(world.node, DATASET)
    v = rare_of(world, 3)
    load_genes(world, **GENES)
    assert ask(world, variant(world, v)).exists is None
    assert release(world.node, DATASET).is_new
    assert ask(world, variant(world, v)).exists is True

"""actions/public_release.py: who joins, leaves and waits; what keeps a public tier closed."""

from dataclasses import replace

import numpy as np
import pytest

from beacon_node.actions.annotate import remove_source
from beacon_node.actions.load_dataset import WHOLE_GENOME
from beacon_node.actions.manage_datasets import NewDataset, add_dataset, list_datasets
from beacon_node.actions.public_basis import table_of
from beacon_node.actions.public_tier import set_panels
from beacon_node.actions.release_dataset import release
from beacon_node.errors import Conflict, InvalidRequest
from beacon_node.model.answer import Status
from beacon_node.model.knowledge import Kind
from beacon_node.privacy.public import NotAnswerable
from beacon_node.privacy.public.walks import UNITS
from tests.actions.homes import files_of
from tests.actions.public_world import (
    BUDGET,
    COMMON,
    DATASET,
    GRCH37,
    PANEL,
    ask,
    ask_all,
    hinging_on_one,
    ids_counted,
    join,
    load_cohort,
    load_genomes,
    make_world,
    on_day,
    table,
    variant,
)
from tests.consent.clinic import GRU, gives, reopened, withdraws

# ---- people leave, join and come back ------------------------------------------------------------


def test_a_yes_that_hinged_on_somebody_is_no_once_she_withdraws(world):
    number, who = hinging_on_one(world)
    assert ask(world, variant(world, number)).exists is True
    withdraws(world.node, who)
    assert ask(world, variant(world, number)).exists is False
    assert ask(world, variant(world, COMMON)).exists is True


def test_a_batch_is_closed_when_fewer_than_nine_in_ten_still_consent(world):
    withdraws(world.node, *world.ids[:7])
    assert ask(world, variant(world, COMMON)).exists is True
    withdraws(world.node, world.ids[7])
    told = ask(world, variant(world, COMMON))
    assert told.status is Status.NOT_ANSWERABLE
    assert told.reason.startswith(NotAnswerable.TOO_FEW_PEOPLE.reason)
    assert "too few of those" in list_datasets(world.node)[0].public


def test_joiners_are_answered_for_when_there_are_fifty_of_them(world):
    before, random = ask_all(world), np.random.default_rng(9)
    join(world, world.population.people(49, random))
    outcome = release(world.node, DATASET)
    assert any("49 people" in words for words in outcome.warnings)
    assert ask_all(world) == before and len(table(world.node).batches) == 1
    join(world, world.population.people(1, random))
    release(world.node, DATASET)
    first, second = table(world.node).batches
    assert (first.people, second.people) == (70, 50)
    after = ask_all(world)
    assert all(now or not then for then, now in zip(before, after, strict=True))


def test_who_left_and_comes_back_joins_a_new_batch_with_what_she_has_not_spent(world):
    who = world.ids[3]
    spent = next(m.spent for m in table(world.node).batches[0].members if m.id == who)
    withdraws(world.node, who)
    on_day(world, 1)
    gives(world.node, who)  # between two releases: she had left all the same
    join(world, world.population.people(50, np.random.default_rng(4)))
    release(world.node, DATASET)
    first, second = table(world.node).batches
    assert next(m for m in first.members if m.id == who).individual is None
    again = next(m for m in second.members if m.id == who)
    assert spent <= again.spent <= BUDGET * UNITS and not again.covers
    assert second.people == 50 and len(second.members) == 51


def test_a_leaver_is_in_no_row_of_the_next_table(world):
    number, who = hinging_on_one(world)
    withdraws(world.node, who)
    release(world.node, DATASET)
    assert ids_counted(world, number) == set()
    assert ask(world, variant(world, number)).exists is False


def test_people_spend_one_budget_in_all_datasets_of_a_node(world):
    spent = {m.id: m.spent for m in table(world.node).batches[0].members}
    add_dataset(world.node, NewDataset("other", GRCH37, use=GRU, assayed=WHOLE_GENOME))
    set_panels(world.node, "other", [PANEL])
    load_cohort(world, "other")
    assert any("70 people" in words for words in release(world.node, "other").warnings)
    join(world, world.population.people(50, np.random.default_rng(4)), dataset="other")
    release(world.node, "other")
    tier = world.node.catalogue.current_release("other").public
    (batch,) = table_of(world.node, "other", tier).batches
    assert (batch.people, len(batch.members)) == (50, 120)
    both = [spent[m.id] + m.spent for m in batch.members if m.id in spent]
    assert len(both) == 70 and max(both) <= BUDGET * UNITS
    assert min(m.spent for m in batch.members) >= 0
    assert [m.covers for m in batch.members] == [m.id not in spent for m in batch.members]


def test_a_release_without_joiners_or_leavers_keeps_the_table(world):
    name = table(world.node).path.name
    on_day(world, 2)
    gives(world.node, "somebody-else")
    assert release(world.node, DATASET).is_new
    assert table(world.node).path.name == name


def test_a_release_that_fails_at_any_step_leaves_the_old_answers(world, monkeypatch):
    before = ask_all(world)
    join(world, world.population.people(50, np.random.default_rng(4)))
    for broken in ("work.Work.keep", "write.seal"):
        with monkeypatch.context() as patch:
            patch.setattr(f"beacon_node.store.public.{broken}", _stop)
            with pytest.raises(KeyboardInterrupt):
                release(world.node, DATASET)
        assert ask_all(world) == before
    with monkeypatch.context() as patch:
        patch.setattr(world.node.catalogue, "make_current", _stop)
        with pytest.raises(KeyboardInterrupt):
            release(world.node, DATASET)
    assert ask_all(world) == before
    release(world.node, DATASET)
    tables = [name for name in files_of(world.node, DATASET) if name.startswith("public/")]
    assert len(tables) == 2 and len(table(world.node).batches) == 2


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


# ---- what keeps it closed ------------------------------------------------------------------------


def test_without_panels_nothing_changes(tmp_path):
    world = make_world(tmp_path / "w", panels=False)
    release(world.node, DATASET)
    assert ask(world, variant(world, COMMON)).status is Status.NOT_PERMITTED
    assert not (world.node.catalogue.folder(DATASET) / "public").exists()


def test_without_reference_genomes_nobody_joins_and_the_answer_says_what_is_missing(tmp_path):
    world = make_world(tmp_path / "w")
    remove_source(world.node, Kind.GENOMES, "1000g")
    assert any("reference genomes" in words for words in release(world.node, DATASET).warnings)
    told = ask(world, variant(world, COMMON))
    assert told.reason.startswith(NotAnswerable.NO_GENOMES.reason)
    load_genomes(world, world.reference)
    assert release(world.node, DATASET).is_new
    assert ask(world, variant(world, COMMON)).exists is True


def test_fewer_than_fifty_people_wait(tmp_path):
    world = make_world(tmp_path / "w", people=49)
    assert any("49 people" in words for words in release(world.node, DATASET).warnings)
    told = ask(world, variant(world, COMMON))
    assert told.reason.startswith(NotAnswerable.TOO_FEW_PEOPLE.reason)


def test_without_its_panel_a_node_answers_nothing(world):
    remove_source(world.node, Kind.PANEL, PANEL)
    world.node = reopened(world.node)
    told = ask(world, variant(world, COMMON))
    assert told.reason.startswith(NotAnswerable.NO_PANEL.reason)


def test_panels_can_be_taken_away_at_once(world):
    set_panels(world.node, DATASET, [])
    assert ask(world, variant(world, COMMON)).status is Status.NOT_PERMITTED


def test_other_settings_need_a_new_lifetime_and_its_bound_is_stated(world):
    told = world.node.settings
    other = replace(told, privacy=replace(told.privacy, carriers_needed=2))
    world.node = replace(world.node, settings=other)
    with pytest.raises(Conflict, match="new lifetime"):
        release(world.node, DATASET)
    with pytest.raises(Conflict, match="new lifetime"):
        set_panels(world.node, DATASET, [PANEL])
    set_panels(world.node, DATASET, [PANEL], is_new_lifetime=True)
    release(world.node, DATASET)
    tier = world.node.catalogue.current_release(DATASET).public
    assert (tier.lifetime, round(tier.stated_power, 9)) == (2, 0.2)
    assert "at most 20% of the members" in list_datasets(world.node)[0].public


def test_only_usable_panels_of_protected_datasets_can_be_named(world):
    with pytest.raises(InvalidRequest, match="no panel 'x'"):
        set_panels(world.node, DATASET, ["x"])
    with pytest.raises(InvalidRequest, match="no reference genomes 'x'"):
        set_panels(world.node, DATASET, [PANEL], genomes="x")
    add_dataset(world.node, NewDataset("o", GRCH37, is_open_data=True, licence="CC0"))
    with pytest.raises(InvalidRequest, match="open data"):
        set_panels(world.node, "o", [PANEL])


def test_the_status_says_how_far_it_answers(world):
    answered = sum(told is not None for told in ask_all(world))
    assert f"open: {answered} variants" in list_datasets(world.node)[0].public


def test_a_table_of_another_index_is_not_asked_when_panels_are_named_again(world):
    """Its members have the numbers of the release that it was made for."""
    set_panels(world.node, DATASET, [])
    ids = join(world, world.population.people(5, np.random.default_rng(4)))
    withdraws(world.node, world.ids[0])
    assert len(ids) == 5 and release(world.node, DATASET).is_new
    set_panels(world.node, DATASET, [PANEL])
    told = ask(world, variant(world, COMMON))
    assert told.status is Status.NOT_ANSWERABLE
    release(world.node, DATASET)
    assert ask(world, variant(world, COMMON)).exists is True

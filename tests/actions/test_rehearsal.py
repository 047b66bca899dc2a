"""A rehearsal: the table is made and reported on, and nobody is answered from it."""

from dataclasses import replace

import pytest

from beacon_node.actions.manage_datasets import show_dataset
from beacon_node.actions.privacy_report.report import _report
from beacon_node.actions.privacy_report.sites import Sampling
from beacon_node.actions.privacy_report.subject import subject_of
from beacon_node.actions.public_tier import bound_of_new_lifetime, set_panels
from beacon_node.actions.release_dataset import release
from beacon_node.errors import Conflict
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.requester import ANONYMOUS, Requester, Tier
from beacon_node.policy.access import decide
from beacon_node.ports import NO_PROGRESS
from beacon_node.store.records import _read_panels, _read_tier, public_text, rehearsed
from tests.actions.public_world import DATASET, PANEL, World, ask_all, make_world, table

RESEARCHER = Requester(
    Tier.REGISTERED, account="r", purpose=ResearchPurpose(frozenset({"biomedical"}))
)


@pytest.fixture
def world(tmp_path) -> World:
    """A cohort whose public answers are rehearsed."""
    made = make_world(tmp_path / "w", people=70)
    set_panels(made.node, DATASET, [PANEL], is_rehearsal=True)
    release(made.node, DATASET)
    return made


def tier(world: World):
    return world.node.catalogue.current_release(DATASET).public


def words(world: World) -> str:
    return show_dataset(world.node, DATASET).summary.public


def test_nobody_is_answered_from_what_is_rehearsed(world):
    assert not any(ask_all(world)) and table(world.node).batches
    (dataset,) = world.node.store.datasets()
    record = world.node.catalogue.dataset(DATASET)
    shown = rehearsed(record, world.node.catalogue.current_release(DATASET))
    assert dataset.public is None and shown.public.is_rehearsal
    for who in (ANONYMOUS, RESEARCHER):
        for one in (dataset, shown):
            decision = decide(who, [one], world.node.clock.now()).datasets[DATASET]
            assert decision.ceiling is None
    summary = show_dataset(world.node, DATASET).summary
    assert summary.answers == "only under a grant"
    assert words(world).startswith(f"rehearsed: run beacon-node privacy report {DATASET}")


def test_the_report_works_on_it_and_says_so(world):
    record = world.node.catalogue.dataset(DATASET)
    found = _report(world.node, record, Sampling(victims=20, controls=20), NO_PROGRESS)
    assert found.is_rehearsal and found.attacks and not found.why_not


def test_what_was_rehearsed_opens_as_it_is(world):
    before, made = tier(world), table(world.node).path
    set_panels(world.node, DATASET, [PANEL])
    assert not any(ask_all(world)) and "closed until the next release" in words(world)
    done = release(world.node, DATASET)
    assert done.is_new and any(ask_all(world))
    assert tier(world) == replace(before, is_rehearsal=False) and tier(world).lifetime == 1
    assert table(world.node).path == made
    assert not subject_of(world.node, world.node.catalogue.dataset(DATASET)).tier.is_rehearsal
    assert not release(world.node, DATASET).is_new


def test_nobody_was_told_anything_so_that_other_panels_need_no_new_lifetime(world):
    privacy = replace(world.node.settings.privacy, public_power=0.3)
    changed = replace(world.node, settings=replace(world.node.settings, privacy=privacy))
    (before,) = table(world.node).batches
    set_panels(changed, DATASET, [PANEL], is_rehearsal=True)
    release(changed, DATASET)
    (now,) = table(world.node).batches
    assert (tier(world).lifetime, tier(world).power) == (1, 0.3)
    assert now.answerable > before.answerable, "made anew with all that may be given away now"


def test_what_answers_already_is_not_rehearsed_but_a_new_lifetime_is(world):
    set_panels(world.node, DATASET, [PANEL])
    release(world.node, DATASET)
    with pytest.raises(Conflict, match="cannot be rehearsed"):
        set_panels(world.node, DATASET, [PANEL], is_rehearsal=True)
    assert any(ask_all(world))
    privacy = replace(world.node.settings.privacy, public_power=0.12)
    changed = replace(world.node, settings=replace(world.node.settings, privacy=privacy))
    found = set_panels(changed, DATASET, [PANEL], is_new_lifetime=True, is_rehearsal=True)
    assert (found.lifetime, found.is_rehearsal) == (2, True)
    assert not any(ask_all(world)), "closed at once"


def test_a_new_lifetime_says_what_it_costs_and_brings_something_new(world):
    assert bound_of_new_lifetime(world.node, DATASET) == ""
    set_panels(world.node, DATASET, [PANEL])
    release(world.node, DATASET)
    assert "at most 20% of the members" in bound_of_new_lifetime(world.node, DATASET)
    with pytest.raises(Conflict, match="nothing new"):
        set_panels(world.node, DATASET, [PANEL], is_new_lifetime=True)
    assert world.node.catalogue.dataset(DATASET).public.lifetime == 1


def test_a_catalogue_of_before_rehearsals_is_read(world):
    named, made = world.node.catalogue.dataset(DATASET).public, tier(world)
    for value, read in ((named, _read_panels), (made, _read_tier)):
        old = public_text(value).replace(', "is_rehearsal": true', "")
        assert read(old) == replace(value, is_rehearsal=False)

"""Who may be counted, rule by rule, and what is remembered of it."""

from dataclasses import replace

import pytest

from beacon_node.actions.consented_people import consented, take_snapshot
from beacon_node.errors import LedgerBroken, StoreUnavailable
from beacon_node.model.consent import DataType, UseKind
from beacon_node.model.data_use import ConsentTerm, Use
from beacon_node.model.decision import NeededConsent
from beacon_node.model.duo_terms import DS
from beacon_node.model.people import EVERYBODY
from beacon_node.store.ledger import Ledger
from tests.actions.consented.world import (
    BIOMEDICAL,
    EMBARGOED,
    EVERYONE,
    MELANOMA,
    OF_MELANOMA,
    RECORDS,
)
from tests.policy.duo import Diseases
from tests.policy.histories import (
    day,
    given,
    scope,
    withdrawn,
)


def test_everybody_who_consented_before_the_release_is_counted(all_in):
    assert all_in.ask() == EVERYONE


def test_a_withdrawal_acts_at_once_and_a_new_consent_waits_for_the_release(all_in):
    assert all_in.ask()[DataType.VARIANTS] == "abcde"
    all_in.now = day(1)
    all_in.say("b", withdrawn(0, 1))
    assert all_in.ask()[DataType.VARIANTS] == "acde"
    all_in.now = day(2)
    all_in.say("b", given(0, 2))
    assert all_in.ask()[DataType.VARIANTS] == "acde"
    all_in.release()
    assert all_in.ask() == EVERYONE


def test_a_withdrawal_of_one_type_of_data_leaves_the_others(all_in):
    all_in.now = day(1)
    all_in.say("b", withdrawn(0, 1, scope=scope(types=[DataType.VARIANTS])))
    assert all_in.ask() == EVERYONE | {DataType.VARIANTS: "acde"}


def test_a_consent_ends_by_its_date_between_two_questions(world):
    world.say("a", given(0, -1, until=3))
    world.say("b", given(0, -1))
    world.release()
    world.now = day(2.9)
    assert world.ask()[DataType.VARIANTS] == "ab"
    world.now = day(3)
    assert world.ask()[DataType.VARIANTS] == "b"


def test_a_clock_that_is_set_back_brings_no_ended_consent_back(world):
    world.say("a", given(0, -1, until=3))
    world.release()
    world.now = day(4)
    assert world.ask()[DataType.VARIANTS] == ""
    world.now = day(1)
    assert world.ask()[DataType.VARIANTS] == ""
    world.say("a", withdrawn(0, 1))
    assert world.ask()[DataType.VARIANTS] == ""


def test_what_a_clock_that_was_fast_recorded_holds_when_it_is_set_back(all_in):
    all_in.now = day(5)
    all_in.say("a", withdrawn(0, 5))
    all_in.now = day(1)
    assert all_in.ask()[DataType.VARIANTS] == "bcde"


def test_an_embargo_ends_on_its_day(world):
    world.say("a", given(0, -1, use=EMBARGOED))
    world.release()
    world.now = day(3.9)
    assert world.ask()[DataType.VARIANTS] == ""
    world.now = day(4)
    assert world.ask()[DataType.VARIANTS] == "a"


def test_a_new_disease_ontology_decides_anew(world, monkeypatch):
    parents = {}
    monkeypatch.setattr(
        "beacon_node.actions.consented_people.loaded_mondo", lambda knowledge: Diseases(parents)
    )
    node = world.node = replace(world.node, knowledge=Versioned())
    skin = Use.of(ConsentTerm(DS, diseases=frozenset({"MONDO:skin"})))
    world.say("a", given(0, -1, use=skin))
    world.release()
    needed = NeededConsent(UseKind.RECORD_LEVEL, OF_MELANOMA)
    assert world.ask(needed)[DataType.VARIANTS] == ""
    parents["MONDO:0005105"] = ["MONDO:skin"]
    assert world.ask(needed)[DataType.VARIANTS] == ""
    node.knowledge.version += 1
    assert world.ask(needed)[DataType.VARIANTS] == "a"


class Versioned:
    version = 1


def test_both_the_dataset_and_the_person_must_permit_the_purpose(all_in):
    needed = NeededConsent(UseKind.RECORD_LEVEL, OF_MELANOMA)
    assert all_in.ask(needed) == EVERYONE
    all_in.dataset = replace(all_in.dataset, use=MELANOMA)
    assert all_in.ask(needed) == EVERYONE
    assert all_in.ask(RECORDS) == dict.fromkeys(DataType, "")


# ---- closed by default ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "needed"),
    [
        ({"use": None}, RECORDS),
        ({"consented_at": None}, RECORDS),
        ({}, NeededConsent(UseKind.RECORD_LEVEL, None)),
        ({"is_open_data": False}, None),
    ],
    ids=["no data use terms", "no release under consents", "no purpose", "not open data"],
)
def test_nobody_is_counted_with(all_in, facts, needed):
    dataset = replace(all_in.dataset, **facts)
    assert consented(all_in.node, dataset, needed, all_in.moment()) is None


def test_nobody_is_counted_in_a_release_that_is_no_longer_kept(all_in):
    dataset = replace(all_in.dataset, fingerprint="an older one")
    with pytest.raises(StoreUnavailable, match="ask again"):
        consented(all_in.node, dataset, RECORDS, all_in.moment())


# ---- open data -----------------------------------------------------------------------------------


def test_open_data_count_everybody_until_somebody_says_no(world):
    assert world.ask(None) is EVERYBODY
    world.now = day(1)
    world.say("z", withdrawn(0, 1))  # not in it
    world.say("a", given(0, 1), withdrawn(0, 1, scope=scope("e")))
    assert world.ask(None) is EVERYBODY
    world.say("b", withdrawn(0, 1, scope=scope("d", [DataType.RUNS], [UseKind.RECORD_LEVEL])))
    assert world.ask(None) == dict.fromkeys(DataType, "acde")


def test_a_new_consent_brings_nobody_back_into_open_data_before_the_release(world):
    world.now = day(1)
    world.say("b", withdrawn(0, 1))
    world.now = day(2)
    world.say("b", given(0, 2))
    assert world.ask(None) == dict.fromkeys(DataType, "acde")
    world.release()
    assert world.ask(None) is EVERYBODY


# ---- what is remembered --------------------------------------------------------------------------


def of(world, needed=RECORDS):
    dataset = world.dataset if needed else world.open_dataset
    return consented(world.node, dataset, needed, world.moment())


def test_it_is_the_same_object_until_something_changes(all_in):
    before = of(all_in)
    all_in.now = day(1)
    all_in.say("z", withdrawn(0, 1))
    all_in.say("a", withdrawn(0, 1, scope=scope("e")))
    all_in.say("b", withdrawn(0, 1, scope=scope(uses=[UseKind.PUBLIC_DISCOVERY])))
    assert of(all_in) is before
    all_in.say("a", withdrawn(0, 1))
    after = of(all_in)
    assert after is not before and of(all_in) is after


def test_open_data_are_the_same_object_until_somebody_says_no(world):
    world.now = day(1)
    world.say("b", withdrawn(0, 1))
    before = of(world, None)
    world.say("a", given(0, 1))
    assert of(world, None) is before


def test_equal_sets_are_one_object(all_in):
    assert len({id(members) for members in of(all_in).by_type.values()}) == 1


def test_a_question_that_began_a_little_earlier_sees_what_a_later_one_found(all_in):
    early = all_in.moment()
    all_in.now = day(1)
    all_in.say("a", withdrawn(0, 1))
    later = of(all_in)
    assert consented(all_in.node, all_in.dataset, RECORDS, early) is later


def test_the_kinds_of_questions_that_are_remembered_are_limited(all_in):
    for number in range(100):
        purpose = replace(BIOMEDICAL, project=f"project {number}")
        assert all_in.ask(NeededConsent(UseKind.RECORD_LEVEL, purpose)) == EVERYONE
    [remembered] = all_in.node.consented.values()
    assert len(remembered.answers) == 64


def test_old_releases_are_let_go(all_in):
    for _ in range(4):
        all_in.release()
        all_in.ask()
    assert len(all_in.node.consented) == 2


# ---- snapshots -----------------------------------------------------------------------------------


def test_a_snapshot_of_another_ledger_ends_the_answers(all_in, tmp_path):
    """As after an older ledger was restored, in which statements were recorded since."""
    other = Ledger.create(tmp_path / "other.sqlite")
    said = [replace(given(0, -1), individual=who) for who in "abcxyz"]
    other.record(said, by="r", now=day(-1))
    assert other.consent_version() == all_in.dataset.consent_version
    node = replace(all_in.node, ledger=other, consented={})
    for _ in range(2):
        with pytest.raises(LedgerBroken, match="'d'"):
            all_in.ask(node=node)


def test_a_snapshot_is_used(all_in, monkeypatch):
    monkeypatch.delattr(Ledger, "histories")
    all_in.node.consented.clear()
    assert all_in.ask() == EVERYONE


@pytest.mark.parametrize("damage", ["missing", "cut", "changed"])
def test_a_damaged_snapshot_is_passed_over(all_in, damage):
    name = all_in.node.catalogue.current_release("d").consents
    path = all_in.node.catalogue.index_path("d").with_name(name)
    if damage == "missing":
        path.unlink()
    else:
        whole = path.read_bytes()
        changed = whole.replace(b"variants", b"biosamples")
        path.write_bytes(whole[:-9] if damage == "cut" else changed)
    all_in.node.consented.clear()
    assert all_in.ask() == EVERYONE


def test_the_snapshot_of_open_data_says_who_had_said_no(all_in, monkeypatch):
    declared = replace(all_in.node.catalogue.dataset("d"), is_open_data=True)
    monkeypatch.setattr(type(all_in.node.catalogue), "dataset", lambda self, id: declared)
    index = all_in.node.catalogue.index_path("d")
    assert take_snapshot(all_in.node, "d", 9, all_in.moment(), index).endswith("-9.consents")


def test_what_is_found_prints_nobody(all_in):
    assert repr(of(all_in)) == "Consented(…)"
    [remembered] = all_in.node.consented.values()
    assert repr(remembered.known.standings) == "Standings(…)"

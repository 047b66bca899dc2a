"""Who may be counted is what a look at every person by herself says, whatever was remembered."""

import shutil
from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from beacon_node.actions import consent_standings
from beacon_node.actions.consented_people import consented, take_snapshot
from beacon_node.actions.load_dataset import load
from beacon_node.actions.manage_datasets import NewDataset
from beacon_node.actions.release_dataset import release
from beacon_node.errors import LedgerBroken, StoreUnavailable
from beacon_node.model.consent import Asked, DataType, State, Status, UseKind
from beacon_node.model.consent_documents import moment_text
from beacon_node.model.data_use import ConsentTerm, Use, read_purpose
from beacon_node.model.decision import NeededConsent
from beacon_node.model.duo_terms import DS
from beacon_node.model.genome import Assembly
from beacon_node.model.people import EVERYBODY
from beacon_node.model.verdict import Outcome
from beacon_node.policy.consent import known_by, state_at, visible
from beacon_node.policy.data_use import match
from beacon_node.store.ledger import Ledger
from tests.actions.homes import new_node, vcf
from tests.policy.duo import Diseases
from tests.policy.histories import (
    GRU_USE,
    HMB_USE,
    NRES_USE,
    day,
    given,
    histories,
    scope,
    withdrawn,
)

PEOPLE = ["c", "a", "e", "b", "d"]  # in the order of the file, so that numbers are not alphabetical
EMBARGO = ConsentTerm("DUO:0000024", date=date(2030, 1, 5))  # over on day 4
MELANOMA = Use.of(ConsentTerm(DS, diseases=frozenset({"MONDO:0005105"})))
EMBARGOED = Use(GRU_USE.terms | {EMBARGO})
BIOMEDICAL = read_purpose({"categories": ["biomedical"]})
OF_MELANOMA = read_purpose({"categories": ["disease"], "diseases": ["MONDO:0005105"]})
SENSITIVE = read_purpose({"categories": ["biomedical"], "sensitive": ["stigma"]})
RECORDS = NeededConsent(UseKind.RECORD_LEVEL, BIOMEDICAL)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A node with a release that everybody is in, and its file."""
    folder = tmp_path_factory.mktemp("consented")
    node = new_node(folder / "home", NewDataset("d", Assembly.GRCH37, use=GRU_USE))
    everybody = [replace(given(0, -9000), individual=who) for who in (*PEOPLE, "z")]
    node.ledger.record(everybody, by="r", now=node.clock.now())
    load(node, "d", vcf(folder / "x.vcf", ["22 100 . A C . PASS . GT" + " 0/1" * 5], PEOPLE))
    release(node, "d")
    return node


class World:
    """A node with a ledger of its own, the clock of which is set by the test, in days."""

    def __init__(self, home, folder):
        shutil.rmtree(folder, ignore_errors=True)
        self.node = replace(home, ledger=Ledger.create(folder / "l.sqlite"), consented={})
        self.now, self.at_most = day(0), day(0)
        [released] = [d for d in home.catalogue.released_datasets() if d.id == "d"]
        self.dataset = replace(released, use=GRU_USE)
        self.release()

    def say(self, individual, *versions):
        said = [replace(version, individual=individual) for version in versions]
        return self.node.ledger.record(said, by="r", now=self.now)[0].version.number

    def release(self):
        """Release the same people again, with a snapshot, so that consents show from now on."""
        moment = self.node.ledger.record_release("d", now=self.now)
        current = self.node.catalogue.current_release("d")
        index = self.node.catalogue.index_path("d")
        number = current.number + 1
        record = replace(
            current,
            number=number,
            consented_at=moment_text(moment.at),
            consent_version=moment.consent_version,
            consents=take_snapshot(self.node, "d", number, moment, index),
            use=self.dataset.use,
        )
        self.node.catalogue.make_current("d", record)
        for older in self.node.catalogue.releases("d")[2:]:
            self.node.catalogue.forget_release("d", older.number)
        [self.dataset] = [d for d in self.node.catalogue.released_datasets() if d.id == "d"]

    @property
    def open_dataset(self):
        return replace(self.dataset, is_open_data=True)

    def moment(self):
        return self.node.ledger.moment(self.now)

    def ask(self, needed=RECORDS, node=None):
        """Return who may be counted, by type of data."""
        dataset = self.dataset if needed else self.open_dataset
        return names(consented(node or self.node, dataset, needed, self.moment()))

    def ask_anew(self, needed, *, with_snapshot):
        node = replace(self.node, consented={})
        if not with_snapshot:
            node = replace(node, catalogue=Forgetful(self.node.catalogue))
        return self.ask(needed, node)


class Forgetful:
    """A catalogue that knows of no snapshots."""

    def __init__(self, catalogue):
        self.catalogue = catalogue

    def __getattr__(self, name):
        return getattr(self.catalogue, name)

    def releases(self, dataset_id):
        return [replace(one, consents="") for one in self.catalogue.releases(dataset_id)]


@pytest.fixture
def world(home, tmp_path):
    return World(home, tmp_path / "ledger")


EVERYONE = dict.fromkeys(DataType, "abcde")


def names(people):
    if people is None or people is EVERYBODY:
        return people
    return {
        data_type: "".join(sorted(PEOPLE[number] for number in members))
        for data_type, members in people.by_type.items()
    }


# ---- the rules once more, as a loop over people --------------------------------------------------


def naive(world, needed, at):
    if needed is None:
        found = "".join(who for who in sorted(PEOPLE) if not naive_out(world, who, at))
        return EVERYBODY if found == "abcde" else dict.fromkeys(DataType, found)
    if needed.purpose is None and needed.use is not UseKind.PUBLIC_DISCOVERY:
        return None
    return {
        data_type: "".join(
            who for who in sorted(PEOPLE) if naive_in(world, who, data_type, needed, at)
        )
        for data_type in DataType
    }


def naive_in(world, who, data_type, needed, at):
    history, asked = world.node.ledger.history(who), Asked("d", data_type, needed.use)
    permission = visible(history, at, asked, released_at=world.dataset.consented_at)
    if permission is None:
        return False
    for terms in (world.dataset.use, *permission.all_of) if needed.purpose else ():
        verdict = match(terms, needed.purpose, Diseases({}), as_of=at.date())
        for reason in verdict.reasons:
            is_decided = reason.point in needed.decided and reason.outcome < Outcome.DENY
            if reason.outcome is not Outcome.APPROVE and not is_decided:
                return False
    return True


def naive_out(world, who, at):
    history, since = world.node.ledger.history(who), world.dataset.consented_at
    moments = {since, at}
    for version in history:
        moments |= {version.recorded_at, version.signed_on, version.effective_from}
        moments |= {version.effective_until} - {None}
    return any(
        state_at(known_by(history, moment), moment, Asked("d", *pair)).state
        in (State.REFUSED, State.WITHDRAWN)
        for moment in moments
        if since <= moment <= at
        for pair in product(DataType, UseKind)
    )


POINTS = frozenset(
    reason.point
    for reason in match(GRU_USE, SENSITIVE, Diseases({}), as_of=date(2030, 1, 1)).against
)
NEEDED = [
    None,
    RECORDS,
    NeededConsent(UseKind.PUBLIC_DISCOVERY, None),
    NeededConsent(UseKind.RESEARCH_DISCOVERY, None),
    NeededConsent(UseKind.RESEARCH_DISCOVERY, BIOMEDICAL),
    NeededConsent(UseKind.RESEARCH_DISCOVERY, OF_MELANOMA),
    NeededConsent(UseKind.RECORD_LEVEL, SENSITIVE),
    NeededConsent(UseKind.RECORD_LEVEL, SENSITIVE, POINTS),
]
SAID = st.tuples(
    st.just("say"),
    st.sampled_from([*PEOPLE, "z"]),
    histories().filter(bool).map(lambda history: history[0]),
    st.sampled_from([NRES_USE, GRU_USE, HMB_USE, MELANOMA, EMBARGOED]),
)
HAPPENS = st.one_of(
    SAID,
    SAID,
    st.tuples(st.just("wait"), st.integers(1, 3)),
    st.tuples(st.just("set back"), st.integers(1, 4)),
    st.tuples(st.just("release")),
)


def happen(world, what):
    kind, *facts = what
    if kind == "say":
        who, version, use = facts
        known = world.node.ledger.history(who)
        if version.status is Status.ENTERED_IN_ERROR:
            if not known or known[-1].status is Status.ENTERED_IN_ERROR:
                return
            version = replace(version, cancels=known[-1].number, scope=known[-1].scope)
        world.say(who, replace(version, use=use))
    elif kind == "release":
        world.release()
    else:
        world.now += (day(facts[0] / 2) - day(0)) * (1 if kind == "wait" else -1)


def same_as_a_loop(world):
    at = world.at_most = max(world.at_most, world.moment().at)
    for needed in NEEDED:
        expected = naive(world, needed, at)
        assert world.ask(needed) == expected, needed


def same_as_anew(world):
    """A process that starts now, with and without a snapshot, finds what this one found."""
    world.now = max(world.now, world.at_most)
    for needed in NEEDED:
        found = world.ask(needed)
        assert world.ask_anew(needed, with_snapshot=True) == found
        assert world.ask_anew(needed, with_snapshot=False) == found


def statements(who, use=GRU_USE):
    return st.builds(lambda v: ("say", who, v, use), histories().filter(bool).map(lambda h: h[0]))


@settings(max_examples=20, deadline=None)
@drawn(
    st.tuples(*(statements(who) for who in PEOPLE[:3])),
    st.lists(HAPPENS, min_size=3, max_size=12),
)
def test_who_is_counted_is_who_a_loop_over_people_finds(home, tmp_path_factory, first, then):
    world = World(home, tmp_path_factory.mktemp("ledger") / "l")
    for what in (*first, ("release",), *then):
        happen(world, what)
        same_as_a_loop(world)
    same_as_anew(world)
    world.node.ledger.close()


@pytest.mark.parametrize("most", [0, 1])
def test_putting_those_who_changed_into_the_groups_changes_nothing(world, monkeypatch, most):
    monkeypatch.setattr(consent_standings, "MOST_CHANGED", most)
    for number, who in enumerate(PEOPLE):
        world.say(who, given(0, number, use=(GRU_USE, HMB_USE)[number % 2]))
    world.release()
    same_as_a_loop(world)
    for who in "ab":
        world.say(who, withdrawn(0, 9, scope=scope(types=[DataType.RUNS])))
        same_as_a_loop(world)


# ---- rule by rule --------------------------------------------------------------------------------


@pytest.fixture
def all_in(world):
    """Everybody consented on day 0 and was released."""
    for who in PEOPLE:
        world.say(who, given(0, -1))
    world.release()
    return world


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

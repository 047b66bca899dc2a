"""Who may be counted is what a look at every person by herself says, whatever was remembered."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from beacon_node.actions import consent_standings
from beacon_node.model.consent import Asked, DataType, State, Status, UseKind
from beacon_node.model.decision import NeededConsent
from beacon_node.model.people import EVERYBODY
from beacon_node.model.verdict import Outcome
from beacon_node.policy.consent import known_by, state_at, visible
from beacon_node.policy.data_use import match
from tests.actions.consented.world import (
    BIOMEDICAL,
    EMBARGOED,
    MELANOMA,
    OF_MELANOMA,
    PEOPLE,
    RECORDS,
    SENSITIVE,
    World,
    statements,
)
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

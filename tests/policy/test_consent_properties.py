"""What holds for every history of statements, drawn at random on a few days."""

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from beacon_node.model.consent import Asked, DataType, Permission, Status, UseKind
from beacon_node.policy.consent import (
    eligible,
    holding_version,
    known_by,
    next_boundary,
    state_at,
    visible,
)
from tests.policy.histories import ASKED, EVERY_MOMENT, MOMENTS, histories


def naive_holder(history, at, asked):
    """The rules once more: one statement after the other challenges the one that holds."""
    holder = None
    for one in history:
        if one.status is Status.ENTERED_IN_ERROR or any(v.cancels == one.number for v in history):
            continue
        if one.scope.dataset not in ("*", asked.dataset):
            continue
        says_no = one.status is not Status.GIVEN
        if says_no and asked.data_type not in one.scope.data_types:
            continue
        if says_no and asked.use not in one.scope.uses:
            continue
        if says_no and at < one.effective_from and at < one.recorded_at:
            continue
        if not says_no and (at < one.effective_from or at < one.signed_on):
            continue
        if holder is None or naive_beats(one, holder):
            holder = one
    return holder


def naive_beats(one, other) -> bool:
    if one.signed_on != other.signed_on:
        return one.signed_on > other.signed_on
    if (one.status is Status.GIVEN) != (other.status is Status.GIVEN):
        return other.status is Status.GIVEN
    return (one.recorded_at, one.number) > (other.recorded_at, other.number)


def naive_permission(history, at, asked):
    holder = naive_holder(history, at, asked)
    if holder is None or holder.status is not Status.GIVEN:
        return None
    if holder.effective_until is not None and holder.effective_until <= at:
        return None
    if asked.data_type not in holder.scope.data_types or asked.use not in holder.scope.uses:
        return None
    return Permission(frozenset({holder.use}), holder.open)


@settings(max_examples=250, deadline=None)
@drawn(histories(), MOMENTS, ASKED)
def test_what_holds_is_what_the_rules_say_one_by_one(history, at, asked):
    assert holding_version(history, at, asked) is naive_holder(history, at, asked)
    assert eligible(history, at, asked) == naive_permission(history, at, asked)


@settings(max_examples=100, deadline=None)
@drawn(histories(), MOMENTS, ASKED, st.randoms())
def test_the_order_of_import_changes_nothing(history, at, asked, rng):
    shuffled = rng.sample(history, len(history))
    assert state_at(shuffled, at, asked) == state_at(history, at, asked)
    assert next_boundary(shuffled, at) == next_boundary(history, at)


EVERYTHING_ASKED = [Asked(d, t, u) for d in "de" for t in DataType for u in UseKind]


@settings(max_examples=80, deadline=None)
@drawn(histories(), MOMENTS)
def test_nothing_changes_before_the_next_boundary(history, at):
    boundary = next_boundary(history, at)
    assert boundary is None or boundary > at
    until_then = [m for m in EVERY_MOMENT if at < m and (boundary is None or m < boundary)]
    for asked in EVERYTHING_ASKED:
        now = state_at(history, at, asked)
        assert all(state_at(history, moment, asked) == now for moment in until_then)


@settings(max_examples=150, deadline=None)
@drawn(histories(), MOMENTS, ASKED)
def test_after_a_recorded_no_only_a_newer_signature_permits(history, at, asked):
    taken_back = {version.cancels for version in history}
    noes = [v for v in history if v.status.is_no and v.number not in taken_back]
    for no in (v for v in noes if v.recorded_at <= at and v.scope.names(asked)):
        if eligible(history, at, asked):
            assert holding_version(history, at, asked).signed_on > no.signed_on


def all_the_time(history, start, at, asked):
    """The permission at every moment from `start` to `at`, each as it was known then."""
    found = eligible(history, at, asked)
    for moment in [start, *(m for m in EVERY_MOMENT if start < m < at)]:
        then = eligible(known_by(history, moment), moment, asked)
        found = found & then if found and then else None
    return found


@settings(max_examples=150, deadline=None)
@drawn(histories(), MOMENTS, MOMENTS, ASKED)
def test_what_is_visible_held_all_the_time_since_the_release(history, one, other, asked):
    released_at, at = sorted([one, other])
    found = visible(history, at, asked, released_at=released_at)
    assert found == all_the_time(history, released_at, at, asked)


@settings(max_examples=150, deadline=None)
@drawn(histories(), MOMENTS, MOMENTS, ASKED)
def test_what_is_visible_exceeds_neither_now_nor_the_release(history, released_at, at, asked):
    found = visible(history, at, asked, released_at=released_at)
    now = eligible(history, at, asked)
    then = eligible(known_by(history, released_at), released_at, asked)
    if found is None:
        return
    assert now is not None and then is not None
    assert found.all_of >= now.all_of | then.all_of
    assert found & now & then == found


@settings(max_examples=150, deadline=None)
@drawn(histories(), st.tuples(MOMENTS, MOMENTS, MOMENTS).map(sorted), ASKED)
def test_what_is_visible_never_grows_before_the_next_release(history, moments, asked):
    released_at, earlier, later = moments
    was = visible(known_by(history, earlier), earlier, asked, released_at=released_at)
    is_now = visible(known_by(history, later), later, asked, released_at=released_at)
    assert is_now is None or (was is not None and is_now & was == is_now)

"""What people permit, all at once, is what policy.consent says of it one by one."""

from datetime import date
from itertools import product

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from beacon_node.errors import InvalidInput
from beacon_node.model.consent import Asked, DataType, State, UseKind
from beacon_node.model.data_use import read_purpose
from beacon_node.model.decision import NeededConsent
from beacon_node.model.verdict import Outcome
from beacon_node.policy.consent import eligible, known_by, state_at, visible
from beacon_node.policy.consent_profiles import (
    NOTHING,
    Approval,
    Profile,
    approved_types,
    is_out_of_open_data,
    profile_document,
    profile_of,
    read_profile,
    takes_part,
)
from beacon_node.policy.data_use import after_review, match_both, strictest
from tests.policy.duo import DISEASES, doing, ds, term, use
from tests.policy.histories import (
    EVERY_MOMENT,
    MOMENTS,
    cancelled,
    day,
    given,
    histories,
    refused,
    scope,
    withdrawn,
)

EVERY_PAIR = tuple(product(DataType, UseKind))
ONE_STATEMENT = histories().filter(lambda history: len(history) == 1)


def permitted(history, at, released_at):
    """What `visible` says, pair by pair."""
    found = {
        (*pair, seen.all_of)
        for pair in EVERY_PAIR
        if (seen := visible(history, at, Asked("d", *pair), released_at=released_at))
    }
    return Profile(frozenset(found))


@settings(max_examples=400, deadline=None)
@drawn(st.one_of(histories(), ONE_STATEMENT), MOMENTS, MOMENTS)
def test_a_profile_is_what_is_visible(history, at, released_at):
    found = profile_of(history, at, "d", released_at=released_at)
    assert found == permitted(history, at, released_at)


def test_without_a_release_under_consents_nothing_is_permitted():
    assert profile_of([given(1, 1)], day(2), "d", released_at=None) == NOTHING


def test_people_who_permit_the_same_have_one_profile():
    one, other = ([given(number, signed)] for number, signed in ((1, 1), (2, 3)))
    profiles = {profile_of(h, day(9), "d", released_at=day(8)) for h in (one, other)}
    assert len(profiles) == 1 and repr(profiles) == "{Profile(…)}"


def standings(history, at):
    known = known_by(history, at)
    return {state_at(known, at, Asked("d", *pair)).state for pair in EVERY_PAIR}


NO = {State.REFUSED, State.WITHDRAWN}


@settings(max_examples=300, deadline=None)
@drawn(histories(), MOMENTS, st.booleans())
def test_who_takes_part_in_a_release_permits_something_or_never_said_no(history, at, is_open):
    if is_open:
        expected = not standings(history, at) & NO
    else:
        known = known_by(history, at)
        expected = any(eligible(known, at, Asked("d", *pair)) for pair in EVERY_PAIR)
    assert takes_part(history, at, "d", is_open_data=is_open) is expected


@settings(max_examples=300, deadline=None)
@drawn(histories(), MOMENTS, MOMENTS)
def test_whoever_said_no_since_the_release_is_out_of_open_data(history, since, at):
    """Everything in these histories happens at one of the moments that are looked at."""
    looked_at = [moment for moment in EVERY_MOMENT if since <= moment <= at] or [since, at]
    expected = any(standings(history, moment) & NO for moment in looked_at)
    assert is_out_of_open_data(history, at, "d", since=since) is expected


@pytest.mark.parametrize(
    ("history", "is_out"),
    [
        ([], False),
        ([given(1, 1)], False),
        ([withdrawn(1, 1)], True),
        ([refused(1, 1, scope=scope("d", [DataType.RUNS], [UseKind.RECORD_LEVEL]))], True),
        ([refused(1, 1, scope=scope("e"))], False),
        ([withdrawn(1, 1), given(2, 2)], False),
        ([withdrawn(1, 4), given(2, 6)], True),
        ([withdrawn(1, 9)], False),
        ([withdrawn(1, 1), cancelled(2, 2, 1)], False),
    ],
    ids=[
        "silence",
        "consent",
        "withdrawal",
        "refusal of one use",
        "refusal of another dataset",
        "consent again before the release",
        "consent again after the release",
        "withdrawal that is not yet recorded",
        "entered in error",
    ],
)
def test_out_of_open_data_after(history, is_out):
    assert is_out_of_open_data(history, day(8), "d", since=day(3)) is is_out


def test_of_a_release_that_looked_at_no_consents_whoever_ever_said_no_is_out():
    history = [withdrawn(1, 1), given(2, 4)]
    assert is_out_of_open_data(history, day(8), "d", since=None)


# ---- what is approved ----------------------------------------------------------------------------

EMBARGO = term("MOR", date="2030-06-01")
USES = [use([one]) for one in ("DUO:0000004", "DUO:0000042", "DUO:0000006")]
USES += [use(terms) for terms in ([ds("D:cancer")], ["DUO:0000042", EMBARGO], ["DUO:9"], [])]
PURPOSES = [
    None,
    *map(
        read_purpose,
        [
            doing("biomedical"),
            doing("disease", diseases=["D:melanoma"]),
            doing("ancestry"),
            doing("general", sensitive=["stigma"]),
            {},
        ],
    ),
]
PROFILES = st.dictionaries(
    st.sampled_from(EVERY_PAIR), st.frozensets(st.sampled_from(USES), min_size=1, max_size=3)
).map(lambda found: Profile(frozenset((*pair, all_of) for pair, all_of in found.items())))
DAYS = st.sampled_from([date(2030, 5, 31), date(2030, 6, 1)])


def points(purpose, day):
    """Every point that a committee can be asked about these uses."""
    verdicts = [match_both(u, u, purpose, DISEASES, as_of=day) for u in USES] if purpose else []
    return [reason.point for verdict in verdicts for reason in verdict.against]


def is_approved(needed, dataset_use, all_of, day):
    """The rule, from its words: each of the uses must approve together with the dataset's."""
    if dataset_use is None:
        return False
    if needed.purpose is None:
        return needed.use is UseKind.PUBLIC_DISCOVERY
    verdicts = [match_both(dataset_use, one, needed.purpose, DISEASES, as_of=day) for one in all_of]
    return after_review(strictest(verdicts), needed.decided).outcome is Outcome.APPROVE


@settings(max_examples=300, deadline=None)
@drawn(st.data(), PROFILES, st.sampled_from([None, *USES]), DAYS)
def test_data_may_be_used_where_every_use_and_the_dataset_approve(data, profile, terms, day):
    purpose = data.draw(st.sampled_from(PURPOSES))
    asked = points(purpose, day)
    decided = data.draw(st.frozensets(st.sampled_from(asked), max_size=4)) if asked else frozenset()
    needed = NeededConsent(data.draw(st.sampled_from(UseKind)), purpose, decided)
    found = approved_types(profile, Approval(needed, terms, DISEASES, day))
    assert found == {
        data_type
        for data_type, kind, all_of in profile.permitted
        if kind is needed.use and is_approved(needed, terms, all_of, day)
    }


@settings(max_examples=100, deadline=None)
@drawn(PROFILES, st.sampled_from(USES), st.sampled_from(UseKind), st.sampled_from(PURPOSES))
def test_what_does_not_depend_on_the_day_is_the_same_on_another(profile, terms, kind, purpose):
    needed = NeededConsent(kind, purpose)
    before, after = (
        Approval(needed, terms, DISEASES, day) for day in (date(2030, 5, 31), date(2030, 6, 1))
    )
    is_same = approved_types(profile, before) == approved_types(profile, after)
    assert is_same or (before.depends_on_day and after.depends_on_day)


@settings(max_examples=100, deadline=None)
@drawn(st.lists(PROFILES, max_size=3), PROFILES, st.sampled_from(USES), st.sampled_from(PURPOSES))
def test_what_stays_decided_for_another_day_is_what_is_decided_then(asked, profile, terms, purpose):
    needed = NeededConsent(UseKind.RECORD_LEVEL, purpose)
    approval = Approval(needed, terms, DISEASES, date(2030, 5, 31))
    for one in asked:
        approved_types(one, approval)
    anew = Approval(needed, terms, DISEASES, date(2030, 6, 1))
    assert approved_types(profile, approval.on(anew.as_of)) == approved_types(profile, anew)


# ---- documents -----------------------------------------------------------------------------------


@drawn(PROFILES)
def test_a_profile_is_read_back_as_it_was_written(profile):
    assert read_profile(profile_document(profile)) == profile


@pytest.mark.parametrize("document", [None, [[]], [[[], [["variants", "all"]]]], [[["GRU"], []]]])
def test_what_is_no_profile_is_refused(document):
    with pytest.raises(InvalidInput):
        read_profile(document)

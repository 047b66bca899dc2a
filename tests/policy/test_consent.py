"""Which statement of an individual holds, and what it permits. `VARIANTS` of dataset `d` are asked
for unless a test says otherwise; days are numbers."""

import random

import pytest

from beacon_node.model.consent import (
    Asked,
    DataType,
    OpenChoice,
    Permission,
    State,
    UseKind,
)
from beacon_node.model.data_use import ConsentTerm, Use
from beacon_node.model.duo_terms import DS, GRU, HMB, NPU, NRES
from beacon_node.policy.consent import (
    eligible,
    holding_version,
    known_by,
    next_boundary,
    state_at,
    uses_if_unstated,
    visible,
)
from tests.policy.histories import (
    GRU_USE,
    HMB_USE,
    VARIANTS,
    cancelled,
    day,
    given,
    refused,
    scope,
    withdrawn,
)

PHENOTYPES = Asked("d", DataType.PHENOTYPES, UseKind.RESEARCH_DISCOVERY)
RECORDS = Asked("d", DataType.VARIANTS, UseKind.RECORD_LEVEL)
OTHER_DATASET = Asked("e", DataType.VARIANTS, UseKind.RESEARCH_DISCOVERY)


def states(history, *, asked=VARIANTS, days) -> list[str]:
    return [state_at(history, day(number), asked).state.value for number in days]


def test_silence_permits_nothing():
    assert states([], days=[0]) == ["silent"]
    assert eligible([], day(0), VARIANTS) is None


@pytest.mark.parametrize(
    ("history", "expected"),  # on days 0 to 4
    [
        pytest.param(
            [given(1, 1, begins=2, until=4)],
            ["silent", "silent", "permitted", "permitted", "expired"],
            id="from is inclusive, until exclusive",
        ),
        pytest.param(
            [given(1, 2, begins=0)],
            ["silent", "silent", "permitted", "permitted", "permitted"],
            id="nothing is permitted before it is signed",
        ),
        pytest.param(
            [refused(1, 1)],
            ["silent", "refused", "refused", "refused", "refused"],
            id="refused",
        ),
        pytest.param(
            [given(1, 0), withdrawn(2, 2)],
            ["permitted", "permitted", "withdrawn", "withdrawn", "withdrawn"],
            id="withdrawn",
        ),
        pytest.param(
            [withdrawn(1, 2), given(2, 0, recorded=3)],
            ["permitted", "permitted", "withdrawn", "withdrawn", "withdrawn"],
            id="an old file imported after a newer one changes nothing",
        ),
        pytest.param(
            [given(1, 0), withdrawn(2, 1), given(3, 3)],
            ["permitted", "withdrawn", "withdrawn", "permitted", "permitted"],
            id="consent again by a newer signature",
        ),
        pytest.param(
            [given(1, 0), withdrawn(2, 1), given(3, 1, recorded=2)],
            ["permitted", "withdrawn", "withdrawn", "withdrawn", "withdrawn"],
            id="not by a signature of the same moment",
        ),
        pytest.param(
            [given(1, 0), refused(2, 0, recorded=1), given(3, 0, recorded=2)],
            ["refused"] * 5,
            id="nor does being recorded later help",
        ),
        pytest.param(
            [given(1, 0), withdrawn(2, 1, begins=4, recorded=2)],
            ["permitted", "permitted", "withdrawn", "withdrawn", "withdrawn"],
            id="a withdrawal dated ahead holds from when it is recorded",
        ),
        pytest.param(
            [given(1, 0), withdrawn(2, 4, begins=4, recorded=2)],
            ["permitted", "permitted", "withdrawn", "withdrawn", "withdrawn"],
            id="also if its signature is dated ahead",
        ),
        pytest.param(
            [given(1, 0), withdrawn(2, 1, recorded=3)],
            ["permitted", "withdrawn", "withdrawn", "withdrawn", "withdrawn"],
            id="a withdrawal dated back holds from its date",
        ),
        pytest.param(
            [given(1, 0), withdrawn(2, 1, until=2)],
            ["permitted", "withdrawn", "withdrawn", "withdrawn", "withdrawn"],
            id="a withdrawal has no end",
        ),
        pytest.param(
            [given(1, 0), given(2, 1, until=3)],
            ["permitted", "permitted", "permitted", "expired", "expired"],
            id="an older consent does not come back when a newer one ends",
        ),
        pytest.param(
            [given(1, 0, until=2), given(2, 1, begins=3)],
            ["permitted", "permitted", "expired", "permitted", "permitted"],
            id="a consent dated ahead leaves the older one until its day",
        ),
        pytest.param(
            [withdrawn(1, 1), cancelled(2, 3, cancels=1), given(3, 0)],
            ["permitted"] * 5,
            id="a withdrawal entered in error never was",
        ),
        pytest.param(
            [given(1, 0), given(2, 1), cancelled(3, 3, cancels=1), cancelled(4, 3, cancels=2)],
            ["silent"] * 5,
            id="nor a consent entered in error",
        ),
        pytest.param(
            [given(1, 0), cancelled(2, 1, cancels=1), cancelled(3, 2, cancels=2)],
            ["silent"] * 5,
            id="a cancellation cannot be cancelled",
        ),
        pytest.param(
            [given(1, 0), cancelled(2, 1, cancels=7)],
            ["permitted"] * 5,
            id="a cancellation of something else means nothing here",
        ),
    ],
)
def test_which_statement_holds(history, expected):
    assert states(history, days=range(5)) == expected
    random.Random(0).shuffle(history)
    assert states(history, days=range(5)) == expected


def test_of_two_consents_with_one_signature_the_one_recorded_later_holds():
    history = [given(1, 0, recorded=2, use=HMB_USE), given(2, 0, recorded=1)]
    assert holding_version(history, day(3), VARIANTS).number == 1
    same_moment = [given(1, 0), given(2, 0, use=HMB_USE)]
    assert holding_version(same_moment, day(3), VARIANTS).number == 2


# Scope


def test_a_consent_permits_only_the_data_and_the_uses_it_names():
    named = scope("d", [DataType.VARIANTS], [UseKind.RESEARCH_DISCOVERY])
    history = [given(1, 0, scope=named)]
    assert states(history, days=[1]) == ["permitted"]
    assert states(history, asked=PHENOTYPES, days=[1]) == ["not_named"]
    assert states(history, asked=RECORDS, days=[1]) == ["not_named"]
    assert states(history, asked=OTHER_DATASET, days=[1]) == ["silent"]


def test_a_newer_consent_is_a_complete_statement_about_its_dataset():
    only_phenotypes = given(2, 1, scope=scope("d", [DataType.PHENOTYPES]))
    history = [given(1, 0), only_phenotypes]
    assert states(history, days=[0, 1]) == ["permitted", "not_named"]
    assert states(history, asked=PHENOTYPES, days=[0, 1]) == ["permitted", "permitted"]
    assert states(history, asked=OTHER_DATASET, days=[0, 1]) == ["permitted", "permitted"]


def test_a_withdrawal_takes_what_it_names_and_leaves_the_rest():
    history = [given(1, 0), withdrawn(2, 1, scope=scope("d", [DataType.VARIANTS]))]
    assert states(history, days=[1]) == ["withdrawn"]
    assert states(history, asked=PHENOTYPES, days=[1]) == ["permitted"]
    assert states(history, asked=OTHER_DATASET, days=[1]) == ["permitted"]


def test_a_withdrawal_from_everything_ends_what_was_given_for_one_dataset():
    history = [given(1, 0, scope=scope("d")), withdrawn(2, 1)]
    assert states(history, days=[1]) == ["withdrawn"]


def test_what_is_permitted_are_the_terms_and_the_choice_of_the_statement_that_holds():
    choice = OpenChoice(frozenset({"TTN"}))
    history = [given(1, 0), given(2, 1, use=HMB_USE, open=choice)]
    assert eligible(history, day(0), VARIANTS) == Permission(frozenset({GRU_USE}))
    assert eligible(history, day(1), VARIANTS) == Permission(frozenset({HMB_USE}), choice)
    assert {eligible([given(n, 0)], day(1), VARIANTS) for n in (1, 2)} == {
        Permission(frozenset({GRU_USE}))
    }  # equal for different people


@pytest.mark.parametrize(
    ("terms", "is_public"),
    [([NRES], True), ([NRES, NPU], True), ([NRES, GRU], False), ([NRES, DS], False)]
    + [([GRU], False), ([HMB], False), ([], False)],
)
def test_without_a_word_on_it_only_no_restriction_permits_public_discovery(terms, is_public):
    uses = uses_if_unstated(Use.of(*map(ConsentTerm, terms)))
    assert (UseKind.PUBLIC_DISCOVERY in uses) is is_public
    assert UseKind.RESEARCH_DISCOVERY in uses
    assert UseKind.RECORD_LEVEL not in uses


# The past, and clocks


def test_the_past_is_asked_about_with_what_was_known_then():
    history = [given(1, 0), withdrawn(2, 1, recorded=3)]
    assert states(known_by(history, day(2)), days=[2]) == ["permitted"]
    assert states(known_by(history, day(3)), days=[2]) == ["withdrawn"]
    before_cancelling = known_by([given(1, 0), cancelled(2, 5, cancels=1)], day(4))
    assert states(before_cancelling, days=[4]) == ["permitted"]


def test_a_clock_set_back_is_made_up_for_by_asking_at_the_last_moment_on_record():
    history = [given(1, 0), withdrawn(2, 3)]
    clock = day(2)
    last_on_record = max(version.recorded_at for version in history)
    assert states(history, days=[2]) == ["permitted"]  # the danger the module speaks of
    at = max(clock, last_on_record)
    assert state_at(history, at, VARIANTS).state is State.WITHDRAWN


# Boundaries


@pytest.mark.parametrize(
    ("history", "boundaries"),  # after day -1, and on from each
    [
        pytest.param([], [], id="nothing"),
        pytest.param([given(1, 0)], [0], id="begins"),
        pytest.param([given(1, 0, until=4)], [0, 4], id="begins and ends"),
        pytest.param([given(1, 2, begins=0)], [2], id="waits for the signature"),
        pytest.param([given(1, 0, until=4), withdrawn(2, 1)], [0, 1], id="withdrawn before"),
        pytest.param([given(1, 0, until=4), given(2, 1)], [0, 1], id="replaced"),
        pytest.param(
            [given(1, 0, until=4), given(2, 1, scope=scope("e"))],
            [0, 1, 4],
            id="replaced elsewhere",
        ),
        pytest.param(
            [given(1, 0, until=4), withdrawn(2, 1, scope=scope("*", [DataType.RUNS]))],
            [0, 1, 4],
            id="withdrawn in part",
        ),
        pytest.param(
            [given(1, 0, until=4), given(2, 1, begins=6)], [0, 4, 6], id="replaced too late"
        ),
        pytest.param([given(1, 0, until=4), cancelled(2, 1, cancels=1)], [], id="cancelled"),
        pytest.param([withdrawn(1, 0, until=4)], [0], id="a withdrawal has no end"),
        pytest.param(
            [
                given(1, 0, until=4, scope=scope("*", [DataType.RUNS])),
                withdrawn(2, 1, scope=scope("*", [DataType.RUNS])),
            ],
            [0, 1, 4],
            id="elsewhere the consent that names nothing still ends",
        ),
    ],
)
def test_the_dates_at_which_something_changes(history, boundaries):
    found, at = [], day(-1)
    while (at := next_boundary(history, at)) is not None:
        found.append(at)
    assert found == [day(number) for number in boundaries]


# Between releases


@pytest.mark.parametrize(
    ("history", "expected"),  # uses asked for on days 2 to 5, released on day 2
    [
        pytest.param([given(1, 0)], [{GRU_USE}] * 4, id="as released"),
        pytest.param([given(1, 3)], [None] * 4, id="a new consent waits"),
        pytest.param([given(1, 0, begins=3)], [None] * 4, id="also one known before that begins"),
        pytest.param([given(1, 0, recorded=3)], [None] * 4, id="and one dated back"),
        pytest.param(
            [given(1, 0), withdrawn(2, 3)],
            [{GRU_USE}, None, None, None],
            id="a withdrawal acts at once",
        ),
        pytest.param(
            [given(1, 0, until=4)],
            [{GRU_USE}, {GRU_USE}, None, None],
            id="an end acts at once",
        ),
        pytest.param(
            [given(1, 0), given(2, 3, use=HMB_USE)],
            [{GRU_USE}, {GRU_USE, HMB_USE}, {GRU_USE, HMB_USE}, {GRU_USE, HMB_USE}],
            id="another consent must fit beside the released one",
        ),
        pytest.param(
            [given(1, 0), withdrawn(2, 3), given(3, 4)],
            [{GRU_USE}, None, None, None],
            id="who left comes back with the next release",
        ),
        pytest.param(
            [given(1, 0, until=3), given(2, 4)],
            [{GRU_USE}, None, None, None],
            id="also whose consent had ended",
        ),
        pytest.param(
            [given(1, 0), given(2, 3, use=HMB_USE), given(3, 4)],
            [{GRU_USE}, *[{GRU_USE, HMB_USE}] * 3],
            id="what was narrowed stays narrow until then",
        ),
        pytest.param(
            [given(1, 0), withdrawn(2, 3), cancelled(3, 4, cancels=2)],
            [{GRU_USE}, None, None, None],
            id="a withdrawal by mistake is undone with the next release",
        ),
        pytest.param(
            [given(1, 0), withdrawn(2, 1, recorded=3), cancelled(3, 4, cancels=2)],
            [{GRU_USE}, None, None, None],
            id="also if it was dated before this one",
        ),
    ],
)
def test_between_releases_a_permission_only_shrinks(history, expected):
    found = [
        visible(known_by(history, day(n)), day(n), VARIANTS, released_at=day(2))
        for n in range(2, 6)
    ]
    assert [None if one is None else set(one.all_of) for one in found] == expected


def test_a_gene_is_told_of_openly_only_if_it_was_open_all_the_time():
    both, one = OpenChoice(frozenset({"TTN", "BRCA1"})), OpenChoice(frozenset({"TTN"}))
    history = [given(1, 0, open=one), given(2, 3, open=both)]
    assert visible(history, day(4), VARIANTS, released_at=day(2)).open == one
    closed_since = [given(1, 0, open=both), given(2, 3)]
    assert not visible(closed_since, day(4), VARIANTS, released_at=day(2)).open

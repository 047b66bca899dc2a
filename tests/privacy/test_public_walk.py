import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.errors import Conflict
from beacon_node.privacy.likelihood import cost_of_yes
from beacon_node.privacy.public import (
    Block,
    charged_to_all,
    dearest_answerable,
    public_order,
    walk,
)
from beacon_node.privacy.public.walks import UNITS

PEOPLE = 4


def block(*variants: tuple[float, list[int]], first: int = 0) -> Block:
    """Return a block of (cost, carriers), numbered from `first`."""
    carriers = [carrier for _, who in variants for carrier in who]
    return Block(
        costs=np.array([cost for cost, _ in variants], float),
        order=np.arange(first, first + len(variants)),
        starts=np.cumsum([0, *(len(who) for _, who in variants)]),
        carriers=np.array(carriers, np.int32),
    )


def counted(*blocks: Block, budget: float = 1.0, spent=None) -> list[bool]:
    steps = list(walk(blocks, people=PEOPLE, budget=budget, spent=spent))
    return np.concatenate([step.is_counted for step in steps]).tolist()


def test_who_can_pay_is_counted_and_who_cannot_is_not():
    told = counted(block((0.25, [0, 1]), (0.5, [0]), (0.5, [0, 1]), (0.5, [2])))
    assert told == [True, True, True, False, True, True]


def test_each_is_charged_whatever_others_carry():
    alone = counted(block((0.5, [0]), (0.5, [0]), (0.5, [0])))
    crowd = counted(block((0.5, [0, 1, 2]), (0.5, [0, 3]), (0.5, [0, 1])))
    assert alone == [True, True, False]
    assert [crowd[0], crowd[3], crowd[5]] == alone


def test_what_was_spent_before_stays_spent():
    before = np.array([UNITS // 2, 0, 0, 0])
    assert counted(block((0.75, [0, 1])), spent=before) == [False, True]


def test_a_variant_that_only_she_could_carry_is_never_paid():
    assert counted(block((np.inf, [0]))) == [False]


def test_rounding_never_favours_the_answer():
    third = 1 / 3  # not a whole number of units
    (step,) = walk([block((third, [0]))], people=PEOPLE, budget=1.0)
    assert step.spent[0] >= third * UNITS


@pytest.mark.parametrize(
    "blocks",
    [
        [block((0.5, [0]), (0.25, [0]))],
        [block((0.5, [0])), block((0.25, [0]), first=5)],
        [block((0.5, [0]), first=5), block((0.5, [0]), first=5)],
    ],
    ids=["from dear to cheap", "across blocks", "twice"],
)
def test_a_walk_out_of_order_is_refused(blocks):
    with pytest.raises(Conflict, match="from cheap to dear"):
        counted(*blocks)


def test_equal_costs_stand_in_the_published_order():
    assert public_order([0.5, 0.1, 0.5], [7, 9, 3]).tolist() == [1, 2, 0]


VARIANTS = st.lists(
    st.tuples(st.floats(0, 0.6), st.lists(st.integers(0, PEOPLE - 1), unique=True)), min_size=1
)


def by_hand(variants, budget: float) -> list[bool]:
    """The rule as written: one person and one variant at a time."""
    left, told = [int(budget * UNITS)] * PEOPLE, []
    for cost, who in variants:
        for person in who:
            units = int(np.ceil(cost * UNITS))
            told.append(units <= left[person])
            left[person] -= units if told[-1] else 0
    return told


@given(variants=VARIANTS, cut=st.integers(0, 10))
def test_a_walk_is_the_rule_however_it_is_cut_into_blocks(variants, cut):
    variants = sorted(variants, key=lambda variant: variant[0])
    cut = min(cut, len(variants))
    parts = [block(*variants[:cut]), block(*variants[cut:], first=cut)]
    assert counted(*parts) == counted(block(*variants)) == by_hand(variants, 1.0)


@given(variants=VARIANTS)
def test_nobody_ever_gives_away_more_than_the_budget(variants):
    variants = sorted(variants, key=lambda variant: variant[0])
    (step,) = walk([block(*variants)], people=PEOPLE, budget=1.0)
    paid = np.zeros(PEOPLE)
    costs = np.repeat([cost for cost, _ in variants], [len(who) for _, who in variants])
    carriers = np.array([person for _, who in variants for person in who], np.int64)
    np.add.at(paid, carriers[step.is_counted], costs[step.is_counted])
    assert (paid <= 1.0 + 1e-12).all()


GENOMES = 4  # at share 0.75 one of them may be over budget


def dearest(*blocks: Block) -> float:
    return dearest_answerable(blocks, genomes=GENOMES, budget=1.0, share=0.75)


def test_the_table_ends_before_too_many_reference_genomes_are_over_budget():
    assert dearest(block((0.5, [0, 1, 2]), (0.625, [0]), (0.75, [1]), (0.8, [2]))) == 0.625


def test_variants_of_one_cost_are_answerable_together_or_not_at_all():
    tied = [(0.4, [0, 1]), (0.5, [0, 1]), (0.5, [0]), (0.5, [1])]
    whole, parts = block(*tied), [block(*tied[:2]), block(*tied[2:], first=2)]
    assert dearest(whole) == dearest(*parts) == 0.4


def test_nothing_is_answerable_when_the_cheapest_is_too_dear():
    assert dearest(block((2.0, [0, 1]), (3.0, []))) == -np.inf


def test_without_reference_genomes_nothing_is_answerable():
    assert dearest_answerable([block((0.0, []))], genomes=0, budget=1.0) == -np.inf


def test_reference_genomes_are_read_no_further_than_needed():
    def blocks():
        yield block((2.0, [0, 1]))
        raise AssertionError("the walk went on")

    assert dearest_answerable(blocks(), genomes=GENOMES, budget=1.0, share=0.75) == -np.inf


@given(variants=VARIANTS, cut=st.integers(0, 10))
def test_the_threshold_is_the_rule_however_the_reference_is_cut(variants, cut):
    variants = sorted(variants, key=lambda variant: variant[0])
    cut = min(cut, len(variants))
    found = dearest(block(*variants[:cut]), block(*variants[cut:], first=cut))
    fitting = [-np.inf]
    for cost in sorted({cost for cost, _ in variants}):
        owed = [0] * GENOMES
        for other, who in variants:
            for genome in who:
                owed[genome] += int(np.ceil(other * UNITS)) if other <= cost else 0
        if sum(units > UNITS for units in owed) > 1:
            break
        fitting.append(cost)
    assert found == fitting[-1]


def test_the_threshold_is_that_of_the_closed_form():
    """τ ≈ ln(H / (N b)) / 2N under the neutral spectrum, H heterozygous variants per genome."""
    people, budget, heterozygous, least = 300, np.log(2), 2_000, 1e-3
    f = np.exp(np.linspace(0, np.log(least), int(heterozygous * -np.log(least))))
    random = np.random.default_rng(8)
    copies = random.random((len(f), 400)) < -np.expm1(2 * np.log1p(-f * 0.999))[:, None]
    variants, genomes = np.nonzero(copies)
    starts = np.searchsorted(variants, np.arange(len(f) + 1))
    costs = cost_of_yes(f, 2 * people)
    reference = Block(costs, np.arange(len(f)), starts, genomes.astype(np.int32))
    found = dearest_answerable([reference], genomes=400, budget=budget, share=0.5)
    tau = np.log(heterozygous / (people * budget)) / (2 * people)
    assert f[costs <= found].min() == pytest.approx(tau, rel=0.1)


COMMON = [0.0, 0.001, 0.002, 0.002, 0.5]


@pytest.mark.parametrize(
    ("share", "variants"),
    [(0.0005, 1), (0.001, 2), (0.004, 2), (0.006, 4), (0.9, 5)],
    ids=["free", "one", "never half of equal ones", "both", "all"],
)
def test_everybody_pays_for_the_commonest_variants(share, variants):
    first, units = charged_to_all(COMMON, budget=1.0, share=share + 1e-6)
    assert first == variants
    assert sum(COMMON[:variants]) * UNITS <= units <= (share + 1e-6) * UNITS


def test_where_even_the_commonest_is_dear_nobody_pays_in_advance():
    assert charged_to_all([0.5, 0.6], budget=1.0) == (0, 0)


@given(variants=VARIANTS)
def test_paying_in_advance_never_counts_anybody_more(variants):
    variants = sorted(variants, key=lambda variant: variant[0])
    first, units = charged_to_all([cost for cost, _ in variants], budget=1.0, share=0.3)
    advance = np.full(PEOPLE, units)
    rest = block(*variants[first:], first=first)
    (step,) = walk([rest], people=PEOPLE, budget=1.0, spent=advance)
    entries = sum(len(who) for _, who in variants[:first])
    plain = by_hand(variants, 1.0)
    assert all(plain[:entries])
    assert not (step.is_counted & ~np.array(plain[entries:], bool)).any()
    threshold = dearest_answerable([rest], genomes=GENOMES, budget=1.0, spent=units, share=0.75)
    assert threshold <= dearest(block(*variants))

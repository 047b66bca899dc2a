"""What the guard leaves to answer, by how common variants are."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from scipy.special import bdtrc

from beacon_node.actions.privacy_report.contents import ClassUse
from beacon_node.actions.privacy_report.sites import Sampling, one_in_of, panel_sample
from beacon_node.actions.privacy_report.subject import Subject
from beacon_node.attacks.target import NOT_ANSWERABLE, YES
from beacon_node.ports import Progress
from beacon_node.privacy.likelihood import Floats
from beacon_node.privacy.public.copies import PERCENT_NOT_EXHAUSTED
from beacon_node.store.panels.layout import Key
from beacon_node.store.public import Batch
from beacon_node.store.public.sample import CarriedCopies, PanelCounts, sampled_alleles

ABSENT = "absent"
CLASSES = {"< 0.5 %": (0.0, 0.005), "0.5–5 %": (0.005, 0.05), "> 5 %": (0.05, 1.1)}
_AT_ONCE = 4_096


@dataclass(slots=True)
class _Sums:
    """Weights of one class: of all variants, of those answerable, of those answered truly."""

    variants: int = 0
    all: float = 0.0
    told: float = 0.0
    true: float = 0.0

    def add(self, weights: Floats, is_told: np.ndarray, true: Floats) -> None:
        self.variants += int((weights > 0).sum())
        self.all += float(weights.sum())
        self.told += float((weights * is_told).sum())
        self.true += float((weights * is_told * true).sum())

    @property
    def shares(self) -> tuple[float | None, float | None]:
        return (
            self.told / self.all if self.all else None,
            self.true / self.told if self.told else None,
        )


@dataclass(slots=True)
class _Tally:
    """Sums by class, of the dataset's own people and as the panels let expect."""

    own: dict[str, _Sums] = field(default_factory=lambda: _sums())
    expected: dict[str, _Sums] = field(default_factory=lambda: _sums())


def _sums() -> dict[str, _Sums]:
    return {name: _Sums() for name in (ABSENT, *CLASSES)}


@dataclass(frozen=True, slots=True, repr=False)
class _Looked:
    """Some alleles: how common they are, who permits and carries them, what is answered."""

    points: Floats
    carriers: np.ndarray
    answers: np.ndarray


def utility_of(subject: Subject, sampling: Sampling, progress: Progress) -> tuple[ClassUse, ...]:
    """Return what is left to answer of each class of variants."""
    tally = _Tally()
    with (
        closing(PanelCounts(subject.panel_set)) as counts,
        closing(CarriedCopies(subject.index, subject.numbers)) as carried,
    ):
        progress.start("usefulness", None, "variants")
        own = sampled_alleles(subject.index, one_in=one_in_of(subject, sampling))
        for looked in _looked(subject, own, counts, carried):
            _add_carried(tally.own, looked)
            progress.advance(len(looked.points))
        for looked in _looked(subject, panel_sample(subject, sampling), counts, carried):
            _add_absent(tally.own, looked)
            _add_expected(tally.expected, looked, subject)
            progress.advance(len(looked.points))
    progress.finish()
    return tuple(_use(name, tally) for name in (ABSENT, *CLASSES))


def _use(name: str, tally: _Tally) -> ClassUse:
    own, expected = tally.own[name], tally.expected[name]
    return ClassUse(name, own.variants, *own.shares, *expected.shares)


def _looked(
    subject: Subject, keys: Iterable[Key], counts: PanelCounts, carried: CarriedCopies
) -> Iterator[_Looked]:
    rest = iter(keys)
    while some := list(islice(rest, _AT_ONCE)):
        limits = [subject.opened.limits.limit(key) for key in some]
        pairs = zip(some, limits, strict=True)
        answers = np.array([subject.answer(key, limit) for key, limit in pairs])
        yield _Looked(
            frequencies([counts.of(key) for key in some]),
            np.diff(carried.of(some).offsets),
            answers,
        )


def frequencies(counted: Sequence[tuple[int, int]]) -> Floats:
    """Return point estimates from (count, number): (count + 1/2) / (number + 1), 0 if unseen."""
    counts, numbers = np.array(counted, float).reshape(-1, 2).T
    return np.where(numbers > 0, (counts + 0.5) / (numbers + 1), 0.0)


def _add_carried(sums: dict[str, _Sums], looked: _Looked) -> None:
    is_told = looked.answers != NOT_ANSWERABLE
    for name, (low, high) in CLASSES.items():
        inside = (looked.points >= low) & (looked.points < high)
        sums[name].add(looked.carriers * inside.astype(float), is_told, looked.answers == YES)


def _add_absent(sums: dict[str, _Sums], looked: _Looked) -> None:
    weights = (looked.carriers == 0).astype(float)
    sums[ABSENT].add(weights, looked.answers != NOT_ANSWERABLE, looked.answers != YES)


def _add_expected(sums: dict[str, _Sums], looked: _Looked, subject: Subject) -> None:
    """Add what a person of the panels carries, and what nobody of such a dataset would."""
    is_told = looked.answers != NOT_ANSWERABLE
    carries = -np.expm1(2 * np.log1p(-np.minimum(looked.points, 1 - 1e-9)))
    largest = max(subject.open_batches, key=lambda batch: batch.people)
    true = _chance_of_truth(carries, largest, subject.opened.table.facts.carriers_needed)
    for name, (low, high) in CLASSES.items():
        inside = (looked.points >= low) & (looked.points < high)
        sums[name].add(carries * inside, is_told, true)
    nobody = np.exp(len(subject.numbers) * np.log1p(-np.minimum(carries, 1 - 1e-9)))
    sums[ABSENT].add(nobody, is_told, np.ones(len(nobody)))


def _chance_of_truth(carries: Floats, batch: Batch, needed: int) -> Floats:
    """Return how likely yes is where one of a batch carries it, 1 % being exhausted there: she is
    counted and `needed` - 1 others are, or she is not and `needed` others are."""
    counted = PERCENT_NOT_EXHAUSTED / 100
    others, each = batch.people - 1, carries * counted
    at_least = [
        bdtrc(k - 1, others, each) if k else np.ones(len(each)) for k in (needed - 1, needed)
    ]
    return counted * at_least[0] + (1 - counted) * at_least[1]

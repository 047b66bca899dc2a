"""What a privacy report says. All of it is private to the operator: exact numbers of people."""

from dataclasses import dataclass
from enum import StrEnum

PRIVATE = "Private to this node's operator: exact numbers about real people. Do not pass it on."
QUESTIONS = (1, 10, 100, 1_000, 5_000)


class Outcome(StrEnum):
    """What the attacks say of the bound."""

    NOT_REFUTED = "not refuted"
    FAILS = "does not hold"
    UNSURE = "cannot be told"


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of what is set and what follows from it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """A batch: who joined, who still consents, what it answers. `least_frequency` is τ on an
    autosome where everybody was sequenced; None and nobody consenting where it is closed."""

    number: int
    people: int
    consenting: int
    is_open: bool
    answerable: int
    least_frequency: float | None = None


@dataclass(frozen=True, slots=True)
class ClassUse:
    """What is left to answer of one class of variants, shares in [0, 1], None where there are none.

    `answerable` and `true` are of this dataset's own variants, the latter of those answerable, by
    what a random person carries (absent: by variant); `expected_…` what the panels let expect.
    `variants` were looked at.
    """

    name: str
    variants: int
    answerable: float | None
    true: float | None
    expected_answerable: float | None
    expected_true: float | None


@dataclass(frozen=True, slots=True)
class Figure:
    """The power of an attack at 5 % false positives, with its one-sided 99 % lower limit."""

    questions: int
    found: int
    victims: int
    power: float
    lower: float


@dataclass(frozen=True, slots=True)
class AttackResult:
    """One attack on the unguarded data (`batch` 0), or on the answers as they are given with
    victims from one batch. `allowed` is the power up to which so few controls agree with β."""

    attack: str
    batch: int
    controls: int
    allowed: float
    figures: tuple[Figure, ...]

    @property
    def worst(self) -> Figure:
        return max(self.figures, key=lambda one: (one.lower, one.power))


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    sentence: str


@dataclass(frozen=True, slots=True)
class Attacks:
    """All attacks on one dataset; `least` is the least power that such a trial would surely tell
    from the bound, `notes` say what was sampled and what is not sure."""

    unguarded: tuple[AttackResult, ...]
    guarded: tuple[AttackResult, ...]
    power: float
    least: float
    verdict: Verdict
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """One dataset. `why_not` says why there is nothing to report; the rest is empty then.
    `is_rehearsal`: nobody is answered yet."""

    dataset: str
    why_not: str = ""
    bound: str = ""
    settings: tuple[Setting, ...] = ()
    batches: tuple[BatchFacts, ...] = ()
    waiting: int = 0
    utility: tuple[ClassUse, ...] = ()
    attacks: Attacks | None = None
    is_rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    made_at: str
    datasets: tuple[DatasetReport, ...]
    private: str = PRIVATE

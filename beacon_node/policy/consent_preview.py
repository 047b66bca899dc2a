"""How many people a purpose could use, and why not the others, told in bands."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from beacon_node.model.bands import LOWEST, band
from beacon_node.model.consent import Asked, Permission, State
from beacon_node.model.data_use import ResearchPurpose, Use
from beacon_node.model.verdict import Outcome, Verdict, Whose
from beacon_node.policy.consent import History, eligible, state_at
from beacon_node.policy.data_use import match_both, strictest
from beacon_node.policy.use_coverage import DiseaseHierarchy

_STATES: Mapping[State, str] = MappingProxyType(
    {
        State.SILENT: "No consent is on record.",
        State.NOT_NAMED: "The consent does not name this use.",
        State.EXPIRED: "The consent has ended.",
        State.REFUSED: "The individual refused.",
        State.WITHDRAWN: "The individual withdrew.",
    }
)
OTHER = "Other reasons, each for fewer than 50 individuals."


@dataclass(frozen=True, slots=True)
class BandedReason:
    """A reason and how many individuals it concerns; one individual may have several."""

    reason: str
    individuals: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a committee may know of a dataset under a purpose. All numbers are bands."""

    individuals: str
    usable: str
    after_review: str  # usable as well if the committee decides every open point
    reasons: tuple[BandedReason, ...]
    disease_release: str


@dataclass(frozen=True, slots=True)
class Conditions:
    """What people are compared with: a use of one dataset, under its terms, for a purpose."""

    asked: Asked
    dataset_use: Use
    purpose: ResearchPurpose


def preview(
    histories: Iterable[History],
    conditions: Conditions,
    diseases: DiseaseHierarchy,
    at: datetime,
) -> Preview:
    """Return how many of these individuals would be usable at `at`, and why the others are not.

    Each distinct permission is judged once. A reason is named only if it concerns at least 50
    individuals, for its words can hold what few agreed to; the rarer ones are told together.
    """
    permissions: Counter[Permission] = Counter()
    against: Counter[str] = Counter()
    for history in histories:
        found = eligible(history, at, conditions.asked)
        if found is None:
            against[_STATES[state_at(history, at, conditions.asked).state]] += 1
        else:
            permissions[found] += 1
    total = permissions.total() + against.total()
    outcomes: Counter[Outcome] = Counter()
    for permission, count in permissions.items():
        verdict = _judge(permission, conditions, diseases, at)
        outcomes[verdict.outcome] += count
        for reason in {_text(one.whose, one.text) for one in verdict.against}:
            against[reason] += count
    return Preview(
        individuals=band(total),
        usable=band(outcomes[Outcome.APPROVE]),
        after_review=band(outcomes[Outcome.MANUAL_REVIEW]),
        reasons=_banded(against),
        disease_release=diseases.release,
    )


def _judge(
    permission: Permission, conditions: Conditions, diseases: DiseaseHierarchy, at: datetime
) -> Verdict:
    return strictest(
        match_both(conditions.dataset_use, use, conditions.purpose, diseases, as_of=at.date())
        for use in permission.all_of
    )


def _text(whose: Whose | None, text: str) -> str:
    return f"{text} (terms of the {whose})" if whose else text


def _banded(against: Counter[str]) -> tuple[BandedReason, ...]:
    """Return the frequent reasons, most frequent band first, and what the rare ones add up to.

    The rare ones stand there also if there are none, so that their absence says nothing.
    """
    frequent = sorted(
        ((text, count) for text, count in against.items() if count >= LOWEST),
        key=lambda pair: (-_low(pair[1]), pair[0]),
    )
    rare = sum(count for count in against.values() if count < LOWEST)
    return (
        *(BandedReason(text, band(count)) for text, count in frequent),
        BandedReason(OTHER, band(rare)),
    )


def _low(count: int) -> int:
    """Return where the band of a count begins: within a band the order must not tell of it."""
    return int(band(count).partition("–")[0].replace(",", ""))

"""What people permit in one dataset, so that those who permit the same are decided on together.

`visible` of policy.consent for every data type and use at once, and fast enough for a million
people; the rules are those of policy.consent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.model.consent import ConsentVersion, DataType, Scope, Status, UseKind
from beacon_node.model.data_use import Use, read_terms, term_text, terms_document
from beacon_node.model.decision import NeededConsent
from beacon_node.model.verdict import Outcome
from beacon_node.policy.consent import (
    History,
    begins,
    known_by,
    moments_between,
    seniority,
    valid_versions,
)
from beacon_node.policy.data_use import after_review, match_both
from beacon_node.policy.use_coverage import DiseaseHierarchy

Pair = tuple[DataType, UseKind]

_EVERY_PAIR: frozenset[Pair] = frozenset((kind, use) for kind in DataType for use in UseKind)
_SCOPES = 4_096  # distinct scopes and uses that are remembered; there are few


@dataclass(frozen=True, slots=True, repr=False)
class Profile:
    """What one individual permits in one dataset: for a data type and use, all that must approve.

    Names nobody. A data type and use that is not in it is not permitted; the same pair stands in it
    once. Equal profiles have equal hashes; a frozenset remembers its own.
    """

    permitted: frozenset[tuple[DataType, UseKind, frozenset[Use]]] = frozenset()

    def __repr__(self) -> str:
        return "Profile(…)"

    def __bool__(self) -> bool:
        return bool(self.permitted)

    @property
    def uses(self) -> frozenset[Use]:
        return frozenset(use for _, _, all_of in self.permitted for use in all_of)


NOTHING = Profile()


def profile_of(
    history: History, at: datetime, dataset_id: str, *, released_at: datetime | None
) -> Profile:
    """Return what `policy.consent.visible` permits of a dataset at `at`, by data type and use.

    `released_at` None: nothing was released under consents, so nothing is permitted.
    """
    if released_at is None or not history:
        return NOTHING
    if len(history) == 1:
        return _of_one(history[0], at, dataset_id, released_at)
    found = {pair: frozenset({use}) for pair, use in _permitted(history, at, dataset_id).items()}
    for moment in moments_between(history, released_at, at):
        if not found:
            return NOTHING
        before = _permitted(known_by(history, moment), moment, dataset_id)
        found = {pair: found[pair] | {before[pair]} for pair in found.keys() & before.keys()}
    return Profile(frozenset((*pair, all_of) for pair, all_of in found.items()))


def takes_part(history: History, at: datetime, dataset_id: str, *, is_open_data: bool) -> bool:
    """Whether a release made at `at` has the individual in it.

    Open data: unless a refusal or withdrawal about anything of the dataset is in force. Other
    data: if any use of any data is permitted. Statements recorded after `at` are ignored.
    """
    known = known_by(history, at)
    if is_open_data:
        return not _says_no(known, at, dataset_id)
    return bool(_permitted(known, at, dataset_id))


def is_out_of_open_data(
    history: History, at: datetime, dataset_id: str, *, since: datetime | None
) -> bool:
    """Whether a refusal or withdrawal about anything of an open dataset was in force, as far as was
    known, at any moment from `since`, its release, to `at`.

    So a new consent brings nobody back before the next release. `since` None: the release looked at
    no consents, and nobody who ever said no is in.
    """
    if not any(version.status.is_no for version in history):
        return False
    start = min(version.recorded_at for version in history) if since is None else since
    moments = {*moments_between(history, start, at), at}
    return any(_says_no(known_by(history, moment), moment, dataset_id) for moment in moments)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Approval:
    """Decides which permissions approve what is needed, each use once.

    `dataset_use` are the dataset's own terms; None: nobody said, and nothing is approved.
    """

    needed: NeededConsent
    dataset_use: Use | None
    diseases: DiseaseHierarchy
    as_of: date
    _found: dict[Use, bool] = field(default_factory=dict, init=False)

    def __repr__(self) -> str:
        return "Approval(…)"

    @property
    def depends_on_day(self) -> bool:
        """Whether anything it decided may be decided otherwise on another day.

        The day counts for embargoes alone, whose end is the date of a term.
        """
        asked = (self.dataset_use, *self._found)
        return any(_is_dated(use) for use in asked if use is not None)

    def on(self, day: date) -> "Approval":
        """Return the same for another day; what does not depend on the day stays decided."""
        if day == self.as_of:
            return self
        later = Approval(self.needed, self.dataset_use, self.diseases, day)
        if self.dataset_use is not None and not _is_dated(self.dataset_use):
            kept = ((use, found) for use, found in self._found.items() if not _is_dated(use))
            later._found.update(kept)
        return later

    @property
    def depends_on_diseases(self) -> bool:
        """Whether the disease ontology is looked at: only for the diseases a purpose names."""
        purpose = self.needed.purpose
        return purpose is not None and bool(purpose.diseases)

    def approves(self, use: Use) -> bool:
        """Whether the dataset's terms and these terms of an individual approve the purpose.

        Where several uses must approve, each is asked by itself: the strictest verdict is approval
        if each one is.
        """
        found = self._found.get(use)
        if found is None:
            found = self._found[use] = self._match(use)
        return found

    def _match(self, use: Use) -> bool:
        needed = self.needed
        if self.dataset_use is None:
            return False
        if needed.purpose is None:
            return needed.use is UseKind.PUBLIC_DISCOVERY
        verdict = match_both(self.dataset_use, use, needed.purpose, self.diseases, as_of=self.as_of)
        return after_review(verdict, needed.decided).outcome is Outcome.APPROVE


def approved_types(profile: Profile, approval: Approval) -> frozenset[DataType]:
    """Return the types of data that a profile lets be used for what is needed."""
    return frozenset(
        data_type
        for data_type, use, all_of in profile.permitted
        if use is approval.needed.use and all_of and all(map(approval.approves, all_of))
    )


def _is_dated(use: Use) -> bool:
    return any(term.date is not None for term in use.terms)


# ---- as documents ------------------------------------------------------------------------------


def profile_document(profile: Profile) -> list:
    """Return a profile as JSON, in an order that depends on it only: for all that must approve, the
    data types and uses for which it must."""
    pairs: dict[frozenset[Use], list] = {}
    for data_type, use, all_of in profile.permitted:
        pairs.setdefault(all_of, []).append([data_type.value, use.value])
    found = [
        [[terms_document(use) for use in sorted(all_of, key=_text)], sorted(listed)]
        for all_of, listed in pairs.items()
    ]
    return sorted(found, key=lambda group: group[1])


def read_profile(document: list) -> Profile:
    """Return the profile that `profile_document` wrote; InvalidInput for anything else."""
    try:
        return Profile(frozenset(_read_permitted(document)))
    except (ValueError, TypeError, InvalidRequest) as error:
        raise InvalidInput("this is no profile of consents") from error


def _read_permitted(document: list) -> Iterator[tuple[DataType, UseKind, frozenset[Use]]]:
    for uses, pairs in document:
        all_of = frozenset(map(read_terms, uses))
        for data_type, use in pairs:
            yield DataType(data_type), UseKind(use), all_of


def _text(use: Use) -> str:
    return "\n".join(sorted(map(term_text, use.terms)))


# ---- what holds for every data type and use at one moment ----------------------------------------


def _of_one(
    version: ConsentVersion, at: datetime, dataset_id: str, released_at: datetime
) -> Profile:
    """`profile_of` where there is one statement: it held at the release and holds, or nothing."""
    ends = version.effective_until
    holds = (
        version.status is Status.GIVEN
        and version.recorded_at <= released_at
        and begins(version) <= released_at
        and begins(version) <= at
        and (ends is None or (at < ends and released_at < ends))
        and version.scope.is_about(dataset_id)
    )
    return _given(version.scope, version.use) if holds else NOTHING


@lru_cache(maxsize=_SCOPES)
def _given(scope: Scope, use: Use) -> Profile:
    """Return the profile of those who permit one use; the same object for all of them."""
    all_of = frozenset({use})
    return Profile(frozenset((*pair, all_of) for pair in _pairs(scope)))


@lru_cache(maxsize=_SCOPES)
def _pairs(scope: Scope) -> frozenset[Pair]:
    return frozenset((data_type, use) for data_type in scope.data_types for use in scope.uses)


def _permitted(history: History, at: datetime, dataset_id: str) -> Mapping[Pair, Use]:
    """Return the use that is permitted at `at` for each data type and use that is permitted."""
    refused: set[Pair] = set()
    for version in _newest_first(history, at, dataset_id):
        if version.status.is_no:
            refused |= _pairs(version.scope)
            continue
        # What is given speaks of everything, so that nothing older holds, also after its end.
        ends = version.effective_until
        if ends is not None and at >= ends:
            return {}
        return dict.fromkeys(_pairs(version.scope) - refused, version.use)
    return {}


def _says_no(history: History, at: datetime, dataset_id: str) -> bool:
    """Whether at `at` a refusal or withdrawal is in force about anything of a dataset.

    Whatever the newest statement that has begun is, it is in force for all that it speaks of.
    """
    newest = next(_newest_first(history, at, dataset_id), None)
    return newest is not None and newest.status.is_no


def _newest_first(history: History, at: datetime, dataset_id: str) -> Iterator[ConsentVersion]:
    """Yield the valid statements about a dataset that have begun by `at`."""
    begun = [
        version
        for version in valid_versions(history)
        if version.scope.is_about(dataset_id) and begins(version) <= at
    ]
    return iter(sorted(begun, key=seniority, reverse=True))

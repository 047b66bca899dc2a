"""Who is counted, and what of them: one person after the other, one rule after the other.

Shares with the node only what one statement means (`policy.consent`) and what a permitted use
covers (`policy.data_use`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from beacon_node.actions.diseases import loaded_mondo
from beacon_node.model.consent import (
    Asked,
    ConsentVersion,
    DataType,
    Permission,
    State,
    UseKind,
)
from beacon_node.model.data_use import Use
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity, OntologyFilter, Within
from beacon_node.model.requester import Grant
from beacon_node.model.variation import Allele
from beacon_node.model.verdict import Outcome
from beacon_node.node import Node
from beacon_node.policy.consent import eligible, known_by, state_at, visible
from beacon_node.policy.data_use import after_review, match_both
from tests.consent.clinic import PEOPLE, SITES, Person, Sample, shown

VARIANT, INDIVIDUAL = EntryType.GENOMIC_VARIANT, EntryType.INDIVIDUAL
BIOSAMPLE, RUN, ANALYSIS = EntryType.BIOSAMPLE, EntryType.RUN, EntryType.ANALYSIS
TYPE_OF = {
    VARIANT: DataType.VARIANTS,
    INDIVIDUAL: DataType.PHENOTYPES,
    BIOSAMPLE: DataType.BIOSAMPLES,
    RUN: DataType.RUNS,
    ANALYSIS: DataType.RUNS,
}
ALLELES = [Allele("22", pos - 1, pos, ref, alt) for pos, ref, alt in SITES]
SUFFIX = {BIOSAMPLE: "", RUN: "-run", ANALYSIS: "-analysis"}


@dataclass(frozen=True)
class Question:
    """`sites`: any of these variations, None: no variation is asked for."""

    entry_type: EntryType
    granularity: Granularity = Granularity.COUNT
    sites: tuple[int, ...] | None = None
    filters: tuple[OntologyFilter, ...] = ()
    within: tuple[EntryType, str, str] | None = None  # of which dataset and person, by own id


@dataclass(frozen=True)
class Released:
    """A release. `grant` is the asker's, None where it is open data."""

    dataset: str
    use: Use | None
    released_at: datetime
    grant: Grant | None = None

    @property
    def ceiling(self) -> Granularity:
        return self.grant.ceiling if self.grant else Granularity.RECORD


# ---- consent -------------------------------------------------------------------------------------


def may_be_used(node: Node, released: Released, person: str, data_type: DataType) -> bool:
    """Whether a person's data of one type may be used for the asker's purpose at this moment."""
    history, at = node.ledger.history(person), node.ledger.present(node.clock.now())
    if released.grant is None:
        return not has_said_no(history, released, at)
    asked = Asked(released.dataset, data_type, UseKind.RECORD_LEVEL)
    found = visible(history, at, asked, released_at=released.released_at)
    return found is not None and _approves(node, found, released, at)


def _approves(node: Node, found: Permission, released: Released, at: datetime) -> bool:
    grant, diseases = released.grant, loaded_mondo(node.knowledge)
    if released.use is None:
        return False
    for use in found.all_of:
        verdict = match_both(released.use, use, grant.purpose, diseases, as_of=at.date())
        if after_review(verdict, grant.decided).outcome is not Outcome.APPROVE:
            return False
    return True


def has_said_no(history: Sequence[ConsentVersion], released: Released, at: datetime) -> bool:
    """Whether a no about anything in the dataset was in force at any time since the release."""
    since = released.released_at
    turns = {turn for version in history for turn in _turns(version) if since < turn < at}
    return any(_says_no(history, released.dataset, turn) for turn in {since, at, *turns})


def _turns(version: ConsentVersion) -> Iterator[datetime]:
    yield from (version.recorded_at, version.signed_on, version.effective_from)
    if version.effective_until:
        yield version.effective_until


def _says_no(history: Sequence[ConsentVersion], dataset: str, at: datetime) -> bool:
    known = known_by(history, at)
    return any(
        state_at(known, at, Asked(dataset, data_type, use)).state
        in (State.REFUSED, State.WITHDRAWN)
        for data_type in DataType
        for use in UseKind
    )


def is_in_release(node: Node, released: Released, person: str) -> bool:
    """Whether a release, made of what is on record now, holds a person."""
    at = released.released_at
    history = known_by(node.ledger.history(person), at)
    if released.grant is None:
        return not _says_no(history, released.dataset, at)
    return any(
        eligible(history, at, Asked(released.dataset, data_type, use))
        for data_type in DataType
        for use in UseKind
    )


# ---- what matches --------------------------------------------------------------------------------


def needed(question: Question, ceiling: Granularity) -> set[DataType]:
    """Return the types of data a question uses of whoever it counts."""
    kinds = {question.entry_type}
    if question.within and question.within[0] is not INDIVIDUAL:
        kinds.add(question.within[0])
    if question.sites is not None:
        kinds.add(VARIANT)
        if ceiling is not Granularity.RECORD:
            kinds.discard(INDIVIDUAL)
    return {TYPE_OF[kind] for kind in kinds}


class Loop:
    """Answers one question about one release by looking at everybody."""

    def __init__(
        self, node: Node, released: Released, question: Question, people: Iterable[Person] = PEOPLE
    ) -> None:
        self.node, self.released, self.question = node, released, question
        used = needed(question, released.ceiling)
        self.lets = {
            (person.id, one)
            for person in people
            for one in DataType
            if may_be_used(node, released, person.id, one)
        }
        self.people = [person for person in people if all(self._lets(person, one) for one in used)]

    def _lets(self, person: Person, data_type: DataType) -> bool:
        return (person.id, data_type) in self.lets

    def ids(self) -> list[str]:
        """Return the public ids of the entries that match; for variations their alleles."""
        if self.question.entry_type is VARIANT:
            return [ALLELES[site] for site in self._found_sites()]
        return [
            shown(self.node, self.released.dataset, self.question.entry_type, id)
            for person in self.people
            for id in self._of(person)
        ]

    def _of(self, person: Person) -> list[str]:
        kind = self.question.entry_type
        if kind is INDIVIDUAL:
            return [person.id] if self._is_met(person, person.samples) else []
        return [
            sample.id + SUFFIX[kind] for sample in person.samples if self._is_met(person, [sample])
        ]

    def _is_met(self, person: Person, samples: Sequence[Sample]) -> bool:
        """Whether a record, to which these samples belong, matches."""
        if self.question.sites is not None:
            return any(self._carries(person, sample) for sample in samples)
        return self._fits(person, samples)

    def _carries(self, person: Person, sample: Sample) -> bool:
        is_carried = any(sample.genotypes[site] for site in self.question.sites)
        return is_carried and self._fits(person, [sample])

    def _fits(self, person: Person, samples: Sequence[Sample]) -> bool:
        """Whether each level has a record that meets all that is asked of that level."""
        if self.question.within and not any(self._is_within(person, one) for one in samples):
            return False
        asked: dict[EntryType, set[str]] = {}
        for wanted in self.question.filters:
            asked.setdefault(wanted.scope, set()).add(wanted.id)
        return all(
            self._lets(person, TYPE_OF[level])
            and any(terms <= _terms(person, sample)[level] for sample in samples)
            for level, terms in asked.items()
        )

    def _is_within(self, person: Person, sample: Sample) -> bool:
        kind, dataset, id = self.question.within
        own = person.id if kind is INDIVIDUAL else sample.id + SUFFIX[kind]
        return (dataset, id) == (self.released.dataset, own)

    # ---- variations ------------------------------------------------------------------------

    def _counted(self) -> list[tuple[Person, Sample]]:
        return [
            (person, sample)
            for person in self.people
            for sample in person.samples
            if self._fits(person, [sample])
        ]

    def _found_sites(self) -> list[int]:
        sites = range(len(SITES)) if self.question.sites is None else sorted(self.question.sites)
        counted = self._counted()
        return [site for site in sites if any(sample.genotypes[site] for _, sample in counted)]

    def copies(self) -> Mapping[Allele, tuple[int, int, set[str]]]:
        """Return allele → (copies, places for copies, public ids of biosamples that carry it)."""
        counted = self._counted()
        people = {person.id for person, _ in counted}
        found = {}
        for site in self._found_sites():
            most = [
                max(sample.genotypes[site] for person, sample in counted if person.id == id)
                for id in people
            ]
            carriers = {
                shown(self.node, self.released.dataset, BIOSAMPLE, sample.id)
                for _, sample in counted
                if sample.genotypes[site]
            }
            found[ALLELES[site]] = sum(most), 2 * len(people), carriers
        return found


def _terms(person: Person, sample: Sample) -> dict[EntryType, set[str]]:
    return {
        INDIVIDUAL: set(person.terms),
        BIOSAMPLE: {sample.origin, "EFO:0009654"},
        RUN: {sample.model},
        ANALYSIS: set(),
    }


def known_terms(people: Iterable[Person]) -> set[str]:
    """Return all terms that a release with these people in it can be filtered by."""
    return {
        term
        for person in people
        for sample in person.samples
        for terms in _terms(person, sample).values()
        for term in terms
    }


def within_of(question: Question, node: Node) -> Within | None:
    if question.within is None:
        return None
    kind, dataset, id = question.within
    return Within(kind, shown(node, dataset, kind, id))

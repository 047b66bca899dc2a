"""What belongs to some individuals in the files of a draft, so that it can be taken out. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from beacon_node.model.entries import LINEAGE, Document, EntryType
from beacon_node.store.merge.lineage import (
    ANALYSIS,
    BIOSAMPLE,
    INDIVIDUAL,
    NAMED,
    RUN,
    Lineage,
    Name,
)

_NAMES_SOMEBODY = re.compile(r"(?:^|[a-z_])ids?$", re.IGNORECASE)  # id, ids, individualId …
_ENDING = re.compile(r"_?ids?$")
# How keys end before `Id` that name records of one type, in small letters.
_TYPED = {
    INDIVIDUAL: ("individual", "member", "patient", "subject", "participant", "person"),
    BIOSAMPLE: ("biosample", "sample", "specimen"),
    RUN: ("run",),
    ANALYSIS: ("analysis", "analyses"),
}
_GONE = object()


@dataclass(frozen=True, slots=True, repr=False)
class Traces:
    """Individuals with their records and call sets, by the hospital's own ids and names.

    Ids are told apart by type: what one type calls 2 is not what another calls 2. `names` are those
    ids and names of theirs that stand for nobody else, whatever the type. `targets` are the ids a
    sample table gives their samples; `others` are the ids of all other individuals.
    """

    individuals: frozenset[str]
    records: frozenset[Name]
    samples: frozenset[str]
    names: frozenset[str]
    targets: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return "Traces(…)"

    @property
    def would_be_people(self) -> frozenset[str]:
        """Names that would each be an individual if files of theirs were loaded again: a call set
        or a sample whose person no record names. Never an individual's own id."""
        samples = {id for entry_type, id in self.records if entry_type == BIOSAMPLE}
        return (self.samples | samples | self.targets) - self.individuals - self.others

    def is_theirs(self, document: Document) -> bool:
        """Whether a record is theirs, or was in the file that it came with."""
        own, parent = (document.entry_type, document.id), (document.parent_type, document.parent_id)
        named = (
            (entry_type, document.body.get(key))
            for entry_type, key in ((INDIVIDUAL, "individualId"), (BIOSAMPLE, "biosampleId"))
        )
        return (
            own in self.records
            or parent in self.records
            or any(isinstance(id, str) and (kind, id) in self.records for kind, id in named)
        )

    def is_in_table(self, sample: str, target: str) -> bool:
        """Whether a row of a sample table is of them; `target` is the record the sample is of."""
        return (
            sample in self.samples
            or target in self.targets
            or not self.names.isdisjoint((sample, target))
        )

    def unnamed(self, record: Mapping) -> dict:
        """Return the JSON of a record that is not theirs, without what names them: members of lists
        whose id is theirs (relatives of others, people of a cohort), and ids in objects. Its own
        id stays."""
        own = {"id": record["id"]} if "id" in record else {}
        left = _unnamed({key: v for key, v in record.items() if key not in own}, self, "")
        return {key: (own | left)[key] for key in record if key in own or key in left}

    def is_named_in(self, text: str) -> bool:
        """Whether a text, such as the name of a file, has one of the names in it as a word."""
        told = self.names | self.individuals
        words = (rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])" for name in told if name)
        return any(re.search(word, text) for word in words)

    def stands_for(self, key: str, id: str) -> bool:
        """Whether an id under a key is theirs: one of the key's type, or that is theirs alone."""
        return id in self.names or (_type_of(key), id) in self.records


def traces_of(lineage: Lineage, individuals: frozenset[str], targets: Iterable[str] = ()) -> Traces:
    """Return what belongs to `individuals`, of whom those that are nowhere in a draft have only
    their ids. `targets` are the ids that the sample tables give samples."""
    theirs, others = _records(lineage, individuals)
    theirs |= {(INDIVIDUAL, id) for id in individuals}
    samples = {n for n, of in lineage.call_sets.items() if of[INDIVIDUAL] in individuals}
    other_samples = lineage.call_sets.keys() - samples
    names = samples.union(id for _, id in theirs)
    return Traces(
        individuals=individuals,
        records=frozenset(theirs),
        samples=frozenset(samples),
        names=frozenset(names - {id for _, id in others} - other_samples),
        targets=frozenset(id for id in targets if _target(lineage, id) in theirs),
        others=frozenset(id for entry_type, id in others if entry_type == INDIVIDUAL),
    )


def _records(lineage: Lineage, individuals: frozenset[str]) -> tuple[set[Name], set[Name]]:
    """Return the records of a draft that belong to `individuals`, and all others."""
    theirs, others = set(), set()
    for entry_type in LINEAGE:
        for id in lineage.entries[entry_type]:
            person = lineage.ancestors((entry_type, id)).get(INDIVIDUAL)
            (theirs if person in individuals else others).add((entry_type, id))
    return theirs, others


def _target(lineage: Lineage, id: str) -> Name:
    """Return the record that a sample table means by an id."""
    kind = next((t for t in NAMED if id in lineage.entries[t]), INDIVIDUAL)
    return kind, id


def _type_of(key: str) -> EntryType | None:
    """Return the type of what a key names: `individualId`, `biosample_ids` …; None for any."""
    if key == "ids":
        return INDIVIDUAL  # of a cohort
    word = _ENDING.sub("", key.lower())
    return next((kind for kind, ends in _TYPED.items() if word.endswith(ends)), None)


def _unnamed(value: object, traces: Traces, key: str) -> object:
    if isinstance(value, str):
        return _GONE if _NAMES_SOMEBODY.search(key) and traces.stands_for(key, value) else value
    if isinstance(value, list):
        return [one for one in _each(value, traces, key) if one is not _GONE]
    if not isinstance(value, Mapping):
        return value
    return {
        name: found
        for name, part in value.items()
        if (found := _unnamed(part, traces, name)) is not _GONE
    }


def _each(value: list, traces: Traces, key: str) -> Iterable[object]:
    for one in value:
        yield _GONE if _is_about(one, traces) else _unnamed(one, traces, key)


def _is_about(value: object, traces: Traces) -> bool:
    """Whether an object in a list is about one of them: an id in it is theirs."""
    return isinstance(value, Mapping) and any(
        isinstance(part, str) and _NAMES_SOMEBODY.search(key) and traces.stands_for(key, part)
        for key, part in value.items()
    )

"""What belongs to some individuals in the files of a draft, so that it can be taken out. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from beacon_node.model.entries import LINEAGE, Document, EntryType
from beacon_node.store.merge.lineage import BIOSAMPLE, INDIVIDUAL, Lineage

_NAMES_SOMEBODY = re.compile(r"(^|[a-z_])ids?$", re.IGNORECASE)  # id, ids, individualId, memberId …
_GONE = object()


@dataclass(frozen=True, slots=True, repr=False)
class Traces:
    """Individuals with their records and call sets, by the hospital's own ids and names.

    `names` are all of these: whatever stands for one of them or for something of theirs.
    """

    individuals: frozenset[str]
    records: frozenset[tuple[EntryType, str]]
    samples: frozenset[str]
    names: frozenset[str]

    def __repr__(self) -> str:
        return "Traces(…)"

    def is_theirs(self, document: Document) -> bool:
        """Whether a record is theirs, or was in the file that it came with."""
        own, parent = (document.entry_type, document.id), (document.parent_type, document.parent_id)
        person, sample = (document.body.get(name) for name in ("individualId", "biosampleId"))
        return (
            own in self.records
            or parent in self.records
            or (isinstance(person, str) and person in self.individuals)
            or (isinstance(sample, str) and (BIOSAMPLE, sample) in self.records)
        )

    def unnamed(self, value: object) -> object:
        """Return JSON without what names them: members of lists whose id is theirs (relatives of
        others, people of a cohort), and ids in objects."""
        found = _unnamed(value, self.names, is_id=False)
        return None if found is _GONE else found

    def is_named_in(self, text: str) -> bool:
        """Whether a text, such as the name of a file, has one of the names in it as a word."""
        words = (rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])" for name in self.names)
        return any(re.search(word, text) for word in words if word)


def traces_of(lineage: Lineage, individuals: frozenset[str]) -> Traces:
    """Return what belongs to `individuals`, of whom those that are nowhere in a draft have only
    their ids."""
    records = frozenset(
        (entry_type, id)
        for entry_type in LINEAGE
        for id in lineage.entries[entry_type]
        if lineage.ancestors((entry_type, id)).get(INDIVIDUAL) in individuals
    )
    samples = frozenset(n for n, of in lineage.call_sets.items() if of[INDIVIDUAL] in individuals)
    return Traces(individuals, records, samples, individuals | samples | {id for _, id in records})


def _unnamed(value: object, names: frozenset[str], *, is_id: bool) -> object:
    if isinstance(value, str):
        return _GONE if is_id and value in names else value
    if isinstance(value, list):
        return [one for one in _each(value, names, is_id) if one is not _GONE]
    if not isinstance(value, Mapping):
        return value
    return {
        key: found
        for key, part in value.items()
        if (found := _unnamed(part, names, is_id=bool(_NAMES_SOMEBODY.search(key)))) is not _GONE
    }


def _each(value: list, names: frozenset[str], is_id: bool) -> Iterable[object]:
    for one in value:
        yield _GONE if _stands_for(one, names) else _unnamed(one, names, is_id=is_id)


def _stands_for(value: object, names: frozenset[str]) -> bool:
    """Whether an object in a list is about one of them: an id in it is theirs."""
    return isinstance(value, Mapping) and any(
        isinstance(part, str) and part in names and _NAMES_SOMEBODY.search(key)
        for key, part in value.items()
    )

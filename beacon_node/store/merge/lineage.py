"""Who is who in a release: call sets and records, joined and numbered. Pure."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.store.drafts import Entry

INDIVIDUAL, BIOSAMPLE, RUN, ANALYSIS = LINEAGE
# What a sample's name is looked for among, in this order.
NAMED = (BIOSAMPLE, INDIVIDUAL, RUN, ANALYSIS)

Name = tuple[EntryType, str]


@dataclass(slots=True, repr=False)
class Lineage:
    """All records of a release in the order of their numbers, and what belongs to what.

    `entries` maps a type to id → key of its body (None: made here, no file described it); the
    position of an id is its number. `parents` maps a record to the one it belongs to. `call_sets`
    maps a call set's name, in the order of the numbers, to the records it belongs to.
    """

    entries: dict[EntryType, dict[str, int | None]]
    parents: dict[Name, Name]
    call_sets: dict[str, dict[EntryType, str]] = field(default_factory=dict)
    unattached: int = 0  # records that belong to nobody and were left out

    def ancestors(self, name: Name) -> dict[EntryType, str]:
        """Return the records that one belongs to, itself included, by type."""
        found = {}
        while name:
            found[name[0]] = name[1]
            name = self.parents.get(name)
        return found

    @property
    def unmatched(self) -> int:
        """How many call sets belong to records of which no file describes any."""
        return sum(
            all(self.entries[entry_type][id] is None for entry_type, id in records.items())
            for records in self.call_sets.values()
        )

    @property
    def has_described_people(self) -> bool:
        described = (key for t in (INDIVIDUAL, BIOSAMPLE) for key in self.entries[t].values())
        return any(key is not None for key in described)

    @property
    def has_one_call_set_each(self) -> bool:
        people = [records[INDIVIDUAL] for records in self.call_sets.values()]
        return len(people) == len(set(people))


def trace(
    entries: Iterable[Entry],
    samples: Sequence[tuple[str, str]],
    left_out: Container[str],
    body_of: Callable[[int], dict],
) -> Lineage:
    """Join records and call sets, without the individuals that are left out and what is theirs.

    `samples` are (call set's name, id of the record it belongs to) in the order they were loaded.
    `entries` come individuals first, analyses last; `body_of` gives the body with some key and is
    asked only where the record it belongs to is not there. Records and people that no file
    describes are added where others belong to them.
    """
    lineage = Lineage({entry_type: {} for entry_type in LINEAGE}, {})
    _collect(lineage, entries, body_of)
    below = _below(lineage)
    for name, target in samples:
        if name not in lineage.call_sets:
            lineage.call_sets[name] = _records_of(lineage, below, target)
    _leave_out(lineage, left_out)
    _put_in_order(lineage)
    return lineage


def _collect(lineage: Lineage, entries: Iterable[Entry], body_of: Callable[[int], dict]) -> None:
    found = list(entries)
    for entry in found:
        lineage.entries[entry.entry_type][entry.id] = entry.key
    for entry in found:
        parent = _parent(lineage, entry, body_of)
        if parent:
            lineage.parents[entry.entry_type, entry.id] = parent
            _make(lineage, parent)
        elif entry.entry_type != INDIVIDUAL:
            del lineage.entries[entry.entry_type][entry.id]
            lineage.unattached += 1
    _drop_orphans(lineage)


def _parent(lineage: Lineage, entry: Entry, body_of: Callable[[int], dict]) -> Name | None:
    """Return the record an entry belongs to, which may have to be made; None for nobody."""
    if entry.entry_type == INDIVIDUAL:
        return None
    if entry.entry_type == BIOSAMPLE:
        # A sample of which nobody is named is of a person of its own.
        return INDIVIDUAL, entry.parent_id or entry.id
    if entry.parent_type and entry.parent_id in lineage.entries[entry.parent_type]:
        return entry.parent_type, entry.parent_id
    body = body_of(entry.key)
    sample, person = body.get("biosampleId"), body.get("individualId")
    if sample in lineage.entries[BIOSAMPLE]:
        return BIOSAMPLE, sample
    if sample and person:
        lineage.parents[BIOSAMPLE, sample] = (INDIVIDUAL, person)
        return BIOSAMPLE, sample
    return (INDIVIDUAL, person) if person else None


def _make(lineage: Lineage, name: Name) -> None:
    """Add a record that others belong to, and those it belongs to itself."""
    while name:
        lineage.entries[name[0]].setdefault(name[1], None)
        name = lineage.parents.get(name)


def _drop_orphans(lineage: Lineage) -> None:
    """Leave out analyses and runs whose line does not end at a person."""
    for entry_type in (RUN, ANALYSIS):
        for id in list(lineage.entries[entry_type]):
            if INDIVIDUAL not in lineage.ancestors((entry_type, id)):
                del lineage.entries[entry_type][id]
                lineage.unattached += 1


def _below(lineage: Lineage) -> dict[Name, dict[EntryType, list[str]]]:
    """Return for each record those that belong to it, directly or not."""
    below: dict[Name, dict[EntryType, list[str]]] = {}
    for entry_type in (BIOSAMPLE, RUN, ANALYSIS):
        for id in lineage.entries[entry_type]:
            for name in lineage.ancestors((entry_type, id)).items():
                if name != (entry_type, id):
                    below.setdefault(name, {}).setdefault(entry_type, []).append(id)
    return below


def _records_of(lineage: Lineage, below: Mapping, target: str) -> dict[EntryType, str]:
    """Return the records that the call set of `target` belongs to."""
    known = next((t for t in NAMED if target in lineage.entries[t]), None)
    if known is None or known == INDIVIDUAL:
        return _records_of_person(lineage, below, target)
    records = lineage.ancestors((known, target))
    for entry_type in LINEAGE[LINEAGE.index(known) + 1 :]:
        _add_only(records, below.get((known, target), {}), entry_type)
    return records


def _records_of_person(lineage: Lineage, below: Mapping, person: str) -> dict[EntryType, str]:
    """Return the person's records if it has one biosample, else those of one made for it."""
    under = below.get((INDIVIDUAL, person), {})
    records = {INDIVIDUAL: person}
    for entry_type in (BIOSAMPLE, RUN, ANALYSIS):
        _add_only(records, under, entry_type)
    if BIOSAMPLE not in records:
        records = {INDIVIDUAL: person, BIOSAMPLE: person}
        lineage.parents[BIOSAMPLE, person] = (INDIVIDUAL, person)
        _make(lineage, (BIOSAMPLE, person))
    return records


def _add_only(records: dict, under: Mapping[EntryType, list[str]], entry_type: EntryType) -> None:
    """Add the record of a type if there is exactly one: of several, nobody says which."""
    ids = under.get(entry_type, ())
    if len(ids) == 1:
        records[entry_type] = ids[0]


def _leave_out(lineage: Lineage, left_out: Container[str]) -> None:
    if not left_out:
        return
    for entry_type in reversed(LINEAGE):
        for id in list(lineage.entries[entry_type]):
            if lineage.ancestors((entry_type, id))[INDIVIDUAL] in left_out:
                del lineage.entries[entry_type][id]
    kept = {n: r for n, r in lineage.call_sets.items() if r[INDIVIDUAL] not in left_out}
    lineage.call_sets = kept


def _put_in_order(lineage: Lineage) -> None:
    """Number records: those with call sets first, in the order of these."""
    for entry_type in LINEAGE:
        entries = lineage.entries[entry_type]
        first = [r[entry_type] for r in lineage.call_sets.values() if entry_type in r]
        order = dict.fromkeys([*first, *entries])
        lineage.entries[entry_type] = {id: entries[id] for id in order}

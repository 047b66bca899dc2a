"""Writes the records of a release: bodies under public ids, and what filters find them by."""

import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import orjson

from beacon_node.model.carriers import encode
from beacon_node.model.characteristics import characteristics
from beacon_node.model.entries import LINEAGE, Document, EntryType, Measure, Term
from beacon_node.store.merge.lineage import ANALYSIS, BIOSAMPLE, INDIVIDUAL, RUN, Lineage

_BATCH = 1_000
_UNKNOWN = {"id": "NCIT:C17998", "label": "Unknown"}
_SPECIMEN = {"id": "OBI:0001479", "label": "specimen from organism"}


@dataclass(frozen=True, slots=True, repr=False)
class EntryWriter:
    """`public_id` gives a record's id as it is shown, `body_of` the body with some key."""

    db: sqlite3.Connection
    lineage: Lineage
    public_id: Callable[[EntryType, str], str]
    body_of: Callable[[int], dict]

    def write(self) -> None:
        """Write call sets, entries, terms and measures, in one transaction."""
        numbers = {
            entry_type: {id: number for number, id in enumerate(ids)}
            for entry_type, ids in self.lineage.entries.items()
        }
        self.db.execute("BEGIN")
        self._write_call_sets(numbers)
        for entry_type in LINEAGE:
            self._write_type(entry_type, numbers)
        self.db.execute("COMMIT")

    def _write_call_sets(self, numbers: Mapping[EntryType, Mapping[str, int]]) -> None:
        rows = (
            (
                number,
                name,
                *(numbers[t][records[t]] if t in records else None for t in LINEAGE),
            )
            for number, (name, records) in enumerate(self.lineage.call_sets.items())
        )
        self.db.executemany(
            "INSERT INTO call_set (number, name, individual, biosample, run, analysis) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            rows,
        )

    def _write_type(
        self, entry_type: EntryType, numbers: Mapping[EntryType, Mapping[str, int]]
    ) -> None:
        facts = Facts(self.db, entry_type, len(numbers[entry_type]))
        rows = []
        for number, (id, key) in enumerate(self.lineage.entries[entry_type].items()):
            above = self.lineage.ancestors((entry_type, id))
            body = self._made(entry_type, above) if key is None else self.body_of(key)
            facts.add(number, characteristics(Document(entry_type, id, body)))
            links = [
                numbers[t][above[t]] if t in above and t != entry_type else None
                for t in (INDIVIDUAL, BIOSAMPLE, RUN)
            ]
            public = self.public_id(entry_type, id)
            rows.append((entry_type.value, number, id, public, *links, orjson.dumps(body)))
            if len(rows) >= _BATCH:
                self._insert(rows)
        self._insert(rows)
        facts.write_terms()

    def _insert(self, rows: list[tuple]) -> None:
        self.db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        rows.clear()

    @staticmethod
    def _made(entry_type: EntryType, above: Mapping[EntryType, str]) -> dict:
        """Return the least that the Beacon v2 default model wants of a record nobody described."""
        info = {"generated": True}
        if entry_type == INDIVIDUAL:
            return {"id": above[INDIVIDUAL], "sex": _UNKNOWN, "info": info}
        return {
            "id": above[BIOSAMPLE],
            "individualId": above[INDIVIDUAL],
            "biosampleStatus": _UNKNOWN,
            "sampleOriginType": _SPECIMEN,
            "info": info,
        }


@dataclass(slots=True, repr=False)
class Facts:
    """Terms and measures of the records of one type. Terms are gathered as sets of numbers."""

    db: sqlite3.Connection
    entry_type: EntryType
    universe: int
    members: dict[tuple[str, str], array] = field(default_factory=dict)  # (term, field) →
    labels: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, number: int, facts: Iterable[Term | Measure]) -> None:
        measures = []
        for fact in facts:
            if isinstance(fact, Measure):
                measures.append(_measure_row(self.entry_type, number, fact))
            else:
                self._add_term(number, fact)
        self.db.executemany("INSERT INTO measure VALUES (?, ?, ?, ?, ?, ?, ?, ?)", measures)

    def _add_term(self, number: int, term: Term) -> None:
        name = (term.id, term.field)
        numbers = self.members.setdefault(name, array("I"))
        if not numbers or numbers[-1] != number:
            numbers.append(number)
        if term.label and not self.labels.get(name):
            self.labels[name] = term.label

    def write_terms(self) -> None:
        rows = (
            (self.entry_type.value, term, path, self.labels.get((term, path), ""), blob)
            for (term, path), blob in self._stored()
        )
        self.db.executemany("INSERT INTO term VALUES (?, ?, ?, ?, ?)", rows)

    def _stored(self) -> Iterator[tuple[tuple[str, str], bytes | None]]:
        for name, numbers in sorted(self.members.items()):
            yield name, encode(np.frombuffer(numbers, np.uint32).astype(np.int64), self.universe)


def _measure_row(entry_type: EntryType, number: int, fact: Measure) -> Sequence:
    return (
        entry_type.value,
        fact.field,
        number,
        fact.amount,
        fact.text,
        fact.unit,
        fact.unit_label,
        fact.label,
    )


def sizes(lineage: Lineage) -> dict[EntryType, int]:
    """Return how many records of each type a release has."""
    return {t: len(lineage.entries[t]) for t in (INDIVIDUAL, BIOSAMPLE, RUN, ANALYSIS)}

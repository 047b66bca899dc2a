"""What all sources together say of alleles."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from beacon_node.model.genome import Assembly
from beacon_node.model.knowledge import Kind, Source
from beacon_node.model.variation import Allele
from beacon_node.ports import Effect, Interpretation, Known, PopulationFrequency
from beacon_node.store.knowledge.changes import vcv
from beacon_node.store.knowledge.layout import COLUMNS, AlleleKey, allele_key
from beacon_node.store.knowledge.write_alleles import unpack_counts, unpack_rsids

Loaded = tuple[Source, sqlite3.Connection]

_WHERE = 'FROM allele WHERE place = ? AND ref = ? AND alt = ? AND "end" = ?'
_CLINVAR = """
SELECT number, rsids, statements.text, effects.text
FROM allele JOIN text AS statements ON statements.id = statements_text
JOIN text AS effects ON effects.id = effects_text
WHERE place = ? AND ref = ? AND alt = ? AND "end" = ? ORDER BY number
"""


@dataclass(slots=True)
class _Facts:
    """What is being gathered of one allele; becomes `Known`."""

    rsids: set[int] = field(default_factory=set)
    clinvar_id: str = ""
    effects: list[Effect] = field(default_factory=list)
    interpretations: list[Interpretation] = field(default_factory=list)
    frequencies: list[PopulationFrequency] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)

    def known(self) -> Known | None:
        known = Known(
            rsids=tuple(f"rs{number}" for number in sorted(self.rsids)),
            clinvar_id=self.clinvar_id,
            effects=tuple(dict.fromkeys(self.effects)),
            interpretations=tuple(self.interpretations),
            frequencies=tuple(self.frequencies),
            pharmacogenes=tuple(dict.fromkeys(self.stars)),
        )
        return None if known == Known() else known


def about(
    loaded: Sequence[Loaded], assembly: Assembly, alleles: Sequence[Allele]
) -> Mapping[Allele, Known]:
    """Return what is known of each allele; unknown ones are left out."""
    there = [(s, db) for s, db in loaded if s.kind in COLUMNS and s.assembly == assembly]
    found = {}
    for allele in dict.fromkeys(alleles):
        facts, key = _Facts(), allele_key(allele)
        for source, db in there:
            _GATHER[source.kind](facts, source, db, key)
        known = facts.known()
        if known:
            found[allele] = known
    return found


def _clinvar(facts: _Facts, source: Source, db: sqlite3.Connection, key: AlleleKey) -> None:
    for number, rsids, statements, effects in db.execute(_CLINVAR, key):
        facts.rsids.update(unpack_rsids(rsids))
        facts.clinvar_id = facts.clinvar_id or str(number)
        for relevance, condition, label, review in json.loads(statements):
            facts.interpretations.append(
                Interpretation(vcv(number), relevance, condition, label, review, source.name)
            )
        facts.effects += _clinvar_effects(*json.loads(effects), source.name)


def _clinvar_effects(genes: list[str], consequences: list[str], source: str) -> Iterator[Effect]:
    """ClinVar lists genes and consequences apart: only a single gene's are told as its own."""
    if len(genes) == 1:
        yield Effect(genes[0], tuple(consequences), source=source)
        return
    if consequences:
        yield Effect("", tuple(consequences), source=source)
    yield from (Effect(gene, source=source) for gene in genes)


def _effects(facts: _Facts, source: Source, db: sqlite3.Connection, key: AlleleKey) -> None:
    for rsids, effects in db.execute(f"SELECT rsids, effects {_WHERE}", key):
        facts.rsids.update(unpack_rsids(rsids))
        for effect in json.loads(effects):
            told = effect | {"consequences": tuple(effect["consequences"])}
            facts.effects.append(Effect(**told))


def _frequencies(facts: _Facts, source: Source, db: sqlite3.Connection, key: AlleleKey) -> None:
    for rsids, counts in db.execute(f"SELECT rsids, counts {_WHERE}", key):
        facts.rsids.update(unpack_rsids(rsids))
        populations = source.details["populations"]
        for population, (count, number) in zip(populations, unpack_counts(counts), strict=True):
            if number:
                facts.frequencies.append(
                    PopulationFrequency(source.name, population, count, number, source.version)
                )


def _rsids(facts: _Facts, source: Source, db: sqlite3.Connection, key: AlleleKey) -> None:
    facts.rsids.update(number for (number,) in db.execute(f"SELECT number {_WHERE}", key))


def _positions(facts: _Facts, source: Source, db: sqlite3.Connection, key: AlleleKey) -> None:
    for (rsids,) in db.execute(f"SELECT rsids {_WHERE}", key):
        facts.rsids.update(unpack_rsids(rsids))


def _stars(facts: _Facts, source: Source, db: sqlite3.Connection, key: AlleleKey) -> None:
    for rsids, star in db.execute(f"SELECT rsids, star {_WHERE} ORDER BY number", key):
        facts.rsids.update(unpack_rsids(rsids))
        facts.stars.append(star)


_GATHER = {
    Kind.CLINVAR: _clinvar,
    Kind.EFFECTS: _effects,
    Kind.FREQUENCIES: _frequencies,
    Kind.RSIDS: _rsids,
    Kind.PGX: _positions,
    Kind.STAR_ALLELES: _stars,
}

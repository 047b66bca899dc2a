"""Writes an ontology's terms."""

import sqlite3
from collections.abc import Iterator, Sequence

from beacon_node.model.knowledge import OntologyTerm


def write_terms(db: sqlite3.Connection, terms: Sequence[OntologyTerm]) -> int:
    kept = db.executemany(
        "INSERT OR IGNORE INTO term VALUES (?, ?, ?, ?)",
        [(term.id, term.label, term.below, term.is_obsolete) for term in terms],
    ).rowcount
    edges = [(parent, term.id) for term in terms for parent in term.parents]
    db.executemany("INSERT OR IGNORE INTO parent VALUES (?, ?)", edges)
    stand_ins = [pair for term in terms for pair in _stand_ins(term)]
    db.executemany("INSERT OR IGNORE INTO stand_in VALUES (?, ?)", stand_ins)
    synonyms = [(term.id, text) for term in terms for text in term.synonyms]
    db.executemany("INSERT OR IGNORE INTO synonym VALUES (?, ?)", synonyms)
    return len(terms) - kept


def _stand_ins(term: OntologyTerm) -> Iterator[tuple[str, str]]:
    if term.is_obsolete:
        if term.replaced_by:
            yield term.id, term.replaced_by
        return
    for other in term.stands_for:
        yield other, term.id

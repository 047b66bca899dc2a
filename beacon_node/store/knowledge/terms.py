"""Finds ontology terms: their labels, what lies below them and what is like them."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from beacon_node.errors import InvalidRequest
from beacon_node.model.knowledge import Source
from beacon_node.model.ontology import LEAST_SIMILARITY, reach, similar_terms
from beacon_node.model.query import OntologyFilter, Similarity

_REPLACEMENTS = 5  # how many times in a row an id may have been replaced

Loaded = tuple[Source, sqlite3.Connection]


@dataclass(frozen=True, slots=True)
class OneOntology:
    """A loaded file as a `model.ontology.Hierarchy`."""

    db: sqlite3.Connection
    size: int

    def parents(self, terms: Collection[str]) -> Iterable[str]:
        return _among(self.db, "SELECT parent FROM parent WHERE child IN", terms)

    def children(self, terms: Collection[str]) -> Iterable[str]:
        return _among(self.db, "SELECT child FROM parent WHERE parent IN", terms)

    def counts_below(self, terms: Collection[str]) -> Mapping[str, int]:
        sql = "SELECT id, below FROM term WHERE NOT is_obsolete AND id IN"
        return dict(self.db.execute(f"{sql} (SELECT value FROM json_each(?))", [_json(terms)]))


def _among(db: sqlite3.Connection, sql: str, terms: Collection[str]) -> Iterator[str]:
    rows = db.execute(f"{sql} (SELECT value FROM json_each(?))", [_json(terms)])
    return (value for (value,) in rows)


def _json(terms: Collection[str]) -> str:
    return json.dumps(list(terms))


class Terms:
    """All loaded ontologies together: a term may lie below another by any of them."""

    def __init__(self, loaded: Sequence[Loaded]) -> None:
        self._loaded = loaded
        self._databases = [db for _, db in loaded]

    def terms_for(self, wanted: OntologyFilter) -> frozenset[str]:
        """Return the ids a filter stands for: itself, what is asked below or like it, and every
        older id of those. Raises InvalidRequest for a similarity nothing loaded can judge."""
        term = self.current(wanted.id) or wanted.id
        found = {term}
        if wanted.include_descendants:
            found = reach(term, self._children)
        if wanted.similarity is not Similarity.EXACT:
            found |= self._similar(term, wanted)
        return frozenset(found | set(self._older_ids(found)) | {wanted.id})

    def current(self, term: str) -> str | None:
        """Return a term's present id, whatever its case or age, None if it is unknown."""
        for _ in range(_REPLACEMENTS):
            present = self._first("SELECT id FROM term WHERE id = ? AND NOT is_obsolete", term)
            if present is not None:
                return present
            replacement = self._first("SELECT term FROM stand_in WHERE id = ?", term)
            if replacement is None:
                return self._first("SELECT id FROM term WHERE id = ?", term)
            term = replacement
        return term

    def label(self, term: str) -> str:
        """Return a term's label; an older id has its own or else its successor's."""
        own = self._first("SELECT label FROM term WHERE id = ? AND label <> ''", term)
        if own is not None:
            return own
        current = self.current(term)
        found = current and self._first("SELECT label FROM term WHERE id = ?", current)
        return found or ""

    def ancestors(self, term: str, prefix: str) -> frozenset[str]:
        """Return all terms above `term` over every is-a parent in the ontologies of `prefix`.

        With every older id of theirs, and the present id of `term` if that is another; empty for a
        term that is unknown there.
        """
        current = self.current(term) or term
        databases = [db for s, db in self._loaded if s.details.get("prefix") == prefix]

        def parents(terms: Collection[str]) -> Iterable[str]:
            sql = "SELECT parent FROM parent WHERE child IN"
            return (parent for db in databases for parent in _among(db, sql, terms))

        found = reach(current, parents)
        return frozenset(found | set(self._older_ids(found))) - {term}

    def _children(self, terms: Collection[str]) -> Iterable[str]:
        sql = "SELECT child FROM parent WHERE parent IN"
        return (child for db in self._databases for child in _among(db, sql, terms))

    def _older_ids(self, terms: Collection[str]) -> Iterable[str]:
        sql = "SELECT id FROM stand_in WHERE term IN"
        return (id for db in self._databases for id in _among(db, sql, terms))

    def _similar(self, term: str, wanted: OntologyFilter) -> set[str]:
        ontology = self._ontology_of(term)
        if ontology is None:
            raise InvalidRequest(
                f"filters: no ontology with {wanted.id!r} is loaded, so that nothing can be"
                f" called similar to it; ask with similarity exact"
            )
        return similar_terms(term, LEAST_SIMILARITY[wanted.similarity], ontology)

    def _ontology_of(self, term: str) -> OneOntology | None:
        """Return the ontology that judges a term: its own, else the largest that imports it."""
        sql = "SELECT 1 FROM term WHERE id = ? AND NOT is_obsolete"
        holding = [(s, db) for s, db in self._loaded if db.execute(sql, [term]).fetchone()]
        prefix = term.split(":")[0]
        best = max(
            holding,
            key=lambda pair: (pair[0].details.get("prefix") == prefix, pair[0].details["size"]),
            default=None,
        )
        return OneOntology(best[1], best[0].details["size"]) if best else None

    def _first(self, sql: str, term: str) -> str | None:
        for db in self._databases:
            row = db.execute(sql, [term]).fetchone()
            if row:
                return row[0]
        return None

"""Ontologies in OBO format, read by obonet."""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import obonet

from beacon_node.errors import InvalidInput
from beacon_node.ingest.knowledge.text import TextFile
from beacon_node.model.calls import ReadReport
from beacon_node.model.knowledge import OntologyTerm
from beacon_node.model.ontology import counts_below
from beacon_node.ports import Progress

_SYNONYM = re.compile(r'"((?:[^"\\]|\\.)*)"')
_TITLE = re.compile(r'(?:dc:title|terms:title|http://purl\.org/dc/\S*title) "([^"]+)"')
_VERSION_DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2})?")


@dataclass(frozen=True, slots=True)
class Ontology:
    """A read ontology. `prefix` is that of most terms; `title` is empty where the file has none."""

    path: str
    prefix: str
    version: str
    title: str
    graph: object

    @property
    def size(self) -> int:
        """How many current terms there are."""
        data = (data for _, data in self.graph.nodes(data=True))
        return sum(bool(term) and term.get("is_obsolete") != "true" for term in data)


class _Lines:
    """What obonet needs of an open file."""

    def __init__(self, text: TextFile) -> None:
        self._text = text

    def __enter__(self) -> Iterator[str]:
        return iter(self._text)

    def __exit__(self, *_) -> None:
        return None


def open_ontology(path: str, progress: Progress) -> Ontology:
    """Return the whole ontology (an is_a graph cannot be judged by halves)."""
    text = TextFile(path, progress)
    logging.getLogger("obonet").setLevel(logging.ERROR)
    try:
        graph = obonet.read_obo(_Lines(text), ignore_obsolete=False)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise text.wrong("this is no OBO format") from error
    prefixes = Counter(term.split(":")[0] for term in graph.nodes if ":" in term)
    if not prefixes:
        raise InvalidInput("there is no [Term] with an id like HP:0000118 in it", file=path)
    title = next((t for p in graph.graph.get("property_value", ()) for t in _title(p)), "")
    return Ontology(path, prefixes.most_common(1)[0][0], _version(graph.graph), title, graph)


def _title(property_value: str) -> list[str]:
    found = _TITLE.search(property_value)
    return [found[1]] if found else []


def _version(head: dict) -> str:
    """Return the release of an OBO file: the date in its data-version, else what stands there."""
    told = str(head.get("data-version", "") or head.get("date", ""))
    date = _VERSION_DATE.search(told)
    return date[0] if date else told


def read_ontology(ontology: Ontology, report: ReadReport) -> Iterator[OntologyTerm]:
    """Yield every term of the file; terms only referred to are left out."""
    nodes = ontology.graph.nodes
    current = {
        term: _parents(ontology, term)
        for term, data in nodes(data=True)
        if data and data.get("is_obsolete") != "true"
    }
    below = counts_below(current)
    for term, data in nodes(data=True):
        report.records += 1
        if not data:
            report.skip("term that is only referred to")
            continue
        obsolete = term not in current
        yield OntologyTerm(
            id=term,
            label=data.get("name", ""),
            parents=current.get(term, ()),
            synonyms=tuple(s[1] for s in map(_SYNONYM.match, data.get("synonym", ())) if s),
            stands_for=tuple(data.get("alt_id", ())),
            replaced_by=next(iter(data.get("replaced_by", ())), "") if obsolete else "",
            is_obsolete=obsolete,
            below=below.get(term, 0),
        )


def _parents(ontology: Ontology, term: str) -> tuple[str, ...]:
    edges = ontology.graph.out_edges(term, keys=True)
    return tuple(sorted(parent for _, parent, kind in edges if kind == "is_a"))

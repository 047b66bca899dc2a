"""The resources in a FHIR file: one Bundle or resource as JSON, or one resource a line (NDJSON)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from beacon_node.errors import InvalidInput
from beacon_node.ingest.plain_files import opened
from beacon_node.model.consent_import import Place

BUNDLES = frozenset({"searchset", "collection", "transaction", "batch", "document"})


@dataclass(frozen=True, slots=True, repr=False)
class Resource:
    """A FHIR resource and where it stands; `full_url` is what a bundle calls it."""

    place: Place
    body: Mapping
    full_url: str = ""

    @property
    def type(self) -> str:
        return str(self.body.get("resourceType", ""))


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is no resource at all."""

    place: Place
    problem: str


def resources(path: str | Path) -> Iterator[Resource | Broken]:
    """Yield the resources of a file. InvalidInput if it is neither form of FHIR's JSON."""
    with opened(path) as stream:
        head = next((line for line in stream if line.strip()), b"")
        second = next((line for line in stream if line.strip()), b"")
    if second and _is_object(head):
        yield from _of_lines(path)
    else:
        yield from _of_document(path)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _of_lines(path: str | Path) -> Iterator[Resource | Broken]:
    with opened(path) as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                body = orjson.loads(line)
            except orjson.JSONDecodeError:
                yield Broken(Place(number), "the line is not valid JSON")
                continue
            if isinstance(body, dict) and body.get("resourceType") != "Bundle":
                yield Resource(Place(number), body)
            else:
                yield Broken(Place(number), "a FHIR resource that is no Bundle is expected")


def _of_document(path: str | Path) -> Iterator[Resource | Broken]:
    body = _document(path)
    if not isinstance(body, dict) or "resourceType" not in body:
        raise InvalidInput("a FHIR Bundle or resource is expected", file=str(path))
    if body["resourceType"] != "Bundle":
        yield Resource(Place(1), body)
        return
    _check_bundle(body, str(path))
    for number, entry in enumerate(body.get("entry") or []):
        place = Place(entry=f"entry[{number}]")
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            yield Resource(place, entry["resource"], str(entry.get("fullUrl", "")))
        else:
            yield Broken(place, "an entry with a resource is expected")


def _document(path: str | Path) -> object:
    with opened(path) as stream:
        text = stream.read()
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as broken:
        problem, line = "not valid JSON", 0
        try:
            json.loads(text)
        except json.JSONDecodeError as found:
            problem, line = f"not valid JSON: {found.msg}", found.lineno
        except UnicodeDecodeError:
            problem = "this is not UTF-8 text"
        raise InvalidInput(problem, file=str(path), line=line) from broken


def _check_bundle(body: Mapping, path: str) -> None:
    if body.get("type") not in BUNDLES:
        expected = ", ".join(sorted(BUNDLES))
        raise InvalidInput(f"a Bundle of type {expected} is expected", file=path, field="type")
    if not isinstance(body.get("entry", []), list):
        raise InvalidInput("a list is expected", file=path, field="entry")
    links = body.get("link")
    if any(isinstance(link, dict) and link.get("relation") == "next" for link in links or []):
        problem = "this is one page of several (it has a `next` link): join all pages into one file"
        raise InvalidInput(problem, file=path, field="link")

"""The official Beacon v2.1.1 schemas of records, resolved from the copies beside this checkout."""

import json
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from beacon_node.model.entries import Document
from tests.shared_data import shared

_PUBLISHED = "https://raw.githubusercontent.com/ga4gh-beacon/beacon-v2/main/"
_MODEL = "models/json/beacon-v2-default-model"


def problems(document: Document) -> list[str]:
    """Return what the official schema of its entry type says against a record."""
    validator = _validator(document.entry_type.path)
    return [f"{e.json_path}: {e.message[:200]}" for e in validator.iter_errors(document.body)]


@cache
def _validator(folder: str) -> Draft202012Validator:
    spec = shared("spec")
    uri = f"{_PUBLISHED}{_MODEL}/{folder}/defaultSchema.json"
    registry: Registry = Registry(retrieve=lambda wanted: _resource(spec, wanted))
    return Draft202012Validator({"$ref": uri}, registry=registry)


def _resource(spec: Path, uri: str) -> Resource:
    contents = json.loads((spec / uri.removeprefix(_PUBLISHED)).read_text())
    contents.pop("$id", None)
    contents.pop("$schema", None)
    return Resource(contents=contents, specification=DRAFT202012)

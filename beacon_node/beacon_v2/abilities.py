"""What a member of the network can be asked, as its own documents say it.

Documents are whatever others serve: what is not of its form counts as not said. An address that a
map names is used only if it lies below the member's own url, because maps name test servers,
neighbours behind proxies, and example.org.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from beacon_node.beacon_v2 import foreign
from beacon_node.model.entries import EntryType, parse_scope
from beacon_node.model.federation import Member, MemberKind

DOCUMENTS = (
    *("/map", "/entry_types", "/configuration", "/filtering_terms", "/datasets"),
    "/service-info",
)
"""Below the API root of a member: what it is learned from."""

MOST_TERMS = 100_000
MOST_DATASETS = 1_000


class Form(StrEnum):
    """How a Beacon takes its questions: parameters nested under `g_variant` as the schema has them,
    flat as many servers have them, or in the URL."""

    NESTED = "nested"
    FLAT = "flat"
    GET = "get"


@dataclass(frozen=True, slots=True)
class Abilities:
    """None stands for what is not known. `terms` are the ids that filters may name, `version` is
    that of the server's program.

    `paths` are where entries of a type are asked for, below the member's url. `reads` is false of a
    beacon that says yes to a variation that nobody carries: it does not read its questions.
    """

    api_version: str = ""
    version: str = ""
    organization_url: str = ""
    entry_types: frozenset[EntryType] | None = None
    paths: Mapping[EntryType, str] = field(default_factory=dict)
    terms: frozenset[str] | None = None
    term_documents: tuple[Mapping, ...] = ()
    resources: tuple[Mapping, ...] = ()
    datasets: frozenset[str] | None = None
    form: Form | None = None
    reads: bool = True


UNKNOWN = Abilities()


def api_root(member: Member) -> str:
    """Return the path of a member's API below its url."""
    return "" if member.kind is MemberKind.BEACON else "/api"


def learn(member: Member, documents: Mapping[str, bytes]) -> Abilities:
    """Return what documents (by their path of `DOCUMENTS`) say; what was not to be had is absent.

    Never raises: a document that cannot be read says nothing.
    """
    read = {path: foreign.document(body) for path, body in documents.items()}
    paths = _paths(member, foreign.mapping(_response(read.get("/map")).get("endpointSets")))
    told = [
        foreign.mapping(_response(read.get(path)).get("entryTypes"))
        for path in ("/entry_types", "/configuration")
    ]
    known = frozenset(paths).union(*(_entry_types(one) for one in told))
    service = read.get("/service-info") or {}
    terms = read.get("/filtering_terms")
    rows = _terms(_response(terms)) if terms is not None else ()
    return Abilities(
        api_version=_version(read.values()),
        version=foreign.text(service.get("version"), 60),
        organization_url=foreign.url(foreign.mapping(service.get("organization")).get("url")),
        entry_types=known or None,
        paths=paths,
        terms=None if terms is None else frozenset(row["id"] for row in rows),
        term_documents=rows,
        resources=_resources(_response(terms)),
        datasets=_datasets(read.get("/datasets")),
    )


def _response(document: Mapping | None) -> Mapping:
    return foreign.mapping((document or {}).get("response"))


def _version(documents: Iterable[Mapping | None]) -> str:
    metas = (foreign.mapping((document or {}).get("meta")) for document in documents)
    versions = (foreign.text(meta.get("apiVersion"), 20) for meta in metas)
    return next(filter(None, versions), "")


def _entry_types(told: Mapping) -> frozenset[EntryType]:
    """Return the types of the default model among those that a document lists."""
    return frozenset(filter(None, (parse_scope(str(name)) for name in told)))


def _paths(member: Member, sets: Mapping) -> dict[EntryType, str]:
    found = {}
    for name, one in list(sets.items())[:100]:
        one = foreign.mapping(one)
        entry_type = parse_scope(str(one.get("entryType") or name)) or parse_scope(str(name))
        if entry_type and (path := _path_below(member, foreign.text(one.get("rootUrl")))):
            found[entry_type] = path
        elif entry_type:
            found[entry_type] = f"{api_root(member)}/{entry_type.path}"
    return found


def _path_below(member: Member, url: str) -> str:
    """Return the path of `url` below the member's, empty if it lies elsewhere or is no plain one.

    Whether it is http or https does not count: servers behind a proxy do not know it themselves.
    """
    try:
        there, own = urlsplit(url), urlsplit(member.url)
    except ValueError:
        return ""
    if there.netloc.lower() != own.netloc.lower() or there.query or there.fragment:
        return ""
    root = own.path.rstrip("/")
    path = there.path.rstrip("/")
    rest = path.removeprefix(root)
    is_below = path.startswith(f"{root}/") and _is_plain(rest)
    return rest if is_below else ""


def _is_plain(path: str) -> bool:
    parts = path.split("/")[1:]
    return bool(parts) and all(
        part.strip(".") and part.replace("_", "").replace("-", "").replace(".", "").isalnum()
        for part in parts
    )


# ---- filtering terms -----------------------------------------------------------------------------


def _terms(response: Mapping) -> tuple[Mapping, ...]:
    """Return the terms that say what they are; of scopes only those of the default model."""
    listed = foreign.mappings(response.get("filteringTerms"), MOST_TERMS)
    return tuple(row for one in listed if (row := _term(one)))


def _term(given: Mapping) -> dict | None:
    id = foreign.text(given.get("id"))
    if not id:
        return None
    kind = foreign.text(given.get("type"), 60)
    row: dict = {"type": kind if kind in ("alphanumeric", "custom") else "ontology", "id": id}
    if label := foreign.text(given.get("label")):
        row["label"] = label
    for name in ("scopes", "values"):
        if texts := foreign.texts(given.get(name), 200):
            row[name] = list(texts)
    return row


_RESOURCE = ("id", "name", "version", "nameSpacePrefix")


def _resources(response: Mapping) -> tuple[Mapping, ...]:
    found = []
    for given in foreign.mappings(response.get("resources"), 200):
        row = {name: foreign.text(given.get(name)) for name in _RESOURCE}
        row |= {name: foreign.url(given.get(name)) for name in ("url", "iriPrefix")}
        if row["id"] and row["name"]:
            found.append({name: value for name, value in row.items() if value})
    return tuple(found)


def _datasets(document: Mapping | None) -> frozenset[str] | None:
    """Return the ids of all datasets, None if the document does not list them, or not all."""
    if document is None:
        return None
    listed = _response(document).get("collections")
    if not isinstance(listed, list) or len(listed) > MOST_DATASETS:
        return None
    ids = frozenset(
        id for one in foreign.mappings(listed, MOST_DATASETS) if (id := foreign.text(one.get("id")))
    )
    total = foreign.whole(foreign.mapping(document.get("responseSummary")).get("numTotalResults"))
    return ids if len(listed) == len(ids) and total in (None, len(ids)) else None

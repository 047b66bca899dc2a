"""Requests → one canonical `Query`, and what of them is echoed in the response.

GET and POST, nested (`requestParameters.g_variant`) and flat parameters, comma-joined and repeated
lists end in the same value. An unknown parameter is refused by name: a typo must never widen a
question. Three readings of the specification are ours: a body without `meta` is taken as one of our
version; the query's members may also stand at the top of the body, as in the documentation's
examples; and a schema we do not have is no error, because it changes the form and not the content:
`returnedSchemas` says which one the answer is in.
"""

from collections.abc import Iterable, Mapping

from beacon_node.beacon_v2 import fields
from beacon_node.beacon_v2.envelope import understand
from beacon_node.beacon_v2.received import DEFAULT_RULES, Parsed, Rules, Target
from beacon_node.beacon_v2.variation import PARAMETERS
from beacon_node.errors import InvalidRequest

# ---- GET ---------------------------------------------------------------------------------------

# Lists may be comma-joined, repeated, or both; anything else may be given once.
_LISTS = frozenset({"start", "end", "filters", "datasetIds", "requestedSchema"})
_ALIASES = {
    **PARAMETERS,
    "datasets": "datasetIds",
    "requestedSchemas": "requestedSchema",
    **{
        name: name
        for name in (
            *("filters", "datasetIds", "requestedSchema", "apiVersion", "skip", "limit"),
            *("includeResultsetResponses", "requestedGranularity", "testMode"),
        )
    },
}


def parse_get(
    target: Target, pairs: Iterable[tuple[str, str]], rules: Rules = DEFAULT_RULES
) -> Parsed:
    """Return the query that the decoded (name, value) pairs of a URL ask for.

    Raises InvalidRequest naming the parameter, NotFound for an id that cannot be one of ours.
    """
    given: dict[str, object] = {}
    for written, value in pairs:
        name = _ALIASES.get(written)
        if name is None:
            raise InvalidRequest(_unknown("parameter", written, _ALIASES))
        if name not in given:
            given[name] = value
        elif name in _LISTS:
            given[name] = f"{given[name]},{value}"
        else:
            raise InvalidRequest(f"{written} is given twice")
    return understand(target, given, rules)


def _unknown(what: str, written: str, known: Iterable[str]) -> str:
    return f"{fields.shown(written)} is no {what} here; known are {', '.join(sorted(known))}"


def parse_page_get(pairs: Iterable[tuple[str, str]]) -> tuple[int, int | None]:
    """Return (pages to skip, page size or None for everything) of a list of filtering terms."""
    given = dict(pairs)
    if unknown := given.keys() - {"skip", "limit", "requestedSchema"}:
        raise InvalidRequest(_unknown("parameter", min(unknown), ("skip", "limit")))
    return _page(given)


def parse_page_post(body: object) -> tuple[int, int | None]:
    """Return what `parse_page_get` does, of a JSON body."""
    document = fields.mapping("the request body", body)
    query = fields.mapping("query", document.get("query", {}))
    page = query.get("pagination", document.get("pagination", {}))
    return _page(_pagination(fields.mapping("pagination", page)))


def _page(given: Mapping[str, object]) -> tuple[int, int | None]:
    limit = fields.integer("limit", given["limit"]) if "limit" in given else 0
    return fields.integer("skip", given.get("skip", 0)), limit or None


# ---- POST --------------------------------------------------------------------------------------

_QUERY_MEMBERS = frozenset(
    {
        *("requestParameters", "filters", "includeResultsetResponses", "pagination"),
        *("requestedGranularity", "testMode"),
    }
)
_PAGE_TOKENS = ("currentPage", "nextPage", "previousPage")
# Keys under which the parameters of an entry type may be nested.
_VARIANT_KEYS = frozenset(
    {"g_variant", "g_variants", "genomicVariant", "genomicVariation", "genomicVariations"}
)
_DATASET_KEYS = frozenset({"dataset", "datasets"})


def parse_post(target: Target, body: object, rules: Rules = DEFAULT_RULES) -> Parsed:
    """Return the query that a decoded JSON body asks for. Raises as `parse_get` does."""
    document = fields.mapping("the request body", body)
    given = _meta(document.pop("meta", None))
    document.pop("$schema", None)
    document.pop("passports", None)  # who asks is found elsewhere
    query = fields.mapping("query", document.pop("query", {}))
    for name, value in document.items():
        if name not in _QUERY_MEMBERS:
            raise InvalidRequest(_unknown("member of a request body", name, {"meta", "query"}))
        if query.setdefault(name, value) != value:
            raise InvalidRequest(f"{name} is given twice, in query and beside it")
    for name, value in query.items():
        given |= _query_member(name, value)
    return understand(target, given, rules)


def _meta(value: object) -> dict[str, object]:
    meta = fields.mapping("meta", value) if value is not None else {}
    names = {"apiVersion": "apiVersion", "requestedSchemas": "requestedSchema"}
    return {names[name]: found for name, found in meta.items() if name in names}


def _query_member(name: str, value: object) -> dict[str, object]:
    if name == "requestParameters":
        return _parameters(fields.mapping("requestParameters", value))
    if name == "pagination":
        return _pagination(fields.mapping("pagination", value))
    if name not in _QUERY_MEMBERS:
        raise InvalidRequest(_unknown("member of query", name, _QUERY_MEMBERS))
    if name == "filters" and isinstance(value, str):
        value = [value]
    return {name: value}


def _pagination(given: dict[str, object]) -> dict[str, object]:
    for name, value in given.items():
        if name in _PAGE_TOKENS:
            if value:
                raise InvalidRequest(f"pagination.{name}: this node gives no page tokens; use skip")
        elif name not in ("skip", "limit"):
            raise InvalidRequest(_unknown("member of pagination", name, ("skip", "limit")))
    return {name: value for name, value in given.items() if name in ("skip", "limit")}


def _parameters(given: dict[str, object]) -> dict[str, object]:
    """Return flat parameters by the documentation's names, whether nested or not."""
    found: dict[str, object] = {}
    for written, value in given.items():
        for name, member in _flat(written, value):
            known = "datasetIds" if name == "datasetIds" else PARAMETERS.get(name)
            if known is None:
                raise InvalidRequest(
                    _unknown("request parameter", name, (*PARAMETERS, "datasetIds"))
                )
            if found.setdefault(known, member) != member:
                raise InvalidRequest(f"{known} is given twice with different values")
    return found


def _flat(written: str, value: object) -> Iterable[tuple[str, object]]:
    if written == "$schema":
        return ()
    if written in _VARIANT_KEYS:
        nested = fields.mapping(f"requestParameters.{written}", value)
        return ((name, member) for name, member in nested.items() if name != "$schema")
    if written in _DATASET_KEYS:
        nested = (
            fields.mapping(written, value) if isinstance(value, dict) else {"datasetIds": value}
        )
        return nested.items()
    return ((written, value),)

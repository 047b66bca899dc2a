"""What GET and POST have in common: named values → `Query` and its echo."""

from collections.abc import Mapping

from beacon_node.beacon_v2 import fields
from beacon_node.beacon_v2.filters import parse_filters
from beacon_node.beacon_v2.received import API_VERSION, Parsed, ReceivedRequest, Rules, Target
from beacon_node.beacon_v2.variation import PARAMETERS, parse_variation
from beacon_node.errors import InvalidRequest, NotFound
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity, Include, Page, Query
from beacon_node.model.variation import parse_variation_id

MAX_SKIP = 10**9  # pages


def understand(target: Target, given: Mapping[str, object], rules: Rules) -> Parsed:
    """Return the query of named values, each still as written. Errors are those of `parse`."""
    page = _page(given, rules)
    granularity, include = _granularity(given, rules), _include(given)
    is_test = "testMode" in given and fields.boolean("testMode", given["testMode"])
    filters, filter_texts = parse_filters(given["filters"]) if "filters" in given else ((), ())
    asked = {name: value for name, value in given.items() if name in PARAMETERS}
    for name in ("start", "end"):
        if name in asked:
            asked[name] = fields.integers(name, asked[name], most=2)
    variation = parse_variation(asked, rules.bases)
    datasets = _datasets(given)
    _check_target(target, has_variation=variation is not None)
    query = Query(
        target.entry_type,
        variation,
        filters,
        granularity,
        include,
        page,
        datasets,
        target.within,
        target.entry_id,
        is_test,
    )
    received = ReceivedRequest(
        api_version=_api_version(given),
        requested_schemas=_schemas(target, given),
        filters=filter_texts,
        parameters=_echo(asked, datasets),
        include=include,
        page=page,
        granularity=granularity,
        is_test=is_test,
    )
    return Parsed(query, received)


def _page(given: Mapping, rules: Rules) -> Page:
    if "skip" not in given and "limit" not in given:
        return rules.first_page
    skip = fields.integer("skip", given["skip"]) if "skip" in given else 0
    if skip > MAX_SKIP:
        raise InvalidRequest(f"skip must be at most {MAX_SKIP}")
    if "limit" not in given:
        return Page(skip, rules.first_page.limit)
    limit = fields.integer("limit", given["limit"])
    return Page(skip, min(limit or rules.max_page_size, rules.max_page_size))


_HIT = Include.HIT  # reading a member off its enum is slow
_VARIANT = EntryType.GENOMIC_VARIANT
_GRANULARITIES = {granularity.word: granularity for granularity in Granularity}


def _granularity(given: Mapping, rules: Rules) -> Granularity:
    if "requestedGranularity" not in given:
        return rules.default_granularity
    told = given["requestedGranularity"]
    found = _GRANULARITIES.get(told) if isinstance(told, str) else None
    return found or _GRANULARITIES[fields.one_of("requestedGranularity", told, _GRANULARITIES)]


def _include(given: Mapping) -> Include:
    if "includeResultsetResponses" not in given:
        return _HIT
    name = "includeResultsetResponses"
    return Include(fields.one_of(name, given[name], Include))


def _datasets(given: Mapping) -> tuple[str, ...]:
    if "datasetIds" not in given:
        return ()
    return tuple(sorted(set(fields.texts("datasetIds", given["datasetIds"]))))


def _check_target(target: Target, *, has_variation: bool) -> None:
    """Raise NotFound for an id that is no variation's, InvalidRequest for two variations."""
    within = target.within
    if within and within.entry_type is _VARIANT:
        named = within.id
    elif target.entry_type is _VARIANT:
        named = target.entry_id
    else:
        return
    if named and parse_variation_id(named) is None:
        raise NotFound("there is no variation with this id here")
    if named and has_variation:
        raise InvalidRequest("a variation named by its id takes no other variation's parameters")


def _api_version(given: Mapping) -> str:
    if "apiVersion" not in given:
        return API_VERSION
    version = fields.text("apiVersion", given["apiVersion"])
    if version.lower().removeprefix("v").split(".")[0] != "2" or len(version) > 20:
        raise InvalidRequest(f"apiVersion {fields.shown(version)} is not spoken here; v2 is")
    return version


def _schemas(target: Target, given: Mapping) -> tuple[Mapping[str, str], ...]:
    value = given.get("requestedSchema")
    if value is None or value == "" or value == []:
        return ()
    if isinstance(value, str):
        names = fields.texts("requestedSchema", value)
        return tuple({"entityType": target.entry_type.value, "schema": name} for name in names)
    if not isinstance(value, list):
        raise InvalidRequest("requestedSchemas must be a list")
    return tuple(_schema(item) for item in value)


def _schema(item: object) -> Mapping[str, str]:
    members = fields.mapping("each of requestedSchemas", item)
    return {
        name: fields.text(f"requestedSchemas.{name}", members[name])
        for name in ("entityType", "schema")
        if name in members
    }


def _echo(asked: Mapping[str, object], datasets: tuple[str, ...]) -> dict[str, object]:
    """Return the parameters as the schema wants them: an object of objects, positions as lists."""
    echoed: dict[str, object] = {}
    if asked:
        echoed["g_variant"] = asked
    if datasets:
        echoed["datasets"] = {"datasetIds": datasets}
    return echoed

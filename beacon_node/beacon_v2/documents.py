"""The framework's documents: who the beacon is, what it serves and where (all GET, all public)."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from beacon_node.beacon_v2.collections import guard_words
from beacon_node.beacon_v2.entry_types import (
    DEFINITIONS,
    FRAMEWORK,
    MODEL,
    SPECIFICATION,
    Definition,
)
from beacon_node.beacon_v2.identity import BeaconIdentity
from beacon_node.beacon_v2.received import API_VERSION
from beacon_node.model.entries import EntryType, parse_scope
from beacon_node.ports import Dataset

_EVERY = tuple(DEFINITIONS)  # entry type that this program knows
_PRODUCTION_STATUS = {"prod": "PROD", "test": "TEST", "staging": "TEST", "dev": "DEV"}


def _informational(identity: BeaconIdentity, response: dict, schema: str = "") -> dict:
    schemas = [{"schema": schema}] if schema else []
    meta = {"beaconId": identity.id, "apiVersion": API_VERSION, "returnedSchemas": schemas}
    return {"meta": meta, "response": response}


def _told(members: Mapping[str, object]) -> dict:
    """Return the members that say something: an empty URL or date is none."""
    return {name: value for name, value in members.items() if value not in ("", None)}


def info_document(identity: BeaconIdentity, datasets: Iterable[Dataset] = ()) -> dict:
    """Return `/info`, with what protected datasets and registered counts give away at most."""
    told = ({"datasetId": one.id, **words} for one in datasets if (words := guard_words(one)))
    bounds = list(told)
    response = _told(
        {
            "id": identity.id,
            "name": identity.name,
            "apiVersion": API_VERSION,
            "environment": identity.environment,
            "organization": _organization(identity),
            "description": identity.description,
            "version": identity.version,
            "welcomeUrl": identity.welcome_url,
            "alternativeUrl": identity.alternative_url,
            "createDateTime": identity.created_at,
            "updateDateTime": identity.updated_at,
        }
    )
    if bounds:
        info = {"privacyBounds": bounds, "registeredCounts": identity.registered_counts}
        response["info"] = _told(info)
    return _informational(identity, response)


def _organization(identity: BeaconIdentity) -> dict:
    return _told(
        {
            "id": identity.organization_id,
            "name": identity.organization_name,
            "welcomeUrl": identity.organization_url,
            "contactUrl": identity.contact_url,
            "description": identity.organization_description,
        }
    )


def service_info_document(identity: BeaconIdentity) -> dict:
    """Return `/service-info`: GA4GH service-info 1.0.0, without Beacon's envelope."""
    organization = {"name": identity.organization_name, "url": identity.organization_url}
    return _told(
        {
            "id": identity.id,
            "name": identity.name,
            "type": {"group": "org.ga4gh", "artifact": "beacon", "version": API_VERSION},
            "description": identity.description,
            "organization": organization,
            "contactUrl": identity.contact_url,
            "documentationUrl": identity.welcome_url,
            "createdAt": identity.created_at,
            "updatedAt": identity.updated_at,
            "environment": identity.environment,
            "version": identity.version,
        }
    )


def configuration_document(
    identity: BeaconIdentity, served: Collection[EntryType] = _EVERY
) -> dict:
    """Return `/configuration`; `securityAttributes` say what a stranger gets here."""
    response = {
        "$schema": f"{FRAMEWORK}/configuration/beaconConfigurationSchema.json",
        "maturityAttributes": {"productionStatus": _PRODUCTION_STATUS[identity.environment]},
        "securityAttributes": {
            "defaultGranularity": identity.default_granularity.word,
            "securityLevels": list(identity.security_levels),
        },
        "entryTypes": _entry_types(served),
    }
    return _informational(identity, response)


def entry_types_document(identity: BeaconIdentity, served: Collection[EntryType] = _EVERY) -> dict:
    """Return `/entry_types`."""
    return _informational(identity, {"entryTypes": _entry_types(served)})


def _entry_types(served: Collection[EntryType]) -> dict:
    return {t.value: _entry_type(t, one) for t, one in DEFINITIONS.items() if t in served}


def _entry_type(entry_type: EntryType, definition: Definition) -> dict:
    term, label = definition.term
    document = {
        "id": entry_type.value,
        "name": definition.name,
        "description": definition.description,
        "ontologyTermForThisType": {"id": term, "label": label},
        "partOfSpecification": SPECIFICATION,
        "defaultSchema": {
            "id": definition.schema,
            "name": f"Default schema of {definition.name}",
            "referenceToSchemaDefinition": f"{MODEL}/{definition.folder}/defaultSchema.json",
            "schemaVersion": definition.schema_version,
        },
        "additionallySupportedSchemas": [],
        "nonFilteredQueriesAllowed": True,
    }
    if definition.collects:
        document["aCollectionOf"] = [
            {"id": part.value, "name": DEFINITIONS[part].name} for part in definition.collects
        ]
    return document


def map_document(identity: BeaconIdentity, served: Collection[EntryType] = _EVERY) -> dict:
    """Return `/map`: every endpoint of the entry types served, with absolute URLs."""
    response = {
        "$schema": f"{FRAMEWORK}/configuration/beaconMapSchema.json",
        "endpointSets": {
            entry_type.value: _endpoint_set(entry_type, definition, identity.api_url, served)
            for entry_type, definition in DEFINITIONS.items()
            if entry_type in served
        },
    }
    return _informational(identity, response)


def _endpoint_set(
    entry_type: EntryType, definition: Definition, api_url: str, served: Collection[EntryType]
) -> dict:
    root = f"{api_url}/{entry_type.path}"
    document = {
        "entryType": entry_type.value,
        "openAPIEndpointsDefinition": f"{MODEL}/{definition.folder}/endpoints.json",
        "rootUrl": root,
        "singleEntryUrl": f"{root}/{{id}}",
        "endpoints": {
            f"{part.value}Lookup": {
                "returnedEntryType": part.value,
                "url": f"{root}/{{id}}/{part.path}",
            }
            for part in definition.sub_endpoints
            if part in served
        },
    }
    if definition.has_filtering_terms:
        single = "" if entry_type is EntryType.INDIVIDUAL else "/{id}"
        document["filteringTermsUrl"] = f"{root}{single}/filtering_terms"
    return document


# ---- filtering terms ---------------------------------------------------------------------------


def filtering_terms_document(
    identity: BeaconIdentity,
    terms: Sequence[Mapping],
    resources: Sequence[Mapping],
    *,
    skip: int = 0,
    limit: int | None = None,
) -> dict:
    """Return a page of `/filtering_terms`; `limit` None shows all, `skip` counts pages."""
    first = skip * limit if limit else 0
    shown = terms[first : first + limit] if limit else terms
    response = {"resources": [_told(r) for r in resources], "filteringTerms": list(shown)}
    return _informational(identity, response) | {"info": {"numTotalResults": len(terms)}}


def merge_terms(lists: Iterable[Sequence[Mapping]]) -> list[dict]:
    """Return the filtering terms of several datasets as one list, sorted by type and id.

    `scopes` become ids of entry types, as in the specification's examples (`individual`).
    """
    merged: dict[tuple[str, str], dict] = {}
    for term in (term for terms in lists for term in terms):
        key = term["type"], term["id"]
        found = merged.setdefault(key, {"type": key[0], "id": key[1]})
        if term.get("label"):
            found.setdefault("label", term["label"])
        _add_to(found, "scopes", _entry_type_ids(term.get("scopes", ())))
        _add_to(found, "values", term.get("values", ()))
    return [merged[key] for key in sorted(merged)]


def _add_to(found: dict, name: str, more: Iterable[str]) -> None:
    together = {*found.get(name, ()), *more}
    if together:
        found[name] = sorted(together)


def _entry_type_ids(scopes: Iterable[str]) -> list[str]:
    return [scope.value for scope in map(parse_scope, scopes) if scope]


def restrict_terms(terms: Iterable[Mapping], scope: EntryType) -> list[Mapping]:
    """Return the terms that can filter entries of one type."""
    return [term for term in terms if scope.value in term.get("scopes", ())]

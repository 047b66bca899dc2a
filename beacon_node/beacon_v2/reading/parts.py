"""The parts of an answer: what each dataset said, its records, where it points."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from beacon_node.beacon_v2 import foreign
from beacon_node.errors import InvalidRequest
from beacon_node.model.federation import Came, Member, MemberKind, Told
from beacon_node.model.federation_documents import read_told
from beacon_node.model.genome import Assembly, parse_assembly
from beacon_node.model.query import Granularity

MOST_SETS = 1_000
MOST_RECORDS = 1_000  # of one result set
MOST_HANDOVERS = 200
_CURIE = re.compile(r"\w[^:]+:.+")
_CAME = {came.value: came for came in Came}
_PRECISIONS = frozenset({"exact", "imprecise", "rounded"})


def numbers(found: Mapping, count: object, granularity: Granularity) -> dict:
    """Return exists, count, precision and thresholds as told, no more of them than was asked for.

    A number that contradicts its own yes or no is not told: somebody's zero or threshold.
    """
    exists, told = foreign.flag(found.get("exists")), foreign.whole(count)
    if granularity is Granularity.BOOLEAN or (told is not None and bool(told) is not exists):
        told = None
    adjusted = foreign.texts(found.get("countAdjustedTo"), 10)
    precision = foreign.text(found.get("countPrecision"), 20)
    is_boolean = granularity is Granularity.BOOLEAN
    return {
        "exists": exists,
        "count": told,
        "precision": precision if precision in _PRECISIONS and not is_boolean else "",
        "adjusted_to": () if is_boolean else adjusted,
    }


# ---- result sets ---------------------------------------------------------------------------------


def told_sets(
    member: Member, sets: Iterable[Mapping], granularity: Granularity, asked_on: Assembly | None
) -> tuple[Told, ...]:
    """Return what each result set says of its dataset, with whose it is."""
    return tuple(_told_set(member, one, granularity, asked_on) for one in sets)


def _told_set(
    member: Member, found: Mapping, granularity: Granularity, asked_on: Assembly | None
) -> Told:
    info = foreign.mapping(found.get("info"))
    beacon, via = whose(member, found)
    told = Told(
        dataset=foreign.text(found.get("id")) or "unnamed",
        beacon=beacon,
        **numbers(found, found.get("resultsCount"), granularity),
        name=foreign.text(info.get("name")),
        assembly=foreign.text(info.get("assembly") or info.get("assemblyId"), 60),
        via=via,
    )
    if told.exists is None:
        return replace(told, status=Came.MALFORMED, count=None, reason="it says neither yes nor no")
    return _on_its_assembly(told, asked_on)


def _on_its_assembly(told: Told, asked_on: Assembly | None) -> Told:
    """Return what was told, if it was asked on the assembly that the dataset is on."""
    try:
        own = parse_assembly(told.assembly) if told.assembly and asked_on else None
    except InvalidRequest:
        own = None
    if own is None or own is asked_on:
        return told
    return replace(
        told,
        status=Came.WRONG_ASSEMBLY,
        exists=None,
        count=None,
        precision="",
        adjusted_to=(),
        reason=f"its data are on {own}, and the question is on {asked_on}",
    )


def whose(member: Member, found: Mapping) -> tuple[str, tuple[str, ...]]:
    """Return the id of the beacon a result set or dataset is of, and the brokers between.

    A node speaks for itself alone; a broker, or somebody's aggregator, names whose it passes on.
    """
    named = foreign.text(found.get("beaconId"))
    if member.kind is MemberKind.NODE or not named or named == member.id:
        return member.id, ()
    info = foreign.mapping(found.get("info"))
    return named, (member.id, *foreign.texts(info.get("via") or found.get("via") or [], 20))


def records(member: Member, sets: Iterable[Mapping], limit: int) -> tuple[Mapping, ...]:
    """Return the result sets as documents that can be passed on, with their records.

    `limit` is the page asked for: a set with more records than that is cut. A set that does not say
    whether it has anything is left out.
    """
    return tuple(filter(None, (_set(member, one, limit) for one in sets)))


def _set(member: Member, found: Mapping, limit: int) -> Mapping | None:
    exists = foreign.flag(found.get("exists"))
    results = found.get("results")
    if exists is None or not isinstance(results, list):
        return None
    cleaned = [foreign.record(one) for one in results[: min(limit, MOST_RECORDS)]]
    kept = [one for one in cleaned if one is not None]
    beacon, via = whose(member, found)
    document: dict[str, object] = {
        "id": foreign.text(found.get("id")) or "unnamed",
        "beaconId": beacon,
        "setType": foreign.text(found.get("setType"), 60) or "dataset",
        "exists": exists,
        **_set_count(found, kept),
        "results": kept,
        "info": _info(found, via, len(results) - len(kept)),
    }
    if handed := handovers(found.get("resultsHandovers")):
        document["resultsHandovers"] = list(handed)
    return document


def _set_count(found: Mapping, kept: list) -> dict:
    """Return the number of a set as told; where none was, that there are at least its records."""
    told = numbers(found, found.get("resultsCount"), Granularity.RECORD)
    if told["count"] is None:
        at_least = {"countPrecision": "imprecise", "countAdjustedTo": [f">={len(kept)}"]}
        return {"resultsCount": len(kept)} | at_least
    document: dict = {"resultsCount": told["count"]}
    if told["precision"]:
        document["countPrecision"] = told["precision"]
    if told["adjusted_to"]:
        document["countAdjustedTo"] = list(told["adjusted_to"])
    return document


def _info(found: Mapping, via: tuple[str, ...], left_out: int) -> dict:
    info = dict(foreign.record(found.get("info")) or {})
    info.pop("via", None)
    if via:
        info["via"] = list(via)
    if left_out > 0:
        info["recordsLeftOut"] = left_out
    return info


def collections(member: Member, listed: Iterable[Mapping]) -> tuple[Mapping, ...]:
    """Return datasets or cohorts as documents that can be passed on, with whose they are."""
    found = []
    for one in listed:
        document = foreign.record(one)
        if document is None or not document.get("id"):
            continue
        beacon, via = whose(member, {**foreign.mapping(document.get("info")), **document})
        info = dict(foreign.mapping(document.get("info"))) | {"beaconId": beacon}
        found.append({**document, "info": info | ({"via": list(via)} if via else {})})
    return tuple(found)


# ---- status rows of our own nodes ----------------------------------------------------------------


def told_rows(
    member: Member, rows: object, sets: Iterable[Told], granularity: Granularity
) -> tuple[Told, ...]:
    """Return what `info.datasets` of a node of ours says, one row per dataset, also of those that
    did not answer; names and assemblies come from the result sets."""
    named = {told.dataset: told for told in sets}
    found = []
    for document in foreign.mappings(rows, MOST_SETS):
        told = read_told(document, member.id)
        if not told.dataset or "status" not in document:
            continue
        known = named.get(told.dataset)
        told = replace(
            told,
            beacon=member.id,
            via=(),
            name=told.name or (known.name if known else ""),
            assembly=told.assembly or (known.assembly if known else ""),
        )
        found.append(lowered(told, granularity))
    return tuple(found)


def are_status_rows(listed: Sequence[object]) -> bool:
    """Say whether all of a list are rows of datasets with a status that is known here."""
    rows = [foreign.mapping(one) for one in listed]
    return bool(rows) and all(
        foreign.text(row.get("id")) and foreign.text(row.get("status")) in _CAME for row in rows
    )


def lowered(told: Told, granularity: Granularity) -> Told:
    """Return no more than was asked for."""
    if granularity is not Granularity.BOOLEAN:
        return told
    return replace(told, count=None, precision="", adjusted_to=())


# ---- handovers -----------------------------------------------------------------------------------


def handovers(listed: object) -> tuple[Mapping, ...]:
    """Return the handovers that have their form and lead into the web."""
    found = (_handover(one) for one in foreign.mappings(listed, MOST_HANDOVERS))
    return tuple(one for one in found if one)


def _handover(given: Mapping) -> dict | None:
    kind, url = foreign.mapping(given.get("handoverType")), foreign.url(given.get("url"))
    id = foreign.text(kind.get("id"))
    if not url or not _CURIE.fullmatch(id):
        return None
    label = foreign.text(kind.get("label")) or id
    document: dict = {"handoverType": {"id": id, "label": label}, "url": url}
    if note := foreign.text(given.get("note")):
        document["note"] = note
    return document

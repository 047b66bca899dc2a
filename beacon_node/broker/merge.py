"""Rows of members → one answer in Beacon's form.

Anybody's yes is a yes. Numbers are added only where they were told, of the same kind, and once for
each beacon, however many ways lead to it; what the sum covers is told with it. Who did not answer
said nothing: their row says why. Granularity may differ between members: the answer has the highest
that any of them told, and each row its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from beacon_node.beacon_v2.entry_types import COLLECTIONS
from beacon_node.beacon_v2.identity import BeaconIdentity
from beacon_node.beacon_v2.received import Parsed
from beacon_node.beacon_v2.render import render_meta
from beacon_node.errors import InvalidRequest, NoNodeAnswered, NotFound
from beacon_node.model.federation import Came, MemberRow, Told, Totals
from beacon_node.model.federation_documents import row_document, told_document
from beacon_node.model.query import Granularity, Include, Page

_COUNT, _RECORD = Granularity.COUNT, Granularity.RECORD
_NOT_HEARD = frozenset(
    {
        *(Came.WAITING, Came.TIMED_OUT, Came.OFFLINE, Came.SKIPPED, Came.NOT_AUTHENTIC),
        *(Came.MALFORMED, Came.FAILED),
    }
)


# ---- totals --------------------------------------------------------------------------------------


def totals(rows: Sequence[MemberRow], counted: str) -> Totals:
    """Return what rows say together; `counted` is what a number must count to be added.

    Numbers that are added are exact only if all of them are. Where somebody's yes has no number, or
    was not told because it is small, the sum is less than everything.
    """
    leaves = list(each_once(rows))
    answered = [row for row in leaves if row.exists is not None]
    told = [row for row in answered if _is_added(row, counted)]
    hides = any(row not in told and (row.exists or row.adjusted_to) for row in answered)
    is_exact = all(row.precision in ("", "exact") for row in told)
    count = sum(row.count or 0 for row in told) if told else None
    return Totals(
        exists=any(row.exists for row in answered) if answered else None,
        count=count,
        precision="" if count is None else "exact" if is_exact and not hides else "imprecise",
        adjusted_to=(f">={count}",) if count is not None and hides and is_exact else (),
        covers=tuple(row.member for row in told),
        answered=sum(row.exists is not None for row in rows),
        members=len(rows),
    )


def _is_added(row: MemberRow, counted: str) -> bool:
    return row.count is not None and row.count_of in ("", counted)


def each_once(rows: Iterable[MemberRow]) -> Iterator[MemberRow]:
    """Yield the row of each beacon once: the members' own first, then those that brokers below
    pass on. A broker whose members are told of is itself no beacon with data."""
    seen: set[str] = set()
    level = list(rows)
    while level:
        below: list[MemberRow] = []
        for row in level:
            if row.rows and row.exists is not None:
                below.extend(row.rows)
            elif row.member not in seen:
                seen.add(row.member)
                yield row
        level = below


def met_twice(rows: Iterable[MemberRow]) -> tuple[str, ...]:
    """Return the ids of beacons that more than one way leads to."""
    ways = [row.member for row in _leaves(rows)]
    return tuple(sorted({member for member in ways if ways.count(member) > 1}))


def _leaves(rows: Iterable[MemberRow]) -> Iterator[MemberRow]:
    for row in rows:
        if row.rows and row.exists is not None:
            yield from _leaves(row.rows)
        else:
            yield row


# ---- the document --------------------------------------------------------------------------------


def beacon_document(rows: Sequence[MemberRow], parsed: Parsed, identity: BeaconIdentity) -> dict:
    """Return the answer to a question, from one row per member.

    Raises NoNodeAnswered if no member was heard, InvalidRequest or NotFound if all that were heard
    did not understand it, or have no such entry.
    """
    _check_heard(rows)
    query, received = parsed.query, parsed.received
    found = totals(rows, query.entry_type.counts)
    granularity = _granularity(rows, query.granularity)
    summary: dict[str, object] = {"exists": bool(found.exists)}
    if granularity >= _COUNT and found.count is not None:
        summary["numTotalResults"] = found.count
        summary["countPrecision"] = found.precision
        if found.adjusted_to:
            summary["countAdjustedTo"] = list(found.adjusted_to)
    elif granularity is _COUNT:
        granularity = Granularity.BOOLEAN  # nobody told a number that could stand here
    document: dict[str, object] = {
        "meta": render_meta(query.entry_type, granularity, received, identity),
        "responseSummary": summary,
        "info": _info(rows, found, parsed, granularity),
    }
    if granularity is _RECORD:
        document["response"] = _response(rows, parsed)
    if handovers := [dict(one) for row in rows for one in row.handovers]:
        document["beaconHandovers"] = handovers
    return document


def _check_heard(rows: Sequence[MemberRow]) -> None:
    heard = [row for row in rows if row.came not in _NOT_HEARD]
    if not rows:
        raise NoNodeAnswered("this network has no members yet, so nobody could be asked")
    if not heard:
        told = "; ".join(f"{row.name}: {row.reason or row.came}" for row in rows[:5])
        raise NoNodeAnswered(f"none of {len(rows)} members answered ({told})")
    if len(heard) < len(rows) or any(row.came is not Came.NOT_UNDERSTOOD for row in heard):
        return
    reason = f"{heard[0].name}: {heard[0].reason}" if len(heard) > 1 else heard[0].reason
    if all(row.is_missing for row in heard):
        raise NotFound(f"no member has this entry ({reason})")
    raise InvalidRequest(f"no member understands this question ({reason})")


def _granularity(rows: Iterable[MemberRow], asked: Granularity) -> Granularity:
    told = [row.granularity for row in rows if row.exists is not None and row.granularity]
    return min(asked, max(told, default=Granularity.BOOLEAN))


def _info(
    rows: Sequence[MemberRow], found: Totals, parsed: Parsed, granularity: Granularity
) -> dict:
    query = parsed.query
    info: dict[str, object] = {
        "countOf": query.entry_type.counts,
        "answered": found.answered,
        "asked": found.members,
        "members": [member_document(row) for row in rows],
        "datasets": [_dataset_row(told) for row in rows for told in row.datasets],
    }
    if found.count is not None and granularity >= _COUNT:
        info["totalCovers"] = list(found.covers)
    if twice := met_twice(rows):
        info["metTwice"] = list(twice)
    if granularity is _RECORD and query.entry_type not in COLLECTIONS:
        info["page"] = page_words(query.page)
    return info


def page_words(page: Page) -> str:
    """Say what a page is here: each member counts its records for itself."""
    first = page.offset + 1
    return (
        f"records {first:,} to {page.offset + page.limit:,} of each result set: skip and limit "
        "count within every one of them, because each beacon has its own order"
    )


def member_document(row: MemberRow) -> dict:
    """Return a member's row as it stands in an answer, whose result sets stand elsewhere."""
    document = row_document(row)
    document.pop("resultSets", None)
    document.pop("handovers", None)
    return document


def _dataset_row(told: Told) -> dict:
    """Return a dataset's row as a node's own answer has it, with whose it is."""
    return {name: one for name, one in told_document(told).items() if one is not None}


# ---- records -------------------------------------------------------------------------------------


def _response(rows: Sequence[MemberRow], parsed: Parsed) -> dict:
    if parsed.query.entry_type in COLLECTIONS:
        listed = _once(one for row in rows for one in row.collections)
        return {"collections": [dict(one) for one in listed]}
    include = parsed.received.include
    sets = _once(one for row in rows for one in row.result_sets)
    return {"resultSets": [dict(one) for one in sets if _is_listed(one, include)]}


def _once(documents: Iterable[Mapping]) -> Iterator[Mapping]:
    """Yield each beacon's documents once: those that come from it directly, or over the fewest
    brokers, stand for the others. Their order stays."""
    listed = list(documents)
    nearest: dict[tuple[object, object], int] = {}
    for number in sorted(range(len(listed)), key=lambda number: _brokers_between(listed[number])):
        nearest.setdefault(_key(listed[number]), number)
    kept = set(nearest.values())
    return (one for number, one in enumerate(listed) if number in kept)


def _key(one: Mapping) -> tuple[object, object]:
    return one.get("beaconId") or one["info"].get("beaconId"), one["id"]


def _brokers_between(one: Mapping) -> int:
    return len(one["info"].get("via", ()))


def _is_listed(one: Mapping, include: Include) -> bool:
    if include is Include.NONE:
        return False
    return include is Include.ALL or one["exists"] is (include is Include.HIT)

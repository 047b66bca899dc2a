"""Reads `network.toml`: who the members are. What is not known or not exact is named."""

import math
from collections import Counter
from collections.abc import Iterable

from beacon_node.crypto.ed25519 import PublicKey
from beacon_node.errors import InvalidInput
from beacon_node.identity.toml_table import Table, read_table
from beacon_node.model.federation import Member, MemberKind

MOST_MEMBERS = 1_000
LONGEST_TIMEOUT_S = 600
_MOST_KEYS = 2  # the second while it replaces the first


def read_network(raw: bytes, file: str, own_id: str) -> tuple[Member, ...]:
    """Return the members that a file lists, in its order.

    Raises ConfigurationError naming file and key; also for a member that is the broker itself, and
    for ids or keys that two members share: an answer must be one member's.
    """
    table = read_table(raw, file)
    entries = table.tables("member")
    table.finish()
    if len(entries) > MOST_MEMBERS:
        table.refuse("member", f"at most {MOST_MEMBERS:,} are expected")
    members = tuple(map(_member, entries))
    _refuse_shared(table, "id", (member.id.lower() for member in members))
    _refuse_shared(table, "key", (key for member in members for key in member.keys))
    for entry, member in zip(entries, members, strict=True):
        if member.id.lower() == own_id.lower():
            entry.refuse("id", "this broker itself is no member of its own network")
    return members


def _member(table: Table) -> Member:
    found = Member(
        id=table.text("id"),
        name=table.text("name"),
        url=table.address("url").rstrip("/"),
        kind=_kind(table),
        keys=_keys(table),
        organization=table.text("organization", ""),
        organization_url=table.address("organization_url", ""),
        datasets=tuple(sorted(table.texts("datasets"))),
        timeout_s=_timeout(table),
        ca_file=table.text("ca_file", ""),
    )
    table.finish()
    if "?" in found.url:
        table.refuse("url", "an address without a query is expected")
    if found.kind is MemberKind.BEACON and (found.keys or found.datasets):
        table.refuse("kind", "a third party's beacon signs nothing: no keys, no datasets")
    if found.kind is not MemberKind.BEACON and not found.keys:
        table.refuse("keys", "the public key that its answers are signed with is expected")
    return found


def _kind(table: Table) -> MemberKind:
    told = table.text("kind", MemberKind.NODE.value)
    if told not in set(MemberKind):
        table.refuse("kind", f"one of {', '.join(MemberKind)} is expected")
    return MemberKind(told)


def _keys(table: Table) -> tuple[str, ...]:
    told = table.take("keys", [])
    if not isinstance(told, list) or len(told) > _MOST_KEYS:
        table.refuse("keys", f"a list of at most {_MOST_KEYS} keys is expected")
    for key in told:
        try:
            PublicKey.from_x(key)
        except (InvalidInput, TypeError):
            table.refuse("keys", "an Ed25519 key as 43 characters of base64url is expected")
    return tuple(told)


def _timeout(table: Table) -> float | None:
    told = table.take("timeout_s")
    if told is None:
        return None
    is_number = isinstance(told, int | float) and not isinstance(told, bool)
    if not is_number or not math.isfinite(told) or not 0 < told <= LONGEST_TIMEOUT_S:
        table.refuse("timeout_s", f"seconds above 0 and at most {LONGEST_TIMEOUT_S} are expected")
    return float(told)


def _refuse_shared(table: Table, what: str, values: Iterable[str]) -> None:
    for value, times in Counter(values).items():
        if times > 1:
            table.refuse("member", f"the {what} {value} stands there twice")

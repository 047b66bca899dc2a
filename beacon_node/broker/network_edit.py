"""Adds a member to `network.toml`, leaving all that its operator wrote there as it is."""

from pathlib import Path

from beacon_node.broker.network_file import read_network
from beacon_node.configuration import quoted
from beacon_node.errors import ConfigurationError, Conflict
from beacon_node.identity.watched_file import bytes_of
from beacon_node.model.federation import Member
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import alone, write_whole


def add_member(path: Path, member: Member, own_id: str) -> None:
    """Append `member` to the file at `path`: all of it or nothing.

    Raises ConfigurationError if the file cannot be used as it is, Conflict if the member does not
    fit to the others: its id or key is there already.
    """
    with told_plainly(path), alone(path):
        before = bytes_of(path)
        read_network(before, str(path), own_id)
        after = before.rstrip() + b"\n\n" + member_toml(member).encode()
        try:
            read_network(after, str(path), own_id)
        except ConfigurationError as error:
            raise Conflict(f"{member.id} cannot be added: {error}") from error
        write_whole(path, after)


def member_toml(member: Member) -> str:
    """Return a member as `network.toml` has it."""
    told = {
        "id": quoted(member.id),
        "name": quoted(member.name),
        "url": quoted(member.url),
        "kind": quoted(member.kind),
        "keys": _list(member.keys),
        "organization": quoted(member.organization) if member.organization else "",
        "organization_url": quoted(member.organization_url) if member.organization_url else "",
        "datasets": _list(member.datasets) if member.datasets else "",
    }
    lines = [f"{key} = {value}" for key, value in told.items() if value]
    return "\n".join(["[[member]]", *lines]) + "\n"


def _list(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(map(quoted, texts)) + "]"

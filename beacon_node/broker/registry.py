"""The members of the network, from a file that is read again whenever it changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from beacon_node.broker.network_file import read_network
from beacon_node.errors import ConfigurationError, NotFound
from beacon_node.identity.watched_file import bytes_of
from beacon_node.model.federation import Member


@dataclass(frozen=True, slots=True)
class _Read:
    """What the file said when it was last good; `raw` and `problem` are of the newest look."""

    raw: bytes | None = None
    members: tuple[Member, ...] = ()
    by_id: Mapping[str, Member] = field(default_factory=dict)
    problem: str = ""


class Registry:
    """Who is asked. Who edits the file is obeyed by every process from the next question on.

    Its bytes are read each time and interpreted only when they changed. While it is broken or gone
    the members are those of the last good one, and `problem` says what is wrong with it.
    """

    def __init__(self, path: Path, own_id: str) -> None:
        """Raises ConfigurationError naming the key: at the start there is no last good one."""
        self.path, self._own_id, self._lock = path, own_id, Lock()
        self._last = self._looked(_Read())
        if self._last.problem:
            raise ConfigurationError(self._last.problem)

    def members(self) -> tuple[Member, ...]:
        """Return the members, in the order of the file."""
        return self._current().members

    def by_id(self) -> Mapping[str, Member]:
        """Return the members by their ids."""
        return self._current().by_id

    def member(self, member_id: str) -> Member:
        """Return the member of this id; raises NotFound."""
        found = self._current().by_id.get(member_id)
        if found is None:
            raise NotFound(f"there is no member {member_id!r} in this network")
        return found

    def problem(self) -> str:
        """Return what is wrong with the file as it is now, in one sentence; empty if nothing."""
        return self._current().problem

    def _current(self) -> _Read:
        with self._lock:
            self._last = self._looked(self._last)
            return self._last

    def _looked(self, last: _Read) -> _Read:
        raw = None
        try:
            raw = bytes_of(self.path)
            if raw == last.raw:
                return last
            members = read_network(raw, str(self.path), self._own_id)
        except ConfigurationError as error:
            return replace(last, raw=raw, problem=str(error))
        return _Read(raw, members, {member.id: member for member in members})

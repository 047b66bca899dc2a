"""What a broker offers, put together from what its members' own documents say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from beacon_node.beacon_v2.abilities import Abilities
from beacon_node.beacon_v2.documents import merge_terms
from beacon_node.broker.library import Library
from beacon_node.broker.registry import Registry
from beacon_node.model.entries import EntryType
from beacon_node.model.federation import MemberKind


@dataclass(frozen=True, slots=True, eq=False)
class _Merged:
    """The terms of members of whom this was known."""

    known: tuple[Abilities, ...] = ()
    terms: tuple[dict, ...] = ()
    resources: tuple[Mapping, ...] = ()


class Catalogue:
    """Thread-safe. Made anew when what is known of a member, or who is one, has changed."""

    def __init__(self, registry: Registry, library: Library) -> None:
        self._registry, self._library = registry, library
        self._lock, self._merged = Lock(), _Merged()

    def entry_types(self) -> frozenset[EntryType]:
        """Return the types of entries that any member has; variations where there is none.

        Nodes and brokers of which nothing is known yet have all of them, as all have.
        """
        found = frozenset({EntryType.GENOMIC_VARIANT})
        for member in self._registry.members():
            told = self._library.of(member).entry_types
            if told is None and member.kind is not MemberKind.BEACON:
                return frozenset(EntryType)
            found |= told or frozenset()
        return found

    def terms(self) -> Sequence[dict]:
        """Return the filtering terms of all members, each once."""
        return self._together().terms

    def resources(self) -> Sequence[Mapping]:
        """Return the ontologies that members name."""
        return self._together().resources

    def _known(self) -> tuple[Abilities, ...]:
        return tuple(self._library.of(member) for member in self._registry.members())

    def _together(self) -> _Merged:
        known = self._known()
        with self._lock:
            before = self._merged
        if len(before.known) == len(known) and all(
            one is other for one, other in zip(before.known, known, strict=True)
        ):
            return before
        found = _merged(known)
        with self._lock:
            self._merged = found
        return found


def _merged(known: tuple[Abilities, ...]) -> _Merged:
    resources: dict[object, Mapping] = {}
    for one in known:
        for resource in one.resources:
            resources.setdefault(resource["id"], resource)
    return _Merged(
        known,
        tuple(merge_terms(one.term_documents for one in known)),
        tuple(resources.values()),
    )

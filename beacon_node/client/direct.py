"""Asking one node, or anybody's Beacon v2: the same requests that a broker makes, without one."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from beacon_node.beacon_v2.abilities import UNKNOWN, Abilities
from beacon_node.beacon_v2.asking import Declined, compose
from beacon_node.beacon_v2.learning import Documents
from beacon_node.beacon_v2.reading import read_answer
from beacon_node.beacon_v2.received import Rules
from beacon_node.beacon_v2.typed import Question, Typed, question_of
from beacon_node.client.addresses import Address, Kind
from beacon_node.client.answers import Said, Search, Understood
from beacon_node.client.connection import Connection
from beacon_node.client.refusals import refusal
from beacon_node.model.entries import EntryType
from beacon_node.model.federation import Came, Member, MemberKind, MemberRow
from beacon_node.ports import Received, Sent


class Beacon:
    """One node or Beacon at an address; what it can be asked is learned when it is asked first."""

    def __init__(
        self,
        connection: Connection,
        address: Address,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection, self._address, self._clock = connection, address, clock
        kind = MemberKind.NODE if address.kind is Kind.NODE else MemberKind.BEACON
        id = address.id or connection.url
        self._member = Member(id, address.name or id, connection.url, kind)
        self._abilities: Abilities | None = None

    def ask(self, search: Search) -> Iterator[Said]:
        """Yield what was understood, then the one row. Raises what a refusal means."""
        question = self._question(search)
        waiting = MemberRow(self._member.id, self._member.name, Came.WAITING)
        yield Understood(question.words, (waiting,))
        sent = compose(self._member, question.parsed, self._known())
        if isinstance(sent, Declined):
            yield replace(waiting, came=sent.came, reason=sent.reason)
            return
        began = self._clock()
        received = self._connection.send(sent)
        if received.status >= 400:
            raise refusal(self._connection.url, received.status, received.headers, received.body)
        row = read_answer(self._member, received, question.parsed)
        yield replace(row, elapsed_s=self._clock() - began)

    def _question(self, search: Search) -> Question:
        told = Typed(search.text, search.assembly, search.filters, search.granularity, search.entry)
        if not search.entry and self._has_no_people():
            told = replace(told, entry=EntryType.GENOMIC_VARIANT.path)
        return question_of(told, Rules())

    def _has_no_people(self) -> bool:
        known = self._known().entry_types
        return known is not None and EntryType.INDIVIDUAL not in known

    def _known(self) -> Abilities:
        if self._abilities is None:
            self._abilities = UNKNOWN
            if self._member.kind is MemberKind.BEACON:
                until = self._clock() + self._connection.timeout_s
                self._abilities = Documents(self, self._member, until, self._clock).read()
        return self._abilities

    def send(self, member: Member, sent: Sent, *, timeout_s: float) -> Received:
        """Be a `ports.Transport` to whoever reads documents; each has the connection's own time."""
        return self._connection.send(sent)

"""One question: who is asked what, in whose name, and a row for each as it comes.

What leaves for a member is composed for that member alone: its own question, its own pseudonym, the
visas that name its datasets. What comes back goes into that member's row and nowhere else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from beacon_node.beacon_v2.abilities import Abilities, api_root, learn
from beacon_node.beacon_v2.asking import Declined, compose
from beacon_node.beacon_v2.reading import read_answer
from beacon_node.beacon_v2.received import Parsed
from beacon_node.broker.asker import Asker, asserted_to, travelling
from beacon_node.broker.broker import Broker
from beacon_node.broker.fan_out import fan_out
from beacon_node.broker.library import Library
from beacon_node.errors import InvalidRequest, NotAuthentic, Unreachable
from beacon_node.federation.checks import check_reply
from beacon_node.model.entries import EntryType
from beacon_node.model.federation import (
    MESSAGE_HEADER,
    Asserted,
    Came,
    Member,
    MemberKind,
    MemberRow,
)
from beacon_node.model.query import Granularity, Within
from beacon_node.model.requester import Tier
from beacon_node.ports import Received, Sent

PATH_HEADER = "Beacon-Path"
"""The brokers that a question came through, the first of them first, separated by commas."""
TIME_HEADER = "Beacon-Seconds"
"""How many seconds whoever asks will wait, so that a broker below answers before that."""

LONGEST_PATH = 4  # brokers in a row
_OVERHEAD_S = 0.1  # of an answer on its way through one more broker


@dataclass(frozen=True, slots=True, repr=False)
class Desk:
    """Asks the members of `broker`; `library` knows what each of them can be asked."""

    broker: Broker
    library: Library

    def ask(self, parsed: Parsed, asker: Asker) -> Iterator[MemberRow]:
        """Yield one row per member, in the order in which they come.

        Raises InvalidRequest for a question that came through this broker before, or through too
        many.
        """
        own_id = self.broker.settings.broker.id
        if own_id in asker.path:
            raise InvalidRequest(f"{PATH_HEADER}: the question came through {own_id} before")
        if len(asker.path) >= LONGEST_PATH:
            raise InvalidRequest(f"{PATH_HEADER}: {LONGEST_PATH} brokers in a row are too many")
        lowered = _lowered(parsed, self.broker.settings.access.ceiling(asker.tier))
        round_ = _Question(self, lowered, asker)
        deadline_s = self._deadline_s(asker.within_s)
        return fan_out(self.broker.crew, self.members(), round_.ask, deadline_s=deadline_s)

    def terms(self, within: Within) -> Iterator[MemberRow]:
        """Yield a row per member with the filtering terms of one dataset or cohort in
        `collections`; `exists` is true of those that have it."""
        path = f"/{within.entry_type.path}/{quote(within.id, safe='')}/filtering_terms"

        def ask(member: Member, timeout_s: float) -> MemberRow:
            sent = Sent("GET", f"{api_root(member)}{path}", b"", {"Accept": "application/json"})
            received = self.broker.transport.send(member, sent, timeout_s=timeout_s)
            if received.status != 200:
                return _untold(member, Came.NOT_UNDERSTOOD, f"HTTP {received.status}")
            terms = learn(member, {"/filtering_terms": received.body}).term_documents
            return MemberRow(member.id, member.name, Came.ANSWERED, exists=True, collections=terms)

        return fan_out(self.broker.crew, self.members(), ask, deadline_s=self._deadline_s(None))

    def members(self) -> Sequence[Member]:
        return self.broker.registry.members()

    def _deadline_s(self, within_s: float | None) -> float:
        own = self.broker.settings.network.deadline_s
        return own if within_s is None else max(0.05, min(own, within_s - _OVERHEAD_S))


def _lowered(parsed: Parsed, ceiling: Granularity) -> Parsed:
    query = parsed.query
    if query.granularity <= ceiling:
        return parsed
    return replace(parsed, query=replace(query, granularity=ceiling))


@dataclass(frozen=True, slots=True, repr=False)
class _Question:
    """One question to all members."""

    desk: Desk
    parsed: Parsed
    asker: Asker

    def ask(self, member: Member, timeout_s: float) -> MemberRow:
        """Return the row of `member`. Raises Unreachable."""
        path = (*self.asker.path, self.desk.broker.settings.broker.id)
        if member.id in path:
            return _untold(member, Came.SKIPPED, "the question came through it already")
        timing = self.desk.broker.crew.timing
        until = timing() + timeout_s
        sent = compose(
            member,
            self.parsed,
            self._abilities(member, timeout_s),
            travelling(member, self.asker),
        )
        if isinstance(sent, Declined):
            row = _untold(member, sent.came, sent.reason)
            return replace(row, is_missing=sent.is_missing)
        timeout_s = until - timing()  # what learning about it took is gone
        if timeout_s <= 0:  # asked now, its answer would be charged for and heard by nobody
            raise Unreachable("what it can be asked was not learned in time", is_timeout=True)
        if member.kind is MemberKind.BEACON:
            received = self.desk.broker.transport.send(member, sent, timeout_s=timeout_s)
            return read_answer(member, received, self.parsed)
        if member.kind is MemberKind.BROKER:
            told = {PATH_HEADER: ",".join(path), TIME_HEADER: f"{timeout_s:.2f}"}
            sent = replace(sent, headers={**sent.headers, **told})
        return self._ask_signed(member, sent, timeout_s)

    def _abilities(self, member: Member, timeout_s: float) -> Abilities:
        """Return what is known of a member; what must be known to ask it is learned first."""
        query = self.parsed.query
        within = query.within
        names_dataset = within is not None and within.entry_type is EntryType.DATASET
        if member.kind is MemberKind.BEACON or query.datasets or names_dataset:
            return self.desk.library.learned(member, timeout_s)
        return self.desk.library.of(member)

    def _ask_signed(self, member: Member, sent: Sent, timeout_s: float) -> MemberRow:
        broker = self.desk.broker
        asserted = asserted_to(member, self.asker, broker.pseudonym_key)
        signed, question = broker.signer.question(member, sent, asserted)
        received = broker.transport.send(member, signed, timeout_s=timeout_s)
        try:
            reply = check_reply(member, question, received)
        except NotAuthentic as error:
            return _not_authentic(member, received, str(error))
        row = read_answer(member, received, self.parsed)
        return _with_tier(row, asserted, reply.tier)


def _not_authentic(member: Member, received: Received, reason: str) -> MemberRow:
    """Return the row of an answer without its signature: of something before the member that
    failed, of a member that does not know who asks, or a forgery."""
    is_unsigned = MESSAGE_HEADER.lower() not in received.headers
    if is_unsigned and received.status >= 500:
        return _untold(member, Came.FAILED, f"it answered HTTP {received.status}, without a word")
    if is_unsigned and received.status in (401, 403):
        reason = "it does not take this network's questions, or a login stands before it"
    return _untold(member, Came.NOT_AUTHENTIC, reason)


def _with_tier(row: MemberRow, asserted: Asserted, tier: Tier) -> MemberRow:
    """Say where a member answered at a lower tier than was asserted."""
    if tier >= asserted.tier:
        return row
    return replace(row, notes={**row.notes, "tier": f"answered at the {tier.name.lower()} tier"})


def _untold(member: Member, came: Came, reason: str) -> MemberRow:
    return MemberRow(member.id, member.name, came, reason)

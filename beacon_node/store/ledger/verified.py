"""Following the whole ledger, and stopping all answers from one that was found broken."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from beacon_node.errors import LedgerBroken
from beacon_node.model.ledger import Head, Verification, broken
from beacon_node.storage.failures import told_plainly
from beacon_node.store.ledger import (
    chain,
    charging,
    consents,
    dac,
    identities,
    linked,
    purposes,
    questions,
)
from beacon_node.store.ledger.halt import Halt
from beacon_node.store.ledger.reader import connect
from beacon_node.store.ledger.tail import CHANGED

_CHECKS = (
    *(consents.verify, purposes.verify, questions.verify),
    *(charging.verify, dac.verify, linked.verify, identities.verify),
)


class _Ledger(Protocol):
    path: Path
    _halt: Halt

    def settle(self) -> None: ...

    def verify(self, known: Head | None = None) -> Verification: ...


class VerifiedLedger:
    """The part of `Ledger` that auditors use."""

    def verify(self: _Ledger, known: Head | None = None) -> Verification:
        """Follow the whole chain and what finds consents, purposes, first questions, linked
        accounts and the committee's work in it, all that was charged, and who is known by name.

        `known` is a head that was kept elsewhere: only with one is it noticed if somebody who could
        write to the file made the whole chain anew, or cut its end off with some care.
        """
        lost = ""
        try:
            self.settle()
        except LedgerBroken as error:
            lost = str(error)
        with told_plainly(self.path), closing(connect(self.path)) as connection:
            connection.execute("BEGIN")  # one state, whatever is written meanwhile
            found = chain.verify(connection, known)
            for check in _CHECKS:
                found = check(connection, found) if found.is_whole else found
        if lost and found.is_whole:
            return replace(found, broken_at=found.head.sequence + 1, problem=CHANGED)
        return found

    def verify_or_halt(self: _Ledger, known: Head | None = None) -> Verification:
        """Do the same. If the chain is broken by itself nothing is answered any more, in any
        process, until it is found whole; a head that it does not have may be another ledger's."""
        found = self.verify(known)
        own = found if found.is_whole or known is None else self.verify()
        with told_plainly(self.path):
            if own.is_whole:
                self._halt.lift()
            else:
                self._halt.set(str(broken(own.broken_at, own.problem)))
        return found

"""Record what individuals consented to, take it back, and prove what was recorded."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from beacon_node.errors import InvalidRequest, NotFound
from beacon_node.model.consent import (
    EVERYTHING,
    ConsentVersion,
    DataType,
    Scope,
    Source,
    Status,
    UseKind,
)
from beacon_node.model.consent_documents import read_moment
from beacon_node.model.ledger import Entry, Evaluated, Receipt, Recorded
from beacon_node.policy.consent_summary import summarize
from beacon_node.ports import Clock
from beacon_node.store.ledger import Ledger


def record_consents(
    ledger: Ledger, clock: Clock, versions: Sequence[ConsentVersion], *, by: str
) -> tuple[Recorded, ...]:
    """Record statements, all or none; those on record already are left as they are.

    A no holds from the next question on; a yes waits for the next release of its dataset.
    """
    return ledger.record(versions, by=by, now=clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A withdrawal: of everything unless the scope says less.

    One without a date is newer than whatever the individual signed.
    """

    individual: str
    source: Source
    scope: Scope = EVERYTHING
    signed_on: datetime | None = None


def withdraw(ledger: Ledger, clock: Clock, withdrawal: Withdrawal, *, by: str) -> Recorded:
    """Record that an individual withdraws; holds from the next question on.

    NotFound if nothing is on record of the individual, which is more likely a slip of the pen.
    """
    _require_known(ledger, withdrawal.individual)
    now = ledger.present(clock.now())
    signed = withdrawal.signed_on or _newest(ledger, withdrawal.individual, now)
    version = ConsentVersion(
        number=0,
        individual=withdrawal.individual,
        status=Status.WITHDRAWN,
        scope=withdrawal.scope,
        signed_on=signed,
        effective_from=min(signed, now),
        recorded_at=now,
        recorded_by=by,
        source=withdrawal.source,
    )
    return ledger.record([version], by=by, now=clock.now())[0]


def _newest(ledger: Ledger, individual: str, now: datetime) -> datetime:
    """Return now, or the later moment that a signature on record is dated: a no that is said now
    must not be older than it."""
    return max([now, *(version.signed_on for version in ledger.history(individual))])


def withdrawal_scope(dataset: str, use: UseKind | None = None) -> Scope:
    """Return the scope of a withdrawal from one dataset (or `*`), of all uses or of one."""
    uses = frozenset(UseKind) if use is None else frozenset({use})
    return Scope(dataset, frozenset(DataType), uses)


def consent_receipt(ledger: Ledger, individual: str) -> Receipt:
    """Return every version of an individual with the first question decided after it.

    NotFound if nothing is on record.
    """
    _require_known(ledger, individual)
    versions = ledger.recorded(individual)
    asked = ledger.first_questions([one.version for one in versions])
    found = tuple((one, _evaluated(asked.get(one.version.number))) for one in versions)
    return Receipt(individual, found, ledger.head())


def _evaluated(entry: Entry | None) -> Evaluated | None:
    if entry is None:
        return None
    return Evaluated(entry.sequence, read_moment(entry.recorded_at), json.loads(entry.body))


def consent_summary(
    ledger: Ledger,
    clock: Clock,
    individual: str,
    *,
    label: Callable[[str], str] = str,
    zone: tzinfo = UTC,
) -> str:
    """Return an individual's present choices in plain words, to be printed or shown.

    `label` gives the name of a disease's term; `zone` is the site's, for dates. NotFound if nothing
    is on record.
    """
    _require_known(ledger, individual)
    at = ledger.present(clock.now())
    return summarize(ledger.history(individual), at, label=label, zone=zone)


def _require_known(ledger: Ledger, individual: str) -> None:
    if not individual:
        raise InvalidRequest("individual: an id is expected")
    if not ledger.recorded(individual):
        raise NotFound("no consent of this individual is on record; is the id right?")

"""Charge for noisy counts and draw them, in one transaction of the ledger with their question.

A question is drawn once for whoever may read it; read again, it costs nothing and says the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from beacon_node.actions.registered import accounts
from beacon_node.actions.registered.asked import Asked, Outcome
from beacon_node.actions.registered.bounds import bounds_of
from beacon_node.actions.registered.stated import state, why_loosened
from beacon_node.errors import Conflict, NotPermitted, QuotaExceeded
from beacon_node.model.answer import NoisyCount, Refused, Status
from beacon_node.model.charges import Charge, Drawn
from beacon_node.model.ledger import Moment
from beacon_node.node import Node
from beacon_node.privacy.registered import count
from beacon_node.privacy.registered.near import refuse_near
from beacon_node.privacy.registered.rows import public_part
from beacon_node.store.ledger.charging import Charging

_SALT_BYTES = 16
_RESTORED = (
    "what was told of this dataset before its ledger was restored is not known, so that its "
    "privacy budgets count as used up; exact answers can be had by an application to the data "
    "access committee"
)

Record = Callable[[Mapping[str, Outcome]], Mapping]


def charge(
    node: Node, asked: Sequence[Asked], moment: Moment, record: Record | None
) -> dict[str, Outcome] | None:
    """Return, by dataset id, the noisy count of each question or why there is none.

    None, and nothing is written, if a consent was recorded since `moment`, or an account of whoever
    asks was linked to another: the question is to be decided anew. Else what was charged and drawn,
    and the question itself with the audit body that `record` makes of the outcomes (None: it is not
    recorded), are on disk together. Raises StoreUnavailable where nothing can be recorded; then
    nothing was charged.
    """
    loosened = why_loosened(node) if asked else ""
    if loosened:
        refused = {
            one.dataset_id: Refused(one.dataset_id, Status.NOT_ANSWERABLE, loosened)
            for one in asked
        }
        return refused if _is_recorded(node, refused, moment, record) else None
    drawn = node.ledger.drawn([key for one in asked for key in one.keys]) if asked else {}
    told = [_first(drawn, one) for one in asked]
    if None not in told:
        pairs = zip(asked, told, strict=True)
        outcomes = {one.dataset_id: _counted(node, one, before) for one, before in pairs}
        return outcomes if _is_recorded(node, outcomes, moment, record) else None
    return _charge_and_record(node, asked, moment, record)


def _first(drawn: Mapping[bytes, Drawn], asked: Asked) -> Drawn | None:
    """Return what was told first of all to any account of whoever asks."""
    return next((told for key, told in drawn.items() if key in asked.keys), None)


def _is_recorded(
    node: Node, outcomes: Mapping[str, Outcome], moment: Moment, record: Record | None
) -> bool:
    """Record a question that costs nothing; False if a consent was recorded meanwhile."""
    if record is None:
        return node.ledger.consent_version() == moment.consent_version
    since, now = moment.consent_version, node.clock.now()
    return node.ledger.audit(record(outcomes), now=now, unchanged_since=since) is not None


def _charge_and_record(
    node: Node, asked: Sequence[Asked], moment: Moment, record: Record | None
) -> dict[str, Outcome] | None:
    with node.ledger.charging(now=node.clock.now()) as turn:
        if turn.consent_version() > moment.consent_version:
            return None
        if not all(_is_whole_person(turn, one) for one in asked):
            return None
        state(node, turn)
        outcomes = {one.dataset_id: _outcome(node, turn, one) for one in asked}
        if record is not None:
            turn.audit(record(outcomes))
        return outcomes


def _is_whole_person(turn: Charging, asked: Asked) -> bool:
    """Say whether a question is still that of all accounts of whoever asks it."""
    accounts = asked.accounts
    return not accounts or turn.linked.accounts(accounts[0]) == accounts


def _outcome(node: Node, turn: Charging, asked: Asked) -> Outcome:
    drawn = turn.drawn(asked.keys)
    if drawn is not None:
        return _counted(node, asked, drawn)
    if turn.spent(asked.dataset_id):
        return Refused(asked.dataset_id, Status.BUDGET_SPENT, _RESTORED)
    try:
        return replace(_counted(node, asked, _pay(node, turn, asked)), is_new=True)
    except NotPermitted as refused:
        return Refused(asked.dataset_id, Status.NOT_ANSWERABLE, str(refused))
    except QuotaExceeded as refused:
        return Refused(asked.dataset_id, Status.BUDGET_SPENT, str(refused))


def _counted(node: Node, asked: Asked, drawn: Drawn) -> NoisyCount:
    threshold = bounds_of(node).threshold
    told = asked.dataset_id, drawn.noisy, threshold, drawn.completeness
    return NoisyCount(*told, size_floor=asked.size_floor)


def _pay(node: Node, turn: Charging, asked: Asked) -> Drawn:
    """Charge and draw. Raises QuotaExceeded, NotPermitted near a place that was asked about among
    others; then nothing is charged."""
    dataset, bounds = asked.dataset_id, bounds_of(node)
    if asked.question.people.matching.universe > turn.seats(dataset):
        raise Conflict(f"dataset {dataset!r}: a question is about people without numbers for life")
    payers = tuple(dict.fromkeys(asked.payers))
    who = accounts.subjects(node, turn, dataset, payers, asked.question)
    question = asked.question
    refuse_near(who.all, asked.near or question.place, question.group, bounds.near)
    quoted = count.quote(who, asked.question, bounds)
    row = count.charge(quoted, who)
    drawn = Drawn(count.draw(quoted, node.noise, bounds), quoted.completeness)
    paid = Charge(dataset, asked.key, payers, public_part(row), row.people, row.reference, drawn)
    number = turn.add(paid, node.randomness.bytes(_SALT_BYTES))
    accounts.accounts_of(node, dataset).add(turn, number, paid, row)
    return drawn

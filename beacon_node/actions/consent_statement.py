"""One person's statement as it is told on the command line or in a form."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path

from beacon_node.actions.known_people import require_known
from beacon_node.actions.record_consent import record_consents
from beacon_node.errors import Conflict, InvalidInput, InvalidRequest, NotFound
from beacon_node.ingest.consents import SHA256, unrecorded
from beacon_node.model.consent import (
    EVERY_DATASET,
    ConsentVersion,
    DataType,
    OpenChoice,
    Scope,
    Source,
    Status,
    UseKind,
    end_moment,
    first_moment,
    read_when,
    signature_moment,
)
from beacon_node.model.data_use import Use, read_terms
from beacon_node.model.duo_terms import DUO_TERMS, named_term
from beacon_node.model.ledger import Head, Recorded
from beacon_node.node import Node
from beacon_node.policy.consent import (
    History,
    begins,
    is_replaced,
    uses_if_unstated,
    valid_versions,
)
from beacon_node.policy.consent_import import cancellation


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What somebody tells of one signature; days are days of `zone`. Empty: not told.

    `parameters` are what the terms are completed with: `diseases` → Mondo ids, `countries` → …
    """

    individual: str
    status: Status
    zone: tzinfo
    signed_on: str | None = None
    document: str = ""
    form: Path | None = None  # hashed, not kept
    form_version: str = ""
    effective_from: str = ""
    effective_until: str = ""
    dataset: str = EVERY_DATASET
    data_types: frozenset[DataType] = frozenset(DataType)
    uses: frozenset[UseKind] | None = None
    terms: tuple[str, ...] = ()
    parameters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    open: OpenChoice = OpenChoice()
    may_be_unknown: bool = False  # who, or what dataset, is not on this node yet


def statement(told: Told) -> ConsentVersion:
    """Return what is told as a version that is not recorded yet. Raises InvalidRequest."""
    signed, zone = read_when(told.signed_on or "", "signed-on"), told.zone
    begins = read_when(told.effective_from, "from") if told.effective_from else signed
    use = Use() if told.status.is_no else use_of(told.terms, dict(told.parameters))
    return unrecorded(
        individual=told.individual,
        status=told.status,
        scope=Scope(told.dataset, told.data_types, _uses(told, use)),
        signed_on=signature_moment(signed, told.status, zone, "signed-on"),
        effective_from=first_moment(begins, zone, "from"),
        effective_until=_end(told.effective_until, zone),
        source=Source(told.document, _sha256(told.form), told.form_version),
        use=use,
        open=told.open,
    )


def _uses(told: Told, use: Use) -> frozenset[UseKind]:
    if told.uses is not None:
        return told.uses
    return frozenset(UseKind) if told.status.is_no else uses_if_unstated(use)


def _end(text: str, zone: tzinfo) -> datetime | None:
    return end_moment(read_when(text, "until"), zone, "until") if text else None


def _sha256(form: Path | None) -> str:
    if form is None:
        return ""
    try:
        return hashlib.sha256(form.read_bytes()).hexdigest()
    except OSError as failed:
        raise InvalidInput("cannot be read", file=str(form)) from failed


def use_of(terms: tuple[str, ...], parameters: dict[str, tuple[str, ...]]) -> Use:
    """Return the permitted use that shorthands or ids name, completed with their parameters.

    Raises InvalidRequest for an unknown term, and for a parameter that none of the terms takes.
    """
    ids = [_term_id(text) for text in terms]
    if not ids:
        raise InvalidRequest("terms: at least one is expected, such as GRU")
    taken = {DUO_TERMS[id].parameter for id in ids}
    unused = sorted(name for name, values in parameters.items() if values and name not in taken)
    if unused:
        raise InvalidRequest(f"{unused[0]}: none of the terms takes it")
    return read_terms({"terms": [_document(id, parameters) for id in ids]})


def _term_id(text: str) -> str:
    found = named_term(text)
    if found is None:
        raise InvalidRequest(f"terms: {text[:40]!r} is no current DUO permission or modifier")
    return found


def _document(id: str, parameters: dict[str, tuple[str, ...]]) -> dict:
    known = DUO_TERMS[id]
    values = parameters.get(known.parameter) or ()
    if known.needs_parameter and not values:
        raise InvalidRequest(f"{known.shorthand} says nothing without its {known.parameter}")
    if not values:
        return {"id": id}
    told = _only(known.parameter, values) if known.parameter in _SINGLE else list(values)
    return {"id": id, "params": {known.parameter: told}}


_SINGLE = ("date", "months")  # of these a term takes one value


def _only(parameter: str, values: tuple[str, ...]) -> int | str:
    if len(values) > 1:
        raise InvalidRequest(f"{parameter}: one value is expected, not {len(values)}")
    value = values[0]
    return int(value) if parameter == "months" and value.isdecimal() else value


def record_statement(node: Node, told: Told, by: str) -> Recorded:
    """Record what one person signed; signed today where nothing else is told.

    A no without a date is newer than whatever the individual signed; Conflict for one with a date
    that a newer signature overrules. NotFound unless `told.may_be_unknown`: a dataset that nobody
    knows; a no of somebody who is in no dataset and of whom nothing is on record.
    """
    today = node.clock.now().astimezone(told.zone).date().isoformat()
    dated = replace(
        told, signed_on=told.signed_on or today, document=told.document or _unwritten(told.status)
    )
    version, ledger = statement(dated), node.ledger
    history = ledger.history(told.individual)
    if not told.may_be_unknown:
        _require_dataset(node, told.dataset)
        if told.status.is_no:
            require_known(node, told.individual)
    if told.status.is_no and not told.signed_on:
        signed = max([version.signed_on, *(known.signed_on for known in history)])
        version = replace(version, signed_on=signed)
    elif told.status.is_no:
        _require_newest(version, history, ledger.present(node.clock.now()), told.zone)
    return record_consents(ledger, node.clock, [version], by=by)[0]


def _require_dataset(node: Node, dataset: str) -> None:
    """Raises NotFound for a dataset that is neither on this node nor in any statement on record."""
    known = {EVERY_DATASET, *(one.id for one in node.catalogue.datasets())}
    if dataset in known:
        return
    about = (one.scope.dataset for _, all in node.ledger.histories(dataset) for one in all)
    if dataset not in about:
        raise NotFound(
            f"no dataset {dataset!r} is on this node: is the id right? Nothing was recorded; "
            "--unknown records it for a dataset that is not added yet"
        )


def _require_newest(no: ConsentVersion, history: History, at: datetime, zone: tzinfo) -> None:
    """Raises Conflict, naming a day of `zone`, if a newer signature decides what a no is about.

    A newer consent about any dataset that the no is about is enough: there she would stay counted.
    """
    newer = [one for one in valid_versions(history) if one.signed_on > no.signed_on]
    deciding = [
        one
        for one in newer
        if begins(one) <= at and (_overrules(one, no) or is_replaced(no, [no, one], at))
    ]
    if deciding:
        day = max(one.signed_on for one in deciding).astimezone(zone).date()
        raise Conflict(
            f"a newer signature, of {day}, is on record and would decide instead, so nothing was "
            "recorded: leave --signed-on out, or tell the day on which the no was said"
        )


def _overrules(newer: ConsentVersion, no: ConsentVersion) -> bool:
    """Whether what was given later speaks of any dataset that a no is about."""
    is_shared = newer.scope.is_about(no.scope.dataset) or no.scope.is_about(newer.scope.dataset)
    return not newer.status.is_no and is_shared


def _unwritten(status: Status) -> str:
    """Return what stands for a document where there is none: a no needs no paper."""
    if status.is_no:
        return "told without a form"
    raise InvalidRequest("document: say which form was signed")


def cancel_statement(node: Node, individual: str, number: int, by: str) -> Recorded:
    """Record that a statement was entered in error. NotFound if the person has none of it."""
    ledger = node.ledger
    wrong = [known for known in ledger.history(individual) if known.number == number]
    if not wrong:
        raise NotFound(f"this individual has no statement {number} on record")
    at = ledger.present(node.clock.now())
    return record_consents(ledger, node.clock, [cancellation(wrong[0], at)], by=by)[0]


def consent_history(node: Node, individual: str) -> tuple[ConsentVersion, ...]:
    """Return all statements of one person; NotFound if there is none."""
    found = node.ledger.history(individual)
    if not found:
        raise NotFound(f"no consent is on record for individual {individual!r}")
    return found


def read_head(text: str) -> Head:
    """Return the head that `NUMBER:HASH` names. Raises InvalidRequest."""
    number, _, digest = text.partition(":")
    if not number.isdecimal() or not SHA256.fullmatch(digest):
        raise InvalidRequest("head: a number and 64 hexadecimal digits are expected, NUMBER:HASH")
    return Head(int(number), bytes.fromhex(digest))

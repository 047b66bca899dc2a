"""`beacon-node consent …`: what people agreed to, one by one."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beacon_node.cli.choices import by_option, names, own_words, zone_option
from beacon_node.cli.common import Session, with_session
from beacon_node.cli.consent_import import import_, preview
from beacon_node.cli.consent_purge import purge
from beacon_node.errors import LedgerBroken
from beacon_node.model.consent import DataType, Status, UseKind

if TYPE_CHECKING:
    from beacon_node.model.consent import ConsentVersion
    from beacon_node.model.ledger import Receipt, Recorded
    from beacon_node.node import Node

PARAMETERS = ("diseases", "countries", "institutions", "projects", "users", "investigators")
COLUMNS = ("number#", "status", "signed", "begins", "ends", "dataset", "uses", "terms", "document")


@click.group()
def consent() -> None:
    """Record, import and show what people agreed to."""


consent.add_command(import_)
consent.add_command(preview)
consent.add_command(purge)


def _signature(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what every signature has."""
    options = (
        click.option("--signed-on", help="2026-01-31, or with a time; today if it is left out."),
        click.option("--document", default="", help="The signed form's id at your site."),
        click.option(
            "--form", type=click.Path(path_type=Path, dir_okay=False), help="Hashed, not kept."
        ),
        click.option("--form-version", default=""),
        zone_option,
        by_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


unknown_option: Callable[[Any], Any] = click.option(
    "--unknown",
    "may_be_unknown",
    is_flag=True,
    help="Also for an id or a dataset that is not on this node yet.",
)
types_option: Callable[[Any], Any] = click.option(
    "--data-types", default="", metavar=",".join(DataType), help="By default all."
)


@consent.command()
@click.argument("individual")
@click.option("--dataset", required=True, help="What it is about; '*' is every dataset.")
@click.option("--terms", required=True, metavar="GRU,NPU", help="DUO shorthands or ids.")
@click.option("--diseases", default="", metavar="MONDO:…,…", help="What DS is limited to.")
@click.option("--countries", default="", metavar="FI,EU", help="What GS is limited to.")
@click.option("--institutions", default="", help="What IS is limited to.")
@click.option("--projects", default="", help="What PS is limited to.")
@click.option("--users", default="", help="What US is limited to.")
@click.option("--investigators", default="", help="With whom COL wants collaboration.")
@click.option("--months", default="", help="How long TS allows use.")
@click.option("--not-before", default="", help="Until when MOR forbids publication.")
@click.option("--uses", default="", metavar=",".join(UseKind), help="By default what terms imply.")
@types_option
@click.option("--open-genes", default="", help="Told of exactly, by own choice; cannot be undone.")
@click.option(
    "--open-variants",
    default="",
    metavar="'GRCh38 17-43045711-C-T',…",
    help="The same for variants, whose names must say on which assembly they count.",
)
@click.option("--from", "effective_from", default="", help="First day; by default the signature's.")
@click.option("--until", "effective_until", default="", help="Last day.")
@unknown_option
@_signature
@with_session
def give(session: Session, individual: str, **told: Any) -> None:
    """Record a consent: it replaces what the person gave before for the dataset."""
    from beacon_node.model.consent import OpenChoice

    parameters = {name: names(told.pop(name)) for name in PARAMETERS}
    parameters |= {"months": names(told.pop("months")), "date": names(told.pop("not_before"))}
    genes, variants = (frozenset(names(told.pop(f"open_{key}"))) for key in ("genes", "variants"))
    uses, types = told.pop("uses"), _data_types(told)
    _record(
        session,
        individual,
        Status.GIVEN,
        told,
        terms=names(told.pop("terms")),
        parameters=tuple(parameters.items()),
        open=OpenChoice(genes, variants),
        uses=own_words(uses, UseKind, "--uses") if uses else None,
        data_types=types,
        effective_from=told.pop("effective_from"),
        effective_until=told.pop("effective_until"),
    )


@consent.command()
@click.argument("individual")
@click.option("--dataset", default="*", help="What it is about; by default every dataset.")
@types_option
@unknown_option
@_signature
@with_session
def refuse(session: Session, individual: str, **told: Any) -> None:
    """Record a refusal: nothing of the dataset, or of the types of data named, may be used.

    In open data any refusal or withdrawal, also of one use, takes the person out wholly.
    """
    types = _data_types(told)
    _record(session, individual, Status.REFUSED, told, data_types=types)


@consent.command()
@click.argument("individual")
@click.option("--dataset", default="*", help="What it is about; by default every dataset.")
@types_option
@unknown_option
@click.option("--uses", default="", metavar=",".join(UseKind), help="By default all.")
@_signature
@with_session
def withdraw(session: Session, individual: str, uses: str, **told: Any) -> None:
    """Record a withdrawal: it holds from the next question on.

    Also of who never signed: in open data the declaration is everybody's consent, and any
    withdrawal or refusal, also of one use, takes the person out wholly.
    """
    kinds = own_words(uses, UseKind, "--uses") if uses else None
    types = _data_types(told)
    _record(session, individual, Status.WITHDRAWN, told, uses=kinds, data_types=types)


def _data_types(told: dict[str, Any]) -> frozenset[DataType]:
    """Take the option out of what is told; empty means all."""
    return own_words(told.pop("data_types"), DataType, "--data-types") or frozenset(DataType)


def _record(
    session: Session, individual: str, status: Status, told: dict[str, Any], **more: Any
) -> None:
    from beacon_node.actions.consent_statement import Told, record_statement

    node, by = session.open_node(), told.pop("by")
    told["zone"] = told["zone"] or node.settings.zone
    recorded = record_statement(
        node, Told(individual=individual, status=status, **told, **more), by
    )
    session.output.result(_recorded(recorded), lambda: _say_recorded(session, node, recorded))


def _recorded(recorded: "Recorded") -> dict:
    from beacon_node.model.consent_documents import consent_document

    document = consent_document(recorded.version)
    return {"consent": document, "hash": recorded.hash.hex(), "is_new": recorded.is_new}


def _say_recorded(session: Session, node: "Node", recorded: "Recorded") -> None:
    from beacon_node.actions.consent_effect import when_it_counts

    version, say = recorded.version, session.output.sentence
    if not recorded.is_new:
        say(f"On record already as number {version.number}; nothing changed.")
        return
    say(f"Recorded as number {version.number}.")
    for sentence in when_it_counts(node, version):
        say(sentence)


@consent.command()
@click.argument("individual")
@click.argument("number", type=int)
@by_option
@with_session
def cancel(session: Session, individual: str, number: int, by: str) -> None:
    """Mark a statement as entered in error: it never held. `consent show` numbers them."""
    from beacon_node.actions.consent_statement import cancel_statement

    recorded = cancel_statement(session.open_node(), individual, number, by)
    session.output.result(
        _recorded(recorded),
        lambda: session.output.sentence(f"Number {number} counts as entered in error from now on."),
    )


def _node_of_whole_ledger(session: Session) -> "Node":
    """Return the node; LedgerBroken where its ledger may lack what people said since."""
    from beacon_node.actions.whole_ledger import require_ledger_of_releases

    node = session.open_node()
    require_ledger_of_releases(node)
    return node


@consent.command()
@click.argument("individual")
@with_session
def show(session: Session, individual: str) -> None:
    """Show every statement of one person, in the order of recording."""
    from beacon_node.actions.consent_statement import consent_history
    from beacon_node.actions.whole_ledger import ledger_problems
    from beacon_node.model.consent_documents import consent_document

    node = session.open_node()
    found, problems = consent_history(node, individual), tuple(map(str, ledger_problems(node)))
    versions = [consent_document(one) for one in found]
    session.output.result(
        {"individual": individual, "versions": versions, "older": problems},
        lambda: session.output.table(COLUMNS, map(version_row, found)),
    )
    for sentence in problems:
        session.output.note(f"! {sentence}")


def version_row(version: "ConsentVersion") -> list[object]:
    cancels = f" {version.cancels}" if version.cancels else ""
    return [
        version.number,
        f"{version.status}{cancels}",
        _minute(version.signed_on),
        _minute(version.effective_from),
        _minute(version.effective_until) if version.effective_until else "",
        version.scope.dataset,
        ", ".join(use for use in UseKind if use in version.scope.uses),
        _terms(version),
        version.source.document,
    ]


def _minute(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%MZ}"


def _terms(version: "ConsentVersion") -> str:
    from beacon_node.model.duo_terms import DUO_TERMS

    ids = sorted(term.id for term in version.use.terms)
    return ", ".join(DUO_TERMS[id].shorthand if id in DUO_TERMS else id for id in ids)


@consent.command()
@click.argument("individual")
@with_session
def receipt(session: Session, individual: str) -> None:
    """Prove what is on record: each statement with its hash and the first question after it."""
    from beacon_node.actions.record_consent import consent_receipt
    from beacon_node.model.ledger import receipt_document

    found = consent_receipt(_node_of_whole_ledger(session).ledger, individual)
    session.output.result(receipt_document(found), lambda: _show_receipt(session, found))


def _show_receipt(session: Session, found: "Receipt") -> None:
    columns = ("number#", "status", "signed", "recorded", "by", "first question", "hash")
    session.output.table(columns, _receipt_rows(found))
    head = f"{found.head.sequence}:{found.head.hash.hex()}"
    session.output.sentence(f"Head of the ledger: {head}")


def _receipt_rows(found: "Receipt") -> Sequence[list[object]]:
    return [
        [
            one.version.number,
            one.version.status,
            _minute(one.version.signed_on),
            _minute(one.version.recorded_at),
            one.version.recorded_by,
            _minute(first.asked_at) if first else "none yet",
            one.hash.hex(),
        ]
        for one, first in found.versions
    ]


@consent.command()
@click.argument("individual")
@zone_option
@with_session
def summary(session: Session, individual: str, zone: Any) -> None:
    """Write a person's present choices in plain words, to be printed or shown."""
    from beacon_node.actions.record_consent import consent_summary

    node = _node_of_whole_ledger(session)
    text = consent_summary(
        node.ledger,
        node.clock,
        individual,
        label=node.knowledge.label,
        zone=zone or node.settings.zone,
    )
    session.output.result({"individual": individual, "summary": text}, lambda: print(text))


@consent.command()
@click.option("--head", default="", metavar="NUMBER:HASH", help="One that was kept elsewhere.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Look at this copy of a ledger instead; the node is not touched.",
)
@with_session
def verify(session: Session, head: str, file: Path | None) -> None:
    """Follow the whole ledger and check that nothing in it was changed or lost.

    Fails (exit code 6) also if every entry is as it was written, but the ledger is older than a
    release, than the ledger that was in its place before, or than a head.
    """
    from beacon_node.actions.consent_statement import read_head
    from beacon_node.actions.verify_ledger import verify_copy, verify_ledger

    known = read_head(head) if head else None
    found = verify_copy(file, known) if file else verify_ledger(session.open_node(), known)
    at = f"{found.head.sequence}:{found.head.hash.hex()}"
    session.output.result(
        {"is_whole": True, "head": at, "entries": found.head.sequence, "older": found.older},
        lambda: session.output.sentence(
            f"All {found.head.sequence:,} entries are as they were written. Head: {at}"
        ),
    )
    if found.older:
        raise LedgerBroken("; ".join(found.older))

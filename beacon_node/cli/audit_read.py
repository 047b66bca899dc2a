"""`beacon-node audit show` and `audit report`: what is on record, for committee and operator."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beacon_node.cli.common import Session, with_session

if TYPE_CHECKING:
    from beacon_node.actions.audit_entries import Shown, Wanted
    from beacon_node.node import Node

_since = click.option("--since", default="", metavar="2030-01-31", help="First day, or a moment.")
_until = click.option("--until", default="", metavar="2030-01-31", help="Last day, or a moment.")


def _wanted(node: "Node", since: str, until: str, **told: str) -> "Wanted":
    """Return what is wanted; days are those of the site's time zone."""
    from beacon_node.actions.audit_entries import Wanted
    from beacon_node.model.consent import end_moment, first_moment, read_when

    zone = node.settings.zone
    begins = first_moment(read_when(since, "since"), zone, "since") if since else None
    ends = end_moment(read_when(until, "until"), zone, "until") if until else None
    return Wanted(since=begins, until=ends, **told)


@click.command()
@click.option("--account", default="", help="What this account did, or was done to it.")
@click.option("--dataset", default="", metavar="ID", help="What is about this dataset.")
@click.option("--kind", default="", metavar="audit|consent|release|…", help="Of one kind.")
@_since
@_until
@with_session
def show(session: Session, **told: str) -> None:
    """List what is on record, the first entry first. With --json one document a line.

    Names no individual, also where somebody asked for the entry of one; accounts and what they
    asked are for committee and operator alone.
    """
    from beacon_node.actions.audit_entries import shown_entries
    from beacon_node.actions.identities import names

    node = session.open_node()
    known = names(node)
    for one in shown_entries(node, _wanted(node, **told)):
        _print(session, one, known.get(one.who.partition(" ")[0], ""))


def _print(session: Session, one: "Shown", known_as: str) -> None:
    """Print an entry, with the name of whoever did it while the node keeps it."""
    if session.output.as_json:
        import orjson

        named = {"known_as": known_as} if known_as else {}
        print(orjson.dumps(asdict(one) | named).decode())
        return
    about, who = ",".join(one.datasets), f"{one.who} ({known_as})" if known_as else one.who
    cells = str(one.sequence), one.at, one.kind, who or "-", about or "-", one.said
    print("\t".join(map(_printable, cells)))


def _printable(text: str) -> str:
    """Return a text without what would move a terminal's cursor or break the line."""
    return "".join(character if character.isprintable() else "?" for character in text)


@click.command()
@click.argument("dataset", default="")
@_since
@_until
@click.option("--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--gdpr", is_flag=True, help="The record of processing (art. 30), in Markdown.")
@with_session
def report(session: Session, dataset: str, csv_file: Path | None, gdpr: bool, **told: Any) -> None:
    """Count what is on record per dataset and month, for the committee."""
    from beacon_node.actions.audit_report import COLUMNS, audit_report

    node = session.open_node()
    found = audit_report(node, _wanted(node, dataset=dataset, **told))
    if dataset and not any(line.dataset == dataset for line, _ in found.lines):
        node.catalogue.dataset(dataset)  # NotFound names it; one that was removed has its history
    if gdpr:
        from beacon_node.actions.processing_record import processing_record

        print(processing_record(node, found, dataset), end="")
        return
    rows = [line.row(number) for line, number in found.lines]
    if csv_file is not None:
        _write(csv_file, COLUMNS, rows)
    lines = [asdict(line) | {"number": number} for line, number in found.lines]
    columns = (*COLUMNS[:-1], "number#")
    session.output.result(
        {"until_entry": found.until_entry, "lines": lines},
        lambda: session.output.table(columns, rows),
    )


def _write(file: Path, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from beacon_node.errors import InvalidInput
    from beacon_node.model.spreadsheet import csv_text

    try:
        file.write_text(csv_text(columns, rows), "utf-8", newline="")
    except OSError as error:
        raise InvalidInput(f"it cannot be written: {error.strerror}", file=str(file)) from error

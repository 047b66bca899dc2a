"""`beacon-node dac applications …`: looking at applications, and beginning them."""

from typing import TYPE_CHECKING

import click

from beacon_node.cli.common import Session, with_session
from beacon_node.cli.dac_acts import as_option, read_document, show_view, through
from beacon_node.model.application import State

if TYPE_CHECKING:
    from beacon_node.actions.applications.asked import AskedQuestion

COLUMNS = ("id", "state", "title", "applicant", "datasets", "submitted", "until", "look at")
whose_option = click.option(
    "--as", "by", metavar="ACCOUNT", help="Only what this account sees; by default everything."
)


@click.group()
def applications() -> None:
    """Begin, list, show and export applications."""


@applications.command("list")
@click.option(
    "--state", "states", multiple=True, type=click.Choice([state.value for state in State])
)
@click.option("--limit", default=100, show_default=True)
@whose_option
@with_session
def list_(session: Session, states: tuple[str, ...], limit: int, by: str | None) -> None:
    """List applications, the newest first."""
    from beacon_node.actions.applications.documents import row_document
    from beacon_node.actions.applications.views import list_applications

    wanted = frozenset(State(one) for one in states or State)
    found = list_applications(session.open_node(), by, states=wanted, limit=limit)
    documents = [row_document(row) for row in found]
    rows = [
        (
            *(one["id"], one["state"], one["title"], one["applicant"], " ".join(one["datasets"])),
            *(one["submittedAt"], one["until"], " ".join(n["cause"] for n in one["notices"])),
        )
        for one in documents
    ]
    session.output.result({"applications": documents}, lambda: session.output.table(COLUMNS, rows))


@applications.command()
@click.argument("id")
@whose_option
@with_session
def show(session: Session, id: str, by: str | None) -> None:
    """Show an application: its form and history, the data use report, what to look at."""
    from beacon_node.actions.applications.views import view

    show_view(session, view(session.open_node(), id, by))


@applications.command()
@click.argument("id")
@click.option("--limit", default=100, show_default=True)
@whose_option
@with_session
def questions(session: Session, id: str, limit: int, by: str | None) -> None:
    """Show what was asked under the grant of an application; nothing of what was found."""
    from beacon_node.actions.applications.asked import asked_under
    from beacon_node.actions.applications.documents import asked_document

    found = asked_under(session.open_node(), id, by, limit=limit)
    documents = [asked_document(one) for one in found]
    rows = [_question_row(one) for one in found]
    columns = ("asked", "by", "about", "told")
    session.output.result({"questions": documents}, lambda: session.output.table(columns, rows))


def _question_row(one: "AskedQuestion") -> tuple:
    told = ", ".join(f"{d}: {said.get('granularity', '')}" for d, said in one.told.items())
    return f"{one.at:%Y-%m-%d %H:%M}", one.account, one.question["entry_type"], told


@applications.command()
@click.argument("file", type=click.Path(dir_okay=False, exists=True, allow_dash=True))
@as_option
@with_session
def begin(session: Session, file: str, by: str) -> None:
    """Begin a draft from a form: a JSON file with title, description, purpose, datasets."""
    from beacon_node.actions.applications.desk import open_application
    from beacon_node.model.application_documents import read_command

    form = read_command({"do": "save-draft", "form": read_document(file)}).form
    show_view(session, open_application(session.open_node(), form, by, through=through()))


@applications.command()
@click.argument("id")
@as_option
@with_session
def copy(session: Session, id: str, by: str) -> None:
    """Begin a draft with the form of an earlier application of the same person."""
    from beacon_node.actions.applications.desk import copy_application

    show_view(session, copy_application(session.open_node(), id, by, through=through()))


@applications.command()
@click.argument("what", type=click.Choice(["grants", "decisions"]))
@whose_option
@with_session
def export(session: Session, what: str, by: str | None) -> None:
    """Print the live grants, or every decision, as CSV."""
    from beacon_node.actions.applications import exports
    from beacon_node.model.spreadsheet import csv_text

    columns, table = {
        "grants": (exports.GRANTS, exports.grants_table),
        "decisions": (exports.DECISIONS, exports.decisions_table),
    }[what]
    rows = table(session.open_node(), by)
    documents = [dict(zip(columns, row, strict=True)) for row in rows]
    session.output.result({what: documents}, lambda: print(csv_text(columns, rows), end=""))

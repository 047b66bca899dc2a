"""`beacon-node dac vote …` and the other things that are done to one application."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beacon_node.cli.common import Session, with_session

if TYPE_CHECKING:
    from beacon_node.actions.applications.views import View
    from beacon_node.model.dac import Actor
    from beacon_node.node import Node

as_option: Callable[[Any], Any] = click.option(
    "--as", "by", required=True, metavar="ACCOUNT", help="Who does it; you are recorded beside."
)


def through() -> str:
    """Return as whom the user of this command is recorded."""
    import getpass

    return f"administrator {getpass.getuser()}"


def administrator(by: str = "") -> "Actor":
    """Return who does something that the administrator does, for an account or for the node."""
    from beacon_node.model.dac import Actor

    return Actor(by, through())


def read_document(file: str) -> object:
    """Return the JSON in a file, or in standard input for `-`. Raises InvalidInput."""
    from beacon_node.errors import InvalidInput

    try:
        return json.loads(sys.stdin.read() if file == "-" else Path(file).read_text("utf-8"))
    except json.JSONDecodeError as broken:
        raise InvalidInput(
            f"not valid JSON: {broken.msg}", file=file, line=broken.lineno
        ) from broken
    except (OSError, UnicodeDecodeError) as failed:
        raise InvalidInput("cannot be read", file=file) from failed


# ---- what is done --------------------------------------------------------------------------------

_OPINION = click.argument("opinion", type=click.Choice(["approve", "reject"]))
_COMMENT = click.option("--comment", help="In words, for those who may see it.")
_UNTIL = click.option("--until", metavar="2030-01-31", help="The last day, or a moment.")
_WHO = click.argument("account")

_ACTS: Mapping[str, tuple[str, tuple[Callable[[Any], Any], ...]]] = {
    "accept-terms": (
        "Accept a version of the terms of use.",
        (click.argument("version"),),
    ),
    "submit": ("Hand a draft to the committee.", ()),
    "withdraw": ("Take an application back.", (_COMMENT,)),
    "return": ("Give it back for changes; votes begin anew.", (_COMMENT,)),
    "request-review": (
        "Ask somebody for advice.",
        (click.option("--reviewer", "reviewers", multiple=True, metavar="ACCOUNT"), _COMMENT),
    ),
    "review": ("Give advice.", (_OPINION, _COMMENT)),
    "vote": ("Vote for or against it, or its extension.", (_OPINION, _COMMENT)),
    "approve": (
        "Grant it, once enough are for it.",
        (
            click.option("--dataset", "datasets", multiple=True, help="By default all."),
            click.option("--granularity", type=click.Choice(["boolean", "count", "record"])),
            _UNTIL,
            click.option("--decide", "decided", multiple=True, help="An open point of the report."),
            click.option("--conditions", help="In the committee's words."),
            _COMMENT,
        ),
    ),
    "reject": ("Refuse it.", (_COMMENT,)),
    "extend": ("Set a new end, once enough are for it.", (_UNTIL, _COMMENT)),
    "close": ("End it without blame.", (_COMMENT,)),
    "revoke": (
        "End it for misuse; its people are blocked.",
        (click.option("--reason"),),
    ),
    "add-member": ("Add somebody.", (_WHO,)),
    "remove-member": ("Remove somebody.", (_WHO, _COMMENT)),
    "remark": (
        "Leave a note.",
        (
            click.argument("text"),
            click.option("--public", "is_public", is_flag=True, help="Applicants see it."),
        ),
    ),
}
_AWARD = ("datasets", "granularity", "until", "decided", "conditions")


def _command(name: str, text: str, options: tuple[Callable[[Any], Any], ...]) -> click.Command:
    def run(session: Session, id: str, by: str, **told: Any) -> None:
        node = session.open_node()
        show_view(session, _act(node, id, by, {"do": name, **_said(told)}))

    function = as_option(with_session(run))
    for option in reversed(options):
        function = option(function)
    return click.command(name, help=text)(click.argument("id")(function))


def _said(told: Mapping[str, Any]) -> dict:
    """Return what was told, as a document has it."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in told.items()
        if value not in (None, "", (), False)
    }


def _act(node: "Node", id: str, by: str, document: dict) -> "View":
    from beacon_node.actions.applications.desk import act
    from beacon_node.model.application_documents import read_command

    if "until" in document:
        document["until"] = _end(node, document["until"])
    if document["do"] == "approve":
        document = _approval(node, id, by, document)
    return act(node, id, read_command(document), by, through=through())


def _end(node: "Node", text: str) -> str:
    """Return when a day of the node's time zone, or a moment, is over."""
    from beacon_node.errors import InvalidRequest
    from beacon_node.model.consent import end_moment, read_when
    from beacon_node.model.consent_documents import moment_text

    found = end_moment(read_when(text, "until"), node.settings.zone, "until")
    if found is None:
        raise InvalidRequest("until: every grant has an end")
    return moment_text(found)


def _approval(node: "Node", id: str, by: str, document: Mapping) -> dict:
    """Return an approval; datasets and granularity are those applied for unless told."""
    from beacon_node.actions.applications.views import view

    award = {name: document[name] for name in _AWARD if name in document}
    if not {"datasets", "granularity"} <= award.keys():
        form = view(node, id, by).application.form
        award = {"datasets": sorted(form.datasets), "granularity": form.granularity.word} | award
    rest = {name: value for name, value in document.items() if name not in _AWARD}
    return rest | {"award": award}


@click.command()
@click.argument("id")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, allow_dash=True))
@as_option
@with_session
def act(session: Session, id: str, file: str, by: str) -> None:
    """Do what a JSON file says: {"do": "save-draft", "form": …}, as the HTTP interface takes it."""
    from beacon_node.actions.applications import desk
    from beacon_node.model.application_documents import read_command

    command = read_command(read_document(file))
    show_view(session, desk.act(session.open_node(), id, command, by, through=through()))


COMMANDS: tuple[click.Command, ...] = (
    *(_command(name, text, options) for name, (text, options) in _ACTS.items()),
    act,
)


# ---- showing -------------------------------------------------------------------------------------


def show_view(session: Session, found: "View") -> None:
    """Print an application as somebody sees it."""
    from beacon_node.actions.applications.documents import view_document

    document = view_document(found)
    session.output.result({"application": document}, lambda: _show(session, document))


def _show(session: Session, told: Mapping) -> None:
    output, form, award = session.output, told["form"], told["award"] or {}

    def named(who: str) -> str:
        return f"{who} ({told['names'][who]})" if who in told["names"] else who

    votes = ", ".join(f"{who}: {opinion}" for who, opinion in told["votes"].items())
    output.facts(
        [
            ("application", told["id"]),
            ("state", told["state"]),
            ("title", form["title"]),
            ("applicant", named(told["applicant"])),
            ("members", ", ".join(map(named, told["members"]))),
            ("purpose", json.dumps(form["purpose"])),
            ("datasets", ", ".join(form["datasets"])),
            ("granted", ", ".join(award.get("datasets", ()))),
            ("up to", award.get("granularity")),
            ("until", award.get("until")),
            ("votes", votes),
            ("may", ", ".join(told["may"])),
        ]
    )
    for one in told["datasetReports"]:
        _show_report(session, one)
    for event in told["events"]:
        words = event.get("comment") or event.get("reason") or event.get("text") or ""
        output.sentence(f"{event['at']}  {event['by']}  {event['do']}  {words}".rstrip())
    for notice in told["notices"]:
        output.sentence(f"! {notice['text']}")


def _show_report(session: Session, one: Mapping) -> None:
    output = session.output
    if "note" in one:
        output.sentence(f"{one['dataset']}: {one['note']}")
        return
    output.sentence(f"{one['dataset']}: {one['outcome']}, of the people in it {one['people']}")
    for reason in one["reasons"]:
        output.sentence(f"  {reason['outcome']}: {reason['text']}")
    for point in one["points"]:
        output.sentence(f"  open, for --decide: {point}")

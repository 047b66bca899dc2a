"""`beacon-node keys …`: the keys that others check this node's signatures with."""

import json
from typing import TYPE_CHECKING

import click

from beacon_node.cli.common import Session, with_session

if TYPE_CHECKING:
    from beacon_node.node import Node


@click.group()
def keys() -> None:
    """Show and exchange the keys that others check this node's signatures with."""


@keys.command()
@with_session
def visa(session: Session) -> None:
    """Print what others add to their trusted_issuers.toml to take this node's visas."""
    from beacon_node.actions.own_visas import key_set, visa_issue

    node = session.open_node()
    issue, published = visa_issue(node), key_set(node)
    text = _trusted(node)
    told = {"iss": issue.iss, "jku": issue.jku, "source": issue.source, **published}
    session.output.result(told | {"toml": text}, lambda: print(text, end=""))


def _trusted(node: "Node") -> str:
    from beacon_node.actions.applications.work import present_work
    from beacon_node.actions.own_visas import visa_issue

    issue = visa_issue(node)
    lines = [
        "[[visa_issuer]]",
        f"iss = {json.dumps(issue.iss)}",
        f"jku = {json.dumps(issue.jku)}",
        f"subjects_of = {json.dumps(node.settings.visas.subjects_of)}",
        f"sources.ControlledAccessGrants = [{json.dumps(issue.source)}]",
    ]
    for dataset in sorted(present_work(node).committee.datasets):
        lines += [
            "",
            "[[dataset]]",
            'id = ""  # of your own dataset that this committee opens',
            f"value = {json.dumps(issue.value(dataset))}",
            f"source = {json.dumps(issue.source)}",
            'purpose = { categories = ["biomedical"] }  # counts where a visa states none',
        ]
    return "\n".join(lines) + "\n"


@keys.command()
@click.argument("which", type=click.Choice(["visa"]))
@with_session
def rotate(session: Session, which: str) -> None:
    """Sign with a new key from now on.

    The old public key stays published until everything that it signed has ended; then it goes by
    itself. No process need be restarted.
    """
    from beacon_node.actions.own_visas import rotate as rotate_visas

    key, until = rotate_visas(session.open_node())
    session.output.result(
        {"key": key.id, "old_until": until.isoformat(timespec="seconds")},
        lambda: session.output.sentence(
            f"Visas are signed with key {key.id} now; the one before is published until "
            f"{until:%Y-%m-%d %H:%M} UTC."
        ),
    )

"""`beacon-node dataset panels`: what lets a dataset that is not open data answer anybody."""

import sys
from typing import TYPE_CHECKING

import click

from beacon_node.cli.choices import names
from beacon_node.cli.common import Session, with_session

if TYPE_CHECKING:
    from beacon_node.node import Node


@click.command()
@click.argument("id")
@click.option("--panel", multiple=True, metavar="NAME", help="Of each ancestry of its people.")
@click.option("--genomes", default="", metavar="NAME", help="Reference genomes, if several are.")
@click.option("--new-lifetime", is_flag=True, help="Begin anew; the bound of before adds to it.")
@click.option("--rehearse", is_flag=True, help="Make the table for the privacy report alone.")
@click.option("--yes", is_flag=True, help="Do not ask before a new lifetime.")
@click.option("--close", is_flag=True, help="Name none: nobody is answered any more, at once.")
@with_session
def panels(
    session: Session,
    id: str,
    panel: tuple[str, ...],
    genomes: str,
    new_lifetime: bool,
    rehearse: bool,
    yes: bool,
    close: bool,
) -> None:
    """Let anybody ask whether a dataset has a variation, within the bound of docs/guard.md.

    People who consented to public discovery are answered for, from the next release on, in batches
    of at least 50. Name the reference panels of all their ancestries. With --rehearse nobody is
    answered: read `privacy report`, then name the panels without it and release.
    """
    from beacon_node.actions.public_tier import set_panels

    chosen = tuple(name for told in panel for name in names(told))
    if bool(chosen) is close:
        raise click.UsageError("name the panels with --panel, or take them away with --close")
    node = session.open_node()
    if new_lifetime and not close:
        _confirm(session, node, id, is_sure=yes)
    found = set_panels(
        node,
        id,
        chosen,
        genomes=genomes,
        is_new_lifetime=new_lifetime,
        is_rehearsal=rehearse and not close,
    )

    def show() -> None:
        if close:
            session.output.sentence(f"{id} answers nobody without a grant any more.")
            return
        may = "rehearses to answer" if found.is_rehearsal else "may answer"
        told = f"in its public lifetime number {found.lifetime}"
        session.output.sentence(f"{id} {may} anybody by {', '.join(found.panels)}, {told}.")
        waits = f"It holds from the next release on: beacon-node release {id}"
        session.output.sentence(waits)

    document = {"panels": found.panels, "genomes": found.genomes, "lifetime": found.lifetime}
    document["is_rehearsal"] = found.is_rehearsal
    session.output.result({"dataset": id, **document}, show)


def _confirm(session: Session, node: "Node", id: str, *, is_sure: bool) -> None:
    """Say what a new lifetime gives away, and ask. Raises UsageError where nobody can be asked."""
    from beacon_node.actions.public_tier import bound_of_new_lifetime

    bound = bound_of_new_lifetime(node, id)
    if not bound:
        return
    session.output.note(f"With a new lifetime, over all lifetimes: {bound}")
    if is_sure:
        return
    if session.output.as_json or not sys.stdin.isatty():
        raise click.UsageError(f"say --yes to start a new public lifetime of {id}")
    click.confirm(f"Start a new public lifetime of {id}?", abort=True, err=True)

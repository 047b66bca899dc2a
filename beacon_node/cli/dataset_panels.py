"""`beacon-node dataset panels`: what lets a dataset that is not open data answer anybody."""

import click

from beacon_node.cli.choices import names
from beacon_node.cli.common import Session, with_session


@click.command()
@click.argument("id")
@click.option("--panel", multiple=True, metavar="NAME", help="Of each ancestry of its people.")
@click.option("--genomes", default="", metavar="NAME", help="Reference genomes, if several are.")
@click.option("--new-lifetime", is_flag=True, help="Begin anew; the bound of before adds to it.")
@click.option("--close", is_flag=True, help="Name none: nobody is answered any more, at once.")
@with_session
def panels(
    session: Session,
    id: str,
    panel: tuple[str, ...],
    genomes: str,
    new_lifetime: bool,
    close: bool,
) -> None:
    """Let anybody ask whether a dataset has a variation, within the bound of docs/guard.md.

    People who consented to public discovery are answered for, from the next release on, in batches
    of at least 50. Name the reference panels of all their ancestries.
    """
    from beacon_node.actions.public_tier import set_panels

    chosen = tuple(name for told in panel for name in names(told))
    if bool(chosen) is close:
        raise click.UsageError("name the panels with --panel, or take them away with --close")
    node = session.open_node()
    found = set_panels(node, id, chosen, genomes=genomes, is_new_lifetime=new_lifetime)

    def show() -> None:
        if close:
            session.output.sentence(f"{id} answers nobody without a grant any more.")
            return
        told = f"in its public lifetime number {found.lifetime}"
        session.output.sentence(f"{id} may answer anybody by {', '.join(found.panels)}, {told}.")
        waits = f"It holds from the next release on: beacon-node release {id}"
        session.output.sentence(waits)

    document = {"panels": found.panels, "genomes": found.genomes, "lifetime": found.lifetime}
    session.output.result({"dataset": id, **document}, show)

"""`beacon-node init` and `beacon-node status`: the node as a whole."""

from pathlib import Path

import click

from beacon_node.cli.common import Session, with_session
from beacon_node.settings import ENVIRONMENTS


@click.command()
@click.argument(
    "folder", metavar="DIR", required=False, type=click.Path(path_type=Path, file_okay=False)
)
@click.option("--id", "beacon_id", metavar="ID", help="Reversed domain, org.hospital.beacon.")
@click.option("--name", help="What the node is called.")
@click.option("--organization-id", metavar="ID", help="Reversed domain, org.hospital.")
@click.option("--organization", "organization_name", metavar="NAME", help="Who runs it.")
@click.option("--organization-url", metavar="URL")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), help="Beacon v2's word; prod.")
@with_session
def init(session: Session, folder: Path | None, **told: str | None) -> None:
    """Make the home folder of a new node: settings, keys and an empty store.

    Without DIR it is the folder that the other commands would look for.
    """
    from beacon_node.actions.init_node import NewNode, init_node

    given = {name: value for name, value in told.items() if value is not None}
    home = init_node(folder or session.home, NewNode(**given))

    def show() -> None:
        session.output.sentence(f"Made a node in {home}. Its settings are in {home / 'node.toml'}.")
        session.output.sentence("Next: beacon-node dataset add ID --assembly GRCh38 …")

    session.output.result({"home": str(home.resolve())}, show)

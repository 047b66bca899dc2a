"""`beacon-node init` and `beacon-node status`: the node as a whole."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from beacon_node.cli.common import Session, with_session
from beacon_node.configuration import ENVIRONMENTS

if TYPE_CHECKING:
    from beacon_node.actions.node_status import NodeStatus


@click.command()
@click.argument(
    "folder", metavar="DIR", required=False, type=click.Path(path_type=Path, file_okay=False)
)
@click.option("--id", "beacon_id", metavar="ID", help="Reversed domain, org.hospital.beacon.")
@click.option("--name", help="What the site is called; as --organization.")
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


@click.command()
@with_session
def status(session: Session) -> None:
    """Show what this node holds and what its operator should know."""
    from beacon_node.actions.node_status import status as status_of

    found = status_of(session.open_node())
    session.output.result({"status": found}, lambda: _show_status(session, found))


def _show_status(session: Session, found: "NodeStatus") -> None:
    from beacon_node.cli.annotate import SOURCE_COLUMNS, source_row
    from beacon_node.cli.dataset import DATASET_COLUMNS, dataset_row

    output = session.output
    output.facts(
        [
            ("node", f"{found.name} ({found.beacon_id})"),
            ("home", found.home),
            ("answers at", found.api_url),
            ("version", found.version),
        ]
    )
    if found.datasets:
        output.sentence("")
        output.table(DATASET_COLUMNS, map(dataset_row, found.datasets))
    for dataset in found.datasets:
        if dataset.public:
            output.sentence(f"Public tier of {dataset.id}: {dataset.public}")
    if found.knowledge:
        output.sentence("")
        output.table(SOURCE_COLUMNS, map(source_row, found.knowledge))
    if found.warnings:
        output.sentence("")
    for warning in found.warnings:
        output.sentence(f"! {warning}")

"""`beacon-node broker init` and `key`: the broker as a whole."""

from pathlib import Path

import click

from beacon_node.cli.broker import BrokerSession, with_broker
from beacon_node.configuration import ENVIRONMENTS


@click.command()
@click.argument(
    "folder", metavar="DIR", required=False, type=click.Path(path_type=Path, file_okay=False)
)
@click.option("--id", "broker_id", metavar="ID", help="Reversed domain, org.network.broker.")
@click.option("--name", help="What the network is called.")
@click.option("--organization-id", metavar="ID", help="Reversed domain, org.network.")
@click.option("--organization", "organization_name", metavar="NAME", help="Who runs it.")
@click.option("--organization-url", metavar="URL")
@click.option("--public-url", metavar="URL", help="How members and researchers reach it.")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), help="Beacon v2's word; prod.")
@with_broker
def init(session: BrokerSession, folder: Path | None, **told: str | None) -> None:
    """Make the home folder of a new broker: settings, keys, and no members yet."""
    from beacon_node.broker.broker import open_broker
    from beacon_node.broker.home import NewBroker, init_broker
    from beacon_node.randomness import SystemRandomness

    given = {name: value for name, value in told.items() if value is not None}
    home = init_broker(folder or session.home, NewBroker(**given), SystemRandomness())
    fingerprint = open_broker(home).signer.key.public.id

    def show() -> None:
        sentence = session.output.sentence
        sentence(f"Made a broker in {home}. Its settings are in {home / 'broker.toml'}.")
        sentence(f"Fingerprint for those who join: {fingerprint}")
        sentence(f"Next: beacon-node broker serve --home {home}")

    session.output.result({"home": str(home.resolve()), "fingerprint": fingerprint}, show)


@click.command()
@with_broker
def key(session: BrokerSession) -> None:
    """Show the fingerprint of the key that questions are signed with.

    Tell it to those who join by another way than this network: by phone, or in person.
    """
    from beacon_node.broker.joins import identity_document

    opened = session.open_broker()
    document = identity_document(opened)
    public = opened.signer.key.public
    session.output.result(
        document,
        lambda: session.output.facts(
            [
                ("broker", f"{document['name']} ({document['id']})"),
                ("reached at", document["url"]),
                ("fingerprint", public.id),
                ("key", public.x),
            ]
        ),
    )

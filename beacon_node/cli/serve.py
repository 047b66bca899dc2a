"""`beacon-node serve`: the node's HTTP server."""

import os
import sys
from collections.abc import Callable

import click

from beacon_node.cli.common import HOME_VARIABLE, Session, with_session
from beacon_node.cli.dac_acts import administrator
from beacon_node.cli.housekeeper import start_housekeeping
from beacon_node.cli.serving import Listening, begin_worker, claim, run_workers
from beacon_node.errors import StoreUnavailable
from beacon_node.settings import PREFIX

APPLICATION = "beacon_node.cli.serve:application"


@click.command()
@click.option("--host", help="Address to listen on; by default server.host of node.toml.")
@click.option("--port", type=click.IntRange(0, 65_535), help="0 takes a free one.")
@click.option("--workers", type=click.IntRange(1), help="Processes that answer.")
@with_session
def serve(session: Session, host: str | None, port: int | None, workers: int | None) -> None:
    """Answer Beacon v2 questions over HTTP until stopped (Ctrl-C or SIGTERM)."""
    from beacon_node.actions.note_configuration import note_configuration
    from beacon_node.node_web.network import membership_of
    from beacon_node.node_web.passports import clearinghouse_of
    from beacon_node.node_web.wsgi import logins_for

    node = session.open_node()  # all errors of configuration show here …
    logins_for(node, clearinghouse_of(node))  # … those of trusted issuers and logins …
    membership_of(node).numbers.close()  # … and of brokers; workers find all files made
    try:
        note_configuration(node, administrator())
    except StoreUnavailable as error:  # questions are told so, too; the next start notes it
        session.output.note(f"! Changed settings are not on record yet: {error}")
    configured = node.settings.server
    address = host or configured.host
    with claim(address, configured.port if port is None else port) as claimed:
        taken = claimed.getsockname()[1]
        # One thread each: more only wait for the interpreter.
        listening = Listening(address, taken, workers or configured.workers)
        _tell_workers(session, listening)
        _announce(session, listening)
        start_housekeeping(session.open_node)
        run_workers(APPLICATION, listening)


def _announce(session: Session, listening: Listening) -> None:
    where = f"{listening.address}/api"
    session.output.result(
        {"url": where, "workers": listening.workers, "home": str(session.home.resolve())},
        lambda: session.output.sentence(
            f"Answering at {where} with {listening.workers} workers; Ctrl-C stops."
        ),
    )
    sys.stdout.flush()


def application() -> Callable:
    """Return the WSGI application a worker process serves: the node that the environment names."""
    from beacon_node.node_web.wsgi import make_app

    begin_worker()
    return make_app()


def _tell_workers(session: Session, listening: Listening) -> None:
    os.environ[HOME_VARIABLE] = str(session.home.resolve())
    os.environ[f"{PREFIX}SERVER_HOST"] = listening.host
    os.environ[f"{PREFIX}SERVER_PORT"] = str(listening.port)

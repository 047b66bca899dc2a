"""`beacon-node broker serve`: the broker's HTTP server."""

import os
import sys
from collections.abc import Callable

import click

from beacon_node.broker.settings import PREFIX
from beacon_node.cli.broker import HOME_VARIABLE, BrokerSession, with_broker
from beacon_node.cli.serving import Listening, begin_worker, claim, run_workers

APPLICATION = "beacon_node.cli.broker_serve:application"


@click.command()
@click.option("--host", help="Address to listen on; by default server.host of broker.toml.")
@click.option("--port", type=click.IntRange(0, 65_535), help="0 takes a free one.")
@click.option("--workers", type=click.IntRange(1), help="Processes that answer.")
@click.option("--threads", type=click.IntRange(1, 256), help="Questions at once in each.")
@with_broker
def serve(
    session: BrokerSession,
    host: str | None,
    port: int | None,
    workers: int | None,
    threads: int | None,
) -> None:
    """Ask the members what is asked here over HTTP, until stopped (Ctrl-C or SIGTERM)."""
    configured = session.open_broker().settings.server  # errors of configuration show here
    address = host or configured.host
    with claim(address, configured.port if port is None else port) as claimed:
        taken = claimed.getsockname()[1]
        listening = Listening(
            address, taken, workers or configured.workers, threads or configured.threads
        )
        _tell_workers(session, listening)
        _announce(session, listening)
        run_workers(APPLICATION, listening)


def _announce(session: BrokerSession, listening: Listening) -> None:
    where = listening.address
    session.output.result(
        {"url": where, "workers": listening.workers, "home": str(session.home.resolve())},
        lambda: session.output.sentence(
            f"The network answers at {where} with {listening.workers} workers; Ctrl-C stops."
        ),
    )
    sys.stdout.flush()


def application() -> Callable:
    """Return the WSGI application a worker process serves: the broker that the environment
    names."""
    from beacon_node.broker.wsgi import make_app

    begin_worker()
    return make_app()


def _tell_workers(session: BrokerSession, listening: Listening) -> None:
    os.environ[HOME_VARIABLE] = str(session.home.resolve())
    os.environ[f"{PREFIX}SERVER_HOST"] = listening.host
    os.environ[f"{PREFIX}SERVER_PORT"] = str(listening.port)

"""`beacon-node serve`: the node's HTTP server."""

import atexit
import multiprocessing
import os
import socket
import sys
import threading
from collections.abc import Callable
from multiprocessing import connection

import click

from beacon_node.cli.common import HOME_VARIABLE, Session, with_session
from beacon_node.errors import ConfigurationError
from beacon_node.settings import PREFIX, Server

APPLICATION = "beacon_node.cli.serve:application"
STOP_S = 10  # how long a worker may finish the answer it is giving


@click.command()
@click.option("--host", help="Address to listen on; by default server.host of node.toml.")
@click.option("--port", type=click.IntRange(0, 65_535), help="0 takes a free one.")
@click.option("--workers", type=click.IntRange(1), help="Processes that answer.")
@with_session
def serve(session: Session, host: str | None, port: int | None, workers: int | None) -> None:
    """Answer Beacon v2 questions over HTTP until stopped (Ctrl-C or SIGTERM)."""
    from beacon_node.node_web.passports import clearinghouse_of

    node = session.open_node()  # all errors of configuration show here …
    clearinghouse_of(node)  # … and those of the list of trusted issuers
    configured = node.settings.server
    address = host or configured.host
    with _claim(address, configured.port if port is None else port) as claim:
        server = Server(address, claim.getsockname()[1], workers or configured.workers)
        _tell_workers(session, server)
        _announce(session, server)
        _run(server)


def _announce(session: Session, server: Server) -> None:
    where = f"http://{_in_url(server.host)}:{server.port}/api"
    session.output.result(
        {"url": where, "workers": server.workers, "home": str(session.home.resolve())},
        lambda: session.output.sentence(
            f"Answering at {where} with {server.workers} workers; Ctrl-C stops."
        ),
    )
    sys.stdout.flush()


def application() -> Callable:
    """Return the WSGI application a worker process serves: the node that the environment names."""
    from beacon_node.node_web.wsgi import make_app

    # The server's own threads may still wait for the interpreter when a worker is done; were it
    # taken down under them, they would end in a panic.
    atexit.register(os._exit, 0)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return make_app()


def _end_with_parent() -> None:
    """End this worker when the server is gone, also when that was killed: it holds the port."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _run(server: Server) -> None:
    """Run worker processes with one thread each; more threads only wait for the interpreter."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    multiprocessing.set_start_method("spawn")  # workers inherit no open database
    Granian(
        APPLICATION,
        factory=True,
        interface=Interfaces.WSGI,
        address=server.host,
        port=server.port,
        workers=server.workers,
        blocking_threads=1,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_S,
    ).serve()


def _tell_workers(session: Session, server: Server) -> None:
    os.environ[HOME_VARIABLE] = str(session.home.resolve())
    os.environ[f"{PREFIX}SERVER_HOST"] = server.host
    os.environ[f"{PREFIX}SERVER_PORT"] = str(server.port)


def _claim(host: str, port: int) -> socket.socket:
    """Return a socket that keeps `port` (0: a free one) for our workers while it lives.

    The workers share the port (SO_REUSEPORT), so that a second server would share it too and get
    half of the questions; whoever does not ask for sharing finds it taken. ConfigurationError if
    it is.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with _bound(family, address, socket.SO_REUSEADDR) as probe:
            address = probe.getsockname()
        return _bound(family, address, socket.SO_REUSEPORT)
    except OSError as error:
        problem = f"cannot listen on {host} port {port}: {error.strerror or error}"
        raise ConfigurationError(problem) from error


def _bound(family: int, address: tuple, option: int) -> socket.socket:
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, option, 1)
        found.bind(address)
    except OSError:
        found.close()
        raise
    return found


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host

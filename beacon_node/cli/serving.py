"""Worker processes that answer on one port: what serving a node and a broker share."""

import atexit
import multiprocessing
import os
import socket
import threading
from dataclasses import dataclass
from multiprocessing import connection

from beacon_node.errors import ConfigurationError

STOP_S = 10  # how long a worker may finish the answer it is giving


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and with how many processes, of how many threads each, a program answers."""

    host: str
    port: int
    workers: int
    threads: int = 1

    @property
    def address(self) -> str:
        """Its address as others write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def run_workers(application: str, listening: Listening) -> None:
    """Serve the WSGI application that the factory `application` (`module:name`) makes in each
    worker process, until stopped."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    # It warns of many threads, which is right where they compute; a broker's wait.
    level = LogLevels.warning if listening.threads == 1 else LogLevels.error
    multiprocessing.set_start_method("spawn")  # workers inherit no open database
    Granian(
        application,
        factory=True,
        interface=Interfaces.WSGI,
        address=listening.host,
        port=listening.port,
        workers=listening.workers,
        blocking_threads=listening.threads,
        websockets=False,
        log_level=level,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_S,
    ).serve()


def begin_worker() -> None:
    """Make this worker process end when and as it should."""
    # The server's own threads may still wait for the interpreter when a worker is done; were it
    # taken down under them, they would end in a panic.
    atexit.register(os._exit, 0)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when the server is gone, also when that was killed: it holds the port."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def claim(host: str, port: int) -> socket.socket:
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

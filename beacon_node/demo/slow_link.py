"""A slow line to a server of this machine: everything arrives, each request so much later."""

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType

_CHUNK = 65_536
_WAITING = 64  # connections not yet taken


class SlowLink:
    """Listens on a free port of this machine and hands on what comes, `delay_s` later.

    Each connection is held back once for each time that its client speaks, as a long or busy line
    would; the answers come back at once.
    """

    def __init__(self, port: int, delay_s: float) -> None:
        self._target, self._delay_s = ("127.0.0.1", port), delay_s
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_WAITING)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> "SlowLink":
        threading.Thread(target=self._take, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _take(self) -> None:
        with suppress(OSError):  # closed: the demonstration is over
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target, timeout=5)
        except OSError:  # its server is down: so is the line
            client.close()
            return
        server.settimeout(None)
        back = threading.Thread(target=_pass, args=(server, client, 0.0), daemon=True)
        back.start()
        _pass(client, server, self._delay_s)


def _pass(source: socket.socket, target: socket.socket, delay_s: float) -> None:
    with suppress(OSError):
        while said := source.recv(_CHUNK):
            time.sleep(delay_s)
            target.sendall(said)
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)

"""Connections of which everything together ends at a deadline: name, TLS, headers, body.

The time-outs of an HTTP library are for one read each: whoever sends a byte now and then is never
late. Here every read and write of a socket has no longer than what is left.
"""

import socket
import ssl
import threading
import time
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

NEVER = float("inf")
_CLOSE_S = 0.02  # a socket's time-out is not set anew for less: that is a system call


class Deadline(threading.local):
    """When what this thread is doing must be over, in seconds of the monotonic clock."""

    until = NEVER

    def start(self, timeout_s: float) -> None:
        self.until = time.monotonic() + timeout_s

    def left_s(self) -> float:
        """Return the time that is left; TimeoutError if there is none."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time is over")
        return left


class _InTime:
    """A socket that asks its deadline before it waits; until it is told of one it just waits."""

    deadline: Deadline | None = None

    def _hurry(self) -> None:
        if self.deadline is not None:
            left_s, set_s = self.deadline.left_s(), self.gettimeout()
            if set_s is None or set_s - left_s > _CLOSE_S:
                self.settimeout(left_s)

    def recv_into(self, *args: Any, **options: Any) -> int:
        self._hurry()
        return super().recv_into(*args, **options)

    def send(self, *args: Any, **options: Any) -> int:
        self._hurry()
        return super().send(*args, **options)

    def sendall(self, *args: Any, **options: Any) -> None:
        self._hurry()
        super().sendall(*args, **options)


class PlainSocket(_InTime, socket.socket):
    """A TCP socket that keeps to a deadline."""


class TlsSocket(_InTime, ssl.SSLSocket):
    """A TLS socket that keeps to a deadline; a context makes it (`sslsocket_class`)."""


class _AtOnce:
    """A connection that sends a request's head and body together: half the system calls, each of
    which may cost a thread its turn."""

    _held: bytearray | None = None

    def request(self, *args: Any, **options: Any) -> None:
        self._held = bytearray()
        try:
            super().request(*args, **options)
        finally:
            whole, self._held = self._held, None
        super().send(whole)

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)
        else:
            self._held += data


def pools_in_time(deadline: Deadline) -> dict[str, type[HTTPConnectionPool]]:
    """Return the kinds of connection pools, by scheme, whose connections keep to `deadline`."""

    class Plain(_AtOnce, HTTPConnection):
        def _new_conn(self) -> socket.socket:
            self.timeout = deadline.left_s()
            return _adopted(super()._new_conn(), deadline)

    class Tls(_AtOnce, HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            self.timeout = deadline.left_s()
            return _adopted(super()._new_conn(), deadline)

        def connect(self) -> None:
            super().connect()
            self.sock.deadline = deadline

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": PlainPool, "https": TlsPool}


def _adopted(found: socket.socket, deadline: Deadline) -> PlainSocket:
    timeout_s = found.gettimeout()
    adopted = PlainSocket(found.family, found.type, found.proto, fileno=found.detach())
    adopted.settimeout(timeout_s)
    adopted.deadline = deadline
    return adopted

"""Servers on this machine that say whatever a test wants, byte by byte, and their certificates."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

Say = Callable[[socket.socket, bytes], None]
"""Answers one request: the connection, and the request's head and body."""


def answering(status: str = "200 OK", body: bytes = b"{}", *headers: str) -> Say:
    """Return what answers like a web server."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def say(connection: socket.socket, request: bytes) -> None:
        connection.sendall(whole)

    return say


class Server:
    """Listens on a free port until the block ends; remembers the requests it got."""

    def __init__(self, say: Say, tls: ssl.SSLContext | None = None, *, port: int = 0) -> None:
        self._say, self._tls = say, tls
        self.requests: list[bytes] = []
        self.stopped = threading.Event()  # whoever hangs waits for it
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def __enter__(self) -> "Server":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            while request := _request(connection):
                self.requests.append(request)
                self._say(connection, request)


def _request(connection: socket.socket) -> bytes:
    """Return the next request, empty when the client has gone."""
    told = b""
    while b"\r\n\r\n" not in told:
        piece = connection.recv(65_536)
        if not piece:
            return b""
        told += piece
    head, _, body = told.partition(b"\r\n\r\n")
    lengths = [line[15:] for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"]
    while lengths and len(body) < int(lengths[0]):
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


class Authority:
    """Signs certificates for servers and clients; its own is in `file`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._builder(self._name, self._key, days=30).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.file = folder / f"{name}.pem"
        signed = made.sign(self._key, hashes.SHA256())
        self.file.write_bytes(signed.public_bytes(Encoding.PEM))

    def certificate(self, host: str, *, days: int = 30) -> Path:
        """Return a file with a certificate for a host, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        is_number = host[0].isdecimal()
        told = x509.IPAddress(ipaddress.ip_address(host)) if is_number else x509.DNSName(host)
        made = self._builder(name, key, days=days).add_extension(
            x509.SubjectAlternativeName([told]), critical=False
        )
        file = self._folder / f"{host}-{days}.pem"
        signed = made.sign(self._key, hashes.SHA256())
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(signed.public_bytes(Encoding.PEM) + secret)
        file.chmod(0o600)
        return file

    def server_context(self, host: str = "127.0.0.1", *, days: int = 30) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate(host, days=days))
        return context

    def _builder(self, name: x509.Name, key: object, *, days: int) -> x509.CertificateBuilder:
        """`days` until it ends, negative for one that has ended."""
        now = datetime.datetime.now(datetime.UTC)
        ends = now + datetime.timedelta(days=days)
        begins = min(now, ends) - datetime.timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
        )


@contextmanager
def unused_port() -> Iterator[int]:
    """Give a port on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]

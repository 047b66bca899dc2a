"""A real SMTP server on this machine, with faults."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from beacon_node.notify.smtp import SmtpAccount

SENDER = "beacon@hospital.example"


class Office:
    """Takes mail and keeps it. `refused` are recipients it does not know, `busy` those it has no
    time for now; `pause_s` is how long it thinks about each mail."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refused: set[str] = set()
        self.busy: set[str] = set()
        self.spam = False
        self.pause_s = 0.0
        self.busy_with = 0
        self.awake = threading.Event()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return "550 no such mailbox here"
        if address in self.busy:
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.busy_with += 1
        if self.pause_s:
            self.awake.wait(self.pause_s)
        if self.spam:
            return "554 this looks like spam"
        self.recipients += envelope.rcpt_tos
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


def login(server, session, envelope, mechanism, data: LoginPassword) -> AuthResult:
    is_ours = (data.login, data.password) == (b"beacon", b"s3cret")
    return AuthResult(success=is_ours, handled=is_ours)


@contextmanager
def opened(office: Office, **options) -> Iterator[SmtpAccount]:
    """Serve an office on a free port of this machine."""
    port = free_port()
    controller = Controller(office, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield SmtpAccount("localhost", port, SENDER, security="none", timeout_s=5)
    finally:
        office.awake.set()
        controller.stop()


def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Return a certificate for localhost, and a server's context that has it."""
    file, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return file, context


def until(condition, seconds: float = 10) -> None:
    """Wait for something another process does; AssertionError if it does not."""
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")

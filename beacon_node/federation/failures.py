"""What went wrong on the way to a server, in one plain sentence."""

import socket
import ssl
from collections.abc import Iterator

from urllib3.exceptions import IncompleteRead, ProxyError

from beacon_node.errors import Unreachable

_STRANGE = "it does not answer as a web server does"


def in_words(error: BaseException) -> Unreachable:
    """Return an error of the HTTP library, or below it, as ours; it quotes no address or body."""
    causes = tuple(_causes(error))
    for kind, words in _WORDS:
        for cause in causes:
            if isinstance(cause, kind):
                problem = words(cause) if callable(words) else words
                return Unreachable(problem, is_timeout=kind is TimeoutError)
    return Unreachable(_STRANGE)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it came from: libraries wrap in several ways."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        around = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        waiting += [other for other in around if isinstance(other, BaseException)]


def _certificate(error: ssl.SSLCertVerificationError) -> str:
    return f"its TLS certificate is refused: {error.verify_message.rstrip('.')}"


def _tls(error: ssl.SSLError) -> str:
    reason = (error.reason or "unknown reason").replace("_", " ").lower()
    return f"no TLS connection comes about: {reason}"


def _system(error: OSError) -> str:
    return f"it cannot be reached: {error.strerror.lower()}" if error.strerror else _STRANGE


# The first kind that is among the causes speaks: the more exact before the more general.
_WORDS = (
    (socket.gaierror, "its name cannot be resolved: DNS knows no such host"),
    (ssl.SSLCertVerificationError, _certificate),
    (TimeoutError, "it did not answer in time"),
    (ProxyError, "the proxy that leads to it cannot be used"),
    (ssl.SSLError, _tls),
    (ConnectionRefusedError, "nothing listens at its address"),
    (ConnectionResetError, "it broke the connection off"),
    (IncompleteRead, "its answer broke off before its end"),
    (OSError, _system),
)

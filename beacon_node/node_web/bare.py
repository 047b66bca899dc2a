"""Requests that prove nothing of who sent them: most questions are anybody's."""

from collections.abc import Mapping

from beacon_node.model.federation import MESSAGE_HEADER

MESSAGE_VARIABLE = f"HTTP_{MESSAGE_HEADER.upper().replace('-', '_')}"  # as WSGI calls the header


def proves_nothing(environ: Mapping[str, object]) -> bool:
    """Say whether a request shows neither token, session nor a broker's message: it is anybody's.

    A POST may have tokens in its body.
    """
    return (
        "HTTP_AUTHORIZATION" not in environ
        and "HTTP_COOKIE" not in environ
        and MESSAGE_VARIABLE not in environ
        and environ["REQUEST_METHOD"] != "POST"
    )

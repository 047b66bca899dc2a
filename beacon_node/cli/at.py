"""Commands that ask an address: `--at`, and whose token is sent there."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from beacon_node.client import BeaconClient

AT_VARIABLE = "BEACON_AT"  # the client's own, which is loaded only to ask


def at_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--at`, `--token-file` and `--timeout`."""
    for option in (
        click.option(
            "--timeout",
            type=click.FloatRange(0.1, 3_600),
            default=60.0,
            show_default=True,
            metavar="SECONDS",
            help="For a whole answer.",
        ),
        click.option(
            "--token-file",
            type=click.Path(dir_okay=False),
            metavar="FILE",
            help="Your passport or access token, in a file that only you can read; else "
            "$BEACON_TOKEN_FILE or $BEACON_TOKEN.",
        ),
        click.option(
            "--at",
            envvar=AT_VARIABLE,
            show_envvar=True,
            metavar="URL",
            help="A broker, a node, or any Beacon v2.",
        ),
    ):
        function = option(function)
    return function


def needs_address(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what `at_options` does, and refuse to run it without an address."""

    @functools.wraps(function)
    def run(*args: Any, at: str | None, **told: Any) -> Any:
        if not at:
            raise click.UsageError(f"give --at URL or set {AT_VARIABLE}")
        return function(*args, at=at, **told)

    return at_options(run)


def open_client(at: str, token_file: str | None, timeout: float) -> "BeaconClient":
    from beacon_node.client import BeaconClient

    return BeaconClient(at, token_file=token_file, timeout_s=timeout)

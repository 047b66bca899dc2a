"""`beacon-node broker …`: the program that asks all members of a network at once."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beacon_node.cli.output import Output

if TYPE_CHECKING:
    from beacon_node.broker.broker import Broker

HOME_VARIABLE = "BEACON_BROKER_HOME"
LOCAL_HOME = Path("broker-home")


@dataclass(frozen=True)
class BrokerSession:
    """One run of a command."""

    given_home: Path | None
    output: Output

    @property
    def home(self) -> Path:
        return self.given_home or LOCAL_HOME

    def open_broker(self) -> "Broker":
        from beacon_node.broker.broker import open_broker

        return open_broker(self.home)


def with_broker(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--home` and `--json`, and a `BrokerSession` as its first argument."""

    @click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        envvar=HOME_VARIABLE,
        show_envvar=True,
        help="The broker's folder; by default ./broker-home.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    @functools.wraps(function)
    def run(*args: Any, home: Path | None, as_json: bool, **options: Any) -> Any:
        return function(BrokerSession(home, Output(as_json)), *args, **options)

    return run


class _Commands(click.Group):
    """Commands that are imported only when they run: none loads what only another one needs."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        import importlib

        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"beacon_node.cli.{COMMANDS[name][0]}")
        return getattr(module, name)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


# Name → module that holds the command, and what `--help` says of it.
COMMANDS = {
    "init": ("broker_home", "Make the home folder of a new broker."),
    "serve": ("broker_serve", "Answer over HTTP."),
    "members": ("broker_members", "Show who is asked and how each of them does."),
    "check": ("broker_members", "Ask each member who it is, and say what is wrong."),
    "key": ("broker_home", "Show the fingerprint that members compare."),
    "joins": ("broker_joins", "Show who asks to become a member."),
    "approve": ("broker_joins", "Make a member of who asked."),
    "refuse": ("broker_joins", "Refuse who asked to become a member."),
    "settle": ("broker_joins", "Note what you found out about a checkpoint that went back."),
}


@click.group(cls=_Commands)
def broker() -> None:
    """Ask every member of a network at once. A broker holds no data of its own."""

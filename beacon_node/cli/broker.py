"""`beacon-node broker …`: the program that asks all members of a network at once."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beacon_node.cli.common import Command, with_home
from beacon_node.cli.lazy import LazyGroup
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


def with_broker(function: Command) -> Command:
    """Give a command `--home` and `--json`, and a `BrokerSession` as its first argument."""
    told = "The broker's folder; by default ./broker-home."
    return with_home(function, BrokerSession, HOME_VARIABLE, told)


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


@click.group(cls=LazyGroup, listed=COMMANDS)
def broker() -> None:
    """Ask every member of a network at once. A broker holds no data of its own."""

"""What a node's commands have: `--home`, `--json`, and a node that is opened only when needed."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beacon_node.cli.output import Output

if TYPE_CHECKING:
    from beacon_node.node import Node

Command = Callable[..., Any]
HOME_VARIABLE = "BEACON_NODE_HOME"
LOCAL_HOME = Path("beacon-home")


@dataclass(frozen=True)
class Session:
    """One run of a command."""

    given_home: Path | None
    output: Output

    @property
    def home(self) -> Path:
        return find_home(self.given_home)

    def open_node(self) -> "Node":
        from beacon_node.node import open_node

        return open_node(self.home)


def find_home(given: Path | None) -> Path:
    """Return the node's home: as given (`--home`, `$BEACON_NODE_HOME`), else `./beacon-home` if it
    is one, else the folder for this user's data."""
    if given:
        return given
    if (LOCAL_HOME / "node.toml").is_file():
        return LOCAL_HOME
    import platformdirs

    return Path(platformdirs.user_data_dir("beacon-node", appauthor=False))


def with_session(function: Command) -> Command:
    """Give a command `--home` and `--json`, and a `Session` as its first argument."""
    told = "The node's folder; by default ./beacon-home if it is one."
    return with_home(function, Session, HOME_VARIABLE, told)


def with_home(
    function: Command, session: Callable[[Path | None, Output], object], variable: str, told: str
) -> Command:
    """Give a command of either program `--home` and `--json`, and what `session` makes of them as
    its first argument; `told` is the help of `--home`."""

    @click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        envvar=variable,
        show_envvar=True,
        help=told,
    )
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    @functools.wraps(function)
    def run(*args: Any, home: Path | None, as_json: bool, **options: Any) -> Any:
        return function(session(home, Output(as_json)), *args, **options)

    return run

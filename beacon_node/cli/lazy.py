"""Groups of commands that are imported only when they run."""

from collections.abc import Mapping

import click

Listed = Mapping[str, tuple[str, str]]
"""Name → module of `beacon_node.cli` that holds the command, and what `--help` says of it."""


class LazyGroup(click.Group):
    """Starts quickly, and loads nothing that only another of its commands needs."""

    def __init__(self, *args: object, listed: Listed, **told: object) -> None:
        super().__init__(*args, **told)
        self._listed = listed

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self._listed)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        import importlib

        if name not in self._listed:
            return None
        module = importlib.import_module(f"beacon_node.cli.{self._listed[name][0]}")
        return getattr(module, name)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._listed.items()])

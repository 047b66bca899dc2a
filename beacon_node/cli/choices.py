"""What `--filter`, `--assayed`, `--samples` and lists of ids mean."""

import sys
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from datetime import tzinfo

    from beacon_node.actions.load_dataset import Assayed
    from beacon_node.model.calls import FilterPolicy
    from beacon_node.model.genome import Assembly

filter_option: Callable[[Any], Any] = click.option(
    "--filter",
    "filters",
    metavar="PASS|all|NAMES",
    help="Which FILTER values are loaded besides `.`: PASS, all, or names with commas.",
)
assayed_option: Callable[[Any], Any] = click.option(
    "--assayed",
    metavar="BED|REGIONS|whole-genome",
    help="Where was sequenced; elsewhere the answer is `not sequenced here`.",
)


def filter_policy(text: str) -> "FilterPolicy":
    """Return the policy that `--filter` names."""
    from beacon_node.model.calls import FilterPolicy

    if text.lower() == "all":
        return FilterPolicy(None)
    return FilterPolicy(frozenset(text.replace(",", " ").split()) - {"PASS"})


def assayed_regions(text: str, assembly: "Assembly") -> "Assayed":
    """Return what `--assayed` names: the whole genome, a BED file, or regions counted from 1."""
    from beacon_node.actions.load_dataset import WHOLE_GENOME
    from beacon_node.errors import InvalidRequest
    from beacon_node.ingest.tables import parse_regions, read_bed

    if text == WHOLE_GENOME:
        return WHOLE_GENOME
    if Path(text).exists():
        return read_bed(text, assembly)
    try:
        return parse_regions(text, assembly)
    except InvalidRequest as error:
        raise InvalidRequest(f"--assayed {text}: no such file, and {error}") from error


def words(texts: Sequence[str]) -> Iterator[str]:
    """Yield `texts`; for `-` the lines of standard input, which no list of processes shows."""
    for text in texts:
        lines = sys.stdin if text == "-" else [text]
        yield from (line.strip() for line in lines if line.strip())


def names(text: str) -> tuple[str, ...]:
    """Return what is listed with commas.

    >>> names("GRU, NPU")
    ('GRU', 'NPU')
    """
    return tuple(part.strip() for part in text.split(",") if part.strip())


def own_words(text: str, kind: type[StrEnum], option: str) -> frozenset:
    """Return words of an enumeration listed with commas."""
    found = names(text)
    if not set(found) <= set(kind):
        raise click.BadParameter(f"some of {', '.join(kind)} are expected", param_hint=option)
    return frozenset(kind(word) for word in found)


def time_zone(context: click.Context, option: click.Parameter, name: str | None) -> "tzinfo | None":
    """Return the time zone that is told, None where none is."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError) as unknown:
        problem = "a time zone like Europe/Helsinki is expected"
        raise click.BadParameter(problem, context, option) from unknown


def this_user(context: click.Context, option: click.Parameter, name: str) -> str:
    """Return who does it: as told, else the user that runs the command."""
    import getpass

    return name or getpass.getuser()


zone_option: Callable[[Any], Any] = click.option(
    "--zone",
    callback=time_zone,
    metavar="Europe/Helsinki",
    help="Whose days dates are; by default `time_zone` in [node] of node.toml.",
)
by_option: Callable[[Any], Any] = click.option(
    "--by", default="", callback=this_user, help="Who records it; by default this user."
)

"""The line under an answer that leads to more: at which sites access can be applied for."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from beacon_node.broker.applying import MOST_SITES, takes_applications
from beacon_node.model.federation import Came, Member, MemberRow, Told
from beacon_node.model.query import Granularity

WITHHELD = frozenset({Came.NOT_PERMITTED, Came.NOT_ANSWERABLE, Came.BUDGET_SPENT})
_MOST_DATASETS = 90  # that an address names; with the sites fewer than a request may have


@dataclass(frozen=True, slots=True)
class Reached:
    """How researchers reach the broker: its address, and whether they can log in there."""

    url: str
    has_logins: bool = False


@dataclass(frozen=True, slots=True)
class ApplyLine:
    """`names` are the sites; `link` is the form for them, or `command` does it from a terminal."""

    names: str
    link: str
    command: str


def apply_line(
    rows: Iterable[tuple[MemberRow, Member]], asked: Granularity, reached: Reached
) -> ApplyLine | None:
    """Return the line for the sites that withhold something of an answer, None if none does."""
    found = [(row, member) for row, member in rows if takes_applications(member)]
    found = [(row, member) for row, member in found if is_withheld(row, asked)][:MOST_SITES]
    if not found:
        return None
    names = ", ".join(member.name for _, member in found)
    if not reached.has_logins:
        return ApplyLine(names, "", _command((member.id for _, member in found), reached.url))
    datasets = [
        f"{member.id}/{one.dataset}"
        for row, member in found
        for one in row.datasets
        if _says_less(one, asked)
    ]
    told = {"site": [member.id for _, member in found], "dataset": datasets[:_MOST_DATASETS]}
    return ApplyLine(names, f"/apply?{urlencode(told, doseq=True)}", "")


def is_withheld(row: MemberRow, asked: Granularity) -> bool:
    """Say whether a site tells less than was asked, where its committee could grant it."""
    is_less = row.came in WITHHELD or _is_bare_yes(row, asked)
    return is_less or any(_says_less(one, asked) for one in row.datasets)


def _says_less(one: Told, asked: Granularity) -> bool:
    return one.status in WITHHELD or _is_bare_yes(one, asked)


def _is_bare_yes(one: MemberRow | Told, asked: Granularity) -> bool:
    return asked > Granularity.BOOLEAN and one.exists is True and one.count is None


def _command(sites: Iterable[str], url: str) -> str:
    words = ["beacon-node", "apply", "--at", url, "--sites", ",".join(sites)]
    return shlex.join([*words, "--form", "form.toml"])

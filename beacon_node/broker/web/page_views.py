"""What the network's pages show, made of a question and its rows."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from urllib.parse import urlencode

from beacon_node.beacon_v2.typed import Question, Typed
from beacon_node.broker.health import Condition, MemberHealth
from beacon_node.broker.web.apply_line import ApplyLine, Reached, apply_line
from beacon_node.broker.web.row_view import RowView, other_name, row_view
from beacon_node.model.federation import Came, Member, MemberRow
from beacon_node.model.row_words import tally, tally_words

USUAL_ENTRY = "individual"
ENTRIES = (("individual", "people"), ("genomicVariant", "variations"), ("biosample", "samples"))


@dataclass(frozen=True, slots=True)
class AskedView:
    """What stands in the form."""

    text: str = ""
    assembly: str = ""
    entry: str = USUAL_ENTRY
    filters: str = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.assembly or self.filters) or self.entry != USUAL_ENTRY


def asked_view(typed: Typed) -> AskedView:
    return AskedView(
        typed.text, typed.assembly, typed.entry or USUAL_ENTRY, ", ".join(typed.filters)
    )


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer as far as it has come. `query` are the parameters that ask it again; `command` and
    `curl` do the same from a terminal. `apply` leads to more than was told, None where all was."""

    words: str
    rows: tuple[RowView, ...]
    waiting: int
    tally: str
    query: str
    command: str
    curl: str
    apply: ApplyLine | None


def answer_view(
    typed: Typed,
    question: Question,
    rows: Sequence[MemberRow],
    members: Iterable[Member],
    reached: Reached,
) -> AnswerView:
    """Return what is shown of `rows`, in the order of the members; `reached` is the broker."""
    shown = {row.member: row for row in rows}
    ordered = [(shown.get(one.id) or waiting_row(one), one) for one in members]
    counted = question.parsed.query.entry_type.counts
    query = urlencode(_parameters(typed), doseq=True)
    return AnswerView(
        words=_capital(question.words),
        rows=tuple(row_view(row, one.organization) for row, one in ordered),
        waiting=sum(row.came is Came.WAITING for row, _ in ordered),
        tally=tally_words(tally(row for row, _ in ordered), counted),
        query=query,
        command=_command(typed, reached.url),
        curl=f"curl {shlex.quote(f'{reached.url}/ask.json?{query}')}",
        apply=apply_line(ordered, question.parsed.query.granularity, reached),
    )


def waiting_row(member: Member) -> MemberRow:
    return MemberRow(member.id, member.name, Came.WAITING)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _parameters(typed: Typed) -> Mapping[str, object]:
    told = {
        "q": typed.text,
        "assembly": typed.assembly,
        "filter": list(typed.filters),
        "granularity": typed.granularity,
        "entry": typed.entry,
        "test": "true" if typed.is_test else "",
    }
    return {name: value for name, value in told.items() if value}


def _command(typed: Typed, url: str) -> str:
    words = ["beacon-node", "query", *([typed.text] if typed.text else ()), "--at", url]
    words += ["--assembly", typed.assembly] if typed.assembly else []
    words += [word for one in typed.filters for word in ("--filter", one)]
    return shlex.join(words)


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site and its condition; `kind` is the style."""

    name: str
    organization: str
    url: str
    kind: str
    state: str
    since: str


_KINDS = {
    Condition.ANSWERS: "yes",
    Condition.ANSWERS_WRONGLY: "away",
    Condition.IS_SILENT: "away",
    Condition.UNKNOWN: "no",
}


def site_view(member: Member, health: MemberHealth, zone: tzinfo) -> SiteView:
    return SiteView(
        name=member.name,
        organization=other_name(member.organization, member.name),
        url=member.url,
        kind=_KINDS[health.condition],
        state=str(health.condition),
        since=_since(health, zone),
    )


def _since(health: MemberHealth, zone: tzinfo) -> str:
    if health.since is None:
        return "Nobody has asked it yet."
    told = f"Since {health.since.astimezone(zone):%Y-%m-%d %H:%M}"
    is_well = health.condition is Condition.ANSWERS
    return told if is_well or not health.last_reason else f"{told}: {health.last_reason}"

"""`beacon-node query`: ask this node, in its own process, what anybody could ask it over HTTP, or
ask an address (`--at`) over HTTP."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from beacon_node.cli.at import at_options
from beacon_node.cli.common import Session, with_session
from beacon_node.cli.query_output import Asked, show_many, show_one, to_json
from beacon_node.errors import InvalidRequest
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.genome import Assembly, parse_assembly
from beacon_node.model.query import Filter, Granularity, Include, OntologyFilter, Page, Query

if TYPE_CHECKING:
    from beacon_node.node import Node

ENTRIES = {entry_type.path: entry_type for entry_type in (EntryType.GENOMIC_VARIANT, *LINEAGE)}


@click.command()
@click.argument("texts", metavar="TEXT…", nargs=-1)
@click.option("--assembly", help="GRCh37 or GRCh38, if the text and the datasets leave it open.")
@click.option("--filter", "filters", multiple=True, metavar="FILTER", help="HP:0001250, age>60 …")
@click.option("--entry", type=click.Choice(list(ENTRIES)), help="What is counted or listed.")
@click.option(
    "--granularity",
    type=click.Choice([granularity.word for granularity in Granularity]),
    default="count",
    show_default=True,
)
@click.option("--dataset", "datasets", multiple=True, metavar="ID", help="Ask only this one.")
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, metavar="RECORDS")
@click.option("--skip", type=click.IntRange(0), default=0, metavar="PAGES")
@at_options
@click.option(
    "--file", metavar="FILE", help="Ask each line of a list, or allele of a VCF; - stdin."
)
@click.option("--csv", metavar="FILE", help="Write a row per site; - is stdout.")
@click.option("--jsonl", metavar="FILE", help="Write a JSON document per question; - is stdout.")
@click.option("--resume", is_flag=True, help="Go on with that file: what it answers is not asked.")
@click.option(
    "--rate",
    type=click.FloatRange(0.01, 20),
    default=2.0,
    show_default=True,
    metavar="N",
    help="Questions per second, at most.",
)
@click.option("--yes", is_flag=True, help="Ask many without asking me first.")
@with_session
def query(session: Session, texts: tuple[str, ...], **told: Any) -> int:
    """Ask for a variation, region, gene, rsID, HGVS name or protein change.

    TEXT is what one would type into a search box: 17-43045711-C-T, rs80357906, BRCA1, "BRAF
    V600E", 17:43044295-43125364, NM_007294.4:c.5266dup. A `-` reads one question per line from
    stdin. Positions count from 1. Without TEXT, the filters alone are asked.

    Without --at this node is asked. With it, every site that the broker there knows has a row, or
    the node or Beacon there is the one site. --file, --csv, --jsonl, --resume, --rate and --yes go
    with --at; --dataset, --limit and --skip without it.
    """
    if told["at"]:
        from beacon_node.cli.query_at import query_at

        _refuse(_HERE_ONLY, "asks this node, not another address")
        return query_at(session, texts, told)
    _refuse(_THERE_ONLY, "goes with --at")
    return _query_here(session, texts, told)


_HERE_ONLY = ("datasets", "limit", "skip")
_THERE_ONLY = ("file", "csv", "jsonl", "resume", "rate", "yes", "token_file", "timeout")


def _refuse(names: Sequence[str], why: str) -> None:
    """Raise UsageError if one of these options was given on the command line."""
    context = click.get_current_context()
    for option in context.command.params:
        given = context.get_parameter_source(option.name)
        if option.name in names and given is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option.opts[0]} {why}")


def _query_here(session: Session, texts: tuple[str, ...], told: Mapping[str, Any]) -> int:
    node = session.open_node()
    base, is_open = _base(told), told["entry"] is None
    assembly = parse_assembly(told["assembly"]) if told["assembly"] else _only_assembly(node)
    lines = list(_lines(texts))
    if not lines and not base.filters:
        raise click.UsageError("give a TEXT or a --filter")
    if texts == ("-",) or len(lines) > 1:
        asked = [_ask_and_go_on(node, text, base, assembly, is_open) for text in lines]
        session.output.result(to_json(node, asked), lambda: show_many(session.output, asked))
        return InvalidRequest.exit_code if any(one.problem for one in asked) else 0
    one = _ask(node, lines[0] if lines else "", base, assembly, is_open)
    session.output.result(to_json(node, [one]), lambda: show_one(session.output, one))
    return 0


def _base(told: Mapping[str, Any]) -> Query:
    """Return the question without its variation."""
    from beacon_node.beacon_v2.filters import parse_filters

    return Query(
        entry_type=ENTRIES.get(told["entry"], EntryType.INDIVIDUAL),
        filters=parse_filters(list(told["filters"]))[0],
        granularity=Granularity[told["granularity"].upper()],
        include=Include.ALL,
        page=Page(told["skip"], told["limit"]),
        datasets=told["datasets"],
    )


def _lines(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        lines = sys.stdin if text == "-" else [text]
        yield from (line.strip() for line in lines if line.strip())


def _ask_and_go_on(
    node: "Node", text: str, base: Query, assembly: Assembly | None, is_open: bool
) -> Asked:
    try:
        return _ask(node, text, base, assembly, is_open)
    except InvalidRequest as error:
        return Asked(text, problem=str(error))


def _ask(node: "Node", text: str, base: Query, assembly: Assembly | None, is_open: bool) -> Asked:
    """Return the answers; `is_open`: the kind of entry was left open, so variations and people."""
    from beacon_node.model.notation import understand

    conditions = [_describe(node, wanted) for wanted in base.filters]
    if not text:
        words = f"{base.entry_type.counts} with {' and '.join(conditions)}"
        return _asked(node, text, words, [base])
    understood = understand(text, assembly, node.knowledge.bases)
    kinds = (EntryType.GENOMIC_VARIANT, EntryType.INDIVIDUAL) if is_open else (base.entry_type,)
    queries = [replace(base, entry_type=kind, variation=understood.variation) for kind in kinds]
    words = ", with ".join([understood.words, *conditions])
    return _asked(node, text, words, queries)


def _asked(node: "Node", text: str, words: str, queries: Sequence[Query]) -> Asked:
    from beacon_node.actions.answer_query import answer
    from beacon_node.actions.applications.ways import helps
    from beacon_node.model.requester import ANONYMOUS

    answers = tuple(answer(node, query, ANONYMOUS) for query in queries)
    parts = [part for one in answers for part in one.datasets]
    return Asked(text, words, answers, helps=helps(node, parts, ANONYMOUS))


def _describe(node: "Node", wanted: Filter) -> str:
    """Return a filter in words: `MONDO:0004992 (cancer)`, `LOINC:39156-5 > 30`."""
    if isinstance(wanted, OntologyFilter):
        label = node.knowledge.label(wanted.id)
        return f"{wanted.id} ({label})" if label else wanted.id
    return f"{wanted.field} {wanted.operator} {wanted.value}"


def _only_assembly(node: "Node") -> Assembly | None:
    """Return the assembly of all released datasets, None if there are two or none."""
    found = {dataset.assembly for dataset in node.store.datasets()}
    return found.pop() if len(found) == 1 else None

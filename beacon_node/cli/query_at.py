"""`beacon-node query --at URL`: ask a broker, a node or any Beacon v2, as a researcher does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from beacon_node.cli.at import open_client
from beacon_node.cli.common import Session
from beacon_node.cli.output import Output
from beacon_node.cli.query_many import Many, ask_many
from beacon_node.cli.question_list import Line, QuestionList, read_questions
from beacon_node.cli.results_file import Csv, JsonLines, ResultsFile
from beacon_node.cli.site_table import SiteTable, show_meaning
from beacon_node.client import Asked, BeaconClient, Came, Gathered, NetworkAnswer, Search
from beacon_node.errors import NoNodeAnswered
from beacon_node.model.genome import parse_assembly


def query_at(session: Session, texts: Sequence[str], told: Mapping[str, Any]) -> int:
    """Ask what `beacon-node query` was told to, at its address; return the exit code."""
    file = told["file"] or ("-" if texts == ("-",) else None)
    if file and texts not in ((), ("-",)):
        raise click.UsageError("either TEXT or --file")
    if not file and not texts and not told["filters"]:
        raise click.UsageError("give a TEXT, a --filter or a --file")
    search = Search(
        assembly=told["assembly"] or "",
        filters=told["filters"],
        granularity=told["granularity"],
        entry=told["entry"] or "",
    )
    results = _results(told)
    client = open_client(told["at"], told["token_file"], told["timeout"])
    if file or len(texts) > 1:
        return ask_many(session, client, search, _many(file, texts, told, results))
    return _ask_one(session, client, _with_text(search, texts), results)


def _many(
    file: str | None, texts: Sequence[str], told: Mapping[str, Any], results: ResultsFile | None
) -> Many:
    if file:
        assembly = parse_assembly(told["assembly"]) if told["assembly"] else None
        found = read_questions(file, assembly)
    else:
        found = QuestionList(tuple(Line(*pair) for pair in enumerate(texts, start=1)), {})
    return Many(
        found,
        per_second=told["rate"],
        results=results,
        is_confirmed=told["yes"] or not file,  # what was typed was meant
        resume=told["resume"],
    )


def _results(told: Mapping[str, Any]) -> ResultsFile | None:
    if told["csv"] and told["jsonl"]:
        raise click.UsageError("either --csv or --jsonl")
    if told["csv"]:
        return ResultsFile(told["csv"], Csv())
    if told["jsonl"]:
        return ResultsFile(told["jsonl"], JsonLines())
    if told["resume"]:
        raise click.UsageError("--resume goes on with a file: give --csv or --jsonl")
    return None


def _with_text(search: Search, texts: Sequence[str]) -> Search:
    return replace(search, text=texts[0]) if texts else search


def _ask_one(
    session: Session, client: BeaconClient, search: Search, results: ResultsFile | None
) -> int:
    if results:
        results.refuse_old()
        answer = client.search(search)
        results.begin([(1, search.text)], resume=False)
        results.write(1, Asked(1, search.text, answer))
        results.close()
        return _exit_code(answer)
    answer = shown(session.output, client, search)
    session.output.result(
        answer.to_document() | {"at": client.url},
        lambda: show_meaning(session.output, answer, client.address.applied_at),
    )
    return _exit_code(answer)


def shown(output: Output, client: BeaconClient, search: Search) -> NetworkAnswer:
    """Return the answer, whose rows were shown as they came."""
    gathered = Gathered(search)
    with SiteTable(output) as table:
        for one in client.stream(search):
            gathered.add(one)
            table.show(gathered.answer(), one)
    return gathered.answer()


_NOTHING_SAID = frozenset(
    (Came.WAITING, Came.TIMED_OUT, Came.OFFLINE, Came.SKIPPED, Came.NOT_AUTHENTIC, Came.MALFORMED)
    + (Came.FAILED,)
)


def _exit_code(answer: NetworkAnswer) -> int:
    """Whoever reads exit codes must not take a network that is away for one that found nothing."""
    is_silent = all(row.came in _NOTHING_SAID for row in answer.rows)
    return NoNodeAnswered.exit_code if answer.rows and is_silent else 0

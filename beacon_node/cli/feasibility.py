"""`beacon-node feasibility`: a cohort question for a trial, kept in a file, run over all sites."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from beacon_node.cli.at import needs_address, open_client
from beacon_node.cli.common import Session, with_session
from beacon_node.cli.query_at import shown
from beacon_node.cli.query_many import confirm, cost
from beacon_node.cli.results_file import Csv, ResultsFile
from beacon_node.cli.site_table import show_meaning
from beacon_node.client import Asked, BeaconClient, NetworkAnswer
from beacon_node.client.feasibility import CriteriaSet, Study, read_study, template
from beacon_node.errors import Conflict, InvalidInput, StoreUnavailable


@click.group()
def feasibility() -> None:
    """Ask all sites how many people meet the criteria of a trial."""


@feasibility.command()
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--title", default="A trial", show_default=True)
@click.option("--variation", default="", help="As you would type it into a search box.")
@click.option("--filter", "filters", multiple=True, metavar="FILTER", help="HP:0001250 …")
@with_session
def new(session: Session, file: str, title: str, variation: str, filters: tuple[str, ...]) -> None:
    """Write a FILE to begin with; edit it, then run it."""
    text = template(title, variation, filters)
    try:
        with Path(file).open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise Conflict(f"{file} is there already") from error
    except OSError as error:
        raise StoreUnavailable(f"{file} cannot be written: {error.strerror}") from error
    session.output.result(
        {"file": file},
        lambda: session.output.sentence(
            f"Wrote {file}. Fill it in, then: beacon-node feasibility run {file} --at URL"
        ),
    )


@feasibility.command()
@click.argument("file", type=click.Path(dir_okay=False))
@needs_address
@click.option("--csv", metavar="FILE", help="Write a row per set and site; - is stdout.")
@click.option("--yes", is_flag=True, help="Do not ask me first where there are several sets.")
@with_session
def run(session: Session, file: str, **told: Any) -> None:
    """Ask every site the question of FILE, and show a row for each.

    Sets of criteria are asked one after another and shown one below the other: who is in two of
    them cannot be asked, so that their numbers are neither added nor taken from each other.
    """
    study = read_study(_text(file), file)
    client = open_client(told["at"], told["token_file"], told["timeout"])
    for sentence in cost(client, len(study.sets)):
        session.output.note(sentence)
    if len(study.sets) > 1 and not told["yes"]:
        confirm(len(study.sets))
    if told["csv"]:
        _write(client, study, told["csv"])
        return
    session.output.sentence(study.title)
    answers = [(one, _ask(session, client, one, search)) for one, search in study.searches()]
    if len(answers) > 1:
        session.output.sentence("")
        session.output.sentence(
            "A person can be in more than one set: numbers of different sets cannot be added."
        )
    session.output.result(_document(study, client, answers), lambda: None)


def _ask(session: Session, client: BeaconClient, one: CriteriaSet, search: Any) -> NetworkAnswer:
    session.output.sentence("")
    session.output.sentence(f"{one.name}: {one.words}")
    answer = shown(session.output, client, search)
    if not session.output.as_json:
        show_meaning(session.output, answer, client.address.applied_at)
    return answer


def _document(
    study: Study, client: BeaconClient, answers: Sequence[tuple[CriteriaSet, NetworkAnswer]]
) -> dict:
    return {
        "title": study.title,
        "note": study.note,
        "at": client.url,
        "sets": [
            {"name": one.name, "criteria": one.words, **answer.to_document()}
            for one, answer in answers
        ],
    }


def _write(client: BeaconClient, study: Study, path: str) -> None:
    """Write the answers when all are there; the line of a row is the number of its set."""
    results = ResultsFile(path, Csv())
    results.refuse_old()
    asked = [
        Asked(n, one.name, client.search(search))
        for n, (one, search) in enumerate(study.searches(), 1)
    ]
    results.begin([(one.number, one.text) for one in asked], resume=False)
    for one in asked:
        results.write(one.number, one)
    results.close()


def _text(file: str) -> str:
    try:
        return Path(file).read_text("utf-8")
    except OSError as error:
        raise InvalidInput(f"cannot be read ({error.strerror})", file=file) from error
    except UnicodeDecodeError as error:
        raise InvalidInput("the file is no text in UTF-8", file=file) from error

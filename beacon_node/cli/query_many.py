"""`beacon-node query --at URL` with many questions, whose cost is told before they are asked."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import click

from beacon_node.cli.common import Session
from beacon_node.cli.output import Output
from beacon_node.cli.question_list import Line, QuestionList
from beacon_node.cli.results_file import ResultsFile
from beacon_node.client import Asked, BeaconClient, NetworkAnswer, Search
from beacon_node.errors import BeaconNodeError, InvalidRequest
from beacon_node.ports import NO_PROGRESS, Progress


@dataclass(frozen=True)
class Many:
    """How many questions are asked. `results` None: answers are shown, a line each."""

    found: QuestionList
    per_second: float
    results: ResultsFile | None = None
    is_confirmed: bool = False
    resume: bool = False


def ask_many(session: Session, client: BeaconClient, search: Search, many: Many) -> int:
    """Tell the cost, ask, and write or show each answer as it comes; return the exit code."""
    lines = many.found.lines
    done = frozenset()
    _tell_cost(session.output, client, many)
    if not many.is_confirmed:
        confirm(len(lines))
    if many.results:
        done = many.results.begin(lines, resume=many.resume)
        if done:
            session.output.note(f"{len(done):,} of {len(lines):,} are answered there already.")
    left = [line for line in lines if line.number not in done]
    asked = _Kept(session.output, many.results)
    try:
        with _bar(session.output, many) as bar:
            _ask(client, search, left, many.per_second, asked, bar)
    except (BeaconNodeError, KeyboardInterrupt):
        _tell_how_to_go_on(session.output, many, len(done) + asked.count, len(lines))
        raise
    finally:
        if many.results:
            many.results.close()
    asked.finish()
    return InvalidRequest.exit_code if asked.has_problems else 0


def _bar(output: Output, many: Many) -> AbstractContextManager[Progress]:
    """Return a bar, or one that shows nothing where answers themselves are shown as they come."""
    is_seen = not (many.results.is_file if many.results else output.as_json)
    return nullcontext(NO_PROGRESS) if is_seen else output.progress()


def _ask(
    client: BeaconClient,
    search: Search,
    lines: Sequence[Line],
    per_second: float,
    kept: "_Kept",
    bar: Progress,
) -> None:
    bar.start("asking", len(lines), "questions")
    found = client.ask_many((line.text for line in lines), per_second=per_second, search=search)
    for asked in found:
        kept.take(lines[asked.number - 1].number, asked)
        bar.advance(1)


class _Kept:
    """Where answers go as they come: a file, or the screen."""

    def __init__(self, output: Output, results: ResultsFile | None) -> None:
        self._output, self._results = output, results
        self._documents: list[dict] = []
        self.count, self.has_problems = 0, False

    def take(self, line: int, asked: Asked) -> None:
        self.count += 1
        self.has_problems |= bool(asked.problem)
        if self._results:
            self._results.write(line, asked)
        elif self._output.as_json:
            self._documents.append(_document(asked))
        else:
            print(f"{asked.text}\t{in_short(asked)}", flush=True)

    def finish(self) -> None:
        if self._output.as_json and not self._results:
            self._output.result({"questions": self._documents}, lambda: None)


def _document(asked: Asked) -> dict:
    if asked.answer:
        return asked.answer.to_document()
    return {"question": asked.text, "problem": asked.problem}


def in_short(asked: Asked) -> str:
    """Return an answer on one line."""
    if not asked.answer:
        return f"not understood: {asked.problem}"
    found = asked.answer.tally
    said = f"yes at {found.yes} of {found.answered} that answered, of {found.asked}"
    if found.total is None:
        return said
    return (
        f"{said}; {'' if found.is_exact else 'about '}{found.total:,} at {_covered(asked.answer)}"
    )


def _covered(answer: NetworkAnswer) -> str:
    count = len(answer.tally.covered)
    return f"{count} {'site' if count == 1 else 'sites'} that told a number"


# ---- the cost ------------------------------------------------------------------------------------


def _tell_cost(output: Output, client: BeaconClient, many: Many) -> None:
    found = many.found
    first, *others = cost(client, len(found.lines), is_vcf=found.is_vcf)
    seconds = len(found.lines) / many.per_second
    output.note(f"{first} It takes {_duration(seconds)} or more.")
    for reason, count in sorted(found.left_out.items()):
        output.note(f"Left out: {count:,} ({reason}).")
    for sentence in others:
        output.note(sentence)


def cost(client: BeaconClient, questions: int, *, is_vcf: bool = False) -> Iterator[str]:
    """Yield what asking costs, in sentences."""
    sites = client.address.sites
    what = "variation" if is_vcf else "question"
    yield (
        f"{_many(questions, what)} to {_many(sites, 'site')} at {client.url}: "
        f"{_many(questions * sites, 'answer')}."
    )
    yield _charged(client)


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _charged(client: BeaconClient) -> str:
    if not client.has_token:
        return "You ask as anybody: nothing is charged, and every site learns what is asked."
    try:
        me = client.whoami()
    except BeaconNodeError:
        return (
            "What you are at this address is not known. Where you are registered, each question "
            "is charged against privacy budgets that do not come back."
        )
    if not me.is_registered:
        return "You ask as anybody: your token gives you no registered tier here."
    return (
        "You ask as a registered researcher: each new question is charged, at every site, against "
        "the privacy budgets of your account, your organisation and this broker. What is spent "
        "does not come back."
    )


def _duration(seconds: float) -> str:
    """Return a length of time in words.

    >>> _duration(30), _duration(600), _duration(50_000)
    ('30 seconds', '10 minutes', '14 hours')
    """
    for size, unit in ((3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return _many(round(seconds / size), unit)
    return _many(max(1, round(seconds)), "second")


def confirm(questions: int) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(f"nobody can be asked here: --yes asks the {questions:,} questions")
    click.confirm("Ask them?", abort=True, err=True)


def _tell_how_to_go_on(output: Output, many: Many, answered: int, questions: int) -> None:
    output.note(f"{answered:,} of {questions:,} were answered.")
    if many.results:
        output.note("The same command with --resume goes on with the rest.")

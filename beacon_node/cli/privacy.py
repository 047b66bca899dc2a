"""`beacon-node privacy …`: what an operator should know before anybody is answered."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beacon_node.cli.common import Session, with_session

if TYPE_CHECKING:
    from beacon_node.actions.privacy_report import DatasetReport, Report
    from beacon_node.actions.privacy_report.contents import AttackResult

_BATCHES = ("batch#", "people#", "consenting#", "state", "variants#", "from frequency#")
_UTILITY = ("variants", "looked at#", "answerable#", "truly#", "expected#", "truly, expected#")


@click.group()
def privacy() -> None:
    """Report what answers give away and what they are good for."""


@privacy.command()
@click.argument("dataset", required=False, default="")
@click.option(
    "--svg",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw it as well.",
)
@with_session
def report(session: Session, dataset: str, svg: Path | None) -> int:
    """Attack the public answers of DATASET (or of all protected ones) with published attacks.

    Read it before you go public. It is private to you: exact numbers about real people. It ends
    with exit code 4 if a bound does not hold.
    """
    from beacon_node.actions.privacy_report import Outcome, privacy_report
    from beacon_node.actions.privacy_report.write import write_chart
    from beacon_node.errors import Conflict

    node = session.open_node()
    with session.output.progress() as progress:
        found = privacy_report(node, dataset, progress=progress)
    if svg:
        write_chart(svg, found)
    session.output.result({"report": found}, lambda: _show(session, found, svg))
    attacked = (one.attacks for one in found.datasets if one.attacks)
    fails = any(one.verdict.outcome is Outcome.FAILS for one in attacked)
    return Conflict.exit_code if fails else 0


@privacy.command("accept-bounds")
@click.option("--yes", is_flag=True, help="Accept them.")
@with_session
def accept(session: Session, yes: bool) -> None:
    """Accept the settings of registered counts (`[registered]`) though they are looser than before.

    What was told stays told: looser settings hold for it as well. It is recorded for good.
    """
    from beacon_node.actions.registered.bounds import bounds_of
    from beacon_node.actions.registered.stated import accept_bounds, stated_bounds
    from beacon_node.errors import InvalidRequest
    from beacon_node.privacy.registered.loosened import document, in_words

    node = session.open_node()
    before, now = stated_bounds(node), document(bounds_of(node))
    if before is not None:
        session.output.sentence(f"On record: {in_words(before)}.")
    session.output.sentence(f"In node.toml: {in_words(now)}.")
    if not yes:
        raise InvalidRequest("nothing is accepted yet: say --yes to accept these settings for good")
    accept_bounds(node)
    session.output.result({"accepted": now}, lambda: session.output.sentence("Accepted."))


def _show(session: Session, found: "Report", svg: Path | None) -> None:
    output = session.output
    output.sentence(found.private)
    if not found.datasets:
        output.sentence("No dataset is protected: there is nothing to report.")
    for one in found.datasets:
        output.sentence("")
        _show_dataset(session, one)
    if svg:
        output.sentence("")
        output.sentence(f"Drawn in {svg}, which only you can read.")


def _show_dataset(session: Session, one: "DatasetReport") -> None:
    output = session.output
    if one.why_not:
        output.sentence(f"{one.dataset}: {one.why_not}")
        return
    if one.is_rehearsal:
        output.sentence(f"Rehearsal: nobody is answered from {one.dataset} without a grant yet.")
    output.sentence(f"Dataset {one.dataset}. {one.bound}")
    output.sentence("")
    output.facts((setting.name, setting.value) for setting in one.settings)
    output.facts([("people who wait for the next batch", one.waiting)])
    for columns, rows in ((_BATCHES, _batches(one)), (_UTILITY, _utility(one))):
        output.sentence("")
        output.table(columns, rows)
    _show_attacks(session, one)


def _batches(one: "DatasetReport") -> Iterator[list[object]]:
    for batch in one.batches:
        state = "open" if batch.is_open else "closed"
        numbers = batch.number, batch.people, batch.consenting
        yield [*numbers, state, batch.answerable, _percent(batch.least_frequency, places=3)]


def _utility(one: "DatasetReport") -> Iterator[list[object]]:
    for use in one.utility:
        own = _percent(use.answerable), _percent(use.true)
        yield [
            *(use.name, use.variants, *own),
            *(_percent(use.expected_answerable), _percent(use.expected_true)),
        ]


def _show_attacks(session: Session, one: "DatasetReport") -> None:
    from beacon_node.actions.privacy_report.contents import QUESTIONS

    output, attacks = session.output, one.attacks
    output.sentence("")
    output.sentence("People found at 5 % false alarms, after so many questions about each:")
    columns = ("answers", "attack", *(f"{number:,}#" for number in QUESTIONS), "at least#")
    unguarded = (_attack("unguarded", result) for result in attacks.unguarded)
    guarded = (_attack(_of_batch(result), result) for result in attacks.guarded)
    output.table(columns, [*unguarded, *guarded])
    output.sentence("“At least” is the highest one-sided 99 % lower limit of a row.")
    output.sentence("")
    output.sentence(attacks.verdict.sentence)
    for note in attacks.notes:
        output.sentence(f"  {note}")


def _of_batch(result: "AttackResult") -> str:
    return f"batch {result.batch}"


def _attack(answers: str, result: "AttackResult") -> Sequence[object]:
    found = (_percent(figure.power) for figure in result.figures)
    return [answers, result.attack, *found, _percent(result.worst.lower)]


def _percent(share: float | None, *, places: int = 0) -> str:
    return "" if share is None else f"{share:.{places}%}"

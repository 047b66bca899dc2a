"""`beacon-node dataset …`: what is declared, and who is in it."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from beacon_node.cli.choices import (
    assayed_option,
    assayed_regions,
    filter_option,
    filter_policy,
    words,
)
from beacon_node.cli.common import Session, with_session
from beacon_node.cli.dataset_filters import filters
from beacon_node.cli.dataset_panels import panels
from beacon_node.cli.dataset_terms import terms, terms_options, told_use

if TYPE_CHECKING:
    from beacon_node.actions.manage_datasets import DatasetDetails, DatasetSummary, PartSummary

_NUMBERS = ("release#", "people#", "variations#", "files#")
DATASET_COLUMNS = ("dataset", "assembly", "answers", "data use", *_NUMBERS, "draft")


@click.group()
def dataset() -> None:
    """Declare, show and remove datasets and people."""


dataset.add_command(terms)
dataset.add_command(panels)
dataset.add_command(filters)


@dataset.command()
@click.argument("id")
@click.option("--assembly", required=True, help="GRCh37 or GRCh38.")
@click.option("--name", default="", help="What people read.")
@click.option("--description", default="")
@click.option("--open-data", is_flag=True, help="All of it is published: anybody is answered.")
@click.option("--licence", default="", metavar="TEXT", help="Under which open data is published.")
@click.option("--keeps-ids", is_flag=True, help="Its ids are public already and are shown.")
@click.option("--synthetic", is_flag=True, help="Its people are made up.")
@filter_option
@assayed_option
@terms_options
@with_session
def add(session: Session, id: str, assembly: str, **told: Any) -> None:
    """Declare a dataset.

    Unless it is declared open data with a licence, it answers only under a grant, within its data
    use terms (--term), and counts only people who consented. By reference panels, named with
    `dataset panels`, it also tells anybody yes or no, and registered researchers noisy counts.
    """
    from beacon_node.actions.manage_datasets import NewDataset, add_dataset
    from beacon_node.model.genome import parse_assembly

    known = parse_assembly(assembly)
    new = NewDataset(
        id=id,
        assembly=known,
        name=told["name"],
        description=told["description"],
        is_open_data=told["open_data"],
        licence=told["licence"],
        keeps_ids=told["keeps_ids"],
        is_synthetic=told["synthetic"],
        filters=filter_policy(told["filters"] or "PASS"),
        assayed=assayed_regions(told["assayed"], known) if told["assayed"] else None,
        use=told_use(told, is_needed=False),
    )
    add_dataset(session.open_node(), new)
    state = "open data" if new.is_open_data else "answers only under a grant"
    session.output.result(
        {"dataset": id, "assembly": known, "is_open_data": new.is_open_data},
        lambda: session.output.sentence(f"Declared {id} on {known} ({state})."),
    )


@dataset.command("list")
@with_session
def list_(session: Session) -> None:
    """List the declared datasets."""
    from beacon_node.actions.manage_datasets import list_datasets
    from beacon_node.actions.whole_ledger import ledger_problems

    node = session.open_node()
    found, problems = list_datasets(node), tuple(map(str, ledger_problems(node)))

    def show() -> None:
        if not found:
            session.output.sentence("No dataset yet: beacon-node dataset add ID --assembly GRCh38")
            return
        session.output.table(DATASET_COLUMNS, map(dataset_row, found))

    session.output.result({"datasets": found, "older": problems}, show)
    for sentence in problems:
        session.output.note(f"! {sentence}")


def dataset_row(one: "DatasetSummary") -> list[object]:
    answers = "anybody" if one.is_open_data else _closed(one)
    draft = "differs from the release" if one.is_changed else ""
    people, variations = (one.sizes.get(name) for name in ("individual", "genomicVariant"))
    numbers = [one.release or None, people, variations, one.parts]
    return [one.id, one.assembly, answers, ", ".join(one.terms or one.next_terms), *numbers, draft]


def _closed(one: "DatasetSummary") -> str:
    return f"nobody yet: {', '.join(one.missing)}" if one.missing else one.answers


@dataset.command()
@click.argument("id")
@with_session
def show(session: Session, id: str) -> None:
    """Show a dataset: its declaration, its files and its release."""
    from beacon_node.actions.manage_datasets import show_dataset

    found = show_dataset(session.open_node(), id)
    session.output.result({"dataset": found}, lambda: _show_details(session, found))


def _show_details(session: Session, found: "DatasetDetails") -> None:
    summary = found.summary
    session.output.facts(_declaration(found))
    session.output.facts(_sizes(summary.sizes))
    if found.parts:
        session.output.sentence("")
        columns = ["file#", "name", "format", "loaded", "records#", "samples#", "state"]
        session.output.table(columns, map(_part_row, found.parts))


def _declaration(found: "DatasetDetails") -> list[tuple[str, object]]:
    summary = found.summary
    return [
        ("dataset      ", summary.id),
        ("name", summary.name),
        ("description", found.description),
        ("assembly", summary.assembly),
        ("answers", f"anybody ({found.licence})" if summary.is_open_data else _closed(summary)),
        ("public tier", summary.public),
        ("data use", ", ".join(summary.terms)),
        ("from the next release", ", ".join(summary.next_terms)),
        ("ids", "its own, public already" if found.keeps_ids else "pseudonyms"),
        ("made up", "yes" if found.is_synthetic else ""),
        ("registered counts by", ", ".join(found.declared_filters)),
        ("FILTER", "any" if found.filters is None else ", ".join(("PASS", *found.filters))),
        ("assayed", found.assayed),
        ("on disk", f"{found.size_bytes / 1e6:,.1f} MB"),
        ("taken out", f"{found.people_to_remove:,} people" if found.people_to_remove else ""),
        ("without consent", f"{summary.left_out:,} people" if summary.left_out else ""),
        ("record-level use", _record_level(summary)),
        ("release", f"{summary.release} of {summary.released_at}" if summary.release else "none"),
        ("draft", "differs from the release" if summary.is_changed else ""),
    ]


def _record_level(summary: "DatasetSummary") -> str:
    if summary.record_level is None:
        return ""
    return f"{summary.record_level:,} people let it; only they can count under a grant"


def _sizes(sizes: Mapping) -> list[tuple[str, object]]:
    return [(f"  {kind.path}", size) for kind, size in sizes.items() if size]


def _part_row(part: "PartSummary") -> list[object]:
    state = "released" if part.is_released else "draft"
    loaded = part.loaded_at[:16].replace("T", " ")
    numbers = part.report.get("records"), part.report.get("samples")
    return [part.number, part.source, part.format, loaded, *numbers, state]


@dataset.command()
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_session
def remove(session: Session, id: str, yes: bool) -> None:
    """Forget a dataset for good, with everything that was loaded into it."""
    from beacon_node.actions.manage_datasets import remove_dataset

    if not yes:
        if session.output.as_json or not sys.stdin.isatty():
            raise click.UsageError(f"say --yes to remove {id} and all that was loaded into it")
        click.confirm(f"Remove {id} and all that was loaded into it?", abort=True, err=True)
    remove_dataset(session.open_node(), id)
    session.output.result(
        {"removed": id}, lambda: session.output.sentence(f"Removed {id} and its files.")
    )


@dataset.command("remove-file")
@click.argument("id")
@click.argument("number", type=int)
@with_session
def remove_file(session: Session, id: str, number: int) -> None:
    """Leave a loaded file out of the next release; `dataset show` numbers them."""
    from beacon_node.actions.manage_datasets import remove_part

    remove_part(session.open_node(), id, number)
    _after(session, id, {"removed_file": number}, f"File {number} is not in the draft any more.")


@dataset.command("remove-people")
@click.argument("id")
@click.argument("individuals", nargs=-1, required=True, metavar="INDIVIDUAL…")
@with_session
def remove_people(session: Session, id: str, individuals: tuple[str, ...]) -> None:
    """Leave people out of the next release, by the hospital's own ids; `-` reads ids from stdin."""
    from beacon_node.actions.manage_datasets import remove_people as remove_them

    count = remove_them(session.open_node(), id, list(words(individuals)))
    _after(session, id, {"left_out": count}, f"{_people(count)} left out of {id}.")


@dataset.command("restore-people")
@click.argument("id")
@click.argument("individuals", nargs=-1, required=True, metavar="INDIVIDUAL…")
@with_session
def restore_people(session: Session, id: str, individuals: tuple[str, ...]) -> None:
    """Take people that were left out into the next release again; `-` reads ids from stdin."""
    from beacon_node.actions.manage_datasets import restore_people as restore_them

    count = restore_them(session.open_node(), id, list(words(individuals)))
    _after(session, id, {"left_out": count}, f"{_people(count)} still left out of {id}.")


def _people(count: int) -> str:
    return "1 person is" if count == 1 else f"{count:,} people are"


def _after(session: Session, id: str, document: dict, sentence: str) -> None:
    def show() -> None:
        session.output.sentence(sentence)
        session.output.sentence(f"It holds from the next release on: beacon-node release {id}")

    session.output.result({"dataset": id, **document}, show)

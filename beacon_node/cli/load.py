"""`beacon-node load` and `beacon-node release`: files become a draft, the draft answers."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from beacon_node.cli.choices import assayed_option, assayed_regions, filter_option, filter_policy
from beacon_node.cli.common import Session, with_session
from beacon_node.cli.output import counted, spans
from beacon_node.model.entries import EntryType

if TYPE_CHECKING:
    from beacon_node.actions.load_dataset import LoadOptions, LoadOutcome
    from beacon_node.actions.release_dataset import ReleaseOutcome
    from beacon_node.node import Node

FORMATS = ("vcf", "23andme", "ancestrydna", "phenopackets", "bff")


@click.command()
@click.argument("dataset")
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option("--assembly", help="GRCh37 or GRCh38; must agree with what the file says.")
@click.option("--individual", default="", metavar="ID", help="Whose raw genotypes these are.")
@click.option("--samples", metavar="TABLE", help="Table of sample and individual or biosample.")
@click.option("--format", "format_name", type=click.Choice(FORMATS), help="Else the content says.")
@click.option("--processes", type=click.IntRange(0), help="0: one per core.")
@filter_option
@assayed_option
@with_session
def load(session: Session, dataset: str, files: tuple[str, ...], **told: Any) -> None:
    """Load files into the draft of a dataset; nothing answers from it before `release`.

    FILE is VCF, BCF or gVCF, 23andMe or AncestryDNA raw data, phenopackets (a file, or a folder of
    them) or Beacon-friendly JSON; `-` is standard input. Loading a file again changes nothing.
    """
    from beacon_node.actions.load_dataset import load as load_one

    node = session.open_node()
    options = _options(node, dataset, told)
    done = []
    with session.output.progress() as progress:
        for file in files:
            outcome = load_one(node, dataset, file, options, progress)
            _show_load(session, outcome)
            done.append(outcome)
    session.output.result(
        {"loaded": done},
        lambda: session.output.sentence(_next(node, dataset)),
    )


def _next(node: "Node", dataset: str) -> str:
    if node.catalogue.dataset(dataset).is_open_data:
        return f"The draft answers after: beacon-node release {dataset}"
    return (
        "The draft counts, for who consented and under a grant, after: "
        f"beacon-node release {dataset}"
    )


def _options(node: "Node", dataset: str, told: dict[str, Any]) -> "LoadOptions":
    from beacon_node.actions.load_dataset import LoadOptions
    from beacon_node.ingest.tables import read_sample_table
    from beacon_node.model.genome import parse_assembly

    own = node.catalogue.dataset(dataset)
    options = LoadOptions(
        assembly=parse_assembly(told["assembly"]) if told["assembly"] else None,
        individual=told["individual"],
        sample_table=read_sample_table(told["samples"]) if told["samples"] else {},
        filters=filter_policy(told["filters"]) if told["filters"] else None,
        processes=told["processes"],
    )
    if told["assayed"]:
        options = replace(options, assayed=assayed_regions(told["assayed"], own.assembly))
    return replace(options, format=_format(told["format_name"]))


def _format(name: str | None):
    from beacon_node.ingest.detect import Format

    formats = (Format.VCF, Format.DTC_23ANDME, Format.DTC_ANCESTRY, Format.PHENOPACKETS, Format.BFF)
    return dict(zip(FORMATS, formats, strict=True))[name] if name else None


def _show_load(session: Session, done: "LoadOutcome") -> None:
    say = session.output.sentence
    if done.already_loaded:
        say(f"{done.source}: loaded already as file {done.part}; nothing changed")
        return
    again = ", instead of an earlier load of it" if done.replaced else ""
    say(f"{done.source}: {done.format}, {_what(done)} in {done.seconds:,.1f} s{again}")
    for reason, count in sorted(done.skipped.items(), key=lambda item: -item[1]):
        say(f"  left out {count:,}: {reason}")


def _what(done: "LoadOutcome") -> str:
    if done.documents:
        said = [counted(n, EntryType(kind)) for kind, n in done.documents.items()]
        if done.alleles:
            said.append(f"{done.alleles:,} alleles on {done.assembly}")
        return ", ".join(said)
    where = f"{done.assembly} {spans(done.references)}"
    people = f"{done.samples:,} samples" if done.samples else "no samples"
    return f"{done.records:,} records, {done.alleles:,} alleles, {people}, {where}"


@click.command()
@click.argument("dataset")
@click.option(
    "--restored-ledger",
    is_flag=True,
    help="An older ledger was put back, and all consents and withdrawals since are in it again.",
)
@with_session
def release(session: Session, dataset: str, restored_ledger: bool) -> None:
    """Let what was loaded answer from now on; until then the old release does."""
    from beacon_node.actions.release_dataset import release as release_it

    node = session.open_node()
    with session.output.progress() as progress:
        done = release_it(node, dataset, progress, is_ledger_restored=restored_ledger)
    session.output.result({"release": done}, lambda: _show_release(session, done))


def _show_release(session: Session, done: "ReleaseOutcome") -> None:
    say = session.output.sentence
    name = f"Release {done.number} of {done.dataset_id}"
    if not done.is_new:
        say(f"{name} holds all that is loaded and was said; nothing to do.")
        return
    answers = "answers now" if done.is_open else f"is ready; it answers {done.answers}"
    say(f"{name} {answers}: {_held(done)}.")
    if done.record_level is not None and done.people:
        say(
            f"  {done.record_level:,} of them let record-level use: only they can count under a "
            "grant (a consent file without `uses` never permits it)"
        )
    if done.is_consent_only:
        say("  data and people are those of the release before; consents or terms are new")
    if done.people_added or done.people_removed:
        say(f"  people: {done.people_added:,} added, {done.people_removed:,} removed")
    for warning in done.warnings:
        say(f"  note: {warning}")


def _held(done: "ReleaseOutcome") -> str:
    sizes = [counted(size, kind) for kind, size in done.sizes.items() if size]
    held = ", ".join(sizes) or "it holds nobody and nothing"
    if not done.left_out:
        return held
    why = "refused or withdrawn" if done.is_open else "no consent on record or withdrawn"
    return f"{held}; {done.left_out:,} left out: {why}"

"""`beacon-node annotate …`: what names mean, from files the operator has."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from beacon_node.cli.choices import filter_option, filter_policy
from beacon_node.cli.common import Session, with_session
from beacon_node.model.knowledge import Kind

if TYPE_CHECKING:
    from beacon_node.actions.annotate import AnnotateOutcome
    from beacon_node.actions.annotate_panels import PublicOptions
    from beacon_node.model.knowledge import Source
    from beacon_node.store.knowledge import Changes

KINDS = {
    Kind.GENES: "Where genes lie: GFF3, GTF or a table with symbol, chromosome, start, end.",
    Kind.GENE_NAMES: "Approved symbols, aliases and former names: HGNC's table.",
    Kind.CLINVAR: "Clinical meaning: ClinVar's VCF; a newer one replaces the old.",
    Kind.EFFECTS: "Protein changes and consequences: a VCF annotated by SnpEff or VEP.",
    Kind.PGX: "Pharmacogenomic positions (PharmCAT's VCF), then the table of star alleles.",
    Kind.FREQUENCIES: "How common alleles are, shown with records: a VCF of sites, AC and AN.",
    Kind.ONTOLOGY: "Terms and what is below them: OBO (HPO, Mondo, NCIT, SO …).",
    Kind.RSIDS: "rsIDs: a VCF of sites whose ID column has them (dbSNP).",
    Kind.REFERENCE: "The reference sequence: FASTA, uncompressed; it stays where it is.",
}
SOURCE_COLUMNS = (
    *("kind", "name", "assembly", "part", "version", "records#", "about", "file", "loaded"),
)


@click.group()
def annotate() -> None:
    """Load what names mean; nothing of it comes from the datasets themselves."""


def _add(kind: Kind, help: str) -> None:
    @annotate.command(kind.value, help=help, short_help=help)
    @click.argument("file")
    @click.option("--assembly", help="GRCh37 or GRCh38, where the file does not say.")
    @click.option("--name", default="", help="Files of other names stand side by side.")
    @click.option("--version", default="", help="Where the file does not say.")
    @click.option("--part", default="", help="Tells files of one source apart, such as chr1.")
    @with_session
    def run(session: Session, file: str, assembly: str | None, **told: Any) -> None:
        _annotate(session, kind, file, assembly, told)


for _kind, _help in KINDS.items():
    _add(_kind, _help)


def _public_options(command: Callable) -> Callable:
    """Add the options that panels and genomes share."""
    for option in reversed(
        [
            click.argument("file"),
            click.option("--name", required=True, help="Of another name they stand side by side."),
            click.option("--assembly", help="GRCh37 or GRCh38, where the file does not say."),
            click.option("--version", default="", help="Where the file does not say."),
            click.option("--part", default="", help="Tells files apart, such as chr1."),
            filter_option,
        ]
    ):
        command = option(command)
    return command


@annotate.command()
@_public_options
@click.option("--ancestry", required=True, help="Whose frequencies these are, such as NFE.")
@click.option("--population", default="", help="Count by AC_… and AN_… of this one, such as nfe.")
@click.option("--disjoint", is_flag=True, help="Nobody of the panel is in a cohort of this node.")
@with_session
def panel(
    session: Session, file: str, ancestry: str, population: str, disjoint: bool, **told: Any
) -> None:
    """Frequencies that protect people: a VCF or BCF with AC and AN, or genotypes to count.

    Only a panel that is declared disjoint from this node's cohorts protects anybody.
    """
    from beacon_node.actions.annotate_panels import annotate_panel
    from beacon_node.model.panels import Declaration

    node, declared = session.open_node(), Declaration(ancestry, population, disjoint)
    with session.output.progress() as progress:
        done = annotate_panel(node, file, declared, _options(told), progress)
    session.output.result({"annotated": done}, lambda: _show(session, done))


@annotate.command()
@_public_options
@click.option("--processes", type=click.IntRange(0), help="How many read; 0: one per core.")
@with_session
def genomes(session: Session, file: str, processes: int | None, **told: Any) -> None:
    """Public people's genotypes (VCF or BCF), to foresee how complete answers are."""
    from beacon_node.actions.annotate_panels import annotate_genomes

    node = session.open_node()
    with session.output.progress() as progress:
        done = annotate_genomes(node, file, _options(told, processes), progress)
    session.output.result({"annotated": done}, lambda: _show(session, done))


def _options(told: dict[str, Any], processes: int | None = None) -> "PublicOptions":
    from beacon_node.actions.annotate_panels import PublicOptions
    from beacon_node.model.genome import parse_assembly

    return PublicOptions(
        name=told["name"],
        version=told["version"],
        assembly=parse_assembly(told["assembly"]) if told["assembly"] else None,
        part=told["part"],
        filters=filter_policy(told["filters"] or ""),
        processes=processes,
    )


def _annotate(
    session: Session, kind: Kind, file: str, assembly: str | None, told: dict[str, str]
) -> None:
    from beacon_node.actions.annotate import AnnotateOptions
    from beacon_node.actions.annotate import annotate as annotate_it
    from beacon_node.model.genome import parse_assembly

    node = session.open_node()
    known = parse_assembly(assembly) if assembly else None
    with session.output.progress() as progress:
        done = annotate_it(node, kind, file, AnnotateOptions(assembly=known, **told), progress)
    session.output.result({"annotated": done}, lambda: _show(session, done))


def _show(session: Session, done: "AnnotateOutcome") -> None:
    say, source = session.output.sentence, done.source
    if done.is_unchanged:
        say(f"{_title(source)}: loaded already; nothing changed")
        return
    instead = f", instead of {_version(done.replaced)}" if done.replaced else ""
    say(f"{_title(source)}: {source.rows:,} entries of {done.records:,} records{instead}")
    for reason, count in sorted(done.skipped.items(), key=lambda item: -item[1]):
        say(f"  left out {count:,}: {reason}")
    for line in _changes(done.changes) if done.changes else ():
        say(line)
    for note in done.notes:
        say(f"  note: {note}")


def _title(source: "Source") -> str:
    words = (source.kind, source.name, source.version, source.assembly, source.part)
    return " ".join(dict.fromkeys(word for word in words if word))


def _version(source: "Source") -> str:
    return source.version or f"{source.file_name} of {source.loaded_at[:10]}"


def _changes(changes: "Changes") -> Iterator[str]:
    yield (
        f"  variations: {changes.added:,} new, {changes.removed:,} gone, "
        f"{changes.changed:,} with another clinical significance"
    )
    for example in changes.examples:
        yield f"    {example}"


@annotate.command("list")
@with_session
def list_(session: Session) -> None:
    """List what is loaded."""
    from beacon_node.actions.annotate import list_sources

    found = list_sources(session.open_node())

    def show() -> None:
        if not found:
            session.output.sentence("Nothing is loaded: beacon-node annotate --help")
            return
        session.output.table(SOURCE_COLUMNS, map(source_row, found))

    session.output.result({"knowledge": found}, show)


def source_row(source: "Source") -> list[object]:
    where = [source.assembly, source.part, source.version]
    loaded = source.loaded_at[:16].replace("T", " ")
    about = _about(source)
    return [source.kind, source.name, *where, source.rows, about, source.file_name, loaded]


def _about(source: "Source") -> str:
    """Return whom a panel or genomes speak of, and whether a panel protects anybody."""
    if source.kind is Kind.GENOMES:
        return f"{source.details['people']:,} people"
    if source.kind is not Kind.PANEL:
        return ""
    is_used = source.details["is_disjoint"]
    return f"{source.details['ancestry']}, {'disjoint' if is_used else 'not declared disjoint'}"


@annotate.command()
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.option("--name", default="")
@click.option("--assembly")
@click.option("--part", default="")
@with_session
def remove(session: Session, kind: str, name: str, assembly: str | None, part: str) -> None:
    """Forget what was loaded of a kind; a name, assembly or part narrows it down."""
    from beacon_node.actions.annotate import remove_source
    from beacon_node.model.genome import parse_assembly

    known = parse_assembly(assembly) if assembly else None
    gone = remove_source(session.open_node(), Kind(kind), name, known, part)
    titles = ", ".join(map(_title, gone))
    session.output.result({"removed": gone}, lambda: session.output.sentence(f"Forgot {titles}."))

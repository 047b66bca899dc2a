"""`beacon-node consent import` and `preview`: whole files, and what a committee may know."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beacon_node.cli.choices import by_option, names
from beacon_node.cli.common import Session, with_session
from beacon_node.model.consent import Status, UseKind

if TYPE_CHECKING:
    from beacon_node.actions.preview_consents import Preview
    from beacon_node.model.consent_import import Reject
    from beacon_node.policy.consent_import import ImportPlan

SHOWN = 50  # lines for people; --json and the rejects report have all
_FILE: Any = click.Path(path_type=Path, dir_okay=False, exists=True)


def share(context: click.Context, option: click.Parameter, text: str) -> float:
    """Return the share that `20%` or `0.2` says."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise click.BadParameter("a share like 20% is expected", context, option)
    return value


@click.command("import")
@click.argument("file", type=_FILE)
@click.option("--mapping", type=_FILE, required=True, help="TOML: what columns or codes mean.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option(
    "--missing",
    type=click.Choice(["withdrawn"]),
    help="People with a consent on record who are not in the file; else only listed.",
)
@click.option("--max-change", default="20%", callback=share, help="Of the people known; else stop.")
@click.option("--skip-rejects", is_flag=True, help="Take the good lines; needs --rejects.")
@click.option(
    "--rejects", type=click.Path(path_type=Path), help="Where bad lines are listed (CSV)."
)
@by_option
@with_session
def import_(session: Session, file: Path, mapping: Path, **told: Any) -> None:
    """Import consents from a table (CSV) or FHIR R4 file, all or nothing."""
    from beacon_node.actions.import_consents import (
        Limits,
        apply_import,
        plan_import,
        read_consents,
        too_much,
    )

    if told["skip_rejects"] and not told["rejects"]:
        raise click.UsageError("--skip-rejects needs --rejects FILE, so that no line is lost")
    node = session.open_node()
    with session.output.progress() as progress:
        read = read_consents(file, mapping, node.settings.zone, progress)
    planned = plan_import(node.ledger, node.clock, read, missing_as=told["missing"] or "")
    plan = planned.plan
    _report(session, plan, told["rejects"])
    recorded, stop = 0, too_much(plan, told["max_change"])
    if not told["dry_run"]:
        limits = Limits(told["max_change"], told["skip_rejects"])
        done = apply_import(node.ledger, node.clock, planned, limits, by=told["by"])
        recorded = sum(one.is_new for one in done)
    dry = f"Nothing was recorded: dry run. {stop}".strip()
    said = dry if told["dry_run"] else _recorded(recorded, plan)
    document = {"dry_run": told["dry_run"], "recorded": recorded, "stop": stop, **_document(plan)}
    session.output.result(document, lambda: _show(session, plan, said))


def _report(session: Session, plan: "ImportPlan", path: Path | None) -> None:
    """List the rejects: all of them in the file if one is named, the first ones on stderr."""
    if path is not None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("file", "place", "field", "problem"))
            writer.writerows(map(_reject_row, plan.rejects))
    if session.output.as_json:
        return
    for reject in plan.rejects[:SHOWN]:
        session.output.note(f"rejected: {reject}")
    if len(plan.rejects) > SHOWN:
        session.output.note(f"… and {len(plan.rejects) - SHOWN:,} more (see --rejects)")


def _reject_row(reject: "Reject") -> list[str]:
    return [reject.file, str(reject.place), reject.field, reject.problem]


def _document(plan: "ImportPlan") -> dict:
    return {
        "counts": {kind.value: count for kind, count in plan.counts.items()},
        "known": plan.known,
        "people_changed": plan.people_changed,
        "narrowed": plan.narrowed,
        "datasets": list(plan.datasets),
        "changes": [
            {"kind": one.kind, "individual": one.individual, "place": str(one.place)}
            for one in plan.changes
            if one.kind != "unchanged"
        ],
        "rejects": [dict(zip(_REJECT, _reject_row(one), strict=True)) for one in plan.rejects],
    }


_REJECT = ("file", "place", "field", "problem")
_MEANING = {
    "new": "first statement about the dataset",
    "changed": "newer or corrected consent",
    "withdrawn": "newer refusal or withdrawal",
    "cancelled": "entered in error",
    "unchanged": "on record already",
    "stale": "a newer signature has decided",
    "missing": "consent on record, not in the file",
    "held_back": "another line of the person is rejected",
}


def _show(session: Session, plan: "ImportPlan", said: str) -> None:
    out = session.output
    rows = [
        (kind.value, count, _MEANING[kind], _places(plan, kind))
        for kind, count in plan.counts.items()
    ]
    rejected = ", ".join(str(one.place) for one in plan.rejects[:5])
    rows.append(("rejected", len(plan.rejects), "cannot be taken as a statement", rejected))
    out.table(("kind", "lines#", "what it is", "where"), rows)
    out.sentence(f"{plan.people_changed:,} of {plan.known:,} people known so far would change.")
    if plan.narrowed:
        out.sentence(f"{plan.narrowed:,} of them would permit less than until now.")
    missing = [one for one in plan.changes if one.kind == "missing"]
    for one in missing[:SHOWN]:
        out.sentence(f"  missing: {one.individual}")
    if len(missing) > SHOWN:
        out.sentence(f"  … and {len(missing) - SHOWN:,} more (see --json)")
    out.sentence(said)


def _places(plan: "ImportPlan", kind: str) -> str:
    if kind == "unchanged":
        return ""
    places = [str(one.place) for one in plan.changes if one.kind == kind and str(one.place)]
    return ", ".join(places[:5]) + (" …" if len(places) > 5 else "")


def _recorded(recorded: int, plan: "ImportPlan") -> str:
    """Return what was recorded, and from when on it counts."""
    statements = "1 statement" if recorded == 1 else f"{recorded:,} statements"
    deciding = [one for one in plan.changes if one.version is not None and one.kind != "stale"]
    states = {one.version.status for one in deciding if one.version is not None}
    said = [f"Recorded {statements}."]
    if any(state.is_no for state in states):
        said.append("A refusal or withdrawal holds from the next question on.")
    if Status.ENTERED_IN_ERROR in states:
        said.append("What was cancelled counts no more from the next question on.")
    if Status.GIVEN in states:
        said.append("What is given counts from the next release of the dataset on.")
    return " ".join([*said, *_of_less(plan)])


def _of_less(plan: "ImportPlan") -> Iterator[str]:
    """Yield what newer consents take back of what was permitted before."""
    newer = [one for one in plan.changes if one.kind == "changed" and one.version is not None]
    if newer:
        yield (
            "What was permitted before, and is not by a newer consent, stops with the next "
            "question."
        )
    if plan.narrowed:
        named = "1 consent names" if plan.narrowed == 1 else f"{plan.narrowed:,} consents name"
        yield f"{named} fewer uses or types of data than held before."


@click.command()
@click.option("--purpose", type=_FILE, required=True, help="JSON: what the research is for.")
@click.option("--dataset", required=True, help="What was loaded into it.")
@click.option(
    "--use",
    type=click.Choice([kind.value for kind in UseKind], case_sensitive=False),
    default=UseKind.RECORD_LEVEL.value,
    show_default=True,
    help="Whatever is asked under a grant is record_level, counts too.",
)
@click.option(
    "--dataset-terms", default="", metavar="GRU,…", help="Where the dataset declares none."
)
@with_session
def preview(session: Session, purpose: Path, dataset: str, use: str, dataset_terms: str) -> None:
    """Tell how many people a purpose could use and why not the others, in bands.

    Everybody loaded into the dataset is looked at, released or not.
    """
    from beacon_node.actions.consent_statement import use_of
    from beacon_node.actions.preview_consents import preview_consents, read_purpose_file

    node = session.open_node()
    found = preview_consents(
        node,
        dataset,
        read_purpose_file(purpose),
        use=UseKind(use),
        dataset_use=use_of(names(dataset_terms), {}) if dataset_terms else None,
    )
    session.output.result({"preview": found}, lambda: _show_preview(session, found))


def _show_preview(session: Session, found: "Preview") -> None:
    session.output.facts(
        [
            ("individuals", found.individuals),
            ("usable", found.usable),
            ("usable after your decision", found.after_review),
            ("diseases compared by", found.disease_release),
        ]
    )
    session.output.sentence("")
    rows = [(one.individuals, one.reason) for one in found.reasons]
    session.output.table(("individuals", "why not, or what must be decided"), rows)
    session.output.sentence("")
    session.output.sentence(_WHEN)


_WHEN = """\
Of everybody loaded into the dataset. Who consented after its last release is among the
usable, and is counted in answers from the next release on."""

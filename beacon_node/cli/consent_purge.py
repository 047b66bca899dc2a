"""`beacon-node consent purge`: what is kept of people who withdrew is removed for good."""

import sys
from typing import TYPE_CHECKING

import click

from beacon_node.cli.common import Session, with_session

if TYPE_CHECKING:
    from beacon_node.actions.purge import PurgeOutcome


@click.command()
@click.option("--dataset", default="", metavar="ID", help="By default every dataset.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Only tell what would be removed.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_session
def purge(session: Session, dataset: str, is_dry: bool, yes: bool) -> None:
    """Remove the data of people who withdrew or refused.

    Of everybody whose withdrawal or refusal is in force for all uses, genotypes and clinical
    records are removed from what was loaded; with the next release also from what is released. What
    they said stays on record.

    What is removed is not in the node any more. If one of them consents again later, remove the
    files that hold her data (`dataset remove-file`), load them anew (`load`) and release.
    """
    from beacon_node.actions.purge import people_purged
    from beacon_node.actions.purge import purge as purge_them

    node = session.open_node()
    if not is_dry and not yes:
        told = people_purged(purge_them(node, dataset, is_dry=True))
        if session.output.as_json or not sys.stdin.isatty():
            raise click.UsageError("say --yes to remove these people's data, --dry-run to see")
        click.confirm(f"Remove the data of {told:,} people for good?", abort=True, err=True)
    done = purge_them(node, dataset, is_dry=is_dry)
    document = {"purged": done, "is_dry_run": is_dry}
    session.output.result(document, lambda: _show(session, done, is_dry))


def _show(session: Session, done: "tuple[PurgeOutcome, ...]", is_dry: bool) -> None:
    from beacon_node.actions.purge import people_purged

    for one in done:
        session.output.sentence(f"{one.dataset_id}: {_removed(one, is_dry)}.")
        if one.waits_for_release and _is_nothing(one):
            session.output.sentence(
                "  Released files may still hold people who were purged, and count none of them; "
                f"the next release removes them: beacon-node release {one.dataset_id}"
            )
        elif one.waits_for_release:
            verb = "would finish" if is_dry else "finishes"
            session.output.sentence(f"  A release {verb} it: beacon-node release {one.dataset_id}")
    if people_purged(done):
        session.output.sentence(_AGAIN)


_AGAIN = """\
Who consents again later needs her files to be removed and loaded anew (dataset remove-file, load)
before the next release: what is removed is not in the node any more."""


def _is_nothing(one: "PurgeOutcome") -> bool:
    return not one.files and not one.people


def _removed(one: "PurgeOutcome", is_dry: bool) -> str:
    if _is_nothing(one):
        loaded = "nothing more to remove from what is loaded"
        return loaded if one.waits_for_release else "nothing to remove"
    people = "1 person" if one.people == 1 else f"{one.people:,} people"
    files = "1 file" if one.files == 1 else f"{one.files:,} files"
    return f"data of {people} in {files}{' would be' if is_dry else ''} removed"

"""`beacon-node audit …`: what is on record, whether it is as it was written, and reports of it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beacon_node.cli.audit_identities import identities
from beacon_node.cli.audit_read import report, show
from beacon_node.cli.common import Session, with_session
from beacon_node.errors import LedgerBroken

if TYPE_CHECKING:
    from beacon_node.actions.audit import AuditCheck

FEW = 3  # held checkpoints that are named one by one
FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def audit() -> None:
    """Sign, verify, read and report what is on record."""


audit.add_command(show)
audit.add_command(report)
audit.add_command(identities)


@audit.command()
@click.argument("file", required=False, type=FILE)
@with_session
def checkpoint(session: Session, file: Path | None) -> None:
    """Sign how far the ledger has come; keep it where this machine cannot write.

    It goes to FILE, which must be new, or to the screen. `audit verify --checkpoint FILE` finds
    with it what was cut off or exchanged since.
    """
    from beacon_node.actions.audit import keep_checkpoint, make_checkpoint
    from beacon_node.model.checkpoint import checkpoint_text

    made = make_checkpoint(session.open_node())
    text, at = checkpoint_text(made), made.checkpoint.head.sequence
    if file is None:
        print(text)
        return
    keep_checkpoint(file, text)
    session.output.result(
        json.loads(text),
        lambda: session.output.sentence(f"Signed {at:,} entries; keep {file} elsewhere."),
    )


@audit.command()
@click.option("--jwk", "as_jwk", is_flag=True, help="As a JSON Web Key; by default PEM.")
@with_session
def key(session: Session, as_jwk: bool) -> None:
    """Print the public key, for whoever keeps checkpoints."""
    from beacon_node.actions.audit import public_key

    found = public_key(session.open_node())
    if as_jwk:
        print(json.dumps(found.jwk()))
        return
    session.output.result(found.jwk(), lambda: print(found.pem(), end=""))


@audit.command()
@click.option(
    "--checkpoint", "files", multiple=True, type=FILE, help="One that was kept elsewhere."
)
@click.option("--public-key", "key_file", type=FILE, help="The node's, as it was kept elsewhere.")
@with_session
def verify(session: Session, files: tuple[Path, ...], key_file: Path | None) -> int:
    """Follow the whole ledger, and compare it with checkpoints.

    Fails (exit code 6) and says how to recover if any entry was changed, dropped, added or moved,
    if the ledger is older than a release, or if it is not what a checkpoint signed. Checkpoints in
    the folders of audit.checkpoints_to are looked at by themselves.
    """
    from beacon_node.actions.audit import (
        kept_checkpoint,
        kept_in_folder,
        kept_key,
        verify_audit,
    )
    from beacon_node.actions.leave_checkpoints import kept_files

    node = session.open_node()
    kept = [kept_checkpoint(file) for file in files]
    kept += [kept_in_folder(file) for file in kept_files(node) if file not in files]
    witnessed = kept_key(key_file) if key_file else None
    found = verify_audit(node, kept, witnessed)
    session.output.result(_check_document(found), lambda: _show_check(session, found))
    for sentence in filter(None, (found.problem, *found.older)):
        session.output.note(f"! {sentence}")
    return 0 if found.is_good else LedgerBroken.exit_code


def _check_document(found: "AuditCheck") -> dict[str, Any]:
    verification = found.verification
    return {
        "is_good": found.is_good,
        "is_whole": verification.is_whole,
        "entries": verification.head.sequence,
        "head": f"{verification.head.sequence}:{verification.head.hash.hex()}",
        "broken_at": verification.broken_at,
        "problem": found.problem,
        "older": found.older,
        "checkpoints": found.checkpoints,
    }


def _show_check(session: Session, found: "AuditCheck") -> None:
    head = found.verification.head
    if found.verification.is_whole:
        at = f"{head.sequence}:{head.hash.hex()}"
        session.output.sentence(
            f"All {head.sequence:,} entries are as they were written. Head: {at}"
        )
    held = [one for one in found.checkpoints if one.standing == "held"]
    if len(held) > FEW:
        session.output.sentence(
            f"The ledger holds everything that {len(held):,} kept checkpoints signed; the newest: "
            f"{held[0].sentence}"
        )
        held = []
    for one in (*held, *(one for one in found.checkpoints if one.standing != "held")):
        session.output.sentence(one.sentence)


@audit.command()
@with_session
def deliver(session: Session) -> int:
    """Sign how far the ledger has come, and leave that with everybody in audit.checkpoints_to.

    A served node does it once a day by itself; otherwise run it by cron. Fails (exit code 6) if it
    could not be left somewhere.
    """
    from beacon_node.actions.leave_checkpoints import deliver as deliver_all
    from beacon_node.errors import ConfigurationError, StoreUnavailable

    node = session.open_node()
    if not node.settings.audit.checkpoints_to:
        raise ConfigurationError("node.toml: audit.checkpoints_to names nobody")
    left = deliver_all(node)

    def show() -> None:
        for one in left:
            told = one.problem or f"it has the checkpoint of entry {one.sequence:,}"
            session.output.sentence(f"{one.place}: {told}")

    session.output.result({"left": left}, show)
    return StoreUnavailable.exit_code if any(one.problem for one in left) else 0

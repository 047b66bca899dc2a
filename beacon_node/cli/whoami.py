"""`beacon-node whoami`: what one's token gives at an address, and the purpose that one states."""

import json
from collections.abc import Iterator
from typing import Any

import click

from beacon_node.cli.at import needs_address, open_client
from beacon_node.cli.common import Session, with_session
from beacon_node.client import Whoami
from beacon_node.model.federation_documents import text


@click.command()
@needs_address
@click.option("--purpose", metavar="JSON", help='State it: {"categories": ["biomedical"]} …')
@click.option("--for-good", is_flag=True, help="The account keeps this purpose.")
@with_session
def whoami(session: Session, purpose: str | None, for_good: bool, **told: Any) -> None:
    """Say what your token gives at an address, and why each of your visas counts or not.

    An account has one purpose. Before it has one it is answered like anybody; stating it, with
    --purpose and --for-good, cannot be undone.
    """
    stated = _purpose(purpose, for_good) if purpose else None
    client = open_client(told["at"], told["token_file"], told["timeout"])
    found = client.state_purpose(stated) if stated else client.whoami()
    session.output.result(dict(found.document), lambda: session.output.facts(_facts(found)))


def _purpose(written: str, for_good: bool) -> dict:
    try:
        found = json.loads(written)
    except ValueError as error:
        raise click.UsageError("--purpose is no JSON") from error
    if not isinstance(found, dict):
        raise click.UsageError('--purpose: an object like {"categories": ["biomedical"]}')
    if not for_good:
        raise click.UsageError("an account keeps its purpose: say --for-good too")
    return found


def _facts(found: Whoami) -> Iterator[tuple[str, object]]:
    yield "tier", found.tier
    yield "answered as", "a registered researcher" if found.is_registered else "anybody"
    yield "account", found.account
    yield "organisation", found.organisation
    yield "purpose", json.dumps(found.purpose) if found.purpose else "none stated"
    yield "until", found.until and f"{found.until:%Y-%m-%d %H:%M} UTC"
    for grant in found.grants:
        dataset, ceiling = text(grant.get("datasetId")), text(grant.get("ceiling"))
        yield "grant", f"{dataset}: {ceiling}, until {text(grant.get('until'))}"
    for visa in found.visas:
        why = visa.get("why") or ", ".join(map(text, visa.get("usedFor") or []))
        yield "visa", f"{text(visa.get('type')) or 'unreadable'}: {text(why)}"

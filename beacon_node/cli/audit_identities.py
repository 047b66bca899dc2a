"""`beacon-node audit identities …`: who applicants and staff are, and forgetting it."""

import click

from beacon_node.cli.common import Session, with_session
from beacon_node.errors import InvalidRequest


@click.group()
def identities() -> None:
    """Who is behind the accounts of applicants, committee and staff, as they proved it last.

    It stands outside the chain of hashes, and can be forgotten; the chain stays whole.
    """


@identities.command("list")
@with_session
def list_(session: Session) -> None:
    """List whom the node knows by name."""
    from beacon_node.actions.identities import known_identities
    from beacon_node.actions.link_identity import one_account
    from beacon_node.model.consent_documents import moment_text
    from beacon_node.model.identities import identity_document

    node = session.open_node()
    found = known_identities(node)
    rows = [(one_account(node, o.account), o.identity.words, moment_text(o.seen_at)) for o in found]
    told = [
        {"account": one_account(node, one.account), **identity_document(one.identity)}
        | {"seen_at": moment_text(one.seen_at)}
        for one in found
    ]
    columns = ("account", "who", "last seen")
    session.output.result({"identities": told}, lambda: session.output.table(columns, rows))


@identities.command()
@click.option("--due", is_flag=True, help="Who was not seen for audit.identities_months.")
@click.option("--before", default="", metavar="2030-01-31", help="Who was last seen before it.")
@click.option("--account", default="", help="One person, under all their identities.")
@with_session
def purge(session: Session, due: bool, before: str, account: str) -> None:
    """Forget who is behind accounts, for good. That it was done stays on record.

    A node that is served forgets each day who is due; --due is for a timer where none is.
    """
    from beacon_node.actions import identities as known
    from beacon_node.cli.dac_acts import through
    from beacon_node.model.consent import first_moment, read_when

    if sum(map(bool, (due, before, account))) != 1:
        raise InvalidRequest("purge: exactly one of --due, --before and --account is expected")
    node = session.open_node()
    if due:
        number = known.purge_due(node, through())
    elif account:
        number = known.purge(node, through(), account=account)
    else:
        moment = first_moment(read_when(before, "before"), node.settings.zone, "before")
        number = known.purge(node, through(), before=moment)
    session.output.result(
        {"forgotten": number},
        lambda: session.output.sentence(f"Forgot {number} identities; the chain stays whole."),
    )

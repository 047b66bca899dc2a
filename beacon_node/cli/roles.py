"""`beacon-node roles …`: who administers the node, manages consents, audits."""

from typing import TYPE_CHECKING

import click

from beacon_node.cli.common import Session, with_session
from beacon_node.cli.dac_acts import administrator
from beacon_node.model.staff import StaffRole

if TYPE_CHECKING:
    from collections.abc import Callable

    from beacon_node.node import Node

_ROLE = click.Choice([role.value for role in StaffRole])


def who_option(function: "Callable") -> "Callable":
    """Give a command --account, or --iss and --sub."""
    for option in (
        click.option("--reason", default="", help="Why; it stays in the ledger."),
        click.option("--sub", default="", help="The sub of their passport or login."),
        click.option("--iss", default="", help="The iss of their passport or login."),
        click.option("--account", default="", help="Their account; /session and /whoami tell it."),
    ):
        function = option(function)
    return function


@click.group()
def roles() -> None:
    """Who has which role at the node. What the committee decides is said by beacon-node dac.

    administrator gives and takes roles over HTTP, consent_manager records withdrawals, auditor
    reads who has which role. The first administrator is made here.
    """


@roles.command("list")
@with_session
def list_(session: Session) -> None:
    """Show who has which role."""
    from beacon_node.actions.staff import all_roles

    found = all_roles(session.open_node())
    documents = [
        {"account": account, "roles": sorted(role.value for role in some)}
        for account, some in found.items()
    ]
    rows = [(one["account"], ", ".join(one["roles"])) for one in documents]
    session.output.result(
        {"roles": documents}, lambda: session.output.table(("account", "roles"), rows)
    )


@roles.command()
@click.argument("role", type=_ROLE)
@who_option
@with_session
def add(session: Session, role: str, **told: str) -> None:
    """Give somebody a role; it holds from their next request on."""
    _change(session, role, told, is_given=True)


@roles.command()
@click.argument("role", type=_ROLE)
@who_option
@with_session
def remove(session: Session, role: str, **told: str) -> None:
    """Take a role from somebody; they are logged out everywhere."""
    _change(session, role, told, is_given=False)


def _change(session: Session, role: str, told: dict[str, str], *, is_given: bool) -> None:
    from beacon_node.actions.staff import change_role
    from beacon_node.model.staff import RoleChange

    node = session.open_node()
    account = _account(node, told["account"], told["iss"], told["sub"])
    change = RoleChange(account, StaffRole(role), is_given, told["reason"])
    is_new = change_role(node, change, administrator())
    said = f"{account} {_SAID[is_given, is_new].format(role)}."
    document = {"account": account, "role": role, "given": is_given, "changed": is_new}
    session.output.result(document, lambda: session.output.sentence(said))


_SAID = {  # by whether the role is given, and whether that is new
    (True, True): "is {} from now on",
    (True, False): "was {} already; nothing changed",
    (False, True): "is no longer {}, and is logged out",
    (False, False): "was not {}; nothing changed",
}


def _account(node: "Node", account: str, iss: str, sub: str) -> str:
    from beacon_node.actions.link_identity import account_at
    from beacon_node.model.passport import Subject

    if bool(account) == bool(iss or sub) or bool(iss) != bool(sub):
        raise click.UsageError("say who: --account, or --iss and --sub")
    return account or account_at(node, Subject(iss, sub))

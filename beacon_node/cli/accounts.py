"""`beacon-node accounts …`: accounts with passwords that the node itself keeps."""

import sys
from typing import TYPE_CHECKING

import click

from beacon_node.cli.common import Session, with_session

if TYPE_CHECKING:
    from beacon_node.identity.local_accounts import LocalAccounts
    from beacon_node.model.passport import Subject
    from beacon_node.node import Node


@click.group()
def accounts() -> None:
    """Local accounts, for a site without an identity provider ([login] local_accounts = true).

    A password is read from the terminal, where it is not shown, or from standard input. An account
    gives nobody a tier: it may apply to the committee, and have roles.
    """


@accounts.command("list")
@with_session
def list_(session: Session) -> None:
    """Show the accounts; passwords are not stored, and cannot be shown."""
    node, kept = _opened(session)
    found = [
        {
            "name": one.name,
            "account": _account(node, one.subject),
            "passwordSince": f"{one.changed_at:%Y-%m-%d}",
        }
        for one in kept.all()
    ]
    rows = [tuple(one.values()) for one in found]
    columns = ("name", "account", "password since")
    session.output.result({"accounts": found}, lambda: session.output.table(columns, rows))


@accounts.command()
@click.argument("name")
@with_session
def add(session: Session, name: str) -> None:
    """Make an account."""
    node, kept = _opened(session)
    account = _account(node, kept.add(name, _password()))
    _tell(session, name, account, f"{name} has an account: {account}.")
    if not node.settings.login.local_accounts:
        session.output.note(
            "! node.toml does not let local accounts log in: [login] local_accounts"
        )


@accounts.command()
@click.argument("name")
@with_session
def password(session: Session, name: str) -> None:
    """Give an account another password; its sessions end."""
    node, kept = _opened(session)
    kept.subject(name)  # before anybody types one
    account = _account(node, kept.change(name, _password()))
    _sign_out(node, account)
    _tell(session, name, account, f"{name} has another password, and is logged out.")


@accounts.command()
@click.argument("name")
@with_session
def remove(session: Session, name: str) -> None:
    """Remove an account; its sessions end. Its roles stay until they are taken."""
    node, kept = _opened(session)
    account = _account(node, kept.remove(name))
    _sign_out(node, account)
    _tell(session, name, account, f"{name} is removed, and is logged out; it was {account}.")


def _opened(session: Session) -> "tuple[Node, LocalAccounts]":
    from beacon_node.actions.logins import local_accounts

    node = session.open_node()
    return node, local_accounts(node)


def _password() -> str:
    """Return a new password: typed twice, or one line of standard input."""
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return sys.stdin.readline().rstrip("\r\n")


def _account(node: "Node", subject: "Subject") -> str:
    from beacon_node.actions.link_identity import account_at

    return account_at(node, subject)


def _sign_out(node: "Node", account: str) -> None:
    from beacon_node.actions.sign_out import sign_out

    sign_out(node, account)


def _tell(session: Session, name: str, account: str, sentence: str) -> None:
    session.output.result(
        {"name": name, "account": account}, lambda: session.output.sentence(sentence)
    )

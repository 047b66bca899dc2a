"""`beacon-node dac …`: the committee, its terms, who is blocked, and whom to remind."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beacon_node.cli.choices import names
from beacon_node.cli.common import Session, with_session
from beacon_node.cli.dac_acts import COMMANDS, administrator, as_option
from beacon_node.cli.dac_applications import applications

if TYPE_CHECKING:
    from beacon_node.actions.applications.work import Work
    from beacon_node.node import Node


@click.group()
def dac() -> None:
    """Work of the data access committee: applications, votes, grants, blocks.

    What is done here is recorded as done by the account that --as names, through you.
    """


dac.add_command(applications)
for _command in COMMANDS:
    dac.add_command(_command)


@dac.command()
@click.argument("issuer")
@click.argument("subject")
@with_session
def account(session: Session, issuer: str, subject: str) -> None:
    """Print the account that somebody has at this node, from the iss and sub of their passport."""
    from beacon_node.actions.link_identity import account_at
    from beacon_node.model.passport import Subject

    found = account_at(session.open_node(), Subject(issuer, subject))
    session.output.result({"account": found}, lambda: session.output.sentence(found))


# ---- the committee -------------------------------------------------------------------------------


@dac.group()
def committee() -> None:
    """Who decides about which datasets, and how."""


@committee.command("set")
@click.option("--member", "members", multiple=True, required=True, metavar="ACCOUNT")
@click.option("--dataset", "datasets", multiple=True, required=True, metavar="ID")
@click.option("--votes", "votes_needed", default=2, show_default=True, help="Two: four eyes.")
@click.option("--longest-days", default=365, show_default=True, help="The longest grant.")
@with_session
def set_(session: Session, **told: Any) -> None:
    """Say who the committee is, instead of what was said before. It holds at once."""
    from beacon_node.actions.applications.desk import set_committee
    from beacon_node.actions.applications.work import present_work
    from beacon_node.model.application import Committee

    found = Committee(
        frozenset(one for text in told["members"] for one in names(text)),
        frozenset(one for text in told["datasets"] for one in names(text)),
        told["votes_needed"],
        told["longest_days"],
    )
    node = session.open_node()
    set_committee(node, found, administrator())
    _show_committee(session, present_work(node))


@committee.command()
@with_session
def show(session: Session) -> None:
    """Show the committee and its terms of use."""
    from beacon_node.actions.applications.work import present_work

    _show_committee(session, present_work(session.open_node()))


def _show_committee(session: Session, work: "Work") -> None:
    from beacon_node.actions.applications.documents import rules_document

    rules, terms = work.committee, work.terms
    facts = [
        ("members", ", ".join(sorted(rules.members)) or "nobody yet"),
        ("datasets", ", ".join(sorted(rules.datasets))),
        ("votes needed", rules.votes_needed),
        ("longest grant", f"{rules.longest_days} days"),
        ("terms", terms.version if terms else "none: beacon-node dac terms VERSION FILE"),
    ]
    document = rules_document(rules, terms)
    session.output.result({"committee": document}, lambda: session.output.facts(facts))


@dac.command()
@click.argument("version")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@with_session
def terms(session: Session, version: str, file: Path) -> None:
    """Set the terms of use from a text file; until people accept them, their grants rest."""
    from beacon_node.actions.applications.desk import set_terms
    from beacon_node.errors import InvalidInput
    from beacon_node.model.dac import Terms

    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("it cannot be read as UTF-8 text", file=str(file)) from error
    set_terms(session.open_node(), Terms(version, text), administrator())
    told = f"Terms {version} hold now. Everybody must accept them, also who was granted before."
    session.output.result({"terms": version}, lambda: session.output.sentence(told))


# ---- blocks --------------------------------------------------------------------------------------


@dac.command()
@click.argument("account")
@click.option("--dataset", default="*", help="From which; by default from every one.")
@click.option("--reason", required=True)
@as_option
@with_session
def block(session: Session, account: str, dataset: str, reason: str, by: str) -> None:
    """Give somebody nothing of a dataset, or of any, whatever was granted. It holds at once."""
    from beacon_node.actions.applications import desk
    from beacon_node.model.application import Block

    desk.block(session.open_node(), Block(account, dataset, reason), administrator(by))
    told = f"{account} is blocked from {dataset}."
    session.output.result({"blocked": account, "dataset": dataset}, lambda: print(told))


@dac.command()
@click.argument("account")
@click.option("--dataset", default="*", help="From which; by default every block is taken back.")
@click.option("--reason", required=True)
@as_option
@with_session
def unblock(session: Session, account: str, dataset: str, reason: str, by: str) -> None:
    """Take a block back, also one that a revocation made."""
    from beacon_node.actions.applications import desk
    from beacon_node.model.dac import Unblock

    desk.block(session.open_node(), Unblock(account, dataset, reason), administrator(by))
    told = f"{account} is not blocked from {dataset} any more."
    session.output.result({"unblocked": account, "dataset": dataset}, lambda: print(told))


@dac.command()
@with_session
def blocks(session: Session) -> None:
    """Show who is blocked from what."""
    from beacon_node.actions.applications.documents import block_document
    from beacon_node.actions.applications.work import present_work

    work = present_work(session.open_node())
    found = [block_document(one) for blocks in work.blocks.values() for one in blocks]
    rows = [list(one.values()) for one in found]
    columns = ("account", "dataset", "reason")
    session.output.result({"blocks": found}, lambda: session.output.table(columns, rows))


# ---- reminders and addresses ---------------------------------------------------------------------


@dac.command()
@click.option("--waiting-days", default=14, show_default=True, help="After which waiting counts.")
@click.option("--send", is_flag=True, help="Mail them, and whatever else waits to be mailed.")
@with_session
def remind(session: Session, waiting_days: int, send: bool) -> None:
    """Print who is to be reminded: of grants that end, terms to accept, applications that wait.

    With --send each is mailed once, to whoever said where they want mail (`dac address`); run it
    once a day, or more often, where the node is not served. A mailer of yours may read --json.
    """
    from beacon_node.actions.applications.documents import notice_document
    from beacon_node.actions.applications.exports import reminders

    node = session.open_node()
    if send:
        _send(session, node, waiting_days)
        return
    found = reminders(node, waiting_days=waiting_days)
    documents = [
        {"application": one.application, "title": one.title, **notice_document(one.notice)}
        for one in found
    ]
    rows = [(", ".join(sorted(o.notice.to)), o.application, o.notice.text) for o in found]
    columns = ("remind", "application", "of")
    session.output.result({"reminders": documents}, lambda: session.output.table(columns, rows))


def _send(session: Session, node: "Node", waiting_days: int) -> None:
    from beacon_node.actions.applications.letters import post_letters
    from beacon_node.actions.mail import mailer_of
    from beacon_node.errors import ConfigurationError

    mailer = mailer_of(node)
    if mailer is None:
        raise ConfigurationError("node.toml: mail.host names no mail server: nothing is sent")
    posted = post_letters(node, mailer, waiting_days=waiting_days)
    told = (
        f"{posted.sent:,} letters were sent; {posted.waiting:,} are tried again later, "
        f"{posted.given_up:,} were given up."
    )
    session.output.result({"letters": posted}, lambda: session.output.sentence(told))


@dac.command()
@click.argument("account")
@click.argument("mail", required=False)
@click.option("--remove", is_flag=True, help="Forget it.")
@with_session
def address(session: Session, account: str, mail: str | None, remove: bool) -> None:
    """Say, show or forget where somebody wants mail about applications.

    It stands neither in the ledger nor in any log, and nobody is shown it but its holder.
    """
    from beacon_node.actions import mail as mails
    from beacon_node.errors import NotFound

    node = session.open_node()
    if mail and remove:
        raise click.UsageError("either MAIL or --remove")
    if mail:
        mails.set_address(node, account, mail)
    elif remove:
        mails.remove_address(node, account)
    elif not (mail := mails.address_of(node, account)):
        raise NotFound(f"{account} said nowhere where they want mail")
    told = "forgotten" if remove else mail
    session.output.result({"account": account, "mail": mail}, lambda: print(told))

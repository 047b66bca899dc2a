"""The node's mailer, and what is kept for it outside the ledger."""

from collections.abc import Iterable

from beacon_node.errors import ConfigurationError
from beacon_node.model.mail import check_address
from beacon_node.node import Node
from beacon_node.notify.smtp import SmtpAccount, SmtpMailer
from beacon_node.ports import Mailer
from beacon_node.store.outbox import Outbox

OUTBOX_FILE = "outbox.sqlite"


def open_outbox(node: Node) -> Outbox:
    """Return the node's outbox, made if there is none."""
    return Outbox(node.data / OUTBOX_FILE)


def mailer_of(node: Node) -> Mailer | None:
    """Return what sends the node's mail, None if nothing does. Raises ConfigurationError."""
    told = node.settings.mail
    if not told.is_used:
        return None
    account = SmtpAccount(
        host=told.host,
        port=told.port,
        sender=told.sender,
        security=told.security,
        user=told.user,
        password=_password(node) if told.user else "",
        timeout_s=told.timeout_s,
    )
    return SmtpMailer(account, node.clock)


def _password(node: Node) -> str:
    path = node.home / node.settings.mail.password_file
    try:
        mode, text = path.stat().st_mode, path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"mail.password_file: {path} cannot be read") from error
    if mode & 0o077:
        raise ConfigurationError(f"{path} can be read by others: chmod 600 {path}")
    return text.strip()


def set_address(node: Node, account: str, mail: str) -> None:
    """Remember where somebody wants mail. Raises InvalidRequest for what is no address."""
    open_outbox(node).set_address(account, check_address(mail))


def remove_address(node: Node, account: str) -> bool:
    """Forget where somebody wants mail; False if nobody knew."""
    return open_outbox(node).remove_address(account)


def remove_addresses(node: Node, accounts: Iterable[str]) -> None:
    """Forget where people want mail who are not known here any more."""
    if (node.data / OUTBOX_FILE).exists():
        outbox = open_outbox(node)
        for account in accounts:
            outbox.remove_address(account)


def address_of(node: Node, account: str) -> str:
    """Return where somebody wants mail, empty if they said nowhere."""
    return open_outbox(node).address(account)

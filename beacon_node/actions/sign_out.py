"""End all sessions of a person, from whichever process."""

from beacon_node.identity.logins import LOGINS_FILE
from beacon_node.identity.sessions import end_sessions
from beacon_node.node import Node


def sign_out(node: Node, account: str) -> int:
    """End all sessions of whoever has an account, and return how many there were."""
    accounts = node.ledger.linked().accounts(account)
    return end_sessions(node.data / LOGINS_FILE, accounts)

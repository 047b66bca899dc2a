"""The logins that a node's settings ask for."""

from datetime import timedelta

from beacon_node.identity.attempts import Attempts
from beacon_node.identity.clearinghouse import Clearinghouse
from beacon_node.identity.fetch import Session
from beacon_node.identity.local_accounts import ACCOUNTS_FILE, LocalAccounts, local_issuer
from beacon_node.identity.login_tables import login_tables
from beacon_node.identity.logins import LOGINS_FILE, Logins, LoginSettings, Reach, open_logins
from beacon_node.model.login import SessionLimits
from beacon_node.node import Node
from beacon_node.settings import Settings


def logins_of(node: Node, house: Clearinghouse, session: Session) -> Logins:
    """Return where and how people log in. Raises ConfigurationError, naming the key."""
    named = node.settings.login.providers
    settings = LoginSettings(
        public_url=node.settings.public_url,
        providers=node.home / named if named else None,
        limits=session_limits(node.settings),
    )
    reach = Reach(session, house.keys, node.clock, node.randomness)
    return open_logins(node.home, settings, reach)


def session_limits(settings: Settings) -> SessionLimits:
    told = settings.login
    longest, idle = timedelta(hours=told.session_hours), timedelta(minutes=told.idle_minutes)
    return SessionLimits(longest=longest, idle=idle)


def local_accounts_of(node: Node, attempts: Attempts) -> LocalAccounts | None:
    """Return the accounts that the node itself keeps, None unless it is set to."""
    return local_accounts(node, attempts) if node.settings.login.local_accounts else None


def local_accounts(node: Node, attempts: Attempts | None = None) -> LocalAccounts:
    """Return the file of the node's own accounts, made if there is none."""
    found = attempts or Attempts(login_tables(node.data / LOGINS_FILE), node.clock)
    issuer = local_issuer(node.settings.public_url)
    return LocalAccounts(node.data / ACCOUNTS_FILE, issuer, found, node.clock, node.randomness)

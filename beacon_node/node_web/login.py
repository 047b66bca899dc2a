"""Logging in to a node with a browser: its sessions, and what they let somebody do here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from beacon_node.actions.identify import Identified, identify_login
from beacon_node.actions.logins import local_accounts_of, logins_of, session_limits
from beacon_node.actions.note_login import note_login
from beacon_node.actions.sign_out import sign_out
from beacon_node.actions.staff import roles_of
from beacon_node.errors import NotPermitted
from beacon_node.identity.attempts import Rate, network_of
from beacon_node.identity.clearinghouse import Clearinghouse
from beacon_node.identity.fetch import Session, new_session
from beacon_node.identity.logged_in import up_to_date
from beacon_node.identity.logins import Logins
from beacon_node.model.login import Login, LoginEvent
from beacon_node.node import Node
from beacon_node.web.login import LoginDesk
from beacon_node.web.login_parts import LoginParts
from beacon_node.web.pages import Pages
from beacon_node.web.sessions import Door

# Each login that comes back makes the node ask a provider.
ADMITTED = Rate(60, timedelta(minutes=10))


@dataclass(frozen=True, slots=True, repr=False)
class NodeHost:
    """A node, as whoever logs in to it finds it."""

    node: Node
    house: Clearinghouse
    logins: Logins

    def admit(self, address: str) -> None:
        self.logins.attempts.take({f"login {network_of(address)}": ADMITTED})

    def account(self, login: Login) -> str:
        until = self.node.clock.now() + session_limits(self.node.settings).longest
        return identify_login(self.node, self.house, login, until).requester.account

    def roles(self, account: str) -> Sequence[str]:
        return sorted(role.value for role in roles_of(self.node, account))

    def note(self, event: LoginEvent) -> None:
        note_login(self.node, self.logins.attempts, event)


class NodeLogins:
    """Logins of one process. `desk` has the pages; `identified` knows the sessions of requests."""

    def __init__(self, node: Node, house: Clearinghouse, session: Session | None = None) -> None:
        self._node, self._house = node, house
        self.logins = logins_of(node, house, session or new_session())
        host = NodeHost(node, house, self.logins)
        parts = LoginParts(
            door=Door(
                node.settings.public_url,
                node.settings.node.name,
                "beacon",
                node.settings.login.proxies,
            ),
            sessions=self.logins.sessions,
            begun=self.logins.begun,
            host=host,
            providers=self.logins.providers,
            passwords=local_accounts_of(node, self.logins.attempts),
        )
        self.desk = LoginDesk(parts, Pages())

    def identified(self) -> Identified | None:
        """Return who has the session of the present request, None for nobody.

        Raises NotPermitted for a request that changes something without the session's token, and
        for a person who is blocked, whose sessions end.
        """
        session = self.desk.sessions.present()
        if session is None:
            return None
        at = self._node.clock.now()
        session = up_to_date(self.logins.sessions, self.logins.providers, session, at)
        try:
            return identify_login(self._node, self._house, session.login, session.until)
        except NotPermitted:
            sign_out(self._node, session.account)
            raise

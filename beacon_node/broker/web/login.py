"""Logging in to a network with a browser: whom its questions are asked for."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from beacon_node.broker.asker import account_of
from beacon_node.broker.broker import Broker
from beacon_node.errors import NotPermitted
from beacon_node.identity.attempts import Rate, network_of
from beacon_node.identity.fetch import Session, new_session
from beacon_node.identity.logged_in import prove_login, prove_session_and_keep, up_to_date
from beacon_node.identity.logins import Logins, LoginSettings, Reach, open_logins
from beacon_node.identity.prove import Proved
from beacon_node.model.login import Login, LoginDeed, LoginEvent, SessionLimits
from beacon_node.web.login import LoginDesk, LoginParts
from beacon_node.web.pages import Pages
from beacon_node.web.sessions import Door

# Each login that comes back makes the broker ask a provider.
ADMITTED = Rate(60, timedelta(minutes=10))
_LOG = logging.getLogger("beacon_node.broker")


@dataclass(frozen=True, slots=True, repr=False)
class BrokerHost:
    """A broker, as whoever logs in to it finds it: they may ask, and do nothing else."""

    broker: Broker
    logins: Logins

    def admit(self, address: str) -> None:
        self.logins.attempts.take({f"login {network_of(address)}": ADMITTED})

    def account(self, login: Login) -> str:
        at = self.broker.clock.now()
        until = at + limits_of(self.broker).longest
        proved = prove_login(self.broker.clearinghouse, login, until, at)
        return account_of(self.broker.pseudonym_key, proved.standing.subject)

    def roles(self, account: str) -> Sequence[str]:
        return ()

    def note(self, event: LoginEvent) -> None:
        """Tell the log of what was refused; who came and went is nobody's business there."""
        if event.deed is LoginDeed.REFUSED:
            _LOG.warning("a login at provider %s was refused: %s", event.provider, event.why)


class BrokerLogins:
    """Logins of one process. `desk` has the pages; `proved` knows the sessions of requests."""

    def __init__(self, broker: Broker, session: Session | None = None) -> None:
        self._broker = broker
        self.logins = _open(broker, session or new_session())
        settings = broker.settings
        parts = LoginParts(
            door=Door(settings.public_url, settings.broker.name, "network", settings.login.proxies),
            sessions=self.logins.sessions,
            begun=self.logins.begun,
            host=BrokerHost(broker, self.logins),
            providers=self.logins.providers,
        )
        self.desk = LoginDesk(parts, Pages())

    def proved(self) -> Proved | None:
        """Return what the session of the present request proves, None for nobody's.

        Raises NotPermitted for a request that changes something without the session's token, and
        for a person who is blocked, whose sessions end.
        """
        session = self.desk.sessions.present()
        if session is None:
            return None
        at = self._broker.clock.now()
        session = up_to_date(self.logins.sessions, self.logins.providers, session, at)
        try:
            return prove_session_and_keep(self._broker.clearinghouse, session, at)
        except NotPermitted:
            self.logins.sessions.end_all(session.account)
            raise


def limits_of(broker: Broker) -> SessionLimits:
    told = broker.settings.login
    longest, idle = timedelta(hours=told.session_hours), timedelta(minutes=told.idle_minutes)
    return SessionLimits(longest=longest, idle=idle)


def _open(broker: Broker, session: Session) -> Logins:
    settings = LoginSettings(
        public_url=broker.settings.public_url,
        providers=broker.home / broker.settings.login.providers,
        limits=limits_of(broker),
    )
    reach = Reach(session, broker.clearinghouse.keys, broker.clock, broker.randomness)
    return open_logins(broker.home, settings, reach)


def logins_of(broker: Broker) -> BrokerLogins | None:
    """Return the logins that the settings ask for, None if nobody can log in.

    Raises ConfigurationError, naming the key.
    """
    return BrokerLogins(broker) if broker.settings.login.providers else None

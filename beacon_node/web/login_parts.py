"""What logins need of the program that has them: each program makes its own from `identity`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from beacon_node.model.login import BegunLogin, CameBack, Login, LoginEvent
from beacon_node.web.sessions import Door, SessionTable


class BegunLoginTable(Protocol):
    """Logins on their way to a provider and back; `identity.begun`."""

    def begin(self, provider: str, next: str) -> BegunLogin: ...

    def cookie(self, begun: BegunLogin) -> str: ...

    def back(self, cookie: str, state: str) -> BegunLogin:
        """Return the login that comes back with `state`. Raises LoginRefused, also the second
        time."""


class LoginProvider(Protocol):
    """Where people log in; `identity.provider`."""

    id: str
    name: str

    def address(self, begun: BegunLogin) -> str:
        """Return where a browser goes to log in. Raises ProviderUnavailable."""

    def finish(self, begun: BegunLogin, back: CameBack) -> Login:
        """Return what a login proved. Raises LoginRefused or ProviderUnavailable."""

    def end_session(self, back: str) -> str:
        """Return where the session at the provider is ended, empty if nowhere."""


class PasswordDoor(Protocol):
    """Accounts of the program itself; `identity.local_accounts`."""

    def check(self, name: str, password: str, address: str) -> Login:
        """Return what a password proved. Raises LoginRefused or QuotaExceeded."""


class LoginHost(Protocol):
    """The program whose pages people log in to."""

    def admit(self, address: str) -> None:
        """Raises QuotaExceeded for an address from which logins came back too often."""

    def account(self, login: Login) -> str:
        """Return the account of whoever just proved who they are. Raises NotPermitted for somebody
        who is blocked."""

    def roles(self, account: str) -> Sequence[str]:
        """Return what somebody may do here besides asking, in words that a page can show."""

    def note(self, event: LoginEvent) -> None:
        """Record that somebody logged in or out, or was refused."""


@dataclass(frozen=True, slots=True)
class LoginParts:
    """What logins need; `passwords` None: there are no accounts of the program itself."""

    door: Door
    sessions: SessionTable
    begun: BegunLoginTable
    host: LoginHost
    providers: Mapping[str, LoginProvider] = field(default_factory=dict)
    passwords: PasswordDoor | None = None

"""Whose session does a request belong to? Cookies count only for what our own pages ask.

A browser sends its cookie along whoever made it send a request. Therefore it counts only where the
browser says that one of our pages asks (Fetch Metadata, Origin), and for everything that changes
anything only with the session's token, which no other site can know (OWASP: synchronizer token).
"""

import hmac
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from flask import Response, g, request

from beacon_node.errors import NotPermitted
from beacon_node.model.login import Login, Session

TOKEN_HEADER, TOKEN_FIELD = "X-CSRF-Token", "csrf_token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_ANSWERED = "session"  # in `flask.g`


class NewSession(Protocol):
    """A session that just began; `id` is for its browser alone."""

    id: str
    session: Session


class SessionTable(Protocol):
    """Sessions of people who logged in, shared by all processes; `identity.sessions`."""

    def begin(self, account: str, login: Login) -> NewSession: ...

    def find(self, id: str) -> Session | None:
        """Return the session of an id, None if it holds no longer or never did."""

    def end(self, session: Session) -> None: ...

    def end_all(self, account: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Door:
    """Where people log in to a program.

    `public_url` is how browsers reach it, without a slash at the end; `site` is what it is called;
    `cookie` tells programs of one machine apart; `proxies` is how many stand before it, each of
    which adds to X-Forwarded-For.
    """

    public_url: str
    site: str
    cookie: str = "session"
    proxies: int = 0

    @property
    def is_https(self) -> bool:
        return urlsplit(self.public_url).scheme == "https"

    @property
    def origin(self) -> str:
        found = urlsplit(self.public_url)
        return f"{found.scheme}://{found.netloc}"

    def cookie_name(self, part: str = "") -> str:
        """Return a cookie's name. With __Host- no subdomain can set it; browsers take that over
        https alone, without which several programs of a machine share their cookies."""
        name = f"{self.cookie}-{part}" if part else self.cookie
        if self.is_https:
            return f"__Host-{name}"
        return f"{name}-{urlsplit(self.public_url).port or 80}"

    def address(self) -> str:
        """Return from where the present request comes, as far as our own proxies say."""
        passed = request.headers.get("X-Forwarded-For", "").split(",")
        told = passed[-self.proxies].strip() if 0 < self.proxies <= len(passed) else ""
        return told or request.remote_addr or ""


class SessionDesk:
    """Finds the session of the present request, and gives and takes back its cookie."""

    def __init__(self, door: Door, sessions: SessionTable) -> None:
        self._door, self._sessions = door, sessions

    def present(self, *, is_page: bool = False) -> Session | None:
        """Return the session of the present request, None if it has none that counts.

        `is_page`: what is shown is a page, to which links of other sites may lead, too. Raises
        NotPermitted for a request that would change something and does not prove that one of our
        pages asks.
        """
        session = self._of_cookie()
        if session is None:
            return None
        if request.method not in _SAFE:
            self._check_change(session)
            return session
        return session if self.is_own_page() or (is_page and _is_navigation()) else None

    def of_own_page(self) -> Session | None:
        """Return the session of a request that one of our own pages made, whether or not it brings
        the session's token: to show a form again that was refused, never to do what it asks."""
        return self._of_cookie() if self.is_own_page() else None

    def is_own_page(self) -> bool:
        """Say whether the browser says that our own page, or the person, asks."""
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site is not None and site not in ("same-origin", "none"):
            return False
        return origin is None or origin == self._door.origin

    def give(self, response: Response, id: str) -> None:
        """Set the cookie of a session that just began."""
        self.set_cookie(response, self._door.cookie_name(), id)

    def take_back(self, response: Response, part: str = "") -> None:
        self.set_cookie(response, self._door.cookie_name(part), "", max_age=0)

    def set_cookie(
        self, response: Response, name: str, value: str, max_age: int | None = None
    ) -> None:
        response.set_cookie(
            name,
            value,
            max_age=max_age,
            path="/",
            secure=self._door.is_https,
            httponly=True,
            samesite="Lax",  # a provider sends people back by a link
        )

    # ---- inside ------------------------------------------------------------------------------

    def _of_cookie(self) -> Session | None:
        if _ANSWERED not in g:
            id = request.cookies.get(self._door.cookie_name(), "")
            g.session = self._sessions.find(id) if id else None
        return g.session

    def _check_change(self, session: Session) -> None:
        if not self.is_own_page():
            raise NotPermitted(
                f"this was asked by another page than those of {self._door.origin}; with a session "
                "only these may change anything"
            )
        if not is_token(session.csrf_token, sent_token()):
            raise NotPermitted(
                f"the session's token is missing or another's: send the csrfToken of GET /session "
                f"in the header {TOKEN_HEADER}, or load the page anew"
            )


def sent_token() -> str:
    """Return the token that the present request brings: in its header, or in a field of a form."""
    found = request.headers.get(TOKEN_HEADER)
    if found is None and request.mimetype in _FORMS:
        found = request.form.get(TOKEN_FIELD)
    return found or ""


def is_token(expected: str, sent: str) -> bool:
    return hmac.compare_digest(expected.encode(), sent.encode("utf-8", "replace"))


def _is_navigation() -> bool:
    """Say whether a person followed a link to a page: no script, image or frame of another site."""
    told = request.headers.get
    return told("Sec-Fetch-Mode") == "navigate" and told("Sec-Fetch-Dest") == "document"

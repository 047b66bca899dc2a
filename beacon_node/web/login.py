"""Logging in and out in a browser: `/login`, `/logout`, `/session`, the same in both programs."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request

from beacon_node.errors import BeaconNodeError, InvalidRequest, NotAuthenticated, NotFound
from beacon_node.model.login import (
    CameBack,
    Login,
    LoginDeed,
    LoginEvent,
    LoginRefused,
    Session,
)
from beacon_node.web.errors import HttpError, http_error
from beacon_node.web.login_parts import LoginHost, LoginParts, LoginProvider
from beacon_node.web.pages import POLICY, Pages, add_style, wants_page
from beacon_node.web.responses import json_response
from beacon_node.web.sessions import SessionDesk, sent_token

CALLBACK = "/login/callback"
HOME = "/login"  # where somebody who wanted to go nowhere is shown that they are logged in
LOCAL = "local"
_LONGEST_PATH = 1_000
_TAG = 8  # characters of a state in the name of its cookie: several tabs may log in at a time
_BEGUN_S = 600


class LoginDesk:
    """The handlers. `sessions` is for whoever else needs the session of a request."""

    def __init__(self, parts: LoginParts, pages: Pages) -> None:
        self._parts, self._pages = parts, pages
        self.sessions = SessionDesk(parts.door, parts.sessions)

    # ---- in ----------------------------------------------------------------------------------

    def page(self) -> Response:
        """Show where one can log in, or who one is."""
        session = self.sessions.present(is_page=True)
        if session is not None:
            return self._pages.page("logged_in.html", **self._shown(session))
        return self._offer(safe_path(request.args.get("next", "")))

    def start(self, provider: str) -> Response:
        """Send the browser to a provider."""
        found = self._provider(provider)
        self._parts.host.admit(self._parts.door.address())
        begun = self._parts.begun.begin(provider, safe_path(request.args.get("next", "")))
        response = redirect(found.address(begun), 303)
        self._keep_begun(response, begun.state, self._parts.begun.cookie(begun))
        return _unkept(response)

    def callback(self) -> Response:
        """Take whom a provider sent back, and begin a session with a new id."""
        told = request.args.get
        state = told("state", "")
        self._parts.host.admit(self._parts.door.address())
        begun = self._parts.begun.back(self._begun_cookie(state), state)
        back = CameBack(told("code", ""), told("iss", ""), told("error", ""))
        with _Noted(self._parts.host, begun.provider):
            login = self._provider(begun.provider).finish(begun, back)
            response = self._let_in(login, begun.next)
        self.sessions.take_back(response, _part(state))
        return response

    def local(self) -> Response:
        """Take a name and a password of an account that the program itself keeps."""
        form, passwords = request.form, self._parts.passwords
        if passwords is None:
            raise NotFound("there are no local accounts here")
        self._check_own_form()
        state = sent_token()
        begun = self._parts.begun.back(self._begun_cookie(state), state)
        address = self._parts.door.address()
        try:
            with _Noted(self._parts.host, LOCAL):
                login = passwords.check(form.get("name", ""), form.get("password", ""), address)
                response = self._let_in(login, begun.next)
        except LoginRefused as refused:
            if not wants_page():
                raise
            return self._offer(begun.next, problem=str(refused), status=401)
        self.sessions.take_back(response, _part(state))
        return response

    # ---- out ---------------------------------------------------------------------------------

    def logout(self) -> Response:
        """End the session, or with the field `everywhere` all of its account."""
        session = self.sessions.present()
        if session is None:
            raise NotAuthenticated("there is no session to end")
        deed = LoginDeed.LOGOUT
        if request.form.get("everywhere"):
            deed = LoginDeed.LOGOUT_EVERYWHERE
            self._parts.sessions.end_all(session.account)
        self._parts.sessions.end(session)
        self._parts.host.note(LoginEvent(deed, session.login.provider, session.account))
        response = self._logged_out(session)
        self.sessions.take_back(response)
        return response

    def _logged_out(self, session: Session) -> Response:
        provider = self._parts.providers.get(session.login.provider)
        there = provider.end_session(f"{self._parts.door.public_url}{HOME}") if provider else ""
        if not wants_page():
            return json_response({"loggedIn": False, "endSession": there or None})
        name = provider.name if provider else ""
        return self._pages.page(
            "logged_out.html", site=self._parts.door.site, provider=name, there=there
        )

    # ---- who ---------------------------------------------------------------------------------

    def session(self) -> Response:
        """Say whose session it is, and the token that changes need; our own pages alone can read
        this."""
        session = self.sessions.present()
        if session is None:
            return json_response({"loggedIn": False, "login": HOME})
        shown = self._shown(session)
        told = {key: shown[key] for key in ("name", "account", "provider", "roles")}
        more = {"until": session.until.isoformat(), "csrfToken": session.csrf_token}
        return json_response({"loggedIn": True, **told, **more})

    def told(self, handler: Callable[..., Response]) -> Callable[..., Response]:
        """Return a handler whose errors are a page where a browser shows them, JSON otherwise."""

        @wraps(handler)
        def handle(**values: str) -> Response:
            try:
                return handler(**values)
            except BeaconNodeError as error:
                if not wants_page():
                    raise
                return self._refusal(http_error(error))

        return handle

    def _refusal(self, found: HttpError) -> Response:
        return self._pages.page(
            "login_refused.html",
            found.status,
            found.headers,
            site=self._parts.door.site,
            problem=found.message,
        )

    # ---- inside ------------------------------------------------------------------------------

    def _provider(self, id: str) -> LoginProvider:
        found = self._parts.providers.get(id)
        if found is None:
            raise NotFound("there is no such identity provider here")
        return found

    def _let_in(self, login: Login, next: str) -> Response:
        """Begin a session under a new id, whatever id the browser came with, and end that one."""
        account = self._parts.host.account(login)
        old = request.cookies.get(self._parts.door.cookie_name(), "")
        if old and (before := self._parts.sessions.find(old)):
            self._parts.sessions.end(before)
        self._parts.host.note(LoginEvent(LoginDeed.LOGIN, login.provider, account))
        new = self._parts.sessions.begin(account, login)
        response = redirect(next, 303)
        self.sessions.give(response, new.id)
        return _unkept(response)

    def _offer(self, next: str, problem: str = "", status: int = 200) -> Response:
        """Return the page where one can log in; its form for passwords is for this browser."""
        parts, begun = self._parts, None
        if parts.passwords is not None:
            begun = parts.begun.begin(LOCAL, next)
        response = self._pages.page(
            "login.html",
            status,
            site=parts.door.site,
            providers=[(one.id, one.name) for one in parts.providers.values()],
            next=next,
            token=begun.state if begun else "",
            problem=problem,
        )
        if begun is not None:
            self._keep_begun(response, begun.state, parts.begun.cookie(begun))
        return response

    def _keep_begun(self, response: Response, state: str, sealed: str) -> None:
        name = self._parts.door.cookie_name(_part(state))
        self.sessions.set_cookie(response, name, sealed, max_age=_BEGUN_S)

    def _begun_cookie(self, state: str) -> str:
        return request.cookies.get(self._parts.door.cookie_name(_part(state)), "")

    def _check_own_form(self) -> None:
        """Refuse a form of another site that would log somebody in as somebody else."""
        if request.headers.get("Origin", self._parts.door.origin) != self._parts.door.origin:
            raise InvalidRequest(f"log in on the page {self._parts.door.public_url}{HOME}")

    def _shown(self, session: Session) -> dict:
        provider = self._parts.providers.get(session.login.provider)
        return {
            "site": self._parts.door.site,
            "name": session.login.name,
            "account": session.account,
            "provider": provider.name if provider else session.login.provider,
            "roles": list(self._parts.host.roles(session.account)),
            "until": session.until,
            "token": session.csrf_token,
        }


class _Noted:
    """Records a refusal before it is told."""

    def __init__(self, host: LoginHost, provider: str) -> None:
        self._host, self._provider = host, provider

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BeaconNodeError):
            event = LoginEvent(LoginDeed.REFUSED, self._provider, why=str(error))
            self._host.note(event)


def add_login(app: Flask, desk: LoginDesk) -> None:
    """Give `app` logins."""
    routes: list[tuple[str, Callable[..., Response], str]] = [
        (HOME, desk.page, "GET"),
        ("/login/start/<provider>", desk.start, "GET"),
        (CALLBACK, desk.callback, "GET"),
        ("/login/local", desk.local, "POST"),
        ("/logout", desk.logout, "POST"),
    ]
    for path, handler, method in routes:
        app.add_url_rule(path, f"login {path}", desk.told(handler), methods=[method])
    app.add_url_rule("/session", "session", desk.session, methods=["GET"])
    add_style(app)


def safe_path(told: str) -> str:
    """Return where somebody may be sent after logging in: a path of ours, `HOME` for all else.

    Browsers take `//host`, `/\\host` and tabs in between for other sites; none of it passes.
    """
    is_plain = told.isascii() and told.isprintable() and "\\" not in told and " " not in told
    if not is_plain or not told.startswith("/") or told.startswith("//"):
        return HOME
    if len(told) > _LONGEST_PATH or urlsplit(told).netloc or urlsplit(told).scheme:
        return HOME
    return HOME if urlsplit(told).path.startswith("/login/") else told


def _part(state: str) -> str:
    """Return the part of a cookie's name that says which login it is of."""
    tag = state[:_TAG]
    return (
        f"login-{tag}"
        if tag.isascii() and tag.replace("-", "").replace("_", "").isalnum()
        else "login"
    )


def _unkept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "no-referrer"  # the address has a code in it
    return response

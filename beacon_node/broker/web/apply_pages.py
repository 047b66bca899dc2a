"""`/apply` and `/applications`: access to several sites, applied for in a browser.

Pages show what is there for whoever followed a link; members are asked, and anything is done, only
for our own pages: a form brings the session's token, a list is asked for from a page of ours.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from urllib.parse import quote

from flask import Flask, Response, redirect, request

from beacon_node.broker.applying import Bundle, Clerk
from beacon_node.broker.library import Library
from beacon_node.broker.web.apply_form import (
    CATEGORIES,
    COMMERCIAL,
    ORGANISATIONS,
    WANTED,
    Filled,
    TypedForm,
    filled,
    problem_of,
    read_chosen,
    typed_form,
)
from beacon_node.broker.web.apply_views import (
    Problem,
    bundle_view,
    offers,
    preselected,
    problem_of_part,
    status_of,
)
from beacon_node.broker.web.askers import AskerDesk
from beacon_node.broker.web.frame import Frame
from beacon_node.broker.web.row_view import sentence
from beacon_node.errors import BeaconNodeError, InvalidRequest, NotAuthenticated
from beacon_node.model.federation import Member
from beacon_node.web.errors import http_error
from beacon_node.web.login import safe_path
from beacon_node.web.requests import arguments
from beacon_node.web.sessions import is_token, sent_token

HERE = "applications"
DEEDS = ("accept-terms", "submit", "withdraw")
_CHOICES = {
    "categories": CATEGORIES,
    "organisations": ORGANISATIONS,
    "commercial": COMMERCIAL,
    "wanted": WANTED,
}
_LOGGED_OUT = "You are not logged in any more, and nothing was sent. Log in, then send this again."
_OTHER_SESSION = "You logged in anew since this page was made, and nothing was sent. Send it again."


@dataclass(frozen=True, slots=True)
class Shown:
    """What a form says to whoever filled it in: `problem` over all of it, `fields` and `sites` by
    name; `opened` is where it was understood already."""

    problem: str = ""
    fields: dict[str, str] | None = None
    sites: dict[str, Problem] | None = None
    opened: Bundle | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ApplicationPages:
    """The handlers. `library` knows the datasets of members."""

    frame: Frame
    askers: AskerDesk
    library: Library

    # ---- applying ----------------------------------------------------------------------------

    def form(self) -> Response:
        """Show the form, with the sites that the address names chosen; asks nobody."""
        if self.frame.visitor() is None:
            return self._log_in_first()
        told = arguments()
        sites = [value for name, value in told if name == "site"]
        chosen = read_chosen(value for name, value in told if name == "dataset")
        chosen = preselected(self._members(), self._datasets, sites, chosen)
        return self._form(TypedForm(chosen=chosen), Shown(), 200)

    def apply(self) -> Response:
        """Open drafts at the chosen sites; whatever goes wrong is said in the form, as it was."""
        typed = typed_form(request.form)
        try:
            clerk = self._clerk()
        except BeaconNodeError as error:
            if self.frame.sessions is None or not self.frame.sessions.is_own_page():
                raise
            found = http_error(error)
            words = _OTHER_SESSION if self._is_other_session() else sentence(found.message)
            return self._form(typed, Shown(words), found.status)
        broker = self.frame.broker
        said = filled(typed, broker.settings.zone, broker.clock.now())
        if said.problems:
            return self._form(typed, Shown(fields=dict(said.problems)), 400)
        return self._opened(clerk, typed, said)

    def _opened(self, clerk: Clerk, typed: TypedForm, said: Filled) -> Response:
        try:
            bundle = clerk.open(said.form, said.sites)
        except InvalidRequest as error:
            return self._form(typed, Shown(fields=problem_of(error)), 400)
        wrong = _problems(bundle)
        if not wrong:
            return redirect(_address(bundle.id), 303)
        if not bundle.id:
            return self._form(typed, Shown(sites=wrong), status_of(bundle.parts))
        left = tuple((site, dataset) for site, dataset in typed.chosen if site in wrong)
        return self._form(replace(typed, chosen=left), Shown(sites=wrong, opened=bundle), 201)

    def _form(self, typed: TypedForm, shown: Shown, status: int) -> Response:
        visitor = self.frame.visitor()
        return self.frame.page(
            "apply.html",
            HERE,
            status,
            typed=typed,
            offers=offers(self._members(), self._datasets, typed.chosen, shown.sites),
            problem=shown.problem,
            problems=shown.fields or {},
            opened=shown.opened and bundle_view(shown.opened, self.frame.broker.settings.zone),
            token=visitor.csrf_token if visitor else "",
            again=self._again("/applications"),
            choices=_CHOICES,
        )

    # ---- what one applied for ----------------------------------------------------------------

    def applications(self) -> Response:
        if self.askers.known() is None:
            return self._not_ours()
        zone = self.frame.broker.settings.zone
        found = [bundle_view(one, zone) for one in self._clerk().bundles()]
        return self.frame.page("applications.html", HERE, applications=found)

    def application(self, id: str) -> Response:
        if self.askers.known() is None:
            return self._not_ours()
        return self._bundle(self._clerk().bundle(id))

    def act(self, id: str) -> Response:
        """Do one thing at the sites that the form names; who refused it says so in its row."""
        clerk, sites = self._clerk(), request.form.getlist("site")
        if not sites:
            raise InvalidRequest("site: at least one is expected")
        bundle = clerk.act(id, _command(), sites)
        if wrong := _problems(bundle):
            return self._bundle(clerk.bundle(id), wrong, status_of(bundle.parts))
        return redirect(f"{_address(id)}#{quote(f'site-{sites[0]}')}", 303)

    def _bundle(
        self, bundle: Bundle, wrong: dict[str, Problem] | None = None, status: int = 200
    ) -> Response:
        visitor = self.frame.visitor()
        return self.frame.page(
            "application.html",
            HERE,
            status,
            shown=bundle_view(bundle, self.frame.broker.settings.zone, wrong),
            token=visitor.csrf_token if visitor else "",
            again=self._again(_address(bundle.id)),
        )

    # ---- who asks ----------------------------------------------------------------------------

    def _clerk(self) -> Clerk:
        """Return who passes on what this person does. Raises NotAuthenticated for nobody, and
        NotPermitted for a form without the session's token."""
        known = self.askers.known()
        if known is None:
            raise NotAuthenticated(_LOGGED_OUT)
        return Clerk(self.frame.broker, known.asker, known.account)

    def _is_other_session(self) -> bool:
        """Say whether a form of our own page brings another token than the session's."""
        visitor = self.frame.visitor()
        return visitor is not None and not is_token(visitor.csrf_token, sent_token())

    def _not_ours(self) -> Response:
        """Answer somebody who is not logged in, or who comes by a link of another site."""
        if self.frame.visitor() is None:
            return self._log_in_first()
        return self.frame.page("from_elsewhere.html", HERE, there=request.path)

    def _log_in_first(self) -> Response:
        """Show where to log in; afterwards the browser comes back with all that was chosen."""
        query = request.query_string.decode("ascii", "replace")
        there = request.path + (f"?{query}" if query else "")
        there = there if safe_path(there) == there else request.path
        return self.frame.page("log_in_first.html", HERE, there=there)

    def _again(self, there: str) -> str:
        """Return the address that logs the visitor in anew, for fresh visas."""
        visitor = self.frame.visitor()
        if visitor is None:
            return f"/login?next={quote(there)}"
        return f"/login/start/{quote(visitor.login.provider)}?next={quote(there)}"

    def _members(self) -> tuple[Member, ...]:
        return tuple(self.frame.broker.registry.members())

    def _datasets(self, member: Member) -> frozenset[str] | None:
        return self.library.of(member).datasets

    def told(self, handler: Callable[..., Response]) -> Callable[..., Response]:
        """Return a handler whose errors are a page, too."""

        @wraps(handler)
        def handle(**values: str) -> Response:
            try:
                return handler(**values)
            except BeaconNodeError as error:
                found = http_error(error)
                words = sentence(found.message)
                return self.frame.page(
                    "refused.html", HERE, found.status, found.headers, problem=words
                )

        return handle


def add_application_pages(app: Flask, pages: ApplicationPages) -> None:
    """Give `app` the pages about applications."""
    one = "/applications/<id>"
    routes: tuple[tuple[str, Callable[..., Response], str], ...] = (
        ("/apply", pages.form, "GET"),
        ("/apply", pages.apply, "POST"),
        ("/applications", pages.applications, "GET"),
        (one, pages.application, "GET"),
        (one, pages.act, "POST"),
    )
    for path, handler, method in routes:
        app.add_url_rule(path, f"{method} {path}", pages.told(handler), methods=[method])


def _command() -> dict[str, str]:
    deed = request.form.get("do", "")
    if deed not in DEEDS:
        raise InvalidRequest(f"do: one of {', '.join(DEEDS)} is expected")
    if deed != "accept-terms":
        return {"do": deed}
    return {"do": deed, "version": request.form.get("version", "")}


def _problems(bundle: Bundle) -> dict[str, Problem]:
    found = {part.member.id: problem_of_part(part) for part in bundle.parts}
    return {member: problem for member, problem in found.items() if problem}


def _address(id: str) -> str:
    return f"/applications/{quote(id, safe='')}"

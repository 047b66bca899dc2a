"""What stands around every page of a network: its name, where one can go, who is logged in."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, request

from beacon_node.broker.broker import Broker
from beacon_node.model.login import Session
from beacon_node.web.pages import Pages
from beacon_node.web.sessions import SessionDesk


@dataclass(frozen=True, slots=True, repr=False)
class Frame:
    """`sessions` None: nobody can log in."""

    broker: Broker
    pages: Pages
    sessions: SessionDesk | None = None

    def visitor(self) -> Session | None:
        """Return whose page this is, for what it shows: nothing may be done for it."""
        if self.sessions is None:
            return None
        if request.method in ("GET", "HEAD"):
            return self.sessions.present(is_page=True)
        return self.sessions.of_own_page()

    def page(
        self,
        template: str,
        here: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **told: object,
    ) -> Response:
        """Return a page; `here` is where it stands among the others."""
        settings, visitor = self.broker.settings, self.visitor()
        usual = {
            "site": settings.broker.name,
            "network": {
                "organization": settings.organization.name,
                "contact": settings.organization.contact_url,
                "url": settings.public_url,
            },
            "here": here,
            "account": self._words(visitor),
            "is_known": visitor is not None,
        }
        return self.pages.page(template, status, headers, **{**usual, **told})

    def _words(self, visitor: Session | None) -> str:
        """Return what the link to the login page says, empty where there is none."""
        if visitor is not None:
            return visitor.login.name or "Logged in"
        return "Log in" if self.sessions else ""

"""Applications for access, at one node or at several through a broker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from beacon_node.client.addresses import Address, Kind
from beacon_node.client.connection import Connection
from beacon_node.errors import InvalidRequest, NotFound, Unreachable
from beacon_node.model.application_documents import read_command
from beacon_node.model.federation import Came
from beacon_node.model.federation_documents import text

_ROOT = "/dac/applications"
_CAME = {came.value: came for came in Came}


@dataclass(frozen=True, slots=True)
class SiteApplication:
    """One site's application. `came` other than ANSWERED: the site did not show it, `reason` says
    why. `may` are the commands that its state allows you; `document` is all that was shown."""

    site: str
    site_name: str
    came: Came
    reason: str = ""
    id: str = ""
    state: str = ""
    may: tuple[str, ...] = ()
    title: str = ""
    document: Mapping[str, Any] | None = None

    @property
    def terms(self) -> Mapping[str, str] | None:
        """The terms to be accepted there, `{version, text}`, if the site told them."""
        committee = (self.document or {}).get("committee")
        found = committee.get("terms") if isinstance(committee, dict) else None
        return found if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True)
class Application:
    """What was applied for together; `id` is empty where no site opened it."""

    id: str
    sites: tuple[SiteApplication, ...]


class Applications:
    """What one researcher applied for at an address."""

    def __init__(self, connection: Connection, address: Address) -> None:
        self._connection, self._address = connection, address
        if address.kind is Kind.BEACON:
            raise NotFound(f"{connection.url} takes no applications")

    @property
    def _is_broker(self) -> bool:
        return self._address.kind is Kind.BROKER

    def list(self) -> tuple[Application, ...]:
        found = self._connection.get(_ROOT)
        listed = found.get("applications") if isinstance(found, dict) else None
        if not isinstance(listed, list):
            raise Unreachable(f"{self._connection.url} lists no applications")
        return tuple(self._read(one) for one in listed)

    def show(self, id: str) -> Application:
        return self._read(self._connection.get(self._path(id)))

    def open(self, form: Mapping[str, Any], sites: Mapping[str, Sequence[str]]) -> Application:
        """Open a draft at each site for these of its datasets; a mistake in the form is told
        before anything is sent."""
        forms = {site: {**form, "datasets": list(datasets)} for site, datasets in sites.items()}
        for one in forms.values():
            read_command({"do": "save-draft", "form": one})
        if self._is_broker:
            told = {site: list(datasets) for site, datasets in sites.items()}
            return self._read(self._connection.post(_ROOT, {"form": form, "sites": told}))
        if set(sites) != {self._address.id}:
            raise InvalidRequest(f"sites: {self._address.id} is the one site at this address")
        return self._read(self._connection.post(_ROOT, {"form": forms[self._address.id]}))

    def act(self, id: str, command: Mapping[str, Any], sites: Sequence[str] = ()) -> Application:
        """Do something, such as `{"do": "submit"}`, at `sites` alone if there are any."""
        body: dict[str, Any] = {"command": dict(command)}
        if sites and self._is_broker:
            body["sites"] = list(sites)
        return self._read(self._connection.post(f"{self._path(id)}/commands", body))

    def _path(self, id: str) -> str:
        return f"{_ROOT}/{quote(id, safe='')}"

    def _read(self, document: object) -> Application:
        if not isinstance(document, dict):
            raise Unreachable(f"{self._connection.url} showed something that is no application")
        if not self._is_broker:
            one = _site(document, self._address.id, self._address.name, document)
            return Application(one.id, (one,))
        listed = document.get("sites")
        rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
        return Application(text(document.get("id")), tuple(map(_row, rows)))


def _row(row: Mapping[str, Any]) -> SiteApplication:
    view = row.get("view")
    return _site(row, text(row.get("member")), text(row.get("name")), view)


def _site(
    told: Mapping[str, Any], site: str, name: str, view: Mapping[str, Any] | None
) -> SiteApplication:
    view = view if isinstance(view, dict) else {}
    form = view.get("form")
    title = form.get("title") if isinstance(form, dict) else view.get("title")
    may = view.get("may")
    return SiteApplication(
        site=site,
        site_name=name or site,
        came=_CAME.get(text(told.get("status")) or Came.ANSWERED, Came.FAILED),
        reason=text(told.get("reason")),
        id=text(told.get("application") or view.get("id")),
        state=text(view.get("state")),
        may=tuple(filter(None, map(text, may))) if isinstance(may, list) else (),
        title=text(title),
        document=view or None,
    )

"""Applications to several members' committees at once: each deed goes to each as a signed question.

Every committee decides for itself. The applicant shows each chosen member who they are, by their
own identity visas; the broker keeps which applications belong together, and nothing they say.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

import orjson

from beacon_node.beacon_v2 import foreign
from beacon_node.broker.asker import Asker, asserted_to, identity_visas
from beacon_node.broker.broker import Broker
from beacon_node.broker.fan_out import fan_out
from beacon_node.errors import InvalidRequest, NotFound
from beacon_node.federation.checks import check_reply
from beacon_node.model.application_documents import command_document, read_command
from beacon_node.model.federation import Came, Member, MemberKind, MemberRow
from beacon_node.ports import Sent

MOST_SITES = 100  # in one bundle
MOST_BUNDLES = 50  # listed, newest first
_ROOT = "/dac/applications"
_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}
_LONGEST_ID = 100
_MOST_LISTED = 200  # as many as a node lists at once
_REFUSED = {
    **dict.fromkeys((401, 403, 409), Came.NOT_PERMITTED),
    **dict.fromkeys((400, 404, 405, 413, 422), Came.NOT_UNDERSTOOD),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One member's part of a bundle; `view` is its application as the applicant sees it there.

    `application` empty: there is none, or nobody knows (the member may have opened a draft and its
    answer been lost).
    """

    member: Member
    came: Came
    application: str = ""
    reason: str = ""
    view: Mapping | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    id: str
    parts: tuple[Part, ...]


def takes_applications(member: Member) -> bool:
    """Say whether a member has a committee that can be applied to from here; a broker has none, and
    other beacons sign nothing."""
    return member.kind is MemberKind.NODE


@dataclass(frozen=True, slots=True, repr=False)
class Clerk:
    """Passes on what one researcher does; `account` is theirs in the broker's state."""

    broker: Broker
    asker: Asker
    account: str

    def open(self, form: Mapping, sites: Mapping[str, Sequence[str]]) -> Bundle:
        """Open a draft at each member of `sites`, for these of its datasets.

        Raises InvalidRequest, before anything is sent, for a form that cannot be one and for who
        takes no applications.
        """
        if not 0 < len(sites) <= MOST_SITES:
            raise InvalidRequest(f"sites: 1 to {MOST_SITES} members with their datasets")
        sent = {self._member(id): _opening(form, datasets) for id, datasets in sites.items()}
        bundle, parts = self._new_id(), []
        for row in self._rows(sent):
            part = _part(self._named(row, sent), "")
            if part.application:
                told = {"member": part.member.id, "application": part.application}
                self.broker.state.applied.add(
                    self.account, bundle, **told, now=self.broker.clock.now()
                )
            parts.append(part)
        is_kept = any(part.application for part in parts)
        return Bundle(bundle if is_kept else "", _in_order(parts, sites))

    def bundles(self) -> Iterator[Bundle]:
        """Yield what this researcher applied for, as each member lists it now; newest first. Each
        member is asked once."""
        kept = self.broker.state.applied.of(self.account, most=MOST_BUNDLES)
        members = {one.id: one for one in self.broker.registry.members()}
        wanted = {member for parts in kept.values() for member in parts if member in members}
        listing = Sent("GET", f"{_ROOT}?limit={_MOST_LISTED}", b"", _HEADERS)
        rows = {row.member: row for row in self._rows({members[id]: listing for id in wanted})}
        for id, parts in kept.items():
            found = [
                _listed(members[member], rows[member], application)
                if member in members
                else _gone(member, application)
                for member, application in parts.items()
            ]
            yield Bundle(id, tuple(found))

    def bundle(self, id: str) -> Bundle:
        """Return one bundle; raises NotFound if this researcher has none of that id."""
        return self._each(id, self._kept(id), None)

    def act(self, id: str, command: Mapping, sites: Sequence[str] = ()) -> Bundle:
        """Do something to a bundle's applications, at `sites` alone if there are any.

        Raises InvalidRequest for a command that cannot be one and for a member that is not in the
        bundle.
        """
        kept = self._kept(id)
        if strange := sorted(set(sites) - kept.keys()):
            raise InvalidRequest(f"sites: {strange[0]!r} is no member of this bundle")
        chosen = {member: kept[member] for member in (sites or kept)}
        body = {"command": command_document(read_command(command))}
        return self._each(id, chosen, body)

    # ---- passing on --------------------------------------------------------------------------

    def _each(self, id: str, kept: Mapping[str, str], command: Mapping | None) -> Bundle:
        """Ask for each application, or send each `command`; a member that left has its part too."""
        members = {one.id: one for one in self.broker.registry.members()}
        sent = {
            members[member]: _about(application, command)
            for member, application in kept.items()
            if member in members
        }
        parts = [_part(self._named(row, sent), kept[row.member]) for row in self._rows(sent)]
        parts += [_gone(member, kept[member]) for member in kept if member not in members]
        return Bundle(id, _in_order(parts, kept))

    def _rows(self, sent: Mapping[Member, Sent]) -> Iterator[MemberRow]:
        """Yield a row per member as they come, with the document that it answered. Nothing is sent
        twice, whatever happens."""

        def ask(member: Member, timeout_s: float) -> MemberRow:
            return self._asked(member, sent[member], timeout_s)

        deadline_s = self.broker.settings.network.deadline_s
        return fan_out(self.broker.crew, list(sent), ask, deadline_s=deadline_s)

    def _asked(self, member: Member, sent: Sent, timeout_s: float) -> MemberRow:
        """Return a row whose one document is what was answered. Raises Unreachable."""
        visas = identity_visas(member, self.asker.visas)
        body = orjson.loads(sent.body) if sent.body else {}
        shown = replace(sent, body=orjson.dumps(body | {"visas": visas}))
        asserted = asserted_to(member, self.asker, self.broker.pseudonym_key)
        signed, question = self.broker.signer.question(member, shown, asserted)
        received = self.broker.transport.send(member, signed, timeout_s=timeout_s)
        check_reply(member, question, received)
        found = foreign.document(received.body)
        if received.status not in (200, 201):
            came = _REFUSED.get(received.status, Came.FAILED)
            return MemberRow(member.id, member.name, came, _said(found, received.status))
        view = foreign.record(found)
        if view is None:
            return MemberRow(member.id, member.name, Came.MALFORMED, "it shows no application")
        return MemberRow(member.id, member.name, Came.ANSWERED, collections=(view,))

    @staticmethod
    def _named(row: MemberRow, sent: Mapping[Member, Sent]) -> tuple[Member, MemberRow]:
        return next(member for member in sent if member.id == row.member), row

    def _member(self, id: str) -> Member:
        try:
            found = self.broker.registry.member(id)
        except NotFound as error:
            raise InvalidRequest(f"sites: {error}") from error
        if not takes_applications(found):
            raise InvalidRequest(f"sites: {id!r} takes no applications through this network")
        return found

    def _kept(self, id: str) -> Mapping[str, str]:
        kept = self.broker.state.applied.bundle(self.account, id)
        if not kept:
            raise NotFound("there is no application with this id here")
        return kept

    def _new_id(self) -> str:
        return f"B-{base64.b32encode(self.broker.randomness.bytes(10)).decode()}"


def _opening(form: Mapping, datasets: Sequence[str]) -> Sent:
    """Return the request that opens a draft; a form says the same at every node."""
    whole = read_command({"do": "save-draft", "form": {**form, "datasets": list(datasets)}})
    body = {"form": command_document(whole)["form"]}
    return Sent("POST", _ROOT, orjson.dumps(body), _HEADERS)


def _about(application: str, command: Mapping | None) -> Sent:
    path = f"{_ROOT}/{quote(application, safe='')}"
    if command is None:
        return Sent("GET", path, b"", _HEADERS)
    return Sent("POST", f"{path}/commands", orjson.dumps(command), _HEADERS)


def _part(named: tuple[Member, MemberRow], application: str) -> Part:
    """Return a part of a row whose document is one application, known as `application` before."""
    member, row = named
    if row.came is not Came.ANSWERED:
        return Part(member, row.came, application, row.reason)
    view = row.collections[0]
    id = foreign.text(view.get("id"), _LONGEST_ID)
    if not id or (application and id != application):
        return Part(member, Came.MALFORMED, application, "it shows another application, or none")
    return Part(member, row.came, id, "", view)


def _listed(member: Member, row: MemberRow, application: str) -> Part:
    """Return a part of a row whose document lists applications."""
    if row.came is not Came.ANSWERED:
        return Part(member, row.came, application, row.reason)
    for one in foreign.mappings(row.collections[0].get("applications")):
        if one.get("id") == application:
            return Part(member, row.came, application, "", one)
    reason = f"it is not among the newest {_MOST_LISTED} that it lists"
    return Part(member, Came.NOT_UNDERSTOOD, application, reason)


def _gone(member: str, application: str) -> Part:
    gone = Member(member, member, "")
    return Part(gone, Came.OFFLINE, application, "it is no member of this network any more")


def _said(found: Mapping | None, status: int) -> str:
    error = foreign.mapping((found or {}).get("error"))
    return foreign.text(error.get("errorMessage")) or f"it answered HTTP {status}"


def _in_order(parts: Sequence[Part], order: Mapping) -> tuple[Part, ...]:
    places = {member: place for place, member in enumerate(order)}
    return tuple(sorted(parts, key=lambda part: places[part.member.id]))


def bundle_document(bundle: Bundle) -> dict:
    """Return a bundle as JSON: a row per site, with what may be done there."""
    return {"id": bundle.id or None, "sites": [_part_document(part) for part in bundle.parts]}


def _part_document(part: Part) -> dict:
    view = part.view or {}
    return {
        "member": part.member.id,
        "name": part.member.name,
        "status": part.came.value,
        "reason": part.reason or None,
        "application": part.application or None,
        "state": foreign.text(view.get("state")) or None,
        "may": list(foreign.texts(view.get("may") or [])),
        "view": part.view,
    }

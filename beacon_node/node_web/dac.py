"""Applications and the committee over HTTP, under `/dac`: for whoever brings a passport."""

from collections.abc import Callable, Mapping

from flask import Flask, Response, request

from beacon_node.actions import mail as mails
from beacon_node.actions.applications import desk, documents, exports
from beacon_node.actions.applications.asked import asked_under
from beacon_node.actions.applications.views import list_applications, view
from beacon_node.actions.applications.work import present_work
from beacon_node.errors import InvalidRequest, NotAuthenticated, NotFound, NotPermitted
from beacon_node.model.application import Block, Form, State
from beacon_node.model.application_documents import read_command
from beacon_node.model.dac import Actor, Unblock
from beacon_node.model.spreadsheet import csv_text
from beacon_node.node import Node
from beacon_node.node_web.bodies import json_body, text_in
from beacon_node.web.responses import csv_response, json_response

WhoActs = Callable[[], Actor]
"""Says who sent the present request (an empty account: nobody in particular), and through whom."""

ROOT = "/dac"
MOST_ROWS = 200
_TABLES: Mapping[str, tuple] = {
    "grants": (exports.GRANTS, exports.grants_table),
    "decisions": (exports.DECISIONS, exports.decisions_table),
}


class DacDesk:
    """The handlers; each asks first who is there."""

    def __init__(self, node: Node, who_acts: WhoActs) -> None:
        self.node, self._who_acts = node, who_acts

    def actor(self) -> Actor:
        """Return whoever sent the present request: an account that is proved, and through whom."""
        actor = self._who_acts()
        if not actor.account:
            raise NotAuthenticated(
                "applications are for people who bring a passport or log in; see /whoami"
            )
        return actor

    def account(self) -> str:
        return self.actor().account

    def account_itself(self) -> str:
        """Return the account of whoever is here and not introduced by somebody else."""
        actor = self.actor()
        if actor.through:
            raise NotPermitted(f"only applications come through a {actor.through}")
        return actor.account

    # ---- applications ------------------------------------------------------------------------

    def applications(self) -> Response:
        """GET: those one may see; POST: open one, `{"form": …}` or `{"copyOf": ID}`."""
        actor = self.actor()
        if request.method == "POST":
            return self._open(actor, json_body({"form", "copyOf"}))
        skip, limit = _page()
        rows = list_applications(self.node, actor.account, states=_states(), skip=skip, limit=limit)
        return json_response({"applications": [documents.row_document(row) for row in rows]})

    def _open(self, actor: Actor, body: Mapping) -> Response:
        if len(body) != 1:
            raise InvalidRequest("either form or copyOf is expected")
        if "copyOf" in body:
            copied, by = text_in(body, "copyOf"), actor.account
            found = desk.copy_application(self.node, copied, by, through=actor.through)
        else:
            form, by = _form(body["form"]), actor.account
            found = desk.open_application(self.node, form, by, through=actor.through)
        return json_response(documents.view_document(found), 201)

    def application(self, id: str) -> Response:
        found = view(self.node, id, self.account())
        return json_response(documents.view_document(found))

    def commands(self, id: str) -> Response:
        """POST `{"command": {"do": …}}`."""
        actor = self.actor()
        command = read_command(json_body({"command"}).get("command"))
        found = desk.act(self.node, id, command, actor.account, through=actor.through)
        return json_response(documents.view_document(found))

    def questions(self, id: str) -> Response:
        """Say what was asked under the grant of an application; for the committee."""
        account = self.account_itself()
        skip, limit = _page()
        found = asked_under(self.node, id, account, skip=skip, limit=limit)
        return json_response({"questions": [documents.asked_document(one) for one in found]})

    # ---- the committee -----------------------------------------------------------------------

    def committee(self) -> Response:
        """Say what the committee decides about, how, and under which terms; its members only to
        themselves."""
        account, work = self.account(), present_work(self.node)
        found = documents.rules_document(work.committee, work.terms)
        is_member = account in work.committee.members
        if not is_member:
            found.pop("members", None)
        return json_response(found | {"isMember": is_member})

    def blocks(self) -> Response:
        """GET: who is blocked; POST `{"block": …}` or `{"unblock": …}`; for the committee."""
        account = self.account_itself()
        if request.method == "POST":
            desk.block(self.node, _blocking(json_body({"block", "unblock"})), Actor(account))
        work = present_work(self.node)
        if account not in work.committee.members:
            raise NotPermitted("only the committee may see this")
        found = [one for blocks in work.blocks.values() for one in blocks]
        return json_response({"blocks": [documents.block_document(one) for one in found]})

    def address(self) -> Response:
        """GET: where one wants mail; PUT or POST `{"mail": …}`; DELETE forgets it."""
        account = self.account_itself()
        if request.method in ("PUT", "POST"):
            mails.set_address(self.node, account, text_in(json_body({"mail"}), "mail"))
        elif request.method == "DELETE":
            mails.remove_address(self.node, account)
        found = mails.address_of(self.node, account)
        return json_response({"account": account, "mail": found or None})

    def export(self, name: str) -> Response:
        account = self.account_itself()
        if name not in _TABLES:
            raise NotFound(f"there are exports of {' and '.join(_TABLES)} only")
        columns, table = _TABLES[name]
        return csv_response(name, csv_text(columns, table(self.node, account)))


def add_dac(app: Flask, node: Node, who_acts: WhoActs) -> None:
    """Give `app` everything about applications."""
    found = DacDesk(node, who_acts)
    one = f"{ROOT}/applications/<id>"
    routes: list[tuple[str, Callable[..., Response], list[str]]] = [
        (f"{ROOT}/applications", found.applications, ["GET", "POST"]),
        (one, found.application, ["GET"]),
        (f"{one}/commands", found.commands, ["POST"]),
        (f"{one}/questions", found.questions, ["GET"]),
        (f"{ROOT}/committee", found.committee, ["GET"]),
        (f"{ROOT}/blocks", found.blocks, ["GET", "POST"]),
        (f"{ROOT}/address", found.address, ["GET", "PUT", "POST", "DELETE"]),
        (f"{ROOT}/exports/<name>", found.export, ["GET"]),
    ]
    for path, handler, methods in routes:
        app.add_url_rule(path, f"dac {path}", handler, methods=methods)


# ---- what requests say ---------------------------------------------------------------------------


def _form(document: object) -> Form:
    return read_command({"do": "save-draft", "form": document}).form


def _blocking(body: Mapping) -> Block | Unblock:
    if len(body) != 1:
        raise InvalidRequest("either block or unblock is expected")
    ((name, said),) = body.items()
    if not isinstance(said, dict) or said.keys() != {"account", "dataset", "reason"}:
        raise InvalidRequest(f"{name}: an object with account, dataset and reason is expected")
    kind = Block if name == "block" else Unblock
    return kind(*(text_in(said, field) for field in ("account", "dataset", "reason")))


def _states() -> frozenset[State]:
    told = request.args.getlist("state")
    if not set(told) <= set(State):
        raise InvalidRequest(f"state: some of {', '.join(State)} are expected")
    return frozenset(State(one) for one in told or State)


def _page() -> tuple[int, int]:
    return _number("skip", 0, 1_000_000), _number("limit", 100, MOST_ROWS)


def _number(name: str, usual: int, most: int) -> int:
    text = request.args.get(name, str(usual))
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and int(text) <= most):
        raise InvalidRequest(f"{name}: a number from 0 to {most} is expected")
    return int(text)

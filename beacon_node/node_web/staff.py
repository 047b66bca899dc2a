"""Who has which role at the node, over HTTP: `/roles`, for administrators and auditors."""

from collections.abc import Mapping

from flask import Flask, Response, request

from beacon_node.actions.link_identity import account_at
from beacon_node.actions.staff import all_roles, change_role, require_role
from beacon_node.errors import InvalidRequest, NotAuthenticated
from beacon_node.model.dac import Actor
from beacon_node.model.passport import Subject
from beacon_node.model.staff import RoleChange, StaffRole
from beacon_node.node import Node
from beacon_node.node_web.bodies import json_body, text_in
from beacon_node.node_web.questions import WhoAsks
from beacon_node.web.responses import json_response

_CHANGES = {"add": True, "remove": False}
_SAID = {"account", "iss", "sub", "role", "reason"}


def known_account(who_asks: WhoAsks) -> str:
    """Return the account of whoever sent the present request. Raises NotAuthenticated."""
    account = who_asks().account
    if not account:
        raise NotAuthenticated("this is for people who are known here: log in, or bring a passport")
    return account


class StaffDesk:
    """The handlers; each asks first who is there."""

    def __init__(self, node: Node, who_asks: WhoAsks) -> None:
        self._node, self._who_asks = node, who_asks

    def roles(self) -> Response:
        """GET: who has which; POST `{"add": {"account", "role", "reason"}}`, or `"remove"`; instead
        of the account `iss` and `sub` may name somebody."""
        account = known_account(self._who_asks)
        if request.method == "GET":
            require_role(self._node, account, StaffRole.ADMINISTRATOR, StaffRole.AUDITOR)
            return json_response({"roles": self._documents()})
        require_role(self._node, account, StaffRole.ADMINISTRATOR)
        is_new = change_role(self._node, self._change(), Actor(account))
        return json_response({"changed": is_new, "roles": self._documents()})

    def _change(self) -> RoleChange:
        body = json_body(set(_CHANGES))
        if len(body) != 1:
            raise InvalidRequest("either add or remove is expected")
        ((word, said),) = body.items()
        if not isinstance(said, dict) or not said.keys() <= _SAID:
            expected = ", ".join(sorted(_SAID))
            raise InvalidRequest(f"{word}: an object with some of {expected} is expected")
        return RoleChange(
            self._account(said), _role(said), _CHANGES[word], text_in(said, "reason", "")
        )

    def _account(self, said: Mapping) -> str:
        if ("account" in said) == ("iss" in said or "sub" in said):
            raise InvalidRequest("account: either the account, or iss and sub, is expected")
        if "account" in said:
            return text_in(said, "account")
        return account_at(self._node, Subject(text_in(said, "iss"), text_in(said, "sub")))

    def _documents(self) -> list[dict]:
        return [
            {"account": account, "roles": sorted(role.value for role in roles)}
            for account, roles in all_roles(self._node).items()
        ]


def _role(said: Mapping) -> StaffRole:
    told = text_in(said, "role")
    if told not in set(StaffRole):
        raise InvalidRequest(f"role: one of {', '.join(StaffRole)} is expected")
    return StaffRole(told)


def add_staff(app: Flask, node: Node, who_asks: WhoAsks) -> None:
    """Give `app` `/roles`."""
    desk = StaffDesk(node, who_asks)
    app.add_url_rule("/roles", "roles", desk.roles, methods=["GET", "POST"])

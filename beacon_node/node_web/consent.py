"""Withdrawals of consent over HTTP, for whoever has the role `consent_manager`."""

from flask import Flask, Response

from beacon_node.actions.consent_effect import when_it_counts
from beacon_node.actions.consent_statement import Told, record_statement
from beacon_node.actions.record_consent import consent_receipt, consent_summary
from beacon_node.actions.staff import require_role
from beacon_node.actions.whole_ledger import require_ledger_of_releases
from beacon_node.errors import InvalidRequest
from beacon_node.model.consent import EVERY_DATASET, Status, UseKind
from beacon_node.model.consent_documents import consent_document
from beacon_node.model.ledger import receipt_document
from beacon_node.model.staff import StaffRole
from beacon_node.node import Node
from beacon_node.node_web.bodies import json_body, text_in
from beacon_node.node_web.questions import WhoAsks
from beacon_node.node_web.staff import known_account
from beacon_node.web.responses import json_response

_FIELDS = {"individual", "dataset", "uses", "document", "signedOn"}


class ConsentDesk:
    """The handlers; each asks first who is there, and whether they may."""

    def __init__(self, node: Node, who_asks: WhoAsks) -> None:
        self._node, self._who_asks = node, who_asks

    def withdraw(self) -> Response:
        """POST `{"individual", "dataset", "uses", "document", "signedOn"}`: of everything unless
        `dataset` or `uses` say less; `document` is the form, or in words how it was said. It holds
        from the next question on."""
        account = self._manager()
        recorded = record_statement(self._node, self._told(), account)
        return json_response(
            {
                "consent": consent_document(recorded.version),
                "hash": recorded.hash.hex(),
                "isNew": recorded.is_new,
                "effect": list(when_it_counts(self._node, recorded.version)),
            },
            201 if recorded.is_new else 200,
        )

    def individual(self, id: str) -> Response:
        """Say what is on record of somebody: in words, and each statement with the first question
        that was decided after it."""
        self._manager()
        node = self._node
        require_ledger_of_releases(node)
        receipt = receipt_document(consent_receipt(node.ledger, id))
        zone, label = node.settings.zone, node.knowledge.label
        summary = consent_summary(node.ledger, node.clock, id, label=label, zone=zone)
        return json_response({**receipt, "summary": summary})

    def _manager(self) -> str:
        account = known_account(self._who_asks)
        require_role(self._node, account, StaffRole.CONSENT_MANAGER)
        return account

    def _told(self) -> Told:
        body = json_body(_FIELDS)
        individual = text_in(body, "individual")
        if not individual:
            raise InvalidRequest("individual: an id is expected")
        return Told(
            individual=individual,
            status=Status.WITHDRAWN,
            zone=self._node.settings.zone,
            dataset=text_in(body, "dataset", EVERY_DATASET),
            uses=_uses(body.get("uses")),
            document=text_in(body, "document", ""),
            signed_on=text_in(body, "signedOn", "") or None,
        )


def _uses(told: object) -> frozenset[UseKind] | None:
    """Return which uses are withdrawn, None for all."""
    if told is None:
        return None
    is_list = isinstance(told, list) and told and all(isinstance(one, str) for one in told)
    if not is_list or not set(told) <= set(UseKind):
        raise InvalidRequest(f"uses: a list of some of {', '.join(UseKind)} is expected")
    return frozenset(UseKind(one) for one in told)


def add_consent(app: Flask, node: Node, who_asks: WhoAsks) -> None:
    """Give `app` what consent managers do."""
    desk = ConsentDesk(node, who_asks)
    routes = (
        ("/consent/withdrawals", desk.withdraw, "POST"),
        ("/consent/individuals/<id>", desk.individual, "GET"),
    )
    for path, handler, method in routes:
        app.add_url_rule(path, f"consent {path}", handler, methods=[method])

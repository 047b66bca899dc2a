"""`/whoami`: who a researcher is for this network, and the purpose that all members are told."""

from dataclasses import replace

from flask import Flask, Response

from beacon_node.broker.asker import Asker, travelling
from beacon_node.broker.broker import Broker
from beacon_node.broker.web.askers import AskerDesk, Known
from beacon_node.errors import NotAuthenticated, NotPermitted
from beacon_node.web.requests import json_body
from beacon_node.web.responses import json_response
from beacon_node.web.standing import finding_document, purpose_or_none, stated_purpose

_NOBODY = (
    "nobody is known by this request; log in, or send a passport as `Authorization: Bearer …` or "
    'in a POST body {"passports": [ … ]}'
)


class Whoami:
    """Tells researchers what the broker makes of what they brought."""

    def __init__(self, broker: Broker, desk: AskerDesk) -> None:
        self._broker, self._desk = broker, desk

    def tell(self) -> Response:
        return json_response(self._document(self._caller()))

    def state_purpose(self) -> Response:
        """Fix the purpose of the caller's account for good, and say how it stands then.

        Raises NotPermitted for who is not registered, or has stated another one before.
        """
        known = self._caller()
        if not known.standing.is_registered:
            raise NotPermitted(
                "purpose: only a registered researcher has one; GET /whoami says what your visas "
                "lack"
            )
        purpose = stated_purpose(json_body(keep=True))
        self._broker.state.purposes.fix_purpose(known.account, purpose, self._broker.clock.now())
        settled = replace(known.asker, purpose=purpose)
        return json_response(self._document(replace(known, asker=settled)))

    def _caller(self) -> Known:
        known = self._desk.known()
        if known is None:
            raise NotAuthenticated(_NOBODY)
        return known

    def _document(self, known: Known) -> dict:
        standing = known.standing
        return {
            "tier": known.asker.tier.name.lower(),
            "registered": standing.is_registered,
            "account": known.account,
            "organisation": known.asker.organisation or None,
            "purpose": purpose_or_none(known.asker.purpose),
            "grants": [],
            "until": standing.until.isoformat(),
            "visas": [finding_document(finding) for finding in standing.findings],
            "visasTravelTo": self._travel(known.asker),
        }

    def _travel(self, asker: Asker) -> list[dict]:
        """Return how many visas go to which members with every question."""
        found = [(one, travelling(one, asker)) for one in self._broker.registry.members()]
        return [{"member": one.id, "visas": len(visas)} for one, visas in found if visas]


def add_whoami(app: Flask, whoami: Whoami) -> None:
    """Give `app` `/whoami` and `/whoami/purpose`."""
    app.add_url_rule("/whoami", endpoint="whoami", view_func=whoami.tell, methods=["GET", "POST"])
    app.add_url_rule(
        "/whoami/purpose", endpoint="purpose", view_func=whoami.state_purpose, methods=["POST"]
    )

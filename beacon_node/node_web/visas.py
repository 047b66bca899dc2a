"""The node as a visa issuer: `/visas` gives people theirs, `/visas/jwks` the keys to check them."""

from flask import Flask, Response

from beacon_node.actions.own_visas import SignedVisa, hand_out, key_set, visa_issue
from beacon_node.errors import NotAuthenticated
from beacon_node.node import Node
from beacon_node.node_web.passports import PassportDesk
from beacon_node.web.responses import json_response

JWKS_PATHS = ("/visas/jwks", "/.well-known/jwks.json")
_NO_CACHE = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}  # AAI: responses


class VisaDesk:
    """The handlers."""

    def __init__(self, node: Node, desk: PassportDesk) -> None:
        self._node, self._desk = node, desk

    def visas(self) -> Response:
        """Give whoever brings a passport the visas for what the committee granted them."""
        issue = visa_issue(self._node)
        found = self._desk.identified()
        if found is None:
            raise NotAuthenticated("visas are for people who bring a passport; see /whoami")
        others = sorted(found.standing.identities, key=lambda one: (one.iss, one.sub))
        proved = (found.standing.subject, *others)
        given = hand_out(self._node, proved, found.requester.account)
        document = {
            "ga4gh_passport_v1": [one.text for one in given],
            "issuer": issue.iss,
            "jku": issue.jku,
            "visas": [_visa(one) for one in given],
        }
        return json_response(document, headers=_NO_CACHE)

    def keys(self) -> Response:
        return json_response(key_set(self._node))


def add_visas(app: Flask, node: Node, desk: PassportDesk) -> None:
    """Give `app` what makes `node` a visa issuer."""
    found = VisaDesk(node, desk)
    app.add_url_rule("/visas", view_func=found.visas, methods=["GET", "POST"])
    for path in JWKS_PATHS:
        app.add_url_rule(path, f"keys {path}", found.keys)


def _visa(given: SignedVisa) -> dict:
    grant = given.visa.grant
    return {
        "datasetId": grant.dataset_id,
        "value": given.visa.value,
        "granularity": grant.ceiling.word,
        "application": grant.reference,
        "until": given.visa.until.isoformat(),
    }

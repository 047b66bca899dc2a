"""Passports in requests: who asks, and `/whoami`, which says what a token gives and why."""

from collections.abc import Callable
from dataclasses import replace

import orjson
from flask import Flask, Response, g, request

from beacon_node.actions.identify import Identified, identify
from beacon_node.errors import InvalidRequest, NotAuthenticated, NotPermitted
from beacon_node.identity.clearinghouse import Clearinghouse, open_clearinghouse
from beacon_node.identity.fetch import new_session
from beacon_node.identity.prove import presented_tokens
from beacon_node.model.data_use import purpose_document
from beacon_node.model.requester import ANONYMOUS, Grant, Requester
from beacon_node.node import Node
from beacon_node.node_web.bare import proves_nothing
from beacon_node.web.responses import json_response
from beacon_node.web.standing import finding_document, purpose_or_none, stated_purpose

_MEMBER = "passports"
_NO_TOKEN = (
    "no passport was sent; send one as `Authorization: Bearer …` or in a POST body "
    '{"passports": [ … ]}, or log in at /login'
)


def clearinghouse_of(node: Node) -> Clearinghouse:
    """Return the clearinghouse that `node`'s settings ask for.

    Raises ConfigurationError, naming the key, for a list of trusted issuers that cannot be used.
    """
    named = node.settings.access.trusted_issuers
    path = node.home / named if named else None
    return open_clearinghouse(path, node.settings.public_url, new_session(), node.clock)


class PassportDesk:
    """Looks at the tokens of the present request, once; without any, at its session.

    `by_session` says who has the session of the present request, None for nobody.
    """

    def __init__(
        self,
        node: Node,
        house: Clearinghouse,
        by_session: Callable[[], Identified | None] = lambda: None,
    ) -> None:
        self._node, self._house, self._by_session = node, house, by_session

    def who_asks(self) -> Requester:
        """Return who sent the present request: anonymous if it brings no token.

        Raises NotAuthenticated for a token that fails a check; it is never taken for none.
        """
        found = self.identified()
        return found.requester if found else ANONYMOUS

    def identified(self) -> Identified | None:
        if proves_nothing(request.environ):
            return None
        if "identified" not in g:
            tokens = presented_tokens(request.headers.get("Authorization"), _in_body())
            found = identify(self._node, self._house, tokens) if tokens else self._by_session()
            g.identified = found
        return g.identified

    def whoami(self) -> Response:
        """Say what the caller's token gives; nothing of the token itself is repeated."""
        return json_response(_document(self._caller()))

    def state_purpose(self) -> Response:
        """Fix the purpose of the caller's account for good, and say how it stands then.

        Raises NotPermitted for who is not registered, or has stated another one before.
        """
        found = self._caller()
        if not found.standing.is_registered:
            raise NotPermitted(
                "purpose: only the account of a registered researcher has one; GET /whoami says "
                "what your visas lack"
            )
        purpose = stated_purpose(_body(request.get_data(cache=True)))
        node, account = self._node, found.requester.account
        node.ledger.fix_purpose(account, purpose, now=node.clock.now())
        settled = replace(found.requester, purpose=purpose)
        return json_response(_document(replace(found, requester=settled)))

    def _caller(self) -> Identified:
        found = self.identified()
        if found is None:
            raise NotAuthenticated(_NO_TOKEN)
        return found


def add_passports(app: Flask, desk: PassportDesk) -> None:
    """Give `app` `/whoami`, and keep the bodies of requests until their passports are read."""
    app.add_url_rule("/whoami", view_func=desk.whoami, methods=["GET", "POST"])
    app.add_url_rule("/whoami/purpose", view_func=desk.state_purpose, methods=["POST"])

    @app.before_request
    def keep_body() -> None:
        if request.method == "POST":
            request.get_data(cache=True)


def _in_body() -> object:
    """Return the `passports` of the present request's JSON body, None if it has none."""
    if request.method != "POST":
        return None
    raw = request.get_data(cache=True)
    if b"passports" not in raw and b"\\" not in raw:  # nor written with escapes
        return None
    body = _body(raw)
    return body.get(_MEMBER) if isinstance(body, dict) else None


def _body(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("the request body is not valid JSON") from error


def _document(found: Identified) -> dict:
    who, standing = found.requester, found.standing
    return {
        "tier": who.tier.name.lower(),
        "registered": standing.is_registered,
        "account": who.account,
        "organisation": who.organisation or None,
        "purpose": purpose_or_none(who.purpose),
        "grants": [_grant(grant) for grant in who.grants],
        "until": standing.until.isoformat(),
        "identities": _identities(found),
        "visas": [finding_document(finding) for finding in standing.findings],
    }


def _identities(found: Identified) -> list[str]:
    """Say which of the identities that were shown are one account, naming passports by their place
    alone: of others that somebody has, only that there are some."""
    standing = found.standing
    numbered = list(enumerate(standing.shown, 1))
    own = [f"{number}" for number, one in numbered if one in standing.identities]
    others = [f"{number}" for number, one in numbered if one not in standing.identities]
    told = [f"passport {number}: {_APART}" for number in others]
    if len(own) > 1:
        told = [f"passports {', '.join(own)}: {_JOINED}", *told]
    if found.accounts > len({one for one in standing.shown if one in standing.identities}):
        told.append(_LINKED)
    return told


_JOINED = "a trusted visa joins their identities, so that they are one account, each alone too"
_APART = "another identity than the first one's, which nothing trusted joins to it; not looked at"
_LINKED = "other identities of yours are linked to this account for good; each is this account"


def _grant(grant: Grant) -> dict:
    return {
        "datasetId": grant.dataset_id,
        "ceiling": grant.ceiling.word,
        "reference": grant.reference,
        "purpose": purpose_document(grant.purpose),
        "until": grant.until.isoformat(),
    }

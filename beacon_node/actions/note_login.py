"""Logins in the audit: who came and went, and why somebody was refused."""

import logging
from datetime import timedelta

from beacon_node.errors import QuotaExceeded
from beacon_node.identity.attempts import Attempts, Rate
from beacon_node.model.consent_documents import canonical_json
from beacon_node.model.login import LoginDeed, LoginEvent
from beacon_node.node import Node

LOGIN = "login"
_LOG = logging.getLogger("beacon_node.login")
# The ledger is kept for ever, and anybody can be refused as often as they like.
REFUSALS = Rate(60, timedelta(hours=1))
_REFUSALS = "recorded refusals"


def note_login(node: Node, attempts: Attempts, event: LoginEvent) -> None:
    """Record a login, a logout or a refusal, on disk when it returns. Of refusals at most
    `REFUSALS` are recorded; the log has the others."""
    if event.deed is LoginDeed.REFUSED:
        try:
            attempts.take({_REFUSALS: REFUSALS})
        except QuotaExceeded:
            _LOG.warning("a login through %s was refused: %s", event.provider, event.why)
            return
    body = {"by": event.account, "deed": event.deed.value, "provider": event.provider}
    if event.why:
        body["why"] = event.why
    with node.ledger.writing(now=node.clock.now(), durable=True) as appending:
        appending.append(LOGIN, [canonical_json(body)])

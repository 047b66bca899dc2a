"""Who sent the present request to a broker: anybody, or a researcher who proves it."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import g, request

from beacon_node.broker.asker import ANYBODY, Asker, account_of, carried_visas
from beacon_node.broker.broker import Broker
from beacon_node.errors import InvalidRequest
from beacon_node.identity.prove import Proved, presented_tokens, prove_and_keep
from beacon_node.model.requester import Tier
from beacon_node.policy.visas.standing import Standing
from beacon_node.web.requests import json_body

_MEMBER = "passports"
WhoAsks = Callable[[], Asker]


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """A researcher, as far as proved, and what each visa did for that."""

    asker: Asker
    account: str
    standing: Standing


class AskerDesk:
    """Looks at what the present request proves of who sent it, once.

    `in_session` says what a browser's session proves, and `from_above` for whom a broker asks of
    which this one is a member; None for none.
    """

    def __init__(
        self,
        broker: Broker,
        in_session: Callable[[], Proved | None] = lambda: None,
        from_above: Callable[[], Asker | None] = lambda: None,
    ) -> None:
        self._broker, self._in_session, self._from_above = broker, in_session, from_above

    def who_asks(self) -> Asker:
        """Return who sent the present request; raises NotAuthenticated for a token that fails."""
        if above := self._from_above():
            return above
        known = self.known()
        return known.asker if known else ANYBODY

    def known(self) -> Known | None:
        if "known" not in g:
            proved = self._proved()
            g.known = self._researcher(proved) if proved else None
        return g.known

    def _proved(self) -> Proved | None:
        tokens = presented_tokens(request.headers.get("Authorization"), _in_body())
        if not tokens:
            return self._in_session()
        return prove_and_keep(self._broker.clearinghouse, tokens, self._broker.clock.now())

    def _researcher(self, proved: Proved) -> Known:
        standing = proved.standing
        account = account_of(self._broker.pseudonym_key, standing.subject)
        is_registered = standing.is_registered
        asker = Asker(
            subject=standing.subject,
            tier=Tier.REGISTERED if is_registered else Tier.PUBLIC,
            organisation=standing.vouched_by,
            purpose=self._broker.state.purposes.purpose_of(account) if is_registered else None,
            visas=carried_visas(proved.visas),
            applied=self._broker.state.applied.members(account),
        )
        return Known(asker, account, standing)


def _in_body() -> object:
    """Return the `passports` of the present request's JSON body, None if it has none.

    What is no JSON has none: whoever reads the body as a question says what is wrong with it.
    """
    if request.method != "POST":
        return None
    try:
        body = json_body(keep=True)
    except InvalidRequest:
        return None
    return body.get(_MEMBER) if isinstance(body, dict) else None

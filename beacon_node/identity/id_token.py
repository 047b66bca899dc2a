"""Is an ID token good? (OpenID Connect Core 1.0, 3.1.3.7)"""

from dataclasses import dataclass

from beacon_node.crypto.signatures import is_signed
from beacon_node.identity.keys import KeyCache, KeysUnavailable
from beacon_node.model.login import LoginRefused, ProviderUnavailable
from beacon_node.model.passport import Rule, Subject, TokenRefused
from beacon_node.model.tokens import Token, read_token
from beacon_node.policy.visas.claims import LEEWAY, subject
from beacon_node.policy.visas.headers import key_at
from beacon_node.ports import Clock


@dataclass(frozen=True, slots=True, repr=False)
class Expected:
    """What an ID token must say: by whom, for whom, and in answer to what."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str


def check_id_token(
    text: object, url: str, expected: Expected, keys: KeyCache, clock: Clock
) -> tuple[Subject, Token]:
    """Return whom an ID token names, signed by a key at the provider's address `url`.

    Raises LoginRefused, and ProviderUnavailable while its keys cannot be had.
    """
    try:
        token = read_token(text)
        wanted = key_at(url, token)
        key = keys.find(url, kid=wanted.kid, algorithm=wanted.algorithm)
        if key is None:
            raise TokenRefused(Rule.KEY)
        if not is_signed(token, key, wanted.algorithm):
            raise TokenRefused(Rule.SIGNATURE)
        _check_claims(token, expected, clock)
        return subject(token), token
    except KeysUnavailable as error:
        raise ProviderUnavailable("the provider's keys cannot be had just now") from error
    except TokenRefused as error:
        raise LoginRefused(f"the provider's ID token is refused: {error.rule.words}") from error


def _check_claims(token: Token, expected: Expected, clock: Clock) -> None:
    """Let Authlib judge the claims of a token whose signature holds."""
    from authlib.oidc.core.claims import CodeIDToken  # only where logins are
    from joserfc.errors import JoseError

    options = {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
    }
    params = {"client_id": expected.client_id, "nonce": expected.nonce}
    if "at_hash" in token.claims:
        params["access_token"] = expected.access_token
        options["at_hash"] = {"essential": True}  # Authlib passes over an empty one
    found = CodeIDToken(dict(token.claims), dict(token.header), options, params)
    seconds = int(clock.now().timestamp())
    try:
        found.validate(now=seconds, leeway=int(LEEWAY.total_seconds()))
    except JoseError as error:
        name = getattr(error, "claim", "")
        problem = f"the provider's ID token is refused: {name or 'a claim'} is not as it must be"
        raise LoginRefused(problem) from error
    except (TypeError, ValueError, AttributeError) as error:  # claims of strange types
        raise LoginRefused("the provider's ID token is refused: a claim is malformed") from error

"""The node's own grants as visas for others: what each says, and for how long.

A visa is about the pair of its issuer and `sub`. As REMS does, the node names people by the `sub`
that one configured broker knows them by, so that who accepts its visas trusts it to speak about
that broker's people (`subjects_of`) and need not let it join identities (LinkedIdentities), which
could make anybody anybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from beacon_node.errors import InvalidRequest
from beacon_node.model.data_use import ResearchPurpose, purpose_document, read_purpose
from beacon_node.model.passport import By, Rule, TokenRefused, VisaType
from beacon_node.model.query import Granularity
from beacon_node.model.requester import Grant

LONGEST = timedelta(hours=1)  # a visa cannot be taken back: so long a revocation may be unknown
GRANT_CLAIM = "beacon_grant"


@dataclass(frozen=True, slots=True)
class VisaIssue:
    """Who hands out visas (`iss`), where its keys are (`jku`), and below which address its datasets
    and its committee are named."""

    iss: str

    @property
    def jku(self) -> str:
        return f"{self.iss}/visas/jwks"

    @property
    def source(self) -> str:
        """The committee, as `source` of its visas names it."""
        return f"{self.iss}/dac"

    def value(self, dataset_id: str, granularity: Granularity = Granularity.RECORD) -> str:
        """Return what names access to a dataset. Less than records has another name: nobody may
        take it for all."""
        name = f"{self.iss}/api/datasets/{dataset_id}"
        is_all = granularity is Granularity.RECORD
        return name if is_all else f"{name}?granularity={granularity.word}"


@dataclass(frozen=True, slots=True)
class OwnVisa:
    """What one visa says, before it is signed."""

    grant: Grant
    value: str
    until: datetime


def own_visas(grants: Iterable[Grant], issue: VisaIssue, at: datetime) -> tuple[OwnVisa, ...]:
    """Return the visas for grants that hold at `at`; each ends with its grant, within an hour."""
    found = (
        OwnVisa(
            grant,
            issue.value(grant.dataset_id, grant.ceiling),
            min(grant.until, at + LONGEST).replace(microsecond=0),
        )
        for grant in grants
    )
    return tuple(visa for visa in found if visa.until > at)


def visa_claims(
    visa: OwnVisa, issue: VisaIssue, *, sub: str, jti: str, at: datetime
) -> dict[str, Any]:
    """Return the claims of a visa document about the broker's `sub` (Passport 1.2, Visa Format).

    It was verified to be so at `at`, by looking at what the committee has on record.
    """
    now = int(at.timestamp())
    return {
        "iss": issue.iss,
        "sub": sub,
        "iat": now,
        "exp": int(visa.until.timestamp()),
        "jti": jti,
        "ga4gh_visa_v1": {
            "type": VisaType.GRANT.value,
            "asserted": now,
            "value": visa.value,
            "source": issue.source,
            "by": By.DAC.value,
        },
        GRANT_CLAIM: {
            "purpose": purpose_document(visa.grant.purpose),
            "granularity": visa.grant.ceiling.word,
        },
    }


# ---- as another node of this kind reads it -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StatedGrant:
    """What a visa says of its grant that the standard has no word for."""

    purpose: ResearchPurpose
    ceiling: Granularity


def read_stated_grant(claims: Mapping[str, Any]) -> StatedGrant | None:
    """Return the purpose a visa was granted for and the most that may be told; None where it does
    not say. Raises TokenRefused for a claim that is not of its form."""
    if GRANT_CLAIM not in claims:
        return None
    said = claims[GRANT_CLAIM]
    words = {one.word: one for one in Granularity}
    try:
        purpose = read_purpose(said["purpose"])
        ceiling = words[said["granularity"]]
    except (InvalidRequest, KeyError, TypeError) as error:
        raise TokenRefused(Rule.GRANT_CLAIM) from error
    if not purpose.categories:
        raise TokenRefused(Rule.GRANT_CLAIM)
    return StatedGrant(purpose, ceiling)

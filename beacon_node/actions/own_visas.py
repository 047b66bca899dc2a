"""Hand out what the node's own committee granted, as visas that other services take."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from beacon_node.actions.applications.grants import grants_at
from beacon_node.actions.whole_ledger import require_ledger_of_releases
from beacon_node.crypto.visa_keys import (
    VisaKey,
    ensure_visa_key,
    published_keys,
    rotate_visa_key,
)
from beacon_node.errors import NotFound, NotPermitted
from beacon_node.model.consent_documents import canonical_json, moment_text
from beacon_node.model.passport import Subject
from beacon_node.node import Node
from beacon_node.policy.visas.claims import LEEWAY
from beacon_node.policy.visas.own import LONGEST, OwnVisa, VisaIssue, own_visas, visa_claims

VISAS = "visas"  # the kind of their entries in the ledger
_NOT_GIVEN = "this node hands out no visas: its operator set no visas.subjects_of"


@dataclass(frozen=True, slots=True, repr=False)
class SignedVisa:
    """One visa with what it says. `text` is good for whoever holds it: it is not logged."""

    visa: OwnVisa
    text: str


def visa_issue(node: Node) -> VisaIssue:
    """Return as whom the node hands out visas. Raises NotFound where it hands out none."""
    if not node.settings.visas.are_given:
        raise NotFound(_NOT_GIVEN)
    return VisaIssue(node.settings.public_url)


def hand_out(node: Node, known_as: Collection[Subject], account: str) -> tuple[SignedVisa, ...]:
    """Return an account's grants as they are now, as visas; on record before they leave.

    `known_as` are the identities that their passport proves. Nobody decides anything between
    looking and recording: what was revoked before is in none.

    Raises NotFound where no visas are given, NotPermitted for somebody of another broker than the
    one whose people visas name, LedgerBroken where revocations may be missing.
    """
    issue = visa_issue(node)
    who = next((one for one in known_as if one.iss == node.settings.visas.subjects_of), None)
    if who is None:
        raise NotPermitted(
            "visas of this node name people of one passport broker only, "
            f"{node.settings.visas.subjects_of}: bring its passport"
        )
    require_ledger_of_releases(node)
    key = ensure_visa_key(node.home / "keys", node.randomness)
    with node.ledger.writing(now=node.clock.now(), durable=True) as appending:
        at = node.clock.now()
        present = node.ledger.present(at)
        visas = own_visas(grants_at(node, account, present), issue, at)
        if visas:
            appending.append(VISAS, [_entry(account, visas, key)])
    return tuple(SignedVisa(one, _signed(node, one, issue, key, who.sub)) for one in visas)


def _signed(node: Node, visa: OwnVisa, issue: VisaIssue, key: VisaKey, sub: str) -> str:
    jti, at = node.randomness.bytes(16).hex(), node.clock.now()
    return key.sign(visa_claims(visa, issue, sub=sub, jti=jti, at=at), jku=issue.jku)


def _entry(account: str, visas: tuple[OwnVisa, ...], key: VisaKey) -> str:
    given = [
        {
            "application": one.grant.reference,
            "dataset": one.grant.dataset_id,
            "value": one.value,
            "until": moment_text(one.until),
        }
        for one in visas
    ]
    datasets = sorted({one.grant.dataset_id for one in visas})
    return canonical_json({"by": account, "datasets": datasets, "visas": given, "key": key.id})


# ---- keys ----------------------------------------------------------------------------------------


def key_set(node: Node) -> dict:
    """Return the keys of all visas that may hold now, as a JWKS; a node without a key gets one.

    Raises NotFound where no visas are given.
    """
    visa_issue(node)
    folder = node.home / "keys"
    ensure_visa_key(folder, node.randomness)
    return {"keys": [dict(one) for one in published_keys(folder, node.clock.now())]}


def rotate(node: Node) -> tuple[VisaKey, datetime]:
    """Sign visas with a new key from now on; return it, and until when the old one is published:
    until all that it signed have ended. Raises NotFound where no visas are given."""
    visa_issue(node)
    now = node.clock.now()
    until = now + LONGEST + LEEWAY
    return rotate_visa_key(node.home / "keys", node.randomness, now=now, until=until), until

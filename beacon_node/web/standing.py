"""What `/whoami` tells of a researcher, and how a purpose is stated for good."""

from beacon_node.errors import InvalidRequest
from beacon_node.model.data_use import ResearchPurpose, purpose_document, read_purpose
from beacon_node.model.passport import VisaFinding


def finding_document(finding: VisaFinding) -> dict:
    """Return how a visa fared; nothing of the visa itself is repeated."""
    told: dict = {"number": finding.number, "used": finding.rule is None}
    if finding.type:
        told |= {"type": finding.type, "issuer": finding.issuer}
    if finding.rule is None:
        return told | {"usedFor": list(finding.serves)}
    return told | {"why": f"not used: {finding.rule.words}", "clause": finding.rule.clause}


def purpose_or_none(purpose: ResearchPurpose | None) -> dict | None:
    return purpose_document(purpose) if purpose else None


def stated_purpose(body: object) -> ResearchPurpose:
    """Return the purpose that a body states, `{"purpose": {…}, "forGood": true}`; it must say that
    this is for good. Raises InvalidRequest naming the member."""
    if not isinstance(body, dict) or not isinstance(body.get("purpose"), dict):
        raise InvalidRequest('purpose: an object like {"categories": ["biomedical"]} is expected')
    if unknown := sorted(body.keys() - {"purpose", "forGood", "passports"}):
        raise InvalidRequest(f"{unknown[0]}: not known here")
    purpose = read_purpose(body["purpose"])
    if not purpose.categories:
        raise InvalidRequest("purpose.categories: what the research is for is expected")
    if body.get("forGood") is not True:
        raise InvalidRequest(
            "forGood: an account has one purpose and keeps it; say true if this is the one"
        )
    return purpose

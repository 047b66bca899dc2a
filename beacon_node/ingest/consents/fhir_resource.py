"""One FHIR R4 Consent resource: whose, when signed, which document, and in what state."""

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.consents.fhir_bundle import Resource
from beacon_node.ingest.consents.fhir_mapping import FhirMapping
from beacon_node.model.consent import Source, When, read_when
from beacon_node.model.consent_import import Place

ERROR, PASSED_OVER = "entered-in-error", frozenset({"draft", "proposed"})
STATES = frozenset({"active", "inactive", "rejected", ERROR}) | PASSED_OVER
_R5_ONLY = ("decision", "subject", "grantor", "controller")
_SHA1_BYTES, _SHA256_BYTES = 20, 32


@dataclass(frozen=True, slots=True, repr=False)
class Head:
    """What a consent resource says besides its provisions."""

    place: Place
    individual: str
    signed: When
    status: str
    source: Source


class Patients:
    """The Patient resources of a file, by what references call them."""

    def __init__(self) -> None:
        self._identifiers: dict[str, list] = {}

    def add(self, resource: Resource) -> None:
        for name in (resource.full_url, f"Patient/{resource.body.get('id', '')}"):
            self._identifiers[name] = listed(resource.body.get("identifier"))

    def identifiers(self, reference: str) -> list:
        return self._identifiers.get(reference) or self._identifiers.get(_local(reference)) or []


def individual_of(body: Mapping, system: str, patients: Patients) -> str:
    """Return whose consent it is: an identifier of `system`, or without one the Patient's id.

    Raises InvalidInput naming the field.
    """
    patient = mapping_of(body.get("patient"), "patient")
    reference = str(patient.get("reference", ""))
    if system:
        known = [patient.get("identifier"), *patients.identifiers(reference)]
        found = {str(one.get("value", "")) for one in known if _is_of(one, system)} - {""}
        if len(found) != 1:
            problem = "exactly one identifier of the system that the mapping names is expected"
            raise InvalidInput(problem, field="patient")
        return found.pop()
    local = _local(reference)
    if not local.startswith("Patient/") or local == "Patient/":
        raise InvalidInput("a reference like Patient/123 is expected", field="patient.reference")
    return local.removeprefix("Patient/")


def _local(reference: str) -> str:
    """Return `Patient/123` of an absolute, versioned or local reference."""
    parts = reference.split("/_history/")[0].split("/")
    return "/".join(parts[-2:])


def _is_of(identifier: object, system: str) -> bool:
    return isinstance(identifier, Mapping) and identifier.get("system") == system


def read_head(resource: Resource, individual: str, status: str) -> Head:
    """Return the head of a consent. Raises InvalidInput naming the field."""
    signed = when(resource.body.get("dateTime"), "dateTime")
    return Head(resource.place, individual, signed, status, _source(resource.body, individual))


def check_version(body: Mapping) -> None:
    """Raises InvalidInput for what is no R4 Consent that can be read to its end."""
    if isinstance(body.get("provision"), list) or any(key in body for key in _R5_ONLY):
        problem = "this has the form of FHIR R5; export it as R4"
        raise InvalidInput(problem, field="Consent")
    if body.get("modifierExtension"):
        problem = "it may change the meaning of the whole consent and is not understood"
        raise InvalidInput(problem, field="modifierExtension")


def status_of(body: Mapping) -> str:
    status = body.get("status")
    if status not in STATES:
        raise InvalidInput(f"one of {', '.join(sorted(STATES))} is expected", field="status")
    return str(status)


def is_wanted(body: Mapping, mapping: FhirMapping) -> bool:
    """Return whether a consent has a scope and a policy that the mapping accepts."""
    scopes = {code for _, code in codings(mapping_of(body.get("scope"), "scope"))}
    if not scopes & mapping.scopes:
        return False
    return not mapping.policies or bool(mapping.policies & set(_policies(body)))


def _policies(body: Mapping) -> Iterator[str]:
    for policy in listed(body.get("policy")):
        if isinstance(policy, Mapping) and policy.get("uri"):
            yield str(policy["uri"])
    rule = body.get("policyRule")
    if isinstance(rule, Mapping):
        yield from (code for _, code in codings(rule))


def policy_codes(body: Mapping) -> set[str]:
    """Return the codes of the base policy (OPTIN, OPTOUT …)."""
    rule = body.get("policyRule")
    return {code for _, code in codings(rule)} if isinstance(rule, Mapping) else set()


def _source(body: Mapping, individual: str) -> Source:
    document, sha256 = _document(body)
    if not document:
        document = f"Consent of {individual} signed {body.get('dateTime')}"
    return Source(document, sha256, ", ".join(sorted(set(_policies(body)))))


def _document(body: Mapping) -> tuple[str, str]:
    """Return (id, SHA-256 or empty). FHIR's attachment hash is a SHA-1: it goes into the id."""
    reference = body.get("sourceReference")
    if isinstance(reference, Mapping) and reference.get("reference"):
        return str(reference["reference"]), ""
    attachment = body.get("sourceAttachment")
    if isinstance(attachment, Mapping):
        return _attachment(attachment)
    for identifier in listed(body.get("identifier")):
        if isinstance(identifier, Mapping) and identifier.get("value"):
            return str(identifier["value"]), ""
    return (f"Consent/{body['id']}" if body.get("id") else ""), ""


def _attachment(attachment: Mapping) -> tuple[str, str]:
    name = str(attachment.get("url") or attachment.get("title") or "attachment")
    if attachment.get("data"):
        return name, hashlib.sha256(_decoded(attachment["data"], "data")).hexdigest()
    digest = _decoded(attachment.get("hash", ""), "hash")
    if len(digest) == _SHA256_BYTES:
        return name, digest.hex()
    return (f"{name}#sha1={digest.hex()}" if len(digest) == _SHA1_BYTES else name), ""


def _decoded(text: object, field: str) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error as broken:
        field = f"sourceAttachment.{field}"
        raise InvalidInput("base64 is expected", field=field) from broken


# ---- FHIR's elements ------------------------------------------------------------------------


def when(value: object, field: str) -> When:
    """Return a FHIR dateTime that names at least a day."""
    if not isinstance(value, str):
        raise InvalidInput("a date is expected, but there is none", field=field)
    try:
        return read_when(value, field)
    except InvalidRequest as bad:
        raise InvalidInput(str(bad).partition(": ")[2], field=field) from bad


def mapping_of(value: object, field: str) -> Mapping:
    if not isinstance(value, Mapping):
        raise InvalidInput("an object is expected", field=field)
    return value


def listed(value: object) -> list:
    return value if isinstance(value, list) else []


def codings(concept: Mapping) -> list[tuple[str, str]]:
    """Return the (system, code) pairs of a CodeableConcept."""
    found = (one for one in listed(concept.get("coding")) if isinstance(one, Mapping))
    return [(str(one.get("system", "")), str(one["code"])) for one in found if one.get("code")]

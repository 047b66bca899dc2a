"""FHIR R4 consents: several resources of one signature become one statement."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.consents.fhir_bundle import Broken, Resource, resources
from beacon_node.ingest.consents.fhir_mapping import FhirMapping
from beacon_node.ingest.consents.fhir_merge import Part, merged
from beacon_node.ingest.consents.fhir_provisions import read_provisions
from beacon_node.ingest.consents.fhir_resource import (
    ERROR,
    PASSED_OVER,
    Patients,
    check_version,
    individual_of,
    is_wanted,
    read_head,
    status_of,
)
from beacon_node.model.consent import When
from beacon_node.model.consent_import import Found, Place, Reject, UsesIfUnstated

_Signature = tuple[str, When | None]  # whose, and when; None where that cannot be read


def read_consent_fhir(
    path: str | Path, mapping: FhirMapping, *, unstated: UsesIfUnstated
) -> Iterator[Found]:
    """Yield what the Consent resources of a Bundle or NDJSON file state, and a reject for each that
    cannot be taken.

    A deny overrides every permit of the same code in resources of the same signature (individual
    and dateTime). Resources of a signature of which one is rejected are left out with it.
    `unstated` says which uses a consent permits whose form does not speak of them. Raises
    InvalidInput where the file as a whole cannot be trusted.
    """
    read = _File(str(path), mapping)
    read.all(resources(path))
    yield from read.rejects
    for signature, parts in read.parts.items():
        if not read.is_rejected(signature):
            yield from _merged(read, signature[0], parts, unstated)


def _merged(
    read: "_File", individual: str, parts: list[Part], unstated: UsesIfUnstated
) -> Iterator[Found]:
    place = parts[0].head.place
    try:
        yield from merged(parts, read.mapping, unstated)
    except InvalidInput as bad:
        yield Reject(read.path, place, bad.field, bad.problem, individual)
    except InvalidRequest as bad:
        yield Reject(read.path, place, "", str(bad), individual)


@dataclass(slots=True)
class _File:
    """What was read of one file so far."""

    path: str
    mapping: FhirMapping
    parts: dict[_Signature, list[Part]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    rejected: set[_Signature] = field(default_factory=set)

    def is_rejected(self, signature: _Signature) -> bool:
        return signature in self.rejected or (signature[0], None) in self.rejected

    def all(self, found: Iterable[Resource | Broken]) -> None:
        """Read the consents once it is known who the patients are, who may stand behind them."""
        patients, consents = Patients(), []
        for one in found:
            if isinstance(one, Broken):
                self.rejects.append(Reject(self.path, one.place, "", one.problem))
            elif one.type == "Patient" and self.mapping.identifier_system:
                patients.add(one)
            elif one.type == "Consent":
                consents.append(one)
        for resource in consents:
            self._consent(resource, patients)

    def _consent(self, resource: Resource, patients: Patients) -> None:
        body, individual, signed = resource.body, "", None
        try:
            check_version(body)
            status = status_of(body)
            if status in PASSED_OVER or not is_wanted(body, self.mapping):
                return
            individual = individual_of(body, self.mapping.identifier_system, patients)
            head = read_head(resource, individual, status)
            signed = head.signed
            is_active = status == "active"
            said = (
                None
                if status == ERROR
                else read_provisions(body, self.mapping, is_active=is_active)
            )
        except InvalidInput as bad:
            self._reject(resource.place, body, bad, (individual, signed))
            return
        if said is None or said.is_about_us:
            self.parts.setdefault((individual, signed), []).append(Part(head, said))

    def _reject(
        self, place: Place, body: Mapping, bad: InvalidInput, signature: _Signature
    ) -> None:
        reject = Reject(self.path, place, bad.field, bad.problem, signature[0])
        self.rejects.append(reject)
        if signature[0]:
            self.rejected.add(signature)

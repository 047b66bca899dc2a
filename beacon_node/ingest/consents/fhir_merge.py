"""The resources of one signature, put together into one statement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beacon_node.errors import InvalidInput
from beacon_node.ingest.consents.fhir_mapping import Code, FhirMapping
from beacon_node.ingest.consents.fhir_provisions import (
    Meaning,
    Period,
    Provisions,
    check_denied_terms,
)
from beacon_node.ingest.consents.fhir_resource import Head
from beacon_node.ingest.consents.unrecorded import unrecorded
from beacon_node.model.consent import (
    DataType,
    Scope,
    Source,
    Status,
    UseKind,
    end_moment,
    first_moment,
    signature_moment,
)
from beacon_node.model.consent_import import Cancelled, Stated, UsesIfUnstated
from beacon_node.model.data_use import ConsentTerm, Use


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """One resource; `said` is None where it was entered in error."""

    head: Head
    said: Provisions | None


def merged(
    parts: Sequence[Part], mapping: FhirMapping, unstated: UsesIfUnstated
) -> Iterator[Cancelled | Stated]:
    """Yield what the resources of one signature amount to.

    A cancellation comes first, so that what is valid can take its place. Raises InvalidInput where
    they contradict each other, InvalidRequest where no version can say it.
    """
    head, source = parts[0].head, _source(parts)
    if any(part.said is None for part in parts):
        yield Cancelled(head.individual, source.document, head.place)
    valid = [part for part in parts if part.said is not None]
    if not valid:
        return
    signature = _Signature(valid, mapping)
    facts = signature.given(unstated) if signature.terms else signature.no()
    yield Stated(unrecorded(individual=head.individual, source=source, **facts), head.place)


class _Signature:
    """What is permitted once every deny has been taken off."""

    def __init__(self, parts: Sequence[Part], mapping: FhirMapping) -> None:
        self.mapping, self.signed = mapping, parts[0].head.signed
        self.states = {part.head.status for part in parts}
        self.permitted = self._permitted(parts)
        self.terms = {
            term
            for meaning in self.permitted
            for term in (meaning.permit if isinstance(meaning, Code) else {meaning})
        }

    def _permitted(self, parts: Sequence[Part]) -> dict[Meaning, list[Period]]:
        active = [part.said for part in parts if part.said and part.head.status == "active"]
        ended = [part.said for part in parts if part.said and part.head.status != "active"]
        found: dict[Meaning, list[Period]] = {}
        for said in active:
            for meaning, periods in (*said.permitted.items(), *self._bare(said)):
                found.setdefault(meaning, []).extend(periods)
        denied = {meaning for said in (*active, *ended) for meaning in said.denied}
        denied |= {meaning for said in ended for meaning in (*said.permitted, *self._by_bare(said))}
        if any(said.denies_all for said in active) or any(map(_names_nothing, ended)):
            return {}
        _check(set(found), denied)
        return {meaning: periods for meaning, periods in found.items() if meaning not in denied}

    def _bare(self, said: Provisions) -> list[tuple[Meaning, list[Period]]]:
        """Return what an active permit without codes permits, with its periods."""
        codes = self._by_bare(said)
        if said.bare_permit is not None and not codes and not said.permitted:
            problem = "it permits without naming a code, and no code has by_bare_permit"
            raise InvalidInput(problem, field="provision")
        return [(code, list(said.bare_permit or ())) for code in codes]

    def _by_bare(self, said: Provisions) -> list[Code]:
        if said.bare_permit is None:
            return []
        return [code for code in self.mapping.codes if code.by_bare_permit]

    def no(self) -> dict[str, Any]:
        """Return a refusal, or a withdrawal where a resource is no longer active: of everything."""
        status = Status.WITHDRAWN if "inactive" in self.states else Status.REFUSED
        zone = self.mapping.zone
        return {
            "status": status,
            "scope": Scope(self.mapping.dataset, frozenset(DataType), frozenset(UseKind)),
            "signed_on": signature_moment(self.signed, status, zone, "dateTime"),
            "effective_from": first_moment(self.signed, zone, "dateTime"),
        }

    def given(self, unstated: UsesIfUnstated) -> dict[str, Any]:
        use = Use(frozenset(self.terms | self._otherwise()))
        begins, ends = self._period()
        return {
            "status": Status.GIVEN,
            "scope": Scope(
                self.mapping.dataset, self.mapping.data_types, self._uses(use, unstated)
            ),
            "signed_on": signature_moment(self.signed, Status.GIVEN, self.mapping.zone, "dateTime"),
            "effective_from": begins,
            "effective_until": ends,
            "use": use,
        }

    def _otherwise(self) -> set[ConsentTerm]:
        others = (code for code in self.mapping.codes if code not in self.permitted)
        return {term for code in others for term in code.otherwise}

    def _uses(self, use: Use, unstated: UsesIfUnstated) -> frozenset[UseKind]:
        if self.mapping.codes_say_uses:
            codes = [code for code in self.permitted if isinstance(code, Code)]
            return frozenset(use for code in codes for use in code.uses)
        return unstated(use) if self.mapping.uses is None else self.mapping.uses

    def _period(self) -> tuple[datetime, datetime | None]:
        """Return when all that is permitted holds together: the narrowest of the periods."""
        zone, field = self.mapping.zone, "provision.period"
        periods = [period for periods in self.permitted.values() for period in periods]
        starts = [first_moment(start, zone, field) for start, _ in periods if start is not None]
        stops = [end_moment(end, zone, field) for _, end in periods if end is not None]
        begins = max(starts, default=first_moment(self.signed, zone, "dateTime"))
        ends = min((stop for stop in stops if stop is not None), default=None)
        if ends is not None and ends <= begins:
            problem = _NO_DAY if starts else "it ends before the signature (dateTime)"
            raise InvalidInput(problem, field=field)
        return begins, ends


_NO_DAY = "the periods of what is permitted have no day in common"


def _names_nothing(said: Provisions) -> bool:
    return not said.permitted and not said.denied


def _check(permitted: set[Meaning], denied: set[Meaning]) -> None:
    """Raises InvalidInput where DUO terms themselves are denied and something is left."""
    left = {m for m in permitted - denied if isinstance(m, Code)}
    terms = {m for m in permitted if isinstance(m, ConsentTerm)}
    by_codes = {term for code in left for term in code.permit}
    check_denied_terms(terms | by_codes, {m for m in denied if isinstance(m, ConsentTerm)})


def _source(parts: Sequence[Part]) -> Source:
    """Return the documents of a signature as one source."""
    sources = [part.head.source for part in parts]
    documents, hashes, versions = (
        sorted({getattr(source, name) for source in sources} - {""})
        for name in ("document", "sha256", "form_version")
    )
    sha256 = hashes[0] if len(hashes) == 1 and len(documents) == 1 else ""
    return Source(", ".join(documents), sha256, ", ".join(versions))

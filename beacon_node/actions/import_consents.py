"""Import files of consents: read, compare with what is on record, record all or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

from beacon_node.actions.given_file import digest
from beacon_node.errors import Conflict, InvalidInput, InvalidRequest
from beacon_node.ingest.consents import (
    ConsentFormat,
    detect_consents,
    read_consent_csv,
    read_consent_fhir,
    read_csv_mapping,
    read_fhir_mapping,
)
from beacon_node.model.consent import ConsentVersion, Source
from beacon_node.model.consent_import import Cancelled, Found, Reject, Stated
from beacon_node.model.ledger import Recorded
from beacon_node.policy.consent import uses_if_unstated
from beacon_node.policy.consent_import import ImportPlan, ImportRules
from beacon_node.policy.consent_import import plan_import as compare
from beacon_node.ports import NO_PROGRESS, Clock, Progress
from beacon_node.store.ledger import Ledger

MAX_CHANGE = 0.2  # of the known people: more than one file changes on a usual day
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, repr=False)
class ConsentFile:
    """A file as it was read. `source` stands for the file as a whole."""

    format: ConsentFormat
    found: tuple[Found, ...]
    source: Source

    def __repr__(self) -> str:
        return f"ConsentFile({self.format}, {len(self.found)} lines)"


@dataclass(frozen=True, slots=True, repr=False)
class Planned:
    """A plan, and the consent version (`Ledger.consent_version`) that it was made under."""

    plan: ImportPlan
    consent_version: int


@dataclass(frozen=True, slots=True)
class Limits:
    """`max_change` is a share of the known people, 0 to 1. One person may always change."""

    max_change: float = MAX_CHANGE
    skip_rejects: bool = False


def read_consents(
    path: str | Path,
    mapping: str | Path,
    zone: tzinfo = UTC,
    progress: Progress = NO_PROGRESS,
) -> ConsentFile:
    """Return what a file states, CSV or FHIR by its content; every bad line is among it.

    `zone` is the node's, whose days dates are where the mapping names none.
    Raises InvalidInput where the file or its mapping as a whole cannot be trusted.
    """
    path, kind = Path(path), detect_consents(path)
    if kind is ConsentFormat.CSV:
        lines = read_consent_csv(path, read_csv_mapping(mapping, zone), unstated=uses_if_unstated)
    else:
        rules = read_fhir_mapping(mapping, zone)
        lines = read_consent_fhir(path, rules, unstated=uses_if_unstated)
    found = tuple(lines)
    if not found:
        raise InvalidInput("the file holds no consent that the mapping speaks of", file=str(path))
    return ConsentFile(kind, found, Source(f"missing in {path.name}", digest(path, progress)))


def plan_import(
    ledger: Ledger, clock: Clock, read: ConsentFile, *, missing_as: str = ""
) -> Planned:
    """Return what importing a file would change. Changes nothing.

    `missing_as`: what people count as who have a consent on record but are not in the file:
    "withdrawn", or empty, then they are only listed. Raises InvalidRequest for another word, and
    Conflict if lines that name nobody make it unknown who is missing.
    """
    if missing_as not in ("", WITHDRAWN):
        raise InvalidRequest(f"missing: only {WITHDRAWN} is known")
    nameless = [one for one in read.found if isinstance(one, Reject) and not one.individual]
    if missing_as and nameless:
        raise Conflict(f"{nameless[0].place} does not say whose it is, so nobody is surely missing")
    moment = ledger.moment(clock.now())
    rules = ImportRules(moment.at, read.source if missing_as else None)
    plan = compare(_histories(ledger, read.found), read.found, rules)
    return Planned(plan, moment.consent_version)


def apply_import(
    ledger: Ledger, clock: Clock, planned: Planned, limits: Limits, *, by: str
) -> tuple[Recorded, ...]:
    """Record what a plan says, all or nothing, in one transaction of the ledger.

    Raises InvalidInput with the first bad line unless rejects are skipped; Conflict if too many
    known people would change, or if anything of those with a new statement was recorded since the
    plan was made.
    """
    plan = planned.plan
    if plan.rejects and not limits.skip_rejects:
        raise plan.rejects[0].error
    if problem := too_much(plan, limits.max_change):
        raise Conflict(f"nothing was recorded: {problem}")
    if not plan.to_record:
        return ()
    since = planned.consent_version
    return ledger.record(plan.to_record, by=by, now=clock.now(), unchanged_since=since)


def too_much(plan: ImportPlan, max_change: float) -> str:
    """Return why a plan may not be applied: too many known people would change; else empty."""
    allowed = max(1, int(max_change * plan.known))
    if plan.people_changed <= allowed:
        return ""
    return (
        f"{plan.people_changed:,} of {plan.known:,} people with a consent on record would change, "
        f"more than {max_change:.0%}; allow more (--max-change) only if this is meant"
    )


def _histories(ledger: Ledger, found: Iterable[Found]) -> dict[str, tuple[ConsentVersion, ...]]:
    """Return everybody in the file or known for its datasets, each with all versions."""
    lines = list(found)
    datasets = {line.version.scope.dataset for line in lines if isinstance(line, Stated)}
    known: dict[str, tuple[ConsentVersion, ...]] = {}
    for dataset in sorted(datasets):
        known.update(ledger.histories(dataset))
    for line in lines:
        if isinstance(line, Stated | Cancelled) and line.individual not in known:
            known[line.individual] = ledger.history(line.individual)
    return known

"""Whom a node trusts about researchers, and for what: nobody until its operator says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.passport import By, Subject, VisaType
from beacon_node.model.query import Granularity

REGISTERED_ACCESS = "https://doi.org/10.1038/s41431-018-0219-y"  # Dyke et al. 2018


@dataclass(frozen=True, slots=True)
class Broker:
    """A passport broker. `keys` and `userinfo` are the only addresses that are ever asked."""

    iss: str
    keys: str
    userinfo: str = ""
    audiences: frozenset[str] = frozenset()  # besides the node's own


@dataclass(frozen=True, slots=True)
class VisaIssuer:
    """A visa issuer: its one address of keys (`jku`), and for each type of visa the sources that it
    may speak for. `subjects_of` is the broker whose subjects its visas name, empty: its own."""

    iss: str
    jku: str
    sources: Mapping[VisaType, frozenset[str]]
    subjects_of: str = ""


@dataclass(frozen=True, slots=True)
class DatasetVisa:
    """The ControlledAccessGrants visa that opens a dataset: exact `value`, and its committee as
    exact `source`. A visa says no purpose: `purpose` is the one that this committee grants for."""

    dataset_id: str
    value: str
    source: str
    purpose: ResearchPurpose
    ceiling: Granularity = Granularity.RECORD


@dataclass(frozen=True, slots=True)
class RegisteredPolicy:
    """Which visas make a registered researcher."""

    value: str = REGISTERED_ACCESS
    status_by: frozenset[By] = frozenset({By.SIGNING_OFFICIAL, By.SYSTEM, By.PEER})
    terms_by: frozenset[By] = frozenset(By)


@dataclass(frozen=True, slots=True, repr=False)
class BlockList:
    """Who and what is refused from now on: persons, single tokens (iss, jti), keys (iss, kid)."""

    subjects: frozenset[Subject] = frozenset()
    tokens: frozenset[tuple[str, str]] = frozenset()
    keys: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Trust:
    """All that an operator configured. The default trusts nobody.

    `max_age` is how long an assertion counts after it was made.
    """

    brokers: Mapping[str, Broker] = field(default_factory=dict)
    issuers: Mapping[str, VisaIssuer] = field(default_factory=dict)
    datasets: tuple[DatasetVisa, ...] = ()
    registered: RegisteredPolicy = RegisteredPolicy()
    audiences: frozenset[str] = frozenset()
    max_age: timedelta = timedelta(days=365)
    blocked: BlockList = BlockList()

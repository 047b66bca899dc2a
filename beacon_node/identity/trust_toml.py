"""Reads `trusted_issuers.toml`; what is not known or not exact stops the start and is named."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from beacon_node.errors import InvalidRequest
from beacon_node.identity.toml_table import Table, read_table
from beacon_node.model.data_use import ResearchPurpose, read_purpose
from beacon_node.model.passport import By, Subject, VisaType
from beacon_node.model.query import Granularity
from beacon_node.model.trust import (
    BlockList,
    Broker,
    DatasetVisa,
    RegisteredPolicy,
    Trust,
    VisaIssuer,
)

MAX_ISSUERS = 100
Named = TypeVar("Named", Broker, VisaIssuer)


def read_trust(raw: bytes, file: str) -> Trust:
    """Return whom a file says to trust. Raises ConfigurationError naming file and key."""
    table = read_table(raw, file)
    trust = Trust(
        brokers=_by_iss(table, "broker", _broker),
        issuers=_by_iss(table, "visa_issuer", _issuer),
        datasets=tuple(_each(table, "dataset", _dataset)),
        registered=_registered(table.table("registered")),
        audiences=table.texts("audiences"),
        max_age=table.days("max_age_days", 365),
        blocked=_blocked(table),
    )
    table.finish()
    return trust


def _each(table: Table, key: str, read: Callable[[Table], Any]) -> list[Any]:
    found = []
    for one in table.tables(key):
        found.append(read(one))
        one.finish()
    return found


def _by_iss(table: Table, key: str, read: Callable[[Table], Named]) -> Mapping[str, Named]:
    found = _each(table, key, read)
    by_iss = {one.iss: one for one in found}
    if len(by_iss) != len(found):
        table.refuse(key, "the same iss stands there twice")
    if len(found) > MAX_ISSUERS:
        table.refuse(key, f"at most {MAX_ISSUERS} are expected")
    return by_iss


def _broker(table: Table) -> Broker:
    return Broker(
        iss=table.text("iss"),
        keys=table.address("keys"),
        userinfo=table.address("userinfo", ""),
        audiences=table.texts("audiences"),
    )


def _issuer(table: Table) -> VisaIssuer:
    return VisaIssuer(
        iss=table.text("iss"),
        jku=table.address("jku"),
        sources=_sources(table),
        subjects_of=table.text("subjects_of", ""),
    )


def _sources(table: Table) -> Mapping[VisaType, frozenset[str]]:
    """Return the sources that are trusted for each type of visa."""
    types = table.table("sources")
    found = {kind: types.texts(kind) for kind in VisaType}
    types.finish()
    if not any(found.values()):
        table.refuse("sources", f"sources of some of {', '.join(VisaType)} are expected")
    return {kind: sources for kind, sources in found.items() if sources}


def _dataset(table: Table) -> DatasetVisa:
    ceiling = table.text("ceiling", Granularity.RECORD.name.lower())
    if ceiling.upper() not in Granularity.__members__ or ceiling != ceiling.lower():
        table.refuse("ceiling", "boolean, count or record is expected")
    return DatasetVisa(
        dataset_id=table.text("id"),
        value=table.text("value"),
        source=table.text("source"),
        purpose=_purpose(table),
        ceiling=Granularity[ceiling.upper()],
    )


def _purpose(table: Table) -> ResearchPurpose:
    stated = table.take("purpose")
    if not isinstance(stated, dict) or not stated:
        table.refuse("purpose", "the purpose that the committee grants for is expected")
    try:
        return read_purpose(stated)
    except InvalidRequest as error:
        table.refuse("purpose", str(error))


def _registered(table: Table) -> RegisteredPolicy:
    default = RegisteredPolicy()
    found = RegisteredPolicy(
        value=table.text("value", default.value),
        status_by=table.words("status_by", By, default.status_by),
        terms_by=table.words("terms_by", By, default.terms_by),
    )
    table.finish()
    return found


def _blocked(table: Table) -> BlockList:
    subjects, tokens, keys = set(), set(), set()
    for one in table.tables("blocked"):
        iss, sub = one.text("iss"), one.text("sub", "")
        jti, kid = one.text("jti", ""), one.text("kid", "")
        if sum(map(bool, (sub, jti, kid))) != 1:
            one.refuse("", "exactly one of sub, jti and kid is expected")
        one.take("reason")
        one.finish()
        subjects |= {Subject(iss, sub)} if sub else set()
        tokens |= {(iss, jti)} if jti else set()
        keys |= {(iss, kid)} if kid else set()
    return BlockList(frozenset(subjects), frozenset(tokens), frozenset(keys))

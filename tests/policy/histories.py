"""Consent histories written in days, for tests: day 0 is 2030-01-01, UTC."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from beacon_node.model.consent import (
    EVERYTHING,
    Asked,
    ConsentVersion,
    DataType,
    OpenChoice,
    Scope,
    Source,
    Status,
    UseKind,
)
from beacon_node.model.data_use import ConsentTerm, Use
from beacon_node.model.duo_terms import GRU, HMB, NRES

DAY_0 = datetime(2030, 1, 1, tzinfo=UTC)
NRES_USE, GRU_USE, HMB_USE = (Use.of(ConsentTerm(id)) for id in (NRES, GRU, HMB))
VARIANTS = Asked("d", DataType.VARIANTS, UseKind.RESEARCH_DISCOVERY)


def day(number: float) -> datetime:
    return DAY_0 + timedelta(days=number)


def stated(number, status, signed, *, begins=None, recorded=None, until=None, **facts):
    """Return version `number`; it begins and is recorded on the day of its signature unless told
    otherwise. Days are numbers."""
    return ConsentVersion(
        number=number,
        individual="P",
        status=status,
        signed_on=day(signed),
        effective_from=day(signed if begins is None else begins),
        effective_until=None if until is None else day(until),
        recorded_at=day(signed if recorded is None else recorded),
        recorded_by="test",
        source=Source(f"form-{number}", "0" * 64),
        **{"scope": EVERYTHING, **facts},
    )


def given(number, signed, **facts):
    return stated(number, Status.GIVEN, signed, **{"use": GRU_USE, **facts})


def withdrawn(number, signed, **facts):
    return stated(number, Status.WITHDRAWN, signed, **facts)


def refused(number, signed, **facts):
    return stated(number, Status.REFUSED, signed, **facts)


def cancelled(number, signed, cancels, **facts):
    return stated(number, Status.ENTERED_IN_ERROR, signed, cancels=cancels, **facts)


def scope(dataset="*", types=tuple(DataType), uses=tuple(UseKind)) -> Scope:
    return Scope(dataset, frozenset(types), frozenset(uses))


# Random histories on a few days, so that ties and crossings are common.

LAST_DAY = 8
_DAYS = st.integers(0, LAST_DAY)
_SCOPES = st.builds(
    scope,
    st.sampled_from(["*", "*", "d", "e"]),
    st.sampled_from([tuple(DataType), (DataType.VARIANTS,), (DataType.PHENOTYPES,)]),
    st.sampled_from([tuple(UseKind), (UseKind.RESEARCH_DISCOVERY,)]),
)
_CHOICES = st.sampled_from([OpenChoice(), OpenChoice(frozenset("AB")), OpenChoice(frozenset("A"))])


@st.composite
def _versions(draw, number):
    status = draw(st.sampled_from([*Status, Status.GIVEN, Status.GIVEN, Status.WITHDRAWN]))
    begins = draw(_DAYS)
    facts = {"scope": draw(_SCOPES), "begins": begins, "recorded": draw(_DAYS)}
    if status is Status.ENTERED_IN_ERROR:
        facts["cancels"] = draw(st.integers(1, 6))
    else:
        facts |= {"use": draw(st.sampled_from([NRES_USE, GRU_USE, HMB_USE]))}
        facts |= {"until": draw(st.none() | st.integers(begins + 1, LAST_DAY + 2))}
        facts |= {"open": draw(_CHOICES)}
    return stated(number, status, draw(_DAYS), **facts)


@st.composite
def histories(draw):
    return [draw(_versions(number)) for number in range(1, draw(st.integers(0, 5)) + 1)]


ASKED = st.builds(
    Asked, st.sampled_from(["d", "e"]), st.sampled_from(DataType), st.sampled_from(UseKind)
)
MOMENTS = st.integers(-1, 2 * LAST_DAY + 6).map(lambda halves: day(halves / 2))
EVERY_MOMENT = [day(halves / 2) for halves in range(-2, 2 * LAST_DAY + 8)]

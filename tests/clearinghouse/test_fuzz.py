"""Whatever a trusted issuer signs, and whatever is sent: a verdict, never a failure of the node."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beacon_node.errors import NotAuthenticated
from tests.clearinghouse.world import ABSENT, good_visas, passport, visa

ODD = st.one_of(
    st.just(ABSENT),
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=9),
    st.lists(st.text(max_size=3) | st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
HEADERS = st.dictionaries(st.sampled_from(("typ", "alg", "kid", "jku", "crit", "jwk", "x")), ODD)
CLAIMS = st.dictionaries(
    st.sampled_from(("iss", "sub", "iat", "exp", "nbf", "aud", "jti", "scope", "ga4gh_visa_v1")),
    ODD,
)
CLAUSE = st.dictionaries(st.sampled_from(("type", "value", "by", "x")), ODD, max_size=3)
CONDITIONS = ODD | st.lists(ODD | st.lists(ODD | CLAUSE, max_size=2), max_size=2)
NAMES = ("type", "value", "source", "by", "asserted")
STATED = st.fixed_dictionaries({}, optional={"conditions": CONDITIONS, **dict.fromkeys(NAMES, ODD)})
fuzzed = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def plain(value: object) -> object:
    """Return a value without what stands for nothing, as JSON can write it."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if one is not ABSENT}
    return [plain(one) for one in value if one is not ABSENT] if isinstance(value, list) else value


@fuzzed
@given(HEADERS, CLAIMS, STATED)
def test_no_visa_changes_what_others_give_or_breaks_the_node(world, header, claims, stated):
    stated = {name: one if one is ABSENT else plain(one) for name, one in stated.items()}
    odd = visa(header=header, claims=claims, **stated)
    with_odd = world.ask(passport(odd, *good_visas(), odd))
    assert with_odd.requester == world.ask(passport(*good_visas())).requester


@fuzzed
@given(HEADERS, CLAIMS)
def test_a_passport_is_taken_or_refused(world, header, claims):
    try:
        found = world.ask(passport(*good_visas(), header=header, claims=claims))
    except NotAuthenticated as refused:
        assert refused.http_status == 401
    else:
        assert found.requester.account


@fuzzed
@given(st.lists(ODD.filter(lambda one: one is not ABSENT) | st.text('ab.=-_{"', max_size=12)))
def test_whatever_stands_among_visas_is_passed_over(world, odd):
    found = world.ask(passport(*odd, *good_visas()))
    assert found.standing.is_registered and found.requester.grants

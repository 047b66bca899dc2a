"""Userinfo is asked at most once an hour for a token, and less often after failures."""

import pytest

from beacon_node.identity.userinfo import MAX_KEPT_BYTES, UserinfoCache, UserinfoRefused
from tests.clearinghouse.issuers import Internet
from tests.clearinghouse.world import USERINFO, SetClock


@pytest.fixture
def internet():
    internet = Internet()
    internet.serve(USERINFO, {"sub": "anna"})
    return internet


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def cache(internet, clock):
    return UserinfoCache(internet.session(), clock)


def refused(cache, token="t"):
    try:
        cache.ask(USERINFO, token=token)
    except UserinfoRefused:
        return True
    return False


def test_an_answer_is_kept_for_an_hour(cache, clock, internet):
    for minutes in (0, 30, 29):
        clock.forward(minutes=minutes)
        assert cache.ask(USERINFO, token="t") == b'{"sub": "anna"}'
    assert len(internet.asked) == 1
    clock.forward(minutes=1)
    cache.ask(USERINFO, token="t")
    assert len(internet.asked) == 2


def test_new_visas_take_the_place_of_the_old_ones(cache, clock, internet):
    cache.ask(USERINFO, token="t")
    internet.serve(USERINFO, {"sub": "anna", "ga4gh_passport_v1": []})
    clock.forward(hours=1)
    assert b"ga4gh_passport_v1" in cache.ask(USERINFO, token="t")


def test_every_token_has_an_answer_of_its_own(cache, internet):
    cache.ask(USERINFO, token="t")
    cache.ask(USERINFO, token="u")
    assert [request.headers["Authorization"] for request in internet.sent] == [
        "Bearer t",
        "Bearer u",
    ]


def test_a_refusal_is_kept_for_an_hour(cache, clock, internet):
    internet.serve(USERINFO, b"", 401)
    assert refused(cache)
    internet.serve(USERINFO, {"sub": "anna"})
    clock.forward(minutes=59)
    assert refused(cache) and len(internet.asked) == 1
    clock.forward(minutes=1)
    assert not refused(cache)


def test_failures_that_may_pass_are_tried_again_ever_more_slowly(cache, clock, internet):
    internet.down.add(USERINFO)
    times = []
    for minute in range(240):
        before = len(internet.asked)
        assert refused(cache)
        times += [minute] if len(internet.asked) > before else []
        clock.forward(minutes=1)
    assert times == [0, 1, 3, 7, 15, 31, 63, 123, 183]


def test_an_answer_that_ended_is_not_used_while_the_broker_is_away(cache, clock, internet):
    cache.ask(USERINFO, token="t")
    internet.down.add(USERINFO)
    clock.forward(hours=1)
    assert refused(cache)


def test_many_tokens_do_not_fill_the_memory(cache, internet):
    internet.serve(USERINFO, b"x" * 400_000)
    for number in range(60):
        cache.ask(USERINFO, token=str(number))
    assert cache._kept.currsize <= MAX_KEPT_BYTES

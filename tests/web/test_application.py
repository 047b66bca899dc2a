"""What the framework does for each request and ours remembers: it answers as the framework does."""

import pytest
from flask import Flask, request

from beacon_node.web.application import Application
from beacon_node.web.responses import json_response


def made_as(kind: type[Flask]) -> Flask:
    app = kind("tests.web")
    app.add_url_rule("/at/<name>", view_func=lambda name: f"{name} at {request.host}")
    return app


REQUESTS = [
    {"path": "/at/home"},
    {"path": "/at/home", "query_string": "a=%C3%A9"},
    {"path": "/at//home", "query_string": "a=1"},
    {"path": "/at/zo\u00eb"},
    {"path": "/nowhere"},
    {"path": "/at/home", "method": "POST"},
    {"path": "/at/home", "base_url": "https://other.example:8443/under"},
    {"path": "/at/home", "headers": {"Host": "not a host"}},
    {"path": "/at/home", "headers": {"Connection": "upgrade", "Upgrade": "websocket"}},
]


@pytest.mark.parametrize("asked", REQUESTS)
def test_it_answers_as_the_framework_does_also_the_second_time(asked):
    plain, ours = made_as(Flask).test_client(), made_as(Application).test_client()
    told = plain.open(**asked)
    for _ in range(2):
        found = ours.open(**asked)
        assert (found.status, found.data) == (told.status, told.data)
        assert found.headers.get("Location") == told.headers.get("Location")


def test_who_asks_under_many_names_does_not_fill_the_memory():
    app = made_as(Application)
    for number in range(1_000):
        app.test_client().get("/at/home", headers={"Host": f"h{number}.example"})
    assert len(app._bound) <= 64


def test_a_response_to_head_has_the_headers_of_the_answer_and_no_body():
    app = Application("tests.web")
    app.add_url_rule("/told", view_func=lambda: json_response({"a": 1}))
    got, head = app.test_client().get("/told"), app.test_client().head("/told")
    assert (got.data, head.data) == (b'{"a":1}', b"")
    assert dict(got.headers) == dict(head.headers)

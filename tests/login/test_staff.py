"""Roles, and what they let somebody do over HTTP."""

from dataclasses import replace

import pytest

from beacon_node.actions.staff import change_role, roles_of
from beacon_node.errors import Conflict, NotPermitted
from beacon_node.model.dac import Actor
from beacon_node.model.staff import RoleChange, StaffRole
from tests.login.node_world import make_node_world
from tests.login.provider import ISSUER

PERSON = "ann"


@pytest.fixture
def world(home):
    return make_node_world(home)


# ---- roles ---------------------------------------------------------------------------------------


def test_a_role_holds_from_the_next_request_on_and_so_does_its_end(world):
    browser = world.browser("anna")
    assert world.get(browser, "/roles").status_code == 403
    world.give("anna", StaffRole.AUDITOR)
    assert world.get(browser, "/roles").json["roles"] == [
        {"account": world.account("anna"), "roles": ["auditor"]}
    ]
    assert world.get(browser, "/session").json["roles"] == ["auditor"]
    world.give("anna", StaffRole.AUDITOR, is_given=False)
    assert world.get(browser, "/roles").status_code == 401  # logged out, too
    assert not world.get(browser, "/session").json["loggedIn"]


def test_an_administrator_gives_roles_over_http_and_nobody_else_does(world):
    admin, ben = world.browser("anna"), world.browser("ben")
    world.give("anna", StaffRole.ADMINISTRATOR)
    said = {"iss": ISSUER, "sub": "ben", "role": "consent_manager", "reason": "new colleague"}
    assert world.post(ben, "/roles", {"add": said}).status_code == 403
    assert world.post(world.browser(), "/roles", {"add": said}).status_code == 401
    told = world.post(admin, "/roles", {"add": said}).json
    assert told["changed"] is True
    assert {"account": world.account("ben"), "roles": ["consent_manager"]} in told["roles"]
    assert world.post(admin, "/roles", {"add": said}).json["changed"] is False
    entry = world.entries("role")[-1]
    assert world.account("anna") in entry.body and "new colleague" in entry.body
    world.give("ben", StaffRole.AUDITOR)
    for role in StaffRole:
        assert world.post(ben, "/roles", {"add": {**said, "role": role}}).status_code == 403


def test_nobody_removes_the_last_administrator_over_http(world):
    admin = world.browser("anna")
    world.give("anna", StaffRole.ADMINISTRATOR)
    last = {"account": world.account("anna"), "role": "administrator"}
    refused = world.post(admin, "/roles", {"remove": last})
    assert refused.status_code == 409 and "last administrator" in refused.text
    world.give("ben", StaffRole.ADMINISTRATOR)
    assert world.post(admin, "/roles", {"remove": last}).json["changed"] is True
    assert not world.get(admin, "/session").json["loggedIn"]
    world.give("ben", StaffRole.ADMINISTRATOR, is_given=False)  # the operator can


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"add": {}, "remove": {}},
        {"add": "anna"},
        {"add": {"account": "a"}},
        {"add": {"account": "a", "role": "king"}},
        {"add": {"account": "a", "iss": "i", "sub": "s", "role": "auditor"}},
        {"add": {"iss": "i", "role": "auditor"}},
        {"add": {"account": "", "role": "auditor"}},
        {"add": {"account": 7, "role": "auditor"}},
        {"add": {"account": "a", "role": "auditor", "reason": "x" * 9_000}},
        {"add": {"account": "a", "role": "auditor", "email": "a@b"}},
        {"give": {"account": "a", "role": "auditor"}},
        [],
    ],
)
def test_a_change_of_roles_that_is_not_clear_is_refused_and_changes_nothing(world, body):
    admin = world.browser("anna")
    world.give("anna", StaffRole.ADMINISTRATOR)
    before = len(list(world.node.ledger.entries(kind="role")))
    assert world.post(admin, "/roles", body).status_code == 400
    assert len(list(world.node.ledger.entries(kind="role"))) == before


def test_two_who_dismiss_each_other_leave_one_administrator(world):
    node, anna, ben = world.node, world.account("anna"), world.account("ben")
    for sub in ("anna", "ben"):
        world.give(sub, StaffRole.ADMINISTRATOR)
    dismissed = RoleChange(ben, StaffRole.ADMINISTRATOR, is_given=False)
    assert change_role(node, dismissed, Actor(anna))
    with pytest.raises(NotPermitted):
        change_role(node, replace(dismissed, account=anna), Actor(ben))
    with pytest.raises(Conflict):
        change_role(node, replace(dismissed, account=anna), Actor(anna))
    assert roles_of(node, anna) == {StaffRole.ADMINISTRATOR} and not roles_of(node, ben)
    assert roles_of(node, "") == frozenset()


# ---- consent -------------------------------------------------------------------------------------


def test_a_consent_manager_records_a_withdrawal_that_holds_from_the_next_question_on(world):
    manager = world.browser("anna")
    body = {"individual": PERSON, "dataset": "c", "document": "letter of 2030-01-10"}
    assert world.post(manager, "/consent/withdrawals", body).status_code == 403
    world.give("anna", StaffRole.CONSENT_MANAGER)
    told = world.post(manager, "/consent/withdrawals", body)
    assert told.status_code == 201 and told.json["isNew"] is True
    assert told.json["consent"]["status"] == "withdrawn"
    assert told.json["consent"]["recorded_by"] == world.account("anna")
    assert told.json["effect"] == ["It holds from the next question on."]
    record = world.get(manager, f"/consent/individuals/{PERSON}").json
    assert [one["consent"]["status"] for one in record["versions"]][-1] == "withdrawn"
    assert record["summary"] and record["head"]["sequence"]


def test_others_learn_nothing_of_anybodys_consent(world):
    world.give("ben", StaffRole.ADMINISTRATOR)
    world.give("ben", StaffRole.AUDITOR)
    for sub in ("anna", "ben"):
        browser = world.browser(sub)
        known = world.get(browser, f"/consent/individuals/{PERSON}")
        unknown = world.get(browser, "/consent/individuals/nobody")
        assert known.status_code == unknown.status_code == 403
        assert known.json["error"] == unknown.json["error"]
    assert world.get(world.browser(), f"/consent/individuals/{PERSON}").status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"individual": ""}, 400),
        ({"individual": 7}, 400),
        ({"individual": PERSON, "uses": []}, 400),
        ({"individual": PERSON, "uses": ["everything"]}, 400),
        ({"individual": PERSON, "signedOn": "yesterday"}, 400),
        ({"individual": PERSON, "reason": "x"}, 400),
        ({"individual": "nobody"}, 404),
        ({"individual": PERSON, "dataset": "elsewhere"}, 404),
        ({"individual": PERSON, "signedOn": "2000-01-01"}, 409),
    ],
)
def test_a_withdrawal_that_is_not_clear_is_refused_and_changes_nothing(world, body, status):
    manager = world.browser("anna")
    world.give("anna", StaffRole.CONSENT_MANAGER)
    version = world.node.ledger.consent_version()
    assert world.post(manager, "/consent/withdrawals", body).status_code == status
    assert world.node.ledger.consent_version() == version

"""A clinic with a committee of three, a researcher, and everybody's consent to research."""

from datetime import timedelta
from pathlib import Path

from beacon_node.actions.applications.desk import act, open_application, set_committee, set_terms
from beacon_node.actions.applications.grants import with_own_grants
from beacon_node.actions.applications.views import View
from beacon_node.actions.release_dataset import release
from beacon_node.model.application import (
    AcceptTerms,
    Approve,
    Award,
    Command,
    Committee,
    Form,
    Opinion,
    Submit,
    Vote,
)
from beacon_node.model.dac import Actor, Terms
from beacon_node.model.query import Granularity
from beacon_node.model.requester import Requester, Tier
from beacon_node.node import Node
from beacon_node.node_web.app import create_app
from tests.consent.clinic import BIOMEDICAL, IDS, at_site, closed, gives, make_clinic
from tests.policy.histories import day

ADMIN = Actor("root", "administrator root")
EVE, FAY, GUS = "acc-eve", "acc-fay", "acc-gus"
ANN, BOB, SAM = "acc-ann", "acc-bob", "acc-sam"
CARRIERS = 3  # ann, bob and dea carry the first site
COMMITTEE = Committee(frozenset({EVE, FAY, GUS}), frozenset({"c", "d"}), 2, 365)
TERMS = Terms("v1", "Nobody is to be named.")
FORM = Form("Hearts", "Why hearts fail", BIOMEDICAL, frozenset({"c"}))
UNTIL = day(90)
AWARD = Award(frozenset({"c"}), Granularity.RECORD, UNTIL)
AYE = Vote(Opinion.APPROVE)


def open_office(home: Path) -> Node:
    """Return a node whose dataset `c` is released, and has a committee; `d` is only declared."""
    node = make_clinic(home, closed("c"), closed("d"))
    gives(node, *IDS)
    release(node, "c")
    set_committee(node, COMMITTEE, ADMIN)
    set_terms(node, TERMS, ADMIN)
    return node


def does(node: Node, id: str, by: str, *commands: Command) -> View:
    """Do several things to an application; returns what they see in the end."""
    for command in commands:
        node.clock.at += timedelta(minutes=1)
        seen = act(node, id, command, by)
    return seen


def applied(node: Node, by: str = ANN, form: Form = FORM) -> str:
    """Return the id of an application that was submitted."""
    id = open_application(node, form, by).application.id
    does(node, id, by, AcceptTerms(TERMS.version), Submit())
    return id


def granted(node: Node, by: str = ANN) -> str:
    """Return the id of an application that two members approved."""
    id = applied(node, by)
    does(node, id, EVE, AYE)
    does(node, id, FAY, Approve(AWARD))
    return id


def researcher(node: Node, account: str = ANN) -> Requester:
    """Return what is proved about somebody who has an account and nothing else."""
    return with_own_grants(node, Requester(Tier.PUBLIC, account), node.clock.now())


def asked(node: Node, account: str = ANN, granularity: str = "count") -> dict:
    """Return the answer to who carries the first site of dataset `c`."""
    client = create_app(node, lambda: researcher(node, account)).test_client()
    url = f"/api/individuals?requestedGranularity={granularity}&{at_site(0)}"
    return client.get(url).json


def counted(node: Node, account: str = ANN) -> int | None:
    """Return how many carriers somebody is told of; None if nothing is told."""
    return asked(node, account)["responseSummary"].get("numTotalResults")

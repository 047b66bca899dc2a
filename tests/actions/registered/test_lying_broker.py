"""A broker that lies gains at most its ceiling, within its own budget, whomever it invents."""

from dataclasses import replace

import pytest

from beacon_node.actions.answer_query import answer
from beacon_node.actions.link_identity import account_of, link_identity
from beacon_node.actions.registered.accounts import POOL, accounts_of, limits_of
from beacon_node.actions.through_broker import Introduced, recognise
from beacon_node.errors import BudgetSpent
from beacon_node.identity.clearinghouse import open_clearinghouse
from beacon_node.identity.fetch import new_session
from beacon_node.model.answer import Answer
from beacon_node.model.entries import EntryType
from beacon_node.model.federation import Asserted
from beacon_node.model.passport import Subject
from beacon_node.model.query import Granularity, Query
from beacon_node.model.requester import Tier
from tests.actions.public_world import DATASET, variant
from tests.actions.registered.test_answers import account, on_autosome
from tests.actions.registered.world import BIOMEDICAL, make_hospital
from tests.consent.clinic import audits
from tests.node_web.networked import NETWORK, OTHER

INVENTED = 40


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """A hospital whose questions a broker has asked, as many as it can under invented names."""
    world = make_hospital(tmp_path_factory.mktemp("lied-to"))
    told = {number: lies(world, f"r-{number}") for number in range(INVENTED)}
    return world, told


def through(world, researcher: str, broker=NETWORK, **more):
    house = open_clearinghouse(None, "https://node.example", new_session(), world.node.clock)
    said = {"organisation": f"https://{researcher}.example", "purpose": BIOMEDICAL, **more}
    who = Introduced(broker, Asserted(Tier.CONTROLLED, researcher, **said))
    return recognise(world.node, house, who).requester


def asks(world, who, number: int) -> Answer:
    query = Query(EntryType.INDIVIDUAL, variant(world, number), granularity=Granularity.COUNT)
    return answer(world.node, query, who)


def lies(world, researcher: str) -> int:
    """Ask everything as somebody who does not exist, somewhere; return how much was answered."""
    who, answered = through(world, researcher), 0
    for number in on_autosome(world):
        try:
            answered += asks(world, who, number).datasets[0].count is not None
        except BudgetSpent:
            break
    return answered


def spent(world, *names: str):
    with world.node.ledger.charging(now=world.node.clock.now()) as turn:
        found = accounts_of(world.node, DATASET)
        found.bring_up_to_date(turn, [name for name in names if name != POOL])
        return {name: found.of(name) for name in names}


def test_whomever_it_invents_it_stays_within_one_institution_s_budget(hospital):
    world, told = hospital
    bounds = world.node.settings.registered.bounds
    (own,) = spent(world, "broker:org.network").values()
    limits = limits_of("broker:org.network", bounds)
    assert limits == limits_of("organisation:any", bounds)
    renyi, worst = own.people.columns
    assert renyi.max() > 0
    assert renyi.max() <= limits.renyi and worst.max() <= limits.rho
    assert sum(1 for number in told.values() if number) > 2
    assert told[INVENTED - 1] == 0  # the last ones are told nothing any more


def test_what_is_left_for_others_is_more_than_it_could_take(hospital):
    world, _ = hospital
    honest = account("own-passport", broker="https://login.example")
    there = through(world, "r-1", OTHER)
    for who in (honest, there):
        assert asks(world, who, on_autosome(world)[0]).datasets[0].granularity


def test_everything_it_asked_is_on_record_as_its_own(hospital):
    world, _ = hospital
    asked = [one["by"] for one in audits(world.node) if one["by"].get("broker") == NETWORK.id]
    assert len({one["account"] for one in asked}) == INVENTED
    assert {one["tier"] for one in asked} == {"registered"}


def test_nobody_else_s_organisation_pays_for_it(hospital):
    world, _ = hospital
    ours = "organisation:https://r-1.example"
    (own,) = spent(world, ours).values()
    assert own.version == 0


def test_it_pays_for_what_it_reads_also_what_was_told_to_somebody_alone(hospital):
    world, _ = hospital
    person = Subject("https://login.example", "ann")
    alone = account_of(world.node.pseudonym_key, person)
    number = on_autosome(world)[3]
    direct = account(alone, broker="https://login.example")
    told = asks(world, direct, number)
    assert audits(world.node)[-1]["charged"][DATASET]["drawn"] == "now"
    pseudonym = Introduced(OTHER, Asserted(Tier.REGISTERED, "ann")).pseudonym(
        world.node.pseudonym_key
    )
    link_identity(world.node, pseudonym, person)
    who = through(world, "ann", OTHER)
    asks(world, who, number)
    charged = audits(world.node)[-1]["charged"][DATASET]
    assert charged["drawn"] == "now" and "broker" in charged["payers"]
    asks(world, who, number)
    assert audits(world.node)[-1]["charged"][DATASET] == {"drawn": "before"}
    assert asks(world, replace(direct, account=who.account), number) == told

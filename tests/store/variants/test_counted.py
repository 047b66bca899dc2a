"""A filter means and says what it would if the index had only the people who may be counted."""

from copy import deepcopy
from dataclasses import replace

import pytest

from beacon_node.errors import InvalidRequest
from beacon_node.model.carriers import NumberSet
from beacon_node.model.consent import DataType
from beacon_node.model.people import Consented
from beacon_node.model.query import AlphanumericFilter, OntologyFilter
from tests.store.variants.world import BIOSAMPLE, INDIVIDUAL, OPEN, World, one_each

KG, LB, G = ("NCIT:C28252", "Kilogram"), ("NCIT:C48531", "Pound"), ("NCIT:C48155", "Gram")
PEOPLE, IN = 4, {0, 1}


def measured(level, field, number, amount, unit=("", ""), label=""):
    return (level, field, number, amount, str(amount), *unit, label)


@pytest.fixture
def world() -> World:
    """Four people with a biosample each; 2 and 3 may not be counted."""
    return one_each(
        PEOPLE,
        terms=[
            (INDIVIDUAL, "X", "sex", "", {0}),
            (BIOSAMPLE, "X", "sampleOriginType", "", {2}),
            (BIOSAMPLE, "Y", "sampleOriginType", "", {1}),
            (BIOSAMPLE, "M", "sampleOriginType", "", {0, 3}),
            (BIOSAMPLE, "N", "histology", "", {1}),
            (INDIVIDUAL, "N", "histology", "", {2}),
            (INDIVIDUAL, "blood", "individuals.group", "", {3}),
            (INDIVIDUAL, "blood", "group", "", {0}),
        ],
        measures=[
            measured(INDIVIDUAL, "mass", 2, 70.0, KG, "Weight"),
            measured(INDIVIDUAL, "mass", 3, 150.0, LB, "Weight"),
            measured(INDIVIDUAL, "height", 0, 170.0, G, ""),
            measured(INDIVIDUAL, "height", 2, 170.0, KG, "Tallness"),
            measured(INDIVIDUAL, "age", 0, 40.0),
            measured(INDIVIDUAL, "age", 1, 50.0),
            measured(BIOSAMPLE, "age", 1, 60.0),
            measured(BIOSAMPLE, "depth", 1, 60.0),
            measured(INDIVIDUAL, "depth", 3, 60.0),
        ],
    )


def without_others(world: World) -> World:
    """Return the world as if the people who may not be counted had never been in it."""
    left = deepcopy(world)
    for level in (INDIVIDUAL, BIOSAMPLE):
        del left.entries[level][len(IN) :]
    del left.call_sets[len(IN) :]
    left.terms = [(*row, members & IN) for *row, members in world.terms if members & IN]
    left.measures = [row for row in world.measures if row[2] in IN]
    return left


def said(ask, world: World, decision, entry_type, filters) -> int | str:
    try:
        return ask(world, entry_type, decision=decision, filters=filters).total
    except InvalidRequest as error:
        return str(error)


def counting(people: int) -> object:
    everybody = NumberSet.of(people, sorted(IN))
    return replace(OPEN, people=Consented(dict.fromkeys(DataType, everybody)))


def compared(field, operator, value, scope=None) -> AlphanumericFilter:
    return AlphanumericFilter(field, operator, value, scope)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param((compared("Weight", "=", "70"),), 0, id="units of a label"),
        pytest.param((compared("mass", ">", "1"),), 0, id="units of a field"),
        pytest.param((compared("height", "=", "170"),), 1, id="a unit more than others have"),
        pytest.param((compared("Tallness", "=", "170"),), 0, id="a label that others gave"),
        pytest.param((compared("age", "<", "60"),), 2, id="a field that several have"),
        pytest.param((compared("individuals.group", "=", "blood"),), 1, id="a path of others"),
        pytest.param((OntologyFilter("X"), OntologyFilter("Y")), 0, id="terms"),
        pytest.param((OntologyFilter("N"), OntologyFilter("Y")), 1, id="terms of one record"),
        pytest.param((compared("depth", "=", "60"), OntologyFilter("Y")), 1, id="measures"),
    ],
)
@pytest.mark.parametrize("entry_type", [INDIVIDUAL, BIOSAMPLE])
def test_others_leave_no_trace_in_what_a_filter_means(ask, world, entry_type, filters, expected):
    found = said(ask, world, counting(PEOPLE), entry_type, filters)
    assert found == expected
    assert found == said(ask, without_others(world), OPEN, entry_type, filters)


def test_conditions_are_joined_as_if_others_had_no_records(ask, world):
    """One biosample has M, another one of the same person N: no record has both.

    That somebody else's individual record has N too does not loosen this."""
    world.entries[BIOSAMPLE][1].parents[INDIVIDUAL] = 0
    world.properties["one_call_set_each"] = "0"
    filters = (OntologyFilter("M"), OntologyFilter("N"))
    assert ask(world, INDIVIDUAL, decision=counting(PEOPLE), filters=filters).total == 0
    assert ask(world, INDIVIDUAL, filters=filters).total == 1


def test_units_of_counted_people_must_be_named(ask, world):
    world.measures.append(measured(INDIVIDUAL, "height", 1, 5.0, LB))
    weighing = (compared("height", "=", "170"),)
    with pytest.raises(InvalidRequest, match=r"\(Gram\), NCIT:C48531 \(Pound\)$"):
        ask(world, INDIVIDUAL, decision=counting(PEOPLE), filters=weighing)
    with pytest.raises(InvalidRequest, match="Kilogram"):
        ask(world, INDIVIDUAL, filters=weighing)

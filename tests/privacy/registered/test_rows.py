"""A stored row is the row that was charged, and its public part tells of nobody."""

import json
from dataclasses import replace

import numpy as np
import pytest

from beacon_node.privacy.registered.count import Group, Question, quote
from beacon_node.privacy.registered.prices import phenotype_price
from beacon_node.privacy.registered.rows import public_part, read_row
from tests.privacy.registered.worlds import BOUNDS, independent_world, question, subjects

WORLD, OTHER = (independent_world(seed, 100, np.array([0.3])) for seed in (1, 2))


def row_of(world, asked: Question):
    return quote(subjects(world), asked, BOUNDS).row


def phenotype() -> Question:
    return Question(
        Group(question(WORLD, 0).people.matching),
        Group(question(WORLD, 0).reference.matching),
        phenotype_price(BOUNDS),
        group="ages",
    )


@pytest.mark.parametrize("asked", [question(WORLD, 0), phenotype()], ids=["allele", "phenotype"])
def test_a_row_is_read_as_it_was_stored(asked):
    row = row_of(WORLD, asked)
    assert read_row(public_part(row), row.people, row.reference) == row


def test_of_a_row_that_names_no_set_it_is_not_known_whose_the_genomes_are():
    row = row_of(WORLD, question(WORLD, 0))
    old = json.loads(public_part(row))
    del old["genomes"]
    assert read_row(json.dumps(old), row.people, row.reference) == replace(row, genomes=None)


def test_the_public_part_does_not_depend_on_who_carries():
    prices = question(WORLD, 0).prices
    rows = [
        row_of(world, Question(q.people, q.reference, prices, q.place, q.group))
        for world in (WORLD, OTHER)
        for q in (question(world, 0),)
    ]
    assert rows[0].people != rows[1].people
    assert public_part(rows[0]) == public_part(rows[1])

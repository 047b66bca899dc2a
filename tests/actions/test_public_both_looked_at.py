"""actions/public_answers.py: table and open choices are both looked at, whatever either says."""

from beacon_node.actions.public_tables import OpenTable
from tests.actions.open_world import carried_in, genes, opening_world
from tests.actions.public_world import ask, variant


def test_the_table_is_looked_up_alike_whether_somebody_opened_the_allele_or_not(
    tmp_path, monkeypatch
):
    world = opening_world(tmp_path / "w", {3: genes("ONE")})
    looks, look = [], OpenTable.counted_at
    monkeypatch.setattr(OpenTable, "counted_at", lambda t, key: looks.append(key) or look(t, key))
    hers = carried_in(world, 3, "ONE")
    others = set(range(140, 160)) - hers
    for number in (min(hers), min(others)):
        ask(world, variant(world, number))
        assert len(looks) == 1
        looks.clear()

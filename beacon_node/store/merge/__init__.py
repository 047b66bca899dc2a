"""Builds the variation index of a release from the parts of its draft."""

from beacon_node.store.merge.build import Built, GenotypePart, Plan, build_index, people_of
from beacon_node.store.merge.compare import people_changed
from beacon_node.store.merge.left_out import LeftOut

__all__ = [
    "Built",
    "GenotypePart",
    "LeftOut",
    "Plan",
    "build_index",
    "people_changed",
    "people_of",
]

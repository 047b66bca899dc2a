"""Builds the variation index of a release from the parts of its draft."""

from beacon_node.store.merge.build import (
    Built,
    GenotypePart,
    Plan,
    build_index,
    lineage_of,
)
from beacon_node.store.merge.compare import people_changed
from beacon_node.store.merge.left_out import LeftOut
from beacon_node.store.merge.lineage import Lineage

__all__ = [
    "Built",
    "GenotypePart",
    "LeftOut",
    "Lineage",
    "Plan",
    "build_index",
    "lineage_of",
    "people_changed",
]

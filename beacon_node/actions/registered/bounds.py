"""What the registered tier of a node promises, from its settings."""

from beacon_node.node import Node
from beacon_node.privacy.registered.bounds import Bounds


def bounds_of(node: Node) -> Bounds:
    """Return the bounds that the table `[registered]` of the settings sets."""
    return node.settings.registered.bounds

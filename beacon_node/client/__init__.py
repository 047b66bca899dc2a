"""Asks brokers, nodes and any Beacon v2 server, for researchers' programs and the command line.

>>> from beacon_node.client import BeaconClient
>>> client = BeaconClient("https://broker.example")
"""

from beacon_node.client.answers import Asked, Gathered, NetworkAnswer, Search, Understood
from beacon_node.client.applications import Application, SiteApplication
from beacon_node.client.beacon import BeaconClient
from beacon_node.client.standing import Whoami
from beacon_node.model.federation import Came, MemberRow, Told

__all__ = [
    "Application",
    "Asked",
    "BeaconClient",
    "Came",
    "Gathered",
    "MemberRow",
    "NetworkAnswer",
    "Search",
    "SiteApplication",
    "Told",
    "Understood",
    "Whoami",
]

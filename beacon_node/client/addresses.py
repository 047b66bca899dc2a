"""What an address is: a broker, a node, or anybody's Beacon v2. It is asked, and says so itself."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from beacon_node.client.connection import Connection
from beacon_node.client.refusals import Unexpected
from beacon_node.errors import BeaconNodeError, NotFound, Unreachable
from beacon_node.model.federation_documents import text


class Kind(StrEnum):
    BROKER = "broker"
    NODE = "node"
    BEACON = "beacon"


@dataclass(frozen=True, slots=True)
class Address:
    """`home` is where `/whoami` and `/dac` lie, `api` where `/info` and `/individuals` do.

    `sites` is how many are asked by one question.
    """

    kind: Kind
    home: str
    api: str
    id: str = ""
    name: str = ""
    sites: int = 1

    @property
    def applied_at(self) -> str:
        """Where one applies for access, empty where no committee listens."""
        return "" if self.kind is Kind.BEACON else self.home


def find_out(at: Callable[[str], Connection], url: str) -> Address:
    """Return what `url` is. Raises Unreachable if nobody is there, NotFound if no Beacon is."""
    home = url.removesuffix("/api")
    members = _looked_up(at(home), "/services")
    if isinstance(members, list):
        return Address(Kind.BROKER, home, f"{home}/api", sites=len(members))
    for api in dict.fromkeys((url, f"{home}/api")):
        info = _looked_up(at(api), "/info")
        if isinstance(info, dict) and isinstance(info.get("response"), dict):
            told = info["response"]
            kind = Kind.NODE if api == f"{home}/api" and _is_node(at(home)) else Kind.BEACON
            return Address(kind, home, api, text(told.get("id")), text(told.get("name")))
    raise NotFound(f"there is neither a broker nor a Beacon v2 at {url}")


def _is_node(connection: Connection) -> bool:
    return _looked_up(connection, "/livez") == {"status": "alive"}


def _looked_up(connection: Connection, path: str) -> object:
    """Return a document, None if there is none; Unreachable if nobody answers at all."""
    try:
        return connection.get(path)
    except Unexpected:
        return None
    except Unreachable:
        raise
    except BeaconNodeError:
        return None

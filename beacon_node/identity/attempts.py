"""How often somebody may try, counted over all processes."""

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from beacon_node.errors import QuotaExceeded
from beacon_node.ports import Clock
from beacon_node.storage.tables import Tables, number

KEPT = timedelta(hours=1)  # longer than any `Rate.within`


@dataclass(frozen=True, slots=True)
class Rate:
    most: int
    within: timedelta


class Attempts:
    """Counts attempts by what they are attempts of; only digests of that are kept, for an hour."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables, self._clock = tables, clock

    def take(self, rates: Mapping[str, Rate]) -> None:
        """Count one attempt under each name, before it is made: who tries many at once gains
        nothing. Raises QuotaExceeded, counting nothing, if one of them has had its number."""
        now = self._clock.now()
        with self._tables.writing() as connection:
            connection.execute("DELETE FROM attempt WHERE at <= ?", (number(now - KEPT),))
            sql = "SELECT count(*) FROM attempt WHERE digest = ? AND at > ?"
            for name, rate in rates.items():
                since = number(now - rate.within)
                (found,) = connection.execute(sql, (_digest(name), since)).fetchone()
                if found >= rate.most:
                    minutes = int(rate.within.total_seconds() // 60)
                    raise QuotaExceeded(f"too many attempts; try again in {minutes} minutes")
            told = [(_digest(name), number(now)) for name in rates]
            connection.executemany("INSERT INTO attempt VALUES (?, ?)", told)

    def forget(self, name: str) -> None:
        """Forget the attempts under a name, after one that succeeded."""
        with self._tables.writing() as connection:
            connection.execute("DELETE FROM attempt WHERE digest = ?", (_digest(name),))


def network_of(address: str) -> str:
    """Return whose attempts those of an address are: its own, of IPv6 its /64's, as one
    subscriber has a whole one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()

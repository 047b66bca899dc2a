"""`BeaconClient`: asks a broker, a node, or any Beacon v2 server, whichever an address is."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from beacon_node.client.addresses import Address, Kind, find_out
from beacon_node.client.answers import Asked, Gathered, NetworkAnswer, Said, Search
from beacon_node.client.applications import Application, Applications
from beacon_node.client.broker import ask_broker
from beacon_node.client.connection import Connection, checked_address
from beacon_node.client.direct import Beacon
from beacon_node.client.refusals import TryLater
from beacon_node.client.standing import Whoami, read_whoami
from beacon_node.client.token import bearer, find_token
from beacon_node.errors import BudgetSpent, InvalidRequest
from beacon_node.model.query import Granularity

PER_SECOND = 2.0  # questions, where many are asked
SPENT_IN_A_ROW = 3  # questions that no site can pay for any more, before no further is asked
_ATTEMPTS = 5
_GRANULARITIES = {one.word for one in Granularity}


class BeaconClient:
    """Asks one address, under one researcher's token if there is one.

    The token is the argument, else that of `token_file`, else that of `$BEACON_TOKEN_FILE` or
    `$BEACON_TOKEN`, which are for `$BEACON_AT` alone if that is set. It is sent to the host of
    `url` alone, over https (or to this machine), and shown nowhere. `timeout_s` is for an answer.

    >>> BeaconClient("https://broker.example/", token="secret")
    BeaconClient('https://broker.example')
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        token_file: str | Path | None = None,
        timeout_s: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = checked_address(url)
        found = find_token(token, token_file, self.url, os.environ)
        self.has_token, self._sleep = found is not None, sleep
        auth = bearer(found, self.url)
        self._connect = lambda url: Connection(url, auth, timeout_s=timeout_s)
        self._connections: dict[str, Connection] = {}
        self._address: Address | None = None
        self._one: Beacon | None = None

    def __repr__(self) -> str:
        return f"BeaconClient({self.url!r})"

    @property
    def address(self) -> Address:
        """What the address is, asked of itself once."""
        if self._address is None:
            self._address = find_out(self._at, self.url)
        return self._address

    # ---- asking ------------------------------------------------------------------------------

    def ask(
        self,
        text: str = "",
        *,
        assembly: str = "",
        filters: Iterable[str] = (),
        granularity: str = "count",
        entry: str = "",
    ) -> NetworkAnswer:
        """Return what every site says; `text` is what one would type into a search box."""
        return self.search(Search(text, assembly, tuple(filters), granularity, entry))

    def search(self, search: Search) -> NetworkAnswer:
        """Return the answer to a question that is a value already."""
        gathered = Gathered(search)
        for one in self.stream(search):
            gathered.add(one)
        return gathered.answer()

    def stream(self, search: Search) -> Iterator[Said]:
        """Yield what was understood, then a row per site as it arrives, then what a broker says of
        all of them; `Gathered` makes one answer of it."""
        if search.granularity and search.granularity not in _GRANULARITIES:
            raise InvalidRequest(f"granularity: one of {', '.join(sorted(_GRANULARITIES))}")
        if not search.text and not search.filters:
            raise InvalidRequest("there is nothing to ask: a text or a filter is needed")
        return self._ask(search)

    def _ask(self, search: Search) -> Iterator[Said]:
        if self.address.kind is Kind.BROKER:
            return ask_broker(self._at(self.address.home), search)
        return self._beacon().ask(search)

    def _beacon(self) -> Beacon:
        if self._one is None:
            address = self.address
            url = address.home if address.kind is Kind.NODE else address.api
            self._one = Beacon(self._at(url), address)
        return self._one

    def ask_many(
        self,
        texts: Iterable[str],
        *,
        per_second: float = PER_SECOND,
        search: Search = Search(),
    ) -> Iterator[Asked]:
        """Yield the answers to many questions, in order, never faster than `per_second`.

        `search` has the conditions of all. What is not understood has its problem. Raises
        BudgetSpent when what may be told is told, and what `ask` raises for the rest.
        """
        spent, began = 0, None
        for number, text in enumerate(texts, start=1):
            if began is not None:
                self._sleep(max(0.0, began + 1 / per_second - time.monotonic()))
            began = time.monotonic()
            asked = self._ask_patiently(number, replace(search, text=text))
            yield asked
            spent = spent + 1 if asked.answer and asked.answer.is_all_spent else 0
            if spent >= SPENT_IN_A_ROW:
                raise BudgetSpent(
                    f"no site could pay for the last {spent} questions: what their people allow to "
                    "be told to you is told, and does not come back with time"
                )

    def _ask_patiently(self, number: int, search: Search) -> Asked:
        for left in reversed(range(_ATTEMPTS)):
            try:
                return Asked(number, search.text, self.search(search))
            except InvalidRequest as error:
                return Asked(number, search.text, problem=str(error))
            except TryLater as error:
                if not left:
                    raise
                self._sleep(error.wait_s)
        raise ValueError("no attempt was allowed")

    # ---- who I am ----------------------------------------------------------------------------

    def whoami(self) -> Whoami:
        """Return what the token gives at this address, and why."""
        return read_whoami(self._at(self.address.home).get("/whoami"))

    def state_purpose(self, purpose: Mapping[str, Any]) -> Whoami:
        """State what one's research is for, such as `{"categories": ["biomedical"]}`. An account
        keeps its purpose for good. Raises NotPermitted for another one than before."""
        body = {"purpose": dict(purpose), "forGood": True}
        return read_whoami(self._at(self.address.home).post("/whoami/purpose", body))

    @property
    def committees(self) -> Applications:
        """Where one applies for access: opens, shows and lists applications, and acts on them."""
        return Applications(self._at(self.address.home), self.address)

    def applications(self) -> tuple[Application, ...]:
        """Return what one has applied for at this address, newest first; a row per site."""
        return self.committees.list()

    def _at(self, url: str) -> Connection:
        if url not in self._connections:
            self._connections[url] = self._connect(url)
        return self._connections[url]

"""Accounts that turned out to be one person's: what links them, and as which one they count."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class How(StrEnum):
    """By what it was proved that accounts are one person's."""

    VISAS = "visas"  # LinkedIdentities visas of trusted issuers join the identities
    SHOWN = "shown"  # who came under a broker's pseudonym showed an identity of theirs


@dataclass(frozen=True, slots=True)
class Link:
    """From `at` on, for good, `accounts` are those of one person, whose account is `person`.

    `number` is that of its entry in the ledger. Of what was `SHOWN` the account that it was shown
    for comes first.
    """

    number: int
    at: datetime
    accounts: tuple[str, ...]
    person: str
    how: How


@dataclass(frozen=True, slots=True, repr=False)
class Linked:
    """All links until now. An account that none names is a person of its own.

    >>> at = datetime(2030, 1, 7)
    >>> linked = Linked().more([Link(1, at, ("acc-a", "acc-b"), "acc-a", How.VISAS)])
    >>> linked.person("acc-b"), linked.accounts("acc-b"), linked.person("acc-c")
    ('acc-a', ('acc-a', 'acc-b'), 'acc-c')
    """

    links: tuple[Link, ...] = ()
    _persons: Mapping[str, str] = field(default_factory=dict)
    _accounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by person, all of them
    _links: Mapping[str, tuple[Link, ...]] = field(default_factory=dict)  # by person, theirs
    _earlier: dict[int, "Linked"] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Linked({self.version})"

    @property
    def version(self) -> int:
        """The number of the last link, 0 without any."""
        return self.links[-1].number if self.links else 0

    def person(self, account: str) -> str:
        """Return the account as which somebody counts, whichever of theirs this is."""
        return self._persons.get(account, account)

    def accounts(self, account: str) -> tuple[str, ...]:
        """Return all accounts of the person whose this is, the one they count as first."""
        return self._accounts.get(self.person(account), (account,))

    def persons(self, accounts: Iterable[str]) -> frozenset[str]:
        """Return as whom these accounts count: each person once."""
        return frozenset(map(self.person, accounts))

    def are_one(self, accounts: Iterable[str]) -> bool:
        return len(self.persons(accounts)) <= 1

    def is_shown(self, account: str) -> bool:
        """Say whether an identity was shown for this account, come by a broker's pseudonym."""
        return any(link.how is How.SHOWN and link.accounts[0] == account for link in self.links)

    def more(self, links: Iterable[Link]) -> "Linked":
        """Return what is linked with these later ones too."""
        new = tuple(links)
        if not new:
            return self
        persons, accounts = dict(self._persons), dict(self._accounts)
        links = dict(self._links)
        for link in new:
            own, by = set[str](), set[Link]()
            for one in {persons.get(one, one) for one in (link.person, *link.accounts)}:
                own.update(accounts.pop(one, (one,)))
                by.update(links.pop(one, ()))
            accounts[link.person] = (link.person, *sorted(own - {link.person}))
            links[link.person] = (*sorted(by, key=lambda one: one.number), link)
            persons.update(dict.fromkeys(own, link.person))
        return Linked((*self.links, *new), persons, accounts, links)

    def among(self, accounts: Iterable[str]) -> "Linked":
        """Return what links the persons of these accounts, without what links others."""
        own = [link for person in self.persons(accounts) for link in self._links.get(person, ())]
        return Linked().more(sorted(own, key=lambda link: link.number))

    def as_of(self, moment: datetime) -> "Linked":
        """Return what was linked at a moment."""
        known = bisect_right(self.links, moment, key=lambda link: link.at)
        if known == len(self.links):
            return self
        if known not in self._earlier:
            self._earlier[known] = Linked().more(self.links[:known])
        return self._earlier[known]

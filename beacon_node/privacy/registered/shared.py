"""One person in several datasets has one budget: an account as it stands to her everywhere.

What an account spent on a person in other datasets is added to what it spent on her here; `fill`,
which is public, is added whoever is in which dataset. Where it asked in a dataset that shares
anybody with this one, it asks here no more, among whichever group.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from beacon_node.privacy.registered.account import Account, Change, Purse
from beacon_node.privacy.registered.count import Group
from beacon_node.privacy.registered.near import ELSEWHERE


@dataclass(frozen=True, slots=True, repr=False)
class Elsewhere:
    """The same account in another dataset: person `there[i]` of it is person `here[i]` of this one.

    Nobody is in either list twice. Private: does not print itself.
    """

    account: Account
    here: np.ndarray
    there: np.ndarray

    def __repr__(self) -> str:
        return "Elsewhere(…)"


def view(account: Account, others: Iterable[Elsewhere], *, people: int, asked: Group) -> Account:
    """Return `account` as a question about the first `people` meets it, which is put to the
    reference genomes as `asked` says; to be quoted from and not to be changed."""
    others = tuple(others)
    seen = Account(
        account.name,
        account.limits,
        people=0,
        reference=0,
        one_group_per_place=account.one_group_per_place,
    )
    seen.people = _with(account.people, others, people).within(account.limits)
    reference = account.spent_on(asked.genomes, asked.matching.universe)
    seen.reference = reference.within(account.limits)
    every = (account, *(one.account for one in others))
    seen.fill = sum(one.fill for one in every)
    seen.version = sum(one.version for one in every)
    seen.groups = _with_places(account.groups, [one.account for one in others if len(one.here)])
    return seen


def _with(own: Purse, others: Iterable[Elsewhere], people: int) -> Purse:
    """Return what the first `people` spent here and elsewhere."""
    own.grow(people)
    met = [one for one in others if len(one.here)]
    if not met:
        return own.first(people)
    total = Purse.of(own.renyi[:people].copy(), own.rho[:people].copy())
    for other in met:
        known = (other.here < people) & (other.there < len(other.account.people))
        here, there = other.here[known], other.there[known]
        renyi, rho = np.zeros(people, np.int32), np.zeros(people, np.int32)
        renyi[here] = other.account.people.renyi[there]
        rho[here] = other.account.people.rho[there]
        total.add(Change.of(renyi, rho))
    return total


def _with_places(own: dict, sharing: list[Account]) -> dict:
    """Return where an account asked among which groups, all of other datasets as one."""
    united = dict(own)
    for account in sharing:
        for name, groups in account.groups.items():
            here = united[name] = dict(united.get(name, {}))
            asked = (place for places in groups.values() for place in places)
            here[ELSEWHERE] = [*here.get(ELSEWHERE, ()), *asked]
    return united

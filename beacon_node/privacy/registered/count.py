"""From a question's private matches to a charge and a noisy count, in one pure step.

    quote  ─▶ who can pay on every account, and what is predicted for the reference genomes
    charge ─▶ the row that the ledger stores; refused if any account was charged since the quote
    draw   ─▶ the noisy count, drawn once and stored beside the row
    shown  ─▶ what is said of it

The ledger's transaction replays the rows it has not seen, quotes, charges, draws and stores; after
its commit the row is replayed like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beacon_node.errors import Conflict, QuotaExceeded
from beacon_node.model.carriers import NumberSet
from beacon_node.model.charges import Charged
from beacon_node.ports import Noise
from beacon_node.privacy.registered.account import Account, Place, Row
from beacon_node.privacy.registered.bounds import Bounds, Limits
from beacon_node.privacy.registered.masks import mask_of, store_mask
from beacon_node.privacy.registered.prices import Prices


@dataclass(frozen=True, slots=True, repr=False)
class Group:
    """Whom a question is about and who of them match. Private: does not print itself.

    `seats` are the people it is about, callable there and consenting, None for everybody;
    `matching` those who match. `one_copy` are people with one callable copy, if any have.
    `genomes` names the set that numbers of reference genomes belong to.
    """

    matching: NumberSet
    seats: NumberSet | None = None
    one_copy: NumberSet | None = None
    genomes: str = ""

    def __repr__(self) -> str:
        return "Group(…)"


@dataclass(frozen=True, slots=True)
class Question:
    """A canonical question as it meets one release: its matches, its prices, and where it lies.

    `reference` is the same question put to the public genomes. `group` names the people it is
    about: the digest of the filters, with the purpose where accounts of several share a subject.
    `place` is None without a variation.
    """

    people: Group
    reference: Group
    prices: Prices
    place: Place | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Subjects:
    """Who is charged for an answer: `accounts` (researcher, organisation, broker) and `pool`, all
    accounts together."""

    accounts: tuple[Account, ...]
    pool: Account

    @property
    def spender(self) -> Account:
        """The account that asks; the others are shared with others."""
        return self.accounts[0]

    @property
    def all(self) -> tuple[Account, ...]:
        return (*self.accounts, self.pool)

    @property
    def versions(self) -> tuple[int, ...]:
        return tuple(account.version for account in self.all)


@dataclass(frozen=True, slots=True, repr=False)
class Quote:
    """What an answer would charge to whom. Private, but for `completeness`.

    `matching` is the number of people who match and can pay, `filled` how many cannot, by callable
    copies (2, 1).
    """

    question: Question
    completeness: float
    matching: int
    filled: tuple[int, int]
    versions: tuple[int, ...]
    row: Row

    def __repr__(self) -> str:
        return f"Quote(completeness={self.completeness})"


def quote(subjects: Subjects, question: Question, bounds: Bounds) -> Quote:
    """Return what answering would charge; QuotaExceeded if these accounts get no answer.

    A refusal depends on the reference genomes and on what these accounts and the pool were asked
    alone, never on who is in the dataset.
    """
    _refuse_other_groups(subjects, question, bounds)
    reference = _weigh(subjects, "reference", question)
    if reference.share_counted < bounds.completeness or _is_filled(
        subjects.all, subjects, question
    ):
        raise QuotaExceeded(why_spent(subjects, question, bounds))
    people = _weigh(subjects, "people", question)
    return Quote(
        question,
        completeness=reference.share_counted,
        matching=people.matching,
        filled=people.filled,
        versions=subjects.versions,
        row=_row(question, people.charged, reference.charged),
    )


def _row(question: Question, people: Charged, reference: Charged) -> Row:
    place, group, genomes = question.place, question.group, question.reference.genomes
    return Row(question.prices, people, reference, place, group, genomes)


def charge(quoted: Quote, subjects: Subjects) -> Row:
    """Return the row to store; Conflict if an account was charged since it was quoted."""
    if quoted.versions != subjects.versions:
        raise Conflict("this account was charged for another answer meanwhile; ask again")
    return quoted.row


def draw(quoted: Quote, noise: Noise, bounds: Bounds) -> int:
    """Return the noisy count; it may be negative. To be drawn once and stored.

    People who cannot pay are replaced by draws at the public frequency, so that their absence
    tells nothing either.
    """
    prices = quoted.question.prices
    two, one = quoted.filled
    total = quoted.matching + noise.geometric(bounds.epsilon)
    if two and prices.fill_two:
        total += noise.binomial(two, probability=prices.fill_two)
    if one and prices.fill_one:
        total += noise.binomial(one, probability=prices.fill_one)
    return total


def shown(noisy: int, bounds: Bounds) -> int | None:
    """Return what is said of a noisy count, None for one below the threshold.

    The boolean of the same question is whether this is a number.
    """
    return noisy if noisy >= bounds.threshold else None


def _refuse_other_groups(subjects: Subjects, question: Question, bounds: Bounds) -> None:
    for account in subjects.all:
        if account.asked_otherwise(question.place, question.group, bounds.near):
            raise QuotaExceeded(
                "this account has asked near this place among another group of people; two groups "
                "could be subtracted from each other, so ask with the same filters as before, or "
                "apply to the data access committee for exact answers"
            )


def _is_filled(among: Sequence[Account], subjects: Subjects, question: Question) -> bool:
    """Say whether draws that stand for people have told all that they may, on any of `among`."""
    own, price = subjects.spender.fill, question.prices.fill
    return any(
        (one.limits.share - 1) * own + one.fill + one.limits.share * price > one.limits.fill
        for one in among
    )


def why_spent(subjects: Subjects, question: Question, bounds: Bounds) -> str:
    """Return whose budget is used up, for somebody who gets no answer: public as the refusal is."""
    own, *institutions = subjects.accounts
    whose = _OF_SEVERAL
    for account, words in (
        (own, _OWN),
        *((one, _OF.get(one.name.partition(":")[0], _OF_ALL)) for one in institutions),
        (subjects.pool, _OF_ALL),
    ):
        counted = _weigh(subjects, "reference", question, [account]).share_counted
        if counted < bounds.completeness or _is_filled([account], subjects, question):
            whose = words
            break
    return (
        f"the privacy budget {whose} is used up: an answer would leave out too many people (at "
        f"least {bounds.completeness:.0%} must be counted). Answers already given can be read "
        "again until the dataset's next release or change of consents; more can be had by an "
        "application to the data access committee"
    )


_OWN = "of your account"
_OF = {
    "organisation": "of your organisation, which others of it spend too,",
    "broker": "of the broker that you come through, which others spend too,",
}
_OF_ALL = "of all accounts together"
_OF_SEVERAL = "of your account and those that you share with others"


@dataclass(frozen=True, slots=True, repr=False)
class _Weighed:
    """A group against its purses: how many match and pay, who is left out, what is stored."""

    matching: int
    filled: tuple[int, int]
    share_counted: float
    charged: Charged


def _weigh(
    subjects: Subjects, which: str, question: Question, among: Sequence[Account] | None = None
) -> _Weighed:
    group: Group = getattr(question, which)
    matching = mask_of(group.matching)
    seats = None if group.seats is None else mask_of(group.seats)
    if seats is not None:
        matching = matching & seats
    missing = left_out(subjects, which, question.prices, among)
    if missing is not None and seats is not None:
        missing &= seats
    absent = 0 if missing is None else int(np.count_nonzero(missing))
    asked = len(matching) if seats is None else int(np.count_nonzero(seats))
    all_matching = int(np.count_nonzero(matching))
    counted = int(np.count_nonzero(matching & ~missing)) if absent else all_matching
    return _Weighed(
        counted,
        _by_copies(group, missing, absent),
        _completeness(1 - absent / asked if asked else 0.0, counted, all_matching),
        Charged(
            None if seats is None else store_mask(seats),
            store_mask(matching),
            store_mask(missing) if absent else b"",
            len(matching),
        ),
    )


def _completeness(share: float, counted: int, matching: int) -> float:
    """Return the share counted of all or, if less, of those who match.

    Where few match, the latter is drawn to the former: one genome must not decide.
    """
    return min(share, (counted + _AS_MANY * share) / (matching + _AS_MANY))


_AS_MANY = 10  # matching genomes that the share of all is worth


def _by_copies(group: Group, missing: np.ndarray | None, absent: int) -> tuple[int, int]:
    if not absent or group.one_copy is None:
        return absent, 0
    one = int(np.count_nonzero(missing & mask_of(group.one_copy)))
    return absent - one, one


def left_out(
    subjects: Subjects, which: str, prices: Prices, among: Sequence[Account] | None = None
) -> np.ndarray | None:
    """Return flags of those who cannot pay for some account (of `among`), None if everybody can.

    Everybody must be able to pay the dearer price: being left out says nothing of who matches.
    """
    spender, accounts = subjects.spender, subjects.all if among is None else among
    short = [
        mask
        for kind, price in (("renyi", prices.dearest), ("rho", prices.dearest_rho))
        if price
        for account in accounts
        if (mask := _short(spender, account, which, _Cost(kind, price))) is not None
    ]
    return np.logical_or.reduce(short) if short else None


@dataclass(frozen=True, slots=True)
class _Cost:
    kind: str  # renyi or rho
    price: int

    def room(self, limits: Limits) -> int:
        """Return how much (share - 1) own + all spent may be, for the price to be paid still."""
        return getattr(limits, self.kind) - limits.share * self.price


def _short(spender: Account, account: Account, which: str, cost: _Cost) -> np.ndarray | None:
    """Return flags of who cannot pay, None if everybody can.

    The spender may use one part in `share` of what the others leave of an account:
    share (own + price) <= limit - (all spent - own). What the spender paid for on other accounts
    counts as its own here too, which only lets it spend less. Where even the person who has spent
    most can pay, nobody is looked at.
    """
    room, shares = cost.room(account.limits), account.limits.share - 1
    own, purse = getattr(spender, which), getattr(account, which)
    own_most = shares * own.most(cost.kind, allowed=room // shares) if shares else 0
    if own_most + purse.most(cost.kind, allowed=room - own_most) <= room:
        return None
    spent = getattr(purse, cost.kind)
    return (spent + shares * getattr(own, cost.kind) if shares else spent) > room

"""What is handed from one step of a registered answer to the next."""

from dataclasses import dataclass

from beacon_node.model.answer import NoisyCount, Refused
from beacon_node.privacy.registered.account import Place
from beacon_node.privacy.registered.count import Question

Outcome = NoisyCount | Refused


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """One canonical question as it meets one dataset for one requester, ready to be charged.

    `key` names the stored draw: whose it is, of which release, people, purpose and canonical
    question. `accounts` are all of the person who asks, the one they count as first, and `earlier`
    name the draws of this question that the others of them may have. `near` is where the question
    lies that this one, without a place, is asked for.
    `payers` are charged for it besides the pool of all, the researcher first:
    `researcher:…`, `organisation:…`, `broker:…`. People in `question` have their numbers for life
    (`seats.seats_of`). `size_floor`: as of `NoisyCount`. Private: does not print itself.
    """

    dataset_id: str
    key: bytes
    payers: tuple[str, ...]
    question: Question
    near: Place | None = None
    size_floor: int | None = None
    accounts: tuple[str, ...] = ()
    earlier: tuple[bytes, ...] = ()

    @property
    def keys(self) -> tuple[bytes, ...]:
        return self.key, *self.earlier

    def __repr__(self) -> str:
        return f"Asked({self.dataset_id!r})"

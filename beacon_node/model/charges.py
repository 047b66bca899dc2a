"""What the ledger keeps of the registered tier: who paid for which noisy count, as plain values."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, repr=False)
class Charged:
    """Who paid for one answer, as stored sets (model.carriers). Private: does not print itself.

    All sets hold numbers below `universe`. `seats` None: everybody below it was asked about; an
    empty set is b"". `left_out` could not pay.
    """

    seats: bytes | None
    carriers: bytes
    left_out: bytes
    universe: int

    def __repr__(self) -> str:
        return "Charged(…)"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A noisy count as it was drawn and stored, with the share of people predicted to be in it."""

    noisy: int
    completeness: float


@dataclass(frozen=True, slots=True, repr=False)
class Charge:
    """One answer of one dataset that was paid for. Private: does not print itself.

    `key` names the question and whose it is; the same key is never charged again. `payers` were
    charged besides the pool of all accounts. `public` is what anybody may know of the charge
    (prices, place, group), as text; `people` are numbers for life, `reference` public genomes.
    """

    dataset: str
    key: bytes
    payers: tuple[str, ...]
    public: str
    people: Charged
    reference: Charged
    drawn: Drawn

    def __repr__(self) -> str:
        return f"Charge({self.dataset!r}, …)"


@dataclass(frozen=True, slots=True, repr=False)
class Seated:
    """The numbers for life of some people, in their order (int64), and how many numbers were ever
    given in the dataset. Private: does not print itself."""

    numbers: np.ndarray
    universe: int

    def __repr__(self) -> str:
        return "Seated(…)"

"""What the public tier says of one variant: yes, no, or not answerable and why.

*Not answerable* follows from public facts alone: the panel, the declared assays, the sizes of the
batches. Who carries what never enters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from beacon_node.model.panels import LEAST_NUMBER

_GRANT = "An application for access can answer it."
_MORE = "Registered researchers may be told more, and an application for access can answer it."


class NotAnswerable(Enum):
    """Why a question cannot be answered at the public tier; `helps` says what would change it, and
    `beyond` what only those can be told who have an account or a grant."""

    NO_PANEL = (
        "This node has no reference frequencies, so it cannot tell how much an answer gives away.",
        "The node's operator can load a reference panel.",
        _GRANT,
    )
    NO_GENOMES = (
        "This node has no reference genomes, so it cannot tell where its answers must stop.",
        "The node's operator can load them.",
        _GRANT,
    )
    NO_ASSAY = (
        "Nobody has said what of the genome was sequenced in the people of this dataset.",
        "The node's operator can declare it.",
        _GRANT,
    )
    NO_SUCH_QUESTION = (
        "Without a grant this dataset only says whether it has a variation, named or placed, among "
        "all who consented to public discovery: no filters, no records, no ids.",
        "Ask for a variation alone.",
        _MORE,
    )
    TOO_FEW_PEOPLE = (
        "Too few people are in this dataset, or still consent, to hide one person among them.",
        "A larger dataset, or one pooled with others, can be asked.",
    )
    THIN_PANEL = (
        f"The reference panel called fewer than {LEAST_NUMBER:,} copies at this place.",
        "A larger reference panel, loaded by the node's operator, may make it answerable.",
    )
    FEW_SEQUENCED = (
        "Too few people of this dataset were sequenced at this place.",
        "Datasets whose assay covers this place can answer.",
        _GRANT,
    )
    TOO_RARE = (
        "A yes would point to a person, so rare is this variant in the reference panels. This is "
        "said whether or not anybody here has it.",
        "A larger dataset may answer it.",
        _MORE,
    )
    RARE_PLACE = (
        "No variant that could be told of here is common enough in the reference panels: a yes "
        "would point to a person. This is said whether or not anybody here has one.",
        "Ask about a variant that is common, or in a larger dataset.",
        _MORE,
    )

    def __init__(self, reason: str, helps: str, beyond: str = "") -> None:
        self.reason, self.helps, self.beyond = reason, helps, beyond

    def words(self, *, accounts: bool, contact: str) -> str:
        """Return what a person is told, without ways that lead nowhere.

        `accounts`: somebody could have an account or a grant here. `contact`: where the node's
        organisation can be asked; empty: nowhere is known.
        """
        ways = [self.beyond] if accounts and self.beyond else []
        if contact and self.beyond:
            ways.append(f"Whom to ask: {contact}")
        return " ".join((self.reason, self.helps, *ways))


@dataclass(frozen=True, slots=True)
class Offer:
    """What one batch could say of a variant: `cost` of a yes, and the dearest it answers.

    `cost_if_all` is what a yes would cost were everybody in the batch sequenced there.
    """

    cost: float
    cost_if_all: float
    dearest: float
    is_open: bool

    @property
    def is_answerable(self) -> bool:
        return self.is_open and self.cost <= self.dearest


def why_not_answerable(
    offers: Sequence[Offer], *, allele_number: int | None
) -> NotAnswerable | None:
    """Return why a variant is not answerable, or None if it is.

    `allele_number` is the least AN of the panels there (0: no panel has the place); None says that
    no panel is loaded.
    """
    opened = [offer for offer in offers if offer.is_open]
    if allele_number is None:
        return NotAnswerable.NO_PANEL
    if not opened:
        return NotAnswerable.TOO_FEW_PEOPLE
    if any(offer.is_answerable for offer in opened):
        return None
    if allele_number < LEAST_NUMBER:
        return NotAnswerable.THIN_PANEL
    if any(offer.cost_if_all <= offer.dearest for offer in opened):
        return NotAnswerable.FEW_SEQUENCED
    return NotAnswerable.TOO_RARE


def is_yes(counted_who_consent: Iterable[int], *, carriers_needed: int = 1) -> bool:
    """Return the answer: yes if in any one open batch enough counted carriers still consent.

    `counted_who_consent` is their number, by open batch. Carriers of different batches are never
    added up: each batch's answers hide its people among its own (docs/guard.md, lemma 4).
    """
    return any(count >= carriers_needed for count in counted_who_consent)

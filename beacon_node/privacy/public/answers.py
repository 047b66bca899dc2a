"""What the public tier says of one variant: yes, no, or not answerable and why.

*Not answerable* follows from public facts alone: the panel, the declared assays, the sizes of the
batches. Who carries what never enters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from beacon_node.model.panels import LEAST_NUMBER


class NotAnswerable(Enum):
    """Why a question cannot be answered at the public tier; `helps` says what would change it."""

    NO_PANEL = (
        "This node has no reference frequencies, so it cannot tell how much an answer gives away.",
        "The node's operator can load a reference panel; registered researchers may ask for more.",
    )
    NO_GENOMES = (
        "This node has no reference genomes, so it cannot tell where its answers must stop.",
        "The node's operator can load them; an application for access can answer it.",
    )
    NO_ASSAY = (
        "Nobody has said what of the genome was sequenced in the people of this dataset.",
        "The node's operator can declare it; an application for access can answer it.",
    )
    NO_SUCH_QUESTION = (
        "Without a grant this dataset only says whether it has a variation, named or placed, among "
        "all who consented to public discovery: no filters, no records, no ids.",
        "Ask for a variation alone; an application for access can answer more.",
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
        "Datasets whose assay covers this place, or an application for access, can answer.",
    )
    TOO_RARE = (
        "The variant is so rare that yes would point to a person.",
        "Registered researchers may be told more; an application for access can answer it.",
    )

    def __init__(self, reason: str, helps: str) -> None:
        self.reason, self.helps = reason, helps


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

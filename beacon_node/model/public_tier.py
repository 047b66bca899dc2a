"""How a dataset that is not open data answers anybody: what was declared, what came of it."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PublicPanels:
    """What an operator named so that a dataset answers anybody.

    `panels` are reference panels of the cohort's ancestries, none: it answers nobody. `genomes` are
    the reference genomes, empty: the only ones loaded. `lifetime` counts the public lifetimes that
    were started, from 1: in each, everybody's evidence is limited anew. `is_rehearsal`: the table
    is made for the privacy report alone, and nobody is answered.
    """

    panels: tuple[str, ...] = ()
    genomes: str = ""
    lifetime: int = 1
    is_rehearsal: bool = False


class Missing(StrEnum):
    """What a public tier lacks, so that nobody new is answered for."""

    NOTHING = ""
    PANEL = "panel"
    GENOMES = "genomes"
    ASSAY = "assay"


@dataclass(frozen=True, slots=True)
class PublicTier:
    """How one release answers anybody.

    `table` is the file of its answers. `basis` is a digest of the panels and settings of this
    lifetime, `state` one of all that may change with another release. `power` and
    `false_positives` are β and α of each lifetime, `carriers_needed` is k. `waiting` people wait
    for others to be answered for with; it is not public, and 0 wherever a dataset is shown.

    `panels` and `genomes` are those of `PublicPanels` that it was released with; registered counts
    are priced by them. Releases of before these were kept name none. `is_rehearsal`: nobody was
    ever answered from this lifetime, nor is.
    """

    table: str
    basis: str
    state: str
    power: float
    false_positives: float
    carriers_needed: int = 1
    lifetime: int = 1
    missing: Missing = Missing.NOTHING
    waiting: int = 0
    panels: tuple[str, ...] = ()
    genomes: str = ""
    is_rehearsal: bool = False

    @property
    def stated_power(self) -> float:
        """The bound over all lifetimes: each multiplies it by β / α (docs/guard.md).

        >>> tier = PublicTier("", "", "", power=0.1, false_positives=0.05, lifetime=2)
        >>> tier.stated_power
        0.2
        """
        ratio = self.power / self.false_positives
        return min(1.0, self.power * ratio ** (self.lifetime - 1))

    @property
    def bound(self) -> str:
        """The bound in words: no more than docs/guard.md proves."""
        return (
            "Whatever anybody asks, and however often, a test that takes "
            f"{self.false_positives:.0%} of strangers for members finds at most "
            f"{self.stated_power:.0%} of the members, under the assumptions that docs/guard.md "
            "names; what linked variants, relatives and withdrawals add is stated there."
        )

"""Who may be counted in an answer, by their numbers in one release."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, reduce
from operator import and_, or_
from typing import TYPE_CHECKING

from beacon_node.model.consent import DataType
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity

if TYPE_CHECKING:  # a broker speaks of people and never loads what their sets are made of
    from beacon_node.model.carriers import NumberSet

# The data of a record are used when a filter looks at it or an answer shows it.
DATA_OF: Mapping[EntryType, DataType] = {
    EntryType.GENOMIC_VARIANT: DataType.VARIANTS,
    EntryType.INDIVIDUAL: DataType.PHENOTYPES,
    EntryType.BIOSAMPLE: DataType.BIOSAMPLES,
    EntryType.RUN: DataType.RUNS,
    EntryType.ANALYSIS: DataType.RUNS,
}


class Everybody(Enum):
    """Everybody in a release, for every type of data: open data of which nobody withdrew."""

    EVERYBODY = "everybody"


EVERYBODY = Everybody.EVERYBODY


@dataclass(frozen=True, slots=True, repr=False, eq=False, weakref_slot=True)
class Consented:
    """The individuals of one release whose data of each type may be used for what is asked.

    Compared and hashed as the one object it is, so that caches can keep what they found for it
    as long as it lives. Every type has a set, all of them over the same numbers.
    """

    by_type: Mapping[DataType, "NumberSet"]

    def __repr__(self) -> str:
        return "Consented(…)"

    def of(self, data_types: Iterable[DataType]) -> "NumberSet":
        """Return who let data of all these types be used; for no type, who let any be used."""
        sets = [self.by_type[data_type] for data_type in data_types]
        return reduce(and_, sets) if sets else reduce(or_, self.by_type.values())


People = Everybody | Consented


@lru_cache(maxsize=512)  # asked in every question; there are not so many different ones
def needed_data(
    entry_type: EntryType,
    ceiling: Granularity,
    *,
    within: EntryType | None = None,
    asks_variation: bool = False,
) -> frozenset[DataType]:
    """Return the types of data that a question uses of everybody whom it counts.

    What its filters look at comes on top, type by type. To be asked within an individual uses
    nothing by itself. How many people carry a variation is told without their phenotypes; where
    records may be told, they show them. Empty for whether a dataset or cohort has anything.
    """
    used = {entry_type, within} if within is not EntryType.INDIVIDUAL else {entry_type}
    if asks_variation:
        used.add(EntryType.GENOMIC_VARIANT)
        if ceiling < Granularity.RECORD:
            used.discard(EntryType.INDIVIDUAL)
    return frozenset([DATA_OF[one] for one in used if one in DATA_OF])

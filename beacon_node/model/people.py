"""Who may be counted in an answer, by their numbers in one release."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from operator import and_

from beacon_node.model.carriers import NumberSet
from beacon_node.model.consent import DataType
from beacon_node.model.entries import EntryType

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


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Consented:
    """The individuals of one release whose data of each type may be used for what is asked.

    Compared and hashed as the one object it is, so that caches can keep what they found for it.
    """

    by_type: Mapping[DataType, NumberSet]

    def __repr__(self) -> str:
        return "Consented(…)"

    def of(self, data_types: Iterable[DataType]) -> NumberSet:
        """Return who let data of all these types be used; at least one type is expected."""
        return reduce(and_, (self.by_type[data_type] for data_type in data_types))


People = Everybody | Consented

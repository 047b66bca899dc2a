"""People whom a search found, by their numbers in one release."""

from dataclasses import dataclass

from beacon_node.model.carriers import NumberSet


@dataclass(frozen=True, slots=True, repr=False)
class FoundPeople:
    """Individuals of one release, by number. Private: does not print itself.

    `asked_about` may be counted and meet the filters, sequenced or not; `carriers` are those of
    them who carry the variation, everybody where none is asked for.
    """

    asked_about: NumberSet
    carriers: NumberSet

    def __repr__(self) -> str:
        return "FoundPeople(…)"


NOBODY = FoundPeople(NumberSet.empty(0), NumberSet.empty(0))

"""What a file of consents says, line by line, before anything of it is recorded."""

from collections.abc import Callable
from dataclasses import dataclass

from beacon_node.errors import InvalidInput
from beacon_node.model.consent import ConsentVersion, UseKind
from beacon_node.model.data_use import Use

UsesIfUnstated = Callable[[Use], frozenset[UseKind]]  # what a form without a word on it permits


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands: its line from 1, or what else finds it (`entry[3]`)."""

    line: int = 0
    entry: str = ""

    def __str__(self) -> str:
        return f"line {self.line}" if self.line else self.entry


@dataclass(frozen=True, slots=True, repr=False)
class Stated:
    """One statement of a file. Its version is not recorded yet: number 0, recorded by nobody."""

    version: ConsentVersion
    place: Place

    def __repr__(self) -> str:
        return f"Stated({self.place})"

    @property
    def individual(self) -> str:
        return self.version.individual


@dataclass(frozen=True, slots=True, repr=False)
class Cancelled:
    """A file says that what was recorded of one document of an individual never was so."""

    individual: str
    document: str
    place: Place

    def __repr__(self) -> str:
        return f"Cancelled({self.place})"


@dataclass(frozen=True, slots=True, repr=False)
class Reject:
    """A line that cannot be taken as a statement, and why. `individual` is empty if the line does
    not even say whose it is."""

    file: str
    place: Place
    field: str
    problem: str
    individual: str = ""

    def __repr__(self) -> str:
        return f"Reject({self})"

    def __str__(self) -> str:
        return str(self.error)

    @property
    def error(self) -> InvalidInput:
        field = ".".join(part for part in (self.place.entry, self.field) if part)
        return InvalidInput(self.problem, file=self.file, line=self.place.line, field=field)


Found = Stated | Cancelled | Reject

"""Who is left out of a release: taken out by the operator, or without a consent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class LeftOut:
    """The ids of individuals, the hospital's own, that a release leaves out; asked with `in`.

    `removed`: by the operator. `refused`: by their own refusal or withdrawal. `only`: nobody but
    these has a consent; None where nobody needs one.
    """

    removed: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    only: frozenset[str] | None = None

    def __repr__(self) -> str:
        return "LeftOut(…)"

    def __contains__(self, individual: object) -> bool:
        return individual in self.removed or self.lacks_consent(individual)

    def __bool__(self) -> bool:
        """Whether anybody may be left out."""
        return bool(self.removed or self.refused or self.only is not None)

    def lacks_consent(self, individual: object) -> bool:
        return individual in self.refused or (self.only is not None and individual not in self.only)

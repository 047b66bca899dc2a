"""What would help somebody who was denied an answer, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Help:
    """One step: what it is in a word or two, a sentence, and an absolute address."""

    step: str
    words: str
    url: str

"""What comes out when a permitted use meets a purpose, with reasons a committee can read."""

import json
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from beacon_node.model.data_use import ConsentTerm, Use, terms_document


class Outcome(IntEnum):
    """Mildest first: of several, the highest holds. A prohibition outranks a question, because no
    reviewer can waive what a person did not permit."""

    APPROVE = 0
    MANUAL_REVIEW = 1
    DENY = 2

    @property
    def word(self) -> str:
        return self.name.lower()


class Whose(StrEnum):
    """Whose terms a reason is about, where two sets of terms must both approve."""

    DATASET = "dataset"
    INDIVIDUAL = "individual"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks against approval. `text` is a sentence for a committee member.

    `code` is stable, for programs; `term` is the consent's term it is about, None if it is about
    the purpose or the terms as a whole; `subject` is the part of the purpose, empty if none.
    """

    outcome: Outcome
    code: str
    text: str
    term: ConsentTerm | None = None
    subject: str = ""
    whose: Whose | None = None

    @property
    def point(self) -> str:
        """What a committee decides when it decides this: the same wherever the same term with the
        same parameters raises the same question, whatever the words or whose terms they are."""
        about = terms_document(Use.of(self.term))["terms"] if self.term else []
        return json.dumps([self.code, self.subject, *about], sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome with every reason against approval; none means approve.

    `disease_release` is the release of the disease ontology that was looked into.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...]
    disease_release: str

    @classmethod
    def of(cls, reasons: tuple[Reason, ...], disease_release: str) -> "Verdict":
        """Return the verdict that `reasons` amount to."""
        worst = max((reason.outcome for reason in reasons), default=Outcome.APPROVE)
        return cls(worst, reasons, disease_release)

"""What comes out when a permitted use meets a purpose, with reasons a committee can read."""

import json
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from beacon_node.model.data_use import ConsentTerm, term_text


class Outcome(IntEnum):
    """Mildest first: of several, the highest holds. A prohibition outranks a question, because no
    reviewer can waive what a person did not permit."""

    APPROVE = 0
    MANUAL_REVIEW = 1
    DENY = 2

    @property
    def word(self) -> str:
        return self.name.lower()


class Code(StrEnum):
    """What a reason is, for programs."""

    COVERED = "covered"
    NO_PERMISSION = "no_permission"
    NO_DISEASE_NAMED = "no_disease_named"
    PURPOSE_NOT_COVERED = "purpose_not_covered"
    DISEASE_NOT_COVERED = "disease_not_covered"
    METHODS_ALONE = "methods_alone"
    CONTROL_SET = "control_set"
    NO_CATEGORY = "no_category"
    UNKNOWN_CATEGORY = "unknown_category"
    TERM_NOT_USABLE = "term_not_usable"
    CONDITION_MET = "condition_met"
    CONDITION_NOT_MET = "condition_not_met"
    NOT_STATED = "not_stated"
    PARAMETER_MISSING = "parameter_missing"
    RESEARCH_SPECIFIC = "research_specific"
    SENSITIVE = "sensitive"
    DECIDED = "decided_by_committee"


class Whose(StrEnum):
    """Whose terms a reason is about, where two sets of terms must both approve."""

    DATASET = "dataset"
    INDIVIDUAL = "individual"


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's finding. `text` is a sentence for a committee member.

    `term` is the consent's term it is about, None if it is about the purpose or the terms as a
    whole; `subject` is the part of the purpose (a category or attribute), empty if none.
    """

    outcome: Outcome
    code: Code
    text: str
    term: ConsentTerm | None = None
    subject: str = ""
    whose: Whose | None = None

    @property
    def point(self) -> str:
        """What a committee decides when it decides this: the same wherever a term with the same
        parameters raises the same question, in whoever's terms it stands."""
        about = term_text(self.term) if self.term else ""
        return json.dumps([self.code, self.subject, about], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome with the finding of every rule that was looked at.

    `disease_release` is the release of the disease ontology that was used.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...]
    disease_release: str

    @classmethod
    def of(cls, reasons: tuple[Reason, ...], disease_release: str) -> "Verdict":
        """Return the verdict that `reasons` amount to; none at all deny."""
        worst = max((reason.outcome for reason in reasons), default=Outcome.DENY)
        return cls(worst, reasons, disease_release)

    @property
    def against(self) -> tuple[Reason, ...]:
        """The reasons that keep it from being approved, prohibitions first."""
        found = [reason for reason in self.reasons if reason.outcome > Outcome.APPROVE]
        return tuple(sorted(found, key=lambda reason: -reason.outcome))

    def about(self, whose: Whose) -> "Verdict":
        """Return the same verdict with its reasons marked as being about `whose` terms."""
        marked = tuple(replace(reason, whose=whose) for reason in self.reasons)
        return replace(self, reasons=marked)

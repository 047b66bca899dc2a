"""Does a permitted use cover a purpose? The Data Use Ontology, rule by rule.

Every rule that applies gives one reason: approve, manual review or deny. The worst holds. In
automatic filtering of individuals only `APPROVE` counts. Whether a consent is in force at all is
decided before (`policy.consent`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from beacon_node.model.data_use import ConsentTerm, ResearchPurpose, Use, term_text
from beacon_node.model.duo_terms import DUO_RELEASE, DUO_TERMS, DuoKind
from beacon_node.model.verdict import Code, Outcome, Reason, Verdict, Whose
from beacon_node.policy.use_conditions import conditions
from beacon_node.policy.use_coverage import DiseaseHierarchy, coverage


def match(
    consent: Use, purpose: ResearchPurpose, diseases: DiseaseHierarchy, *, as_of: date
) -> Verdict:
    """Return whether `consent` covers `purpose` on the day `as_of`, with reasons.

    Depends on its arguments alone, so that one call serves all people with the same terms. The
    terms are those of the Data Use Ontology; where its definitions are silent, the answer is no
    or a person's: nothing unknown, incomplete or unstated is ever approved.
    """
    terms = sorted(consent.terms, key=term_text)
    reasons = (
        *(_not_usable(term) for term in terms if not _is_usable(term)),
        *coverage(consent, purpose, diseases),
        *(reason for term in terms for reason in conditions(term, purpose, as_of)),
        *_sensitive(purpose),
    )
    return Verdict.of(reasons, diseases.release)


def match_both(
    dataset: Use,
    individual: Use,
    purpose: ResearchPurpose,
    diseases: DiseaseHierarchy,
    *,
    as_of: date,
) -> Verdict:
    """Return the verdict where the dataset's and the individual's terms must both approve."""
    return strictest(
        [
            match(dataset, purpose, diseases, as_of=as_of).about(Whose.DATASET),
            match(individual, purpose, diseases, as_of=as_of).about(Whose.INDIVIDUAL),
        ]
    )


def strictest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict where all of several must approve, with all their reasons.

    Without any verdict nothing is approved.
    """
    found = list(verdicts)
    worst = max((verdict.outcome for verdict in found), default=Outcome.DENY)
    reasons = tuple(reason for verdict in found for reason in verdict.reasons)
    releases = dict.fromkeys(verdict.disease_release for verdict in found)
    return Verdict(worst, reasons, ", ".join(releases))


def after_review(verdict: Verdict, decided: frozenset[str]) -> Verdict:
    """Return the verdict once a committee approved the points `decided` (`Reason.point`).

    Only questions can be decided: a prohibition stays, whatever the committee wishes.
    """
    return Verdict.of(
        tuple(_settled(reason, decided) for reason in verdict.reasons), verdict.disease_release
    )


def _settled(reason: Reason, decided: frozenset[str]) -> Reason:
    if reason.outcome is not Outcome.MANUAL_REVIEW or reason.point not in decided:
        return reason
    text = f"The committee decided this point: {reason.text}"
    return replace(reason, outcome=Outcome.APPROVE, code=Code.DECIDED, text=text)


def _is_usable(term: ConsentTerm) -> bool:
    known = DUO_TERMS.get(term.id)
    return known is not None and known.kind in (DuoKind.PERMISSION, DuoKind.MODIFIER)


_WHY_NOT_USABLE = {
    DuoKind.OBSOLETE: "is obsolete, and no current term means the same",
    DuoKind.ABSTRACT: "is only the heading of a group of terms",
    DuoKind.PURPOSE: "describes research, not what a consent permits",
}


def _not_usable(term: ConsentTerm) -> Reason:
    known = DUO_TERMS.get(term.id)
    why = (
        _WHY_NOT_USABLE[known.kind]
        if known
        else f"is not a term of the Data Use Ontology release {DUO_RELEASE}"
    )
    text = f"The consent holds {term.name}, which {why}: a person must say what was meant."
    return Reason(Outcome.MANUAL_REVIEW, Code.TERM_NOT_USABLE, text, term)


def _sensitive(purpose: ResearchPurpose) -> Iterator[Reason]:
    for topic in sorted(purpose.sensitive):
        text = f"The research touches a sensitive topic ({topic}), so a person decides."
        yield Reason(Outcome.MANUAL_REVIEW, Code.SENSITIVE, text, subject=topic)

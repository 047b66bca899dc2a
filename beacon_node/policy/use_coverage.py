"""Which kinds of purpose the permissions of a consent cover."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from beacon_node.model.data_use import Category, ConsentTerm, ResearchPurpose, Use
from beacon_node.model.duo_terms import CC, DS, GRU, HMB, NRES, PERMISSION_CHAIN, POA
from beacon_node.model.verdict import Code, Outcome, Reason


class DiseaseHierarchy(Protocol):
    """One release of a disease ontology (Mondo)."""

    @property
    def release(self) -> str:
        """The release, as its publisher names it."""

    def ancestors(self, term: str) -> frozenset[str]:
        """Return all terms above `term` over every is-a parent; empty for an unknown term."""


# Control sets are a person's decision under any permission, so they are nowhere in here.
_ALWAYS_COVERED = MappingProxyType(
    {
        NRES: frozenset(Category) - {Category.CONTROL_SET},
        GRU: frozenset(Category) - {Category.CONTROL_SET, Category.CLINICAL_CARE},
        HMB: frozenset({Category.BIOMEDICAL, Category.DISEASE, Category.METHODS}),
    }
)
_IN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        Category.GENERAL: "research of any kind",
        Category.BIOMEDICAL: "health, medical or biomedical research in general",
        Category.DISEASE: "research on a disease",
        Category.ANCESTRY: "research into population origins or ancestry",
        Category.METHODS: "the development of methods",
        Category.CLINICAL_CARE: "use in clinical care",
    }
)


def coverage(
    consent: Use, purpose: ResearchPurpose, diseases: DiseaseHierarchy
) -> tuple[Reason, ...]:
    """Return one reason per category of the purpose, or why there is nothing to compare."""
    permitted = _Permitted.of(consent)
    if permitted.chain is None and permitted.ancestry is None:
        return (_no_permission(),)
    if permitted.names_no_disease and permitted.ancestry is None:
        return (_no_disease_named(permitted.chain),)
    if not purpose.categories:
        text = "The purpose does not say what kind of research it is."
        return (Reason(Outcome.MANUAL_REVIEW, Code.NO_CATEGORY, text),)
    judged = _Coverage(permitted, purpose, diseases)
    return tuple(judged.judge(category) for category in sorted(_categories(purpose)))


def _no_permission() -> Reason:
    text = (
        "The consent holds no usable permission (NRES, GRU, HMB, DS or POA); "
        "conditions alone permit nothing."
    )
    return Reason(Outcome.DENY, Code.NO_PERMISSION, text)


def _no_disease_named(term: ConsentTerm | None) -> Reason:
    text = "The consent is limited to a disease but names none, so it permits nothing."
    return Reason(Outcome.DENY, Code.NO_DISEASE_NAMED, text, term)


def _categories(purpose: ResearchPurpose) -> frozenset[str]:
    """Return the categories, disease research that names no disease as biomedical research."""
    if purpose.diseases or Category.DISEASE not in purpose.categories:
        return purpose.categories
    return (purpose.categories - {Category.DISEASE}) | {Category.BIOMEDICAL}


@dataclass(frozen=True, slots=True)
class _Permitted:
    """The permissions that hold: the narrowest of the chain (several DS as one that names all
    their diseases), and beside it POA and CC."""

    chain: ConsentTerm | None
    ancestry: ConsentTerm | None
    care: ConsentTerm | None

    @classmethod
    def of(cls, consent: Use) -> "_Permitted":
        present = {term.id for term in consent.terms}
        narrowest = next((id for id in reversed(PERMISSION_CHAIN) if id in present), None)
        named = (term.diseases for term in consent.terms if term.id == DS)
        merged = frozenset().union(*named) if narrowest == DS else frozenset()
        return cls(
            ConsentTerm(narrowest, diseases=merged) if narrowest else None,
            ConsentTerm(POA) if POA in present else None,
            ConsentTerm(CC) if CC in present else None,
        )

    @property
    def names_no_disease(self) -> bool:
        return self.chain == ConsentTerm(DS)

    @property
    def names(self) -> str:
        return " with ".join(term.name for term in (self.chain, self.ancestry) if term)


@dataclass(frozen=True, slots=True)
class _Coverage:
    permitted: _Permitted
    purpose: ResearchPurpose
    diseases: DiseaseHierarchy

    def judge(self, category: str) -> Reason:
        if category not in tuple(Category):
            text = f"No rule knows the kind of research “{category}”, so a person decides."
            return Reason(Outcome.MANUAL_REVIEW, Code.UNKNOWN_CATEGORY, text, subject=category)
        if category == Category.CONTROL_SET:
            text = "Use as a control group needs a person's decision under any permission."
            return Reason(Outcome.MANUAL_REVIEW, Code.CONTROL_SET, text, subject=category)
        term = self._covering(category)
        if term:
            text = f"{term.name} covers {_IN_WORDS[category]}."
            return Reason(Outcome.APPROVE, Code.COVERED, text, term, category)
        return self._uncovered(category)

    def _covering(self, category: str) -> ConsentTerm | None:
        """Return the term that covers the category, None if none does."""
        chain, ancestry = self.permitted.chain, self.permitted.ancestry
        if chain and category in _ALWAYS_COVERED.get(chain.id, ()):
            return chain
        if category == Category.CLINICAL_CARE:
            return self.permitted.care
        if category == Category.DISEASE:
            return chain if self._is_disease_covered() else None
        if category == Category.ANCESTRY:
            return ancestry
        return self._covering_methods() if category == Category.METHODS else None

    def _covering_methods(self) -> ConsentTerm | None:
        """Methods go along with what is covered itself, under a permission for one subject."""
        if Category.DISEASE in self.purpose.categories and self._is_disease_covered():
            return self.permitted.chain
        return self.permitted.ancestry if Category.ANCESTRY in self.purpose.categories else None

    def _is_disease_covered(self) -> bool:
        return bool(self.purpose.diseases) and not any(self._uncovered_diseases())

    def _uncovered_diseases(self) -> Iterator[str]:
        chain = self.permitted.chain
        consented = chain.diseases if chain else frozenset()
        for disease in sorted(self.purpose.diseases - consented):
            if self.diseases.ancestors(disease).isdisjoint(consented):
                yield disease

    def _uncovered(self, category: str) -> Reason:
        chain = self.permitted.chain
        if category == Category.METHODS:
            return self._methods_alone()
        if category == Category.DISEASE and chain and chain.diseases:
            return self._disease_not_covered(chain)
        text = f"{self.permitted.names} does not cover {_IN_WORDS[category]}."
        return Reason(
            Outcome.DENY, Code.PURPOSE_NOT_COVERED, text, chain or self.permitted.ancestry, category
        )

    def _methods_alone(self) -> Reason:
        text = (
            f"{self.permitted.names} covers the development of methods only as part of research "
            "that it covers itself, so a person decides."
        )
        term = self.permitted.chain or self.permitted.ancestry
        return Reason(Outcome.MANUAL_REVIEW, Code.METHODS_ALONE, text, term, Category.METHODS)

    def _disease_not_covered(self, chain: ConsentTerm) -> Reason:
        named, uncovered = ", ".join(sorted(chain.diseases)), ", ".join(self._uncovered_diseases())
        text = (
            f"The consent is for {named} and what is a kind of it; "
            f"the research is also about {uncovered}."
        )
        return Reason(Outcome.DENY, Code.DISEASE_NOT_COVERED, text, chain, Category.DISEASE)

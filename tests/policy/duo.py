"""A small disease ontology, and short ways to write consents and purposes in tests."""

from datetime import date

from beacon_node.model.data_use import Use, read_purpose, read_terms
from beacon_node.model.duo_terms import DUO_TERMS
from beacon_node.model.verdict import Verdict
from beacon_node.policy.data_use import match

TODAY = date(2026, 1, 15)

# melanoma is a skin disease and a cancer here; ocular melanoma has two parents, eye is on its own.
PARENTS = {
    "D:disease": [],
    "D:cancer": ["D:disease"],
    "D:skin": ["D:disease"],
    "D:eye": ["D:disease"],
    "D:melanoma": ["D:cancer", "D:skin"],
    "D:ocular": ["D:eye", "D:melanoma"],
}


class Diseases:
    def __init__(self, parents=PARENTS, release="v1"):
        self.parents, self.release = parents, release

    def ancestors(self, term):
        above = set(self.parents.get(term, ()))
        return frozenset(above.union(*(self.ancestors(parent) for parent in above)))


DISEASES = Diseases()


def use(terms) -> Use:
    """`terms` are ids, or documents where there are parameters."""
    return read_terms({"terms": [{"id": t} if isinstance(t, str) else t for t in terms]})


def judge(terms, purpose, as_of=TODAY) -> Verdict:
    return match(use(terms), read_purpose(purpose), DISEASES, as_of=as_of)


def outcome(terms, purpose, as_of=TODAY) -> str:
    return judge(terms, purpose, as_of).outcome.word


def term(shorthand, **params) -> dict:
    [known] = [t for t in DUO_TERMS.values() if t.shorthand == shorthand]
    return {"id": known.id, "params": params}


def ds(*diseases) -> dict:
    return term("DS", diseases=list(diseases))


def doing(*categories, **attributes) -> dict:
    return {"categories": list(categories), **attributes}

"""The matching rules once more, written from their text over plain documents and as a loop.

Shares no code with the product: tests compare the two on random cases.
"""

from datetime import date

APPROVE, REVIEW, DENY = "approve", "manual_review", "deny"
CHAIN = ["DUO:0000004", "DUO:0000042", "DUO:0000006", "DUO:0000007"]  # NRES GRU HMB DS
NRES, GRU, HMB, DS = CHAIN
POA, CC = "DUO:0000011", "DUO:0000043"
MODIFIERS = {f"DUO:00000{n}" for n in (12, 15, 16, 18, 19, 20, 21, 22, 24, 25, 26, 27, 28, 29)}
MODIFIERS |= {f"DUO:00000{n}" for n in (43, 44, 45, 46)}
EU_CODES = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU = set(EU_CODES.split())
GROUPS = {"EU": EU, "EEA": EU | {"IS", "LI", "NO"}}
KNOWN = ["general", "biomedical", "disease", "ancestry", "methods", "clinical_care", "control_set"]
# id: [(attribute, what it must be)]
NEEDS = {
    "DUO:0000016": [("genetic", True)],
    "DUO:0000045": [("organisation", "not_for_profit")],
    "DUO:0000046": [("commercial", False)],
    "DUO:0000018": [("organisation", "not_for_profit"), ("commercial", False)],
    "DUO:0000021": [("ethics_approval", True)],
    "DUO:0000019": [("will_publish", True)],
    "DUO:0000020": [("will_collaborate", True)],
    "DUO:0000029": [("will_return_data", True)],
}
LISTS = {
    "DUO:0000026": ("users", "user"),
    "DUO:0000027": ("projects", "project"),
    "DUO:0000028": ("institutions", "institution"),
}


def expected(consent: dict, purpose: dict, parents: dict, as_of: date) -> str:
    """Return what the rules say of a consent document and a purpose document."""
    found = {*coverage(consent["terms"], purpose, parents)}
    for term in consent["terms"]:
        found |= {*one_term(term["id"], term.get("params", {}), purpose, as_of)}
    if purpose.get("sensitive"):
        found.add(REVIEW)
    return DENY if DENY in found else REVIEW if REVIEW in found else APPROVE


def coverage(terms: list, purpose: dict, parents: dict) -> list[str]:
    ids = {term["id"] for term in terms}
    consented = {
        d for term in terms if term["id"] == DS for d in term.get("params", {}).get("diseases", [])
    }
    chain = [one for one in CHAIN if one in ids]
    narrowest = chain[-1] if chain else None
    if not consented and narrowest == DS and POA not in ids:
        return [DENY]
    if narrowest is None and POA not in ids:
        return [DENY]
    if not purpose.get("categories"):
        return [REVIEW]
    return [
        one_category(c, ids, narrowest, consented, purpose, parents) for c in purpose["categories"]
    ]


def one_category(category, ids, narrowest, consented, purpose, parents) -> str:
    diseases = purpose.get("diseases", [])
    if category == "disease" and not diseases:
        category = "biomedical"
    if category not in KNOWN or category == "control_set":
        return REVIEW
    if narrowest == NRES:
        return APPROVE
    if category == "clinical_care":
        return APPROVE if CC in ids else DENY
    if narrowest == GRU or narrowest == HMB and category in ("biomedical", "disease", "methods"):
        return APPROVE
    fits = narrowest == DS and all(is_under(d, consented, parents) for d in diseases)
    if category == "disease":
        return APPROVE if fits else DENY
    if category == "ancestry":
        return APPROVE if POA in ids else DENY
    if category == "methods":
        with_disease = fits and diseases and "disease" in purpose["categories"]
        with_ancestry = POA in ids and "ancestry" in purpose["categories"]
        return APPROVE if with_disease or with_ancestry else REVIEW
    return DENY


def is_under(disease: str, consented: set, parents: dict) -> bool:
    return disease in consented or any(
        is_under(parent, consented, parents) for parent in parents.get(disease, [])
    )


def one_term(id: str, params: dict, purpose: dict, as_of: date) -> list[str]:
    if id in (*CHAIN, POA, CC):
        return []
    if id not in MODIFIERS or id == "DUO:0000012":
        return [REVIEW]
    if id == "DUO:0000044":
        return [DENY] if "ancestry" in purpose.get("categories", []) else []
    if id == "DUO:0000015":
        return [DENY] if "methods" in purpose.get("categories", []) else []
    if id in NEEDS:
        return [judged(purpose.get(name), lambda v, w=want: v == w) for name, want in NEEDS[id]]
    return [with_parameter(id, params, purpose, as_of)]


def judged(stated, fits) -> str:
    if stated is None or stated == []:
        return REVIEW
    return APPROVE if fits(stated) else DENY


def with_parameter(id: str, params: dict, purpose: dict, as_of: date) -> str:
    if not any(params.values()):
        return REVIEW
    if id in LISTS:
        listed, attribute = LISTS[id]
        return judged(purpose.get(attribute), lambda v: v in params[listed])
    if id == "DUO:0000025":
        return judged(purpose.get("duration_months"), lambda v: v <= params["months"])
    if id == "DUO:0000022":
        within = spread(params["countries"])
        return judged(purpose.get("countries"), lambda v: spread(v) <= within)
    if as_of.isoformat() >= params["date"]:
        return APPROVE
    return judged(purpose.get("publish_not_before"), lambda v: v >= params["date"])


def spread(codes: list) -> set:
    return {country for code in codes for country in GROUPS.get(code, {code})}

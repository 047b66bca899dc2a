"""What holds for every permitted use and every purpose, drawn at random."""

from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.model.data_use import read_purpose, read_terms
from beacon_node.model.duo_terms import CC, DUO_TERMS, PERMISSION_CHAIN, POA
from beacon_node.model.verdict import Outcome
from beacon_node.policy.data_use import match
from tests.policy import naive_rules
from tests.policy.duo import DISEASES, PARENTS, TODAY

NOT_USABLE = [t.id for t in DUO_TERMS.values() if t.kind not in ("permission", "modifier")]
CATEGORIES = ["general", "biomedical", "disease", "ancestry", "methods", "clinical_care"]

DISEASE_IDS = st.sampled_from([*PARENTS, "OMIM:1"])
COUNTRY = st.sampled_from(["FI", "SE", "NO", "GB", "EU", "EEA"])
DAYS = st.sampled_from(["2026-01-14", "2026-01-15", "2026-01-16", "2027-01-01"])
WORD = st.sampled_from(["a", "b"])
PARAMETERS = {
    "diseases": st.lists(DISEASE_IDS, max_size=2),
    "countries": st.lists(COUNTRY, max_size=3),
    "date": DAYS,
    "months": st.integers(1, 3),
    **{name: st.lists(WORD, max_size=2) for name in ("users", "projects", "institutions")},
    **{name: st.lists(WORD, max_size=2) for name in ("investigators", "research_types")},
}


def documents_of(id):
    parameter = DUO_TERMS[id].parameter if id in DUO_TERMS else ""
    if not parameter:
        return st.just({"id": id})
    params = st.fixed_dictionaries({}, optional={parameter: PARAMETERS[parameter]})
    return params.map(lambda stated: {"id": id, "params": stated})


PERMISSIONS = st.sampled_from([*PERMISSION_CHAIN, POA]).flatmap(documents_of)
RESTRICTIONS = st.sampled_from(sorted(naive_rules.MODIFIERS - {CC})).flatmap(documents_of)
UNUSABLE = st.sampled_from([*NOT_USABLE, "DUO:0000099"]).flatmap(documents_of)
ANY_TERM = st.one_of(PERMISSIONS, PERMISSIONS, RESTRICTIONS, st.just({"id": CC}), UNUSABLE)
ORDINARY = st.tuples(PERMISSIONS, st.lists(RESTRICTIONS, max_size=2)).map(lambda t: [t[0], *t[1]])
CONSENTS = (st.lists(ANY_TERM, max_size=4) | ORDINARY).map(lambda terms: {"terms": terms})
CLAIMS = ("commercial", "genetic", "ethics_approval", "will_publish", "will_collaborate")
PURPOSES = st.fixed_dictionaries(
    {"categories": st.lists(st.sampled_from([*CATEGORIES, "control_set", "x"]), max_size=3)},
    optional={
        "diseases": st.lists(DISEASE_IDS, max_size=2),
        "sensitive": st.lists(st.just("pediatric"), max_size=1),
        "organisation": st.sampled_from(["not_for_profit", "for_profit"]),
        **dict.fromkeys((*CLAIMS, "will_return_data"), st.booleans()),
        "publish_not_before": DAYS,
        "duration_months": st.integers(1, 3),
        "countries": st.lists(COUNTRY, max_size=2),
        **dict.fromkeys(("institution", "project", "user"), WORD),
    },
)


def run(consent, purpose) -> Outcome:
    return match(read_terms(consent), read_purpose(purpose), DISEASES, as_of=TODAY).outcome


@settings(max_examples=800, deadline=None)
@given(CONSENTS, PURPOSES)
def test_the_verdict_is_that_of_the_rules_written_out_as_a_loop(consent, purpose):
    assert run(consent, purpose).word == naive_rules.expected(consent, purpose, PARENTS, TODAY)


@settings(max_examples=300, deadline=None)
@given(CONSENTS, PURPOSES, RESTRICTIONS)
def test_a_restricting_modifier_never_makes_a_verdict_milder(consent, purpose, restriction):
    narrower = {"terms": [*consent["terms"], restriction]}
    assert run(narrower, purpose) >= run(consent, purpose)


@settings(max_examples=300, deadline=None)
@given(st.lists(RESTRICTIONS | st.just({"id": CC}), max_size=2), PURPOSES, st.data())
def test_a_narrower_permission_never_approves_more(modifiers, purpose, data):
    position = data.draw(st.integers(0, 2))
    broad, narrow = PERMISSION_CHAIN[position : position + 2]
    narrow_term = data.draw(documents_of(narrow))
    outcomes = [
        run({"terms": [permission, *modifiers]}, purpose)
        for permission in ({"id": broad}, narrow_term)
    ]
    assert outcomes[1] >= outcomes[0]


@settings(max_examples=150, deadline=None)
@given(CONSENTS, PURPOSES, UNUSABLE)
def test_a_term_that_is_not_understood_never_leads_to_approval(consent, purpose, unusable):
    assert run({"terms": [*consent["terms"], unusable]}, purpose) is not Outcome.APPROVE


@settings(max_examples=150, deadline=None)
@given(CONSENTS, PURPOSES)
def test_the_worst_reason_decides_and_every_reason_is_one_sentence(consent, purpose):
    verdict = match(read_terms(consent), read_purpose(purpose), DISEASES, as_of=TODAY)
    assert verdict.outcome == max(reason.outcome for reason in verdict.reasons)
    assert all(r.text.endswith(".") and r.text.isprintable() for r in verdict.reasons)
    assert (verdict.against == ()) == (verdict.outcome is Outcome.APPROVE)


@settings(max_examples=100, deadline=None)
@given(CONSENTS, PURPOSES)
def test_the_order_of_terms_changes_nothing(consent, purpose):
    backwards = {"terms": consent["terms"][::-1]}
    assert read_terms(consent) == read_terms(backwards)
    first, second = (
        match(read_terms(one), read_purpose(purpose), DISEASES, as_of=TODAY)
        for one in (consent, backwards)
    )
    assert first == second

"""The parts of the clearinghouse's decisions that are plain functions of plain values."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.passport import By, Passport, Rule, Subject, TokenRefused, Visa, VisaType
from beacon_node.model.query import Granularity
from beacon_node.model.tokens import MAX_TOKEN_BYTES, Token, read_json, read_token
from beacon_node.model.trust import REGISTERED_ACCESS, Broker, DatasetVisa, RegisteredPolicy, Trust
from beacon_node.policy.visas.conditions import fits, supporting
from beacon_node.policy.visas.linked import Link, same_person
from beacon_node.policy.visas.passports import read_passport
from beacon_node.policy.visas.standing import Findings, standing

NOW = datetime(2030, 1, 11, tzinfo=UTC)
ANNA = Subject("https://broker.example", "anna")
PURPOSE = ResearchPurpose(categories=frozenset({"biomedical"}))


def later(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def visa(number: int, kind: VisaType, value: str = REGISTERED_ACCESS, **changes) -> Visa:
    told = {"by": By.SIGNING_OFFICIAL, "source": "s", "until": later(100), "subject": ANNA}
    return Visa(number=number, issuer="i", type=kind, value=value, **{**told, **changes})


def judged(*visas: Visa, trust: Trust = Trust()):
    return standing([Passport(ANNA, (), later(1_000))], visas, trust, Findings())


# ---- pattern matching ----------------------------------------------------------------------------


def as_regex(pattern: str) -> str:
    marks = {"?": "(?s:.)", "*": "(?s:.*)"}
    return "".join(marks.get(character) or re.escape(character) for character in pattern)


@given(st.text("ab?*[\n", max_size=12), st.text("ab?*[]\n", max_size=12))
def test_patterns_fit_as_regular_expressions_of_the_same_meaning_do(text, pattern):
    assert fits(text, pattern=pattern) is (re.fullmatch(as_regex(pattern), text) is not None)


def test_no_pattern_takes_for_ever():
    assert not fits("a" * 255, pattern="*a" * 120 + "b")  # a naive matcher needs 2^120 steps


# ---- linked identities ---------------------------------------------------------------------------

SUBJECTS = [Subject("i", str(number)) for number in range(6)]
LINKS = st.lists(
    st.builds(
        Link,
        number=st.integers(1, 9),
        subjects=st.frozensets(st.sampled_from(SUBJECTS), min_size=1, max_size=3),
        until=st.integers(0, 50).map(later),
    ),
    max_size=7,
)


@given(LINKS)
def test_identities_are_those_that_some_way_leads_to_for_as_long_as_its_best_way_holds(links):
    best = {SUBJECTS[0]: later(100)}
    for moment in sorted({link.until for link in links}):  # who is reached by links that last?
        reached = {SUBJECTS[0]}
        for _ in links:
            for link in links:
                if link.until >= moment and reached & link.subjects:
                    reached |= link.subjects
        best |= {one: moment for one in reached if one != SUBJECTS[0]}
    assert same_person(SUBJECTS[0], later(100), links) == best


# ---- standing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [*By, None])
@pytest.mark.parametrize("allowed", [frozenset(), frozenset({By.PEER}), frozenset(By)])
def test_whose_word_counts_for_the_status_is_policy(by, allowed):
    trust = Trust(registered=RegisteredPolicy(status_by=allowed))
    found = judged(visa(1, VisaType.STATUS, by=by), visa(2, VisaType.TERMS), trust=trust)
    assert found.is_registered is (by in allowed)
    assert found.findings[0].rule is (None if by in allowed else Rule.BY)


def test_the_visas_that_hold_longest_are_used():
    kinds = (VisaType.STATUS, VisaType.TERMS)
    visas = [visa(n, kinds[n % 2], until=later(10 * n)) for n in range(1, 7)]
    assert judged(*visas).until == later(50)


def test_one_visa_may_open_several_datasets_and_one_dataset_have_several_visas():
    trust = Trust(
        datasets=(
            DatasetVisa("a", "v", "s", PURPOSE),
            DatasetVisa("b", "v", "s", PURPOSE, Granularity.BOOLEAN),
            DatasetVisa("a", "w", "s", PURPOSE, Granularity.COUNT),
        )
    )
    given_ = [visa(n, VisaType.GRANT, value, by=By.DAC) for n, value in enumerate("vwx", 1)]
    found = judged(*given_, trust=trust)
    assert [(grant.dataset_id, grant.ceiling.word) for grant in found.grants] == [
        ("a", "record"),
        ("b", "boolean"),
        ("a", "count"),
    ]
    assert [finding.rule for finding in found.findings] == [None, None, Rule.NO_DATASET]


def test_nobody_vouches_where_there_is_no_organisation():
    status = visa(1, VisaType.STATUS, source="https://no.organization")
    found = judged(status, visa(2, VisaType.TERMS))
    assert found.is_registered and found.vouched_by == ""


def test_a_visa_used_for_conditions_stays_used_though_its_word_is_not_enough_elsewhere():
    status = visa(1, VisaType.STATUS, by=By.SELF)
    role = visa(
        2,
        VisaType.AFFILIATION,
        "a@b",
        conditions=[[{"type": "ResearcherStatus", "by": "const:self"}]],
    )
    assert judged(status, role).findings[0].serves == ("the conditions of visa 2",)


def test_conditions_take_the_way_that_holds_longest():
    short, long = visa(1, VisaType.STATUS, until=later(1)), visa(2, VisaType.STATUS, until=later(2))
    (found,) = supporting([[{"type": "ResearcherStatus", "source": "const:s"}]], [short, long])
    assert found is long


@pytest.mark.parametrize("typ", [None, "JWT", "at+jwt", "vnd.ga4gh.visa+jwt"])
def test_another_kind_of_token_is_never_read_as_a_passport(typ):
    second = NOW.timestamp()
    claims = {"iss": ANNA.iss, "sub": "anna", "iat": second, "exp": second + 9}
    token = Token("a.b.c", {"typ": typ}, claims | {"ga4gh_passport_v1": []})
    with pytest.raises(TokenRefused) as refused:
        read_passport(token, Broker(ANNA.iss, "https://x.example"), Trust(), NOW)
    assert refused.value.rule is Rule.TYPE


# ---- tokens --------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.text() | st.text("ab.-_=") | st.binary().map(lambda raw: raw.decode("latin-1")) | JSON)
def test_whatever_is_sent_as_a_token_is_read_or_refused(text):
    try:
        assert read_token(text).text == text
    except TokenRefused as refused:
        assert refused.rule in (Rule.SHAPE, Rule.SIZE, Rule.DUPLICATE)


@given(st.binary())
def test_whatever_bytes_come_as_json_are_read_or_refused(raw):
    try:
        read_json(raw)
    except TokenRefused as refused:
        assert refused.rule in (Rule.SHAPE, Rule.DUPLICATE)


def test_the_size_of_a_token_is_counted_before_it_is_read():
    with pytest.raises(TokenRefused) as refused:
        read_token("." * (MAX_TOKEN_BYTES + 1))
    assert refused.value.rule is Rule.SIZE


def test_every_rule_has_words_and_a_clause_of_its_own():
    assert all(rule.clause and rule.words for rule in Rule)
    assert len({rule.words for rule in Rule}) == len(Rule)

"""Protein changes: every spelling in use becomes one (HGVS recommendations)."""

import pytest

from beacon_node.model.protein import canonical_change, spellings


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("V600E", "V600E"),
        ("p.V600E", "V600E"),
        ("Val600Glu", "V600E"),
        ("p.Val600Glu", "V600E"),
        ("p.(Val600Glu)", "V600E"),
        ("VAL600GLU", "V600E"),
        ("v600e", "V600E"),
        ("p.Gln55Ter", "Q55*"),
        ("Q55*", "Q55*"),
        ("Q55X", "Q55*"),
        ("p.Gln1756ProfsTer74", "Q1756Pfs*74"),
        ("Q1756Pfs*74", "Q1756Pfs*74"),
        ("p.Gln1756ProfsX74", "Q1756Pfs*74"),
        ("p.Gln1756fs", "Q1756fs"),
        ("p.Lys23_Val25del", "K23_V25del"),
        ("p.Glu746_Ala750delinsValPro", "E746_A750delinsVP"),
        ("p.Ala767_Val769dup", "A767_V769dup"),
        ("p.Val600=", "V600="),
        ("p.Val600Val", "V600="),
        ("p.Met1?", "M1?"),
        ("p.Ter110GlnextTer17", "*110Qext*17"),
    ],
)
def test_spellings_of_one_change_are_one(written, canonical):
    assert canonical_change(written) == canonical


@pytest.mark.parametrize("text", ["", "BRCA1", "600", "c.1799T>A", "V600", "rs113488022", "p."])
def test_what_is_no_change_is_none(text):
    assert canonical_change(text) is None


def test_a_frameshift_is_also_found_by_its_short_form():
    assert spellings("Q1756Pfs*74") == ("Q1756Pfs*74", "Q1756fs")
    assert spellings("Q1756fs") == ("Q1756fs",)

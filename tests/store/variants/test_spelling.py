"""What a query may spell for a stored (trimmed) allele."""

import pytest

from beacon_node.store.variants.spelling import fits, is_spelled


@pytest.mark.parametrize(
    ("ref", "alt", "as_ref", "as_alt", "expected"),
    [
        ("A", "T", "A", "T", True),
        ("A", "T", "A", "C", False),
        ("A", "T", "N", "T", True),
        ("A", "T", "A", "N", True),
        ("A", "T", None, "T", True),
        ("A", "T", "A", None, True),
        ("A", "T", "GA", "GT", True),
        ("A", "T", "GAC", "GTC", True),
        ("A", "T", "GA", "CT", False),  # the padding is the reference on both sides
        ("A", "T", "NA", "CT", True),
        ("", "AC", "", "AC", True),
        ("", "AC", "G", "GAC", True),
        ("", "AC", "N", "NAC", True),
        ("", "AC", None, "AC", True),
        ("", "AC", None, "GAC", True),
        ("", "AC", None, "GACC", False),
        ("T", "AC", None, "GAC", False),  # no insertion: there is no anchor
        ("AC", "", "GAC", "G", True),
        ("AC", "", "GAC", None, True),
        ("AC", "", "AC", "", True),
        ("AC", "", "NN", "", True),
        ("AC", "", "NNN", "N", True),
        ("AC", "", None, "", True),
        ("AC", "", None, "G", False),  # one base alone says substitution
        ("", "<DEL>", None, "<DEL>", True),
        ("", "<DEL>", "G", "<DEL>", True),
        ("", "<DEL>", None, "NNNNN", False),
        ("", "<DEL>", "N", None, False),
        ("", "<DEL>", None, None, True),
        ("A", "T", None, None, True),
    ],
)
def test_an_allele_is_spelled_as(ref, alt, as_ref, as_alt, expected):
    assert is_spelled(ref, alt, as_ref=as_ref, as_alt=as_alt) is expected


@pytest.mark.parametrize(("shift", "expected"), [(0, False), (1, True), (2, False)])
def test_the_padding_before_an_allele_may_be_given(shift, expected):
    assert is_spelled("", "AC", as_ref="GT", as_alt="GACT", shift=shift) is expected


@pytest.mark.parametrize(
    ("pattern", "bases", "expected"),
    [("N", "A", True), ("N", "", False), ("NN", "A", False), ("AN", "AC", True), ("", "", True)],
)
def test_n_is_one_base(pattern, bases, expected):
    assert fits(pattern, bases) is expected

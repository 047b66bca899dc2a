"""The normal form of an allele, what kind it is, and what it is called."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from beacon_node.errors import InvalidRequest
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.variation import (
    Allele,
    Extent,
    allele_length,
    copy_number_types,
    genomic_hgvs,
    is_symbolic,
    normalize,
    parse_breakend,
    parse_variant_type,
    parse_variation_id,
    trim,
    variant_type,
    variation_id,
)

BASES = st.text("ACG", max_size=6)
# Few letters and short repeats: most indels can be shifted.
REFERENCE = st.lists(st.sampled_from(["A", "C", "AC", "ACA", "G", "AAAA"]), min_size=1, max_size=40)


@st.composite
def placed_allele(draw) -> tuple[str, Allele]:
    """A reference sequence and an allele on it."""
    sequence = "".join(draw(REFERENCE))
    start = draw(st.integers(0, len(sequence)))
    end = draw(st.integers(start, min(len(sequence), start + 6)))
    return sequence, Allele("1", start, end, sequence[start:end], draw(BASES))


def bases_of(sequence: str):
    return lambda name, start, end: sequence[start:end]


def changed(sequence: str, allele: Allele) -> str:
    return sequence[: allele.start] + allele.alt + sequence[allele.end :]


def shifted_naively(sequence: str, allele: Allele) -> Allele:
    """Shift a pure insertion or deletion left base by base (Tan, Abecasis & Kang 2015, alg. 1)."""
    ref, alt, start = allele.ref, allele.alt, allele.start
    if bool(ref) == bool(alt):
        return allele
    while start > 0 and (ref or alt)[-1] == sequence[start - 1]:
        before = sequence[start - 1]
        ref, alt = (before + bases[:-1] if bases else "" for bases in (ref, alt))
        start -= 1
    return Allele("1", start, start + len(ref), ref, alt)


@settings(max_examples=300)
@given(placed_allele())
def test_the_normal_form_is_the_naively_shifted_one_and_means_the_same(given_allele):
    sequence, allele = given_allele
    normal = normalize(allele, bases_of(sequence))
    assert normal == shifted_naively(sequence, trim(allele))
    assert changed(sequence, normal) == changed(sequence, allele)
    assert normal.ref == sequence[normal.start : normal.end]


@given(placed_allele(), st.booleans())
def test_normalizing_twice_changes_nothing(given_allele, has_reference):
    sequence, allele = given_allele
    bases = bases_of(sequence) if has_reference else None
    once = normalize(allele, bases)
    assert normalize(once, bases) == once


@given(placed_allele(), st.integers(0, 5), st.integers(0, 5))
def test_shared_bases_around_an_allele_do_not_matter(given_allele, before, behind):
    sequence, allele = given_allele
    assume(allele.ref != allele.alt)
    start = max(0, allele.start - before)
    end = min(len(sequence), allele.end + behind)
    left, right = sequence[start : allele.start], sequence[allele.end : end]
    wider = Allele("1", start, end, left + allele.ref + right, left + allele.alt + right)
    bases = bases_of(sequence)
    assert normalize(wider, bases) == normalize(allele, bases)


@given(placed_allele(), placed_allele())
def test_indels_that_make_the_same_sequence_have_one_normal_form(one, other):
    sequence, allele = one
    bases = bases_of(sequence)
    second = Allele("1", *_within(sequence, other[1]), "")
    first, second = normalize(allele, bases), normalize(second, bases)
    is_deletion = not first.alt and not second.alt and first.ref and second.ref
    if is_deletion and changed(sequence, first) == changed(sequence, second):
        assert first == second


def _within(sequence: str, allele: Allele) -> tuple[int, int, str]:
    start, end = (min(at, len(sequence)) for at in (allele.start, allele.end))
    return start, end, sequence[start:end]


def test_an_indel_shifts_further_than_one_window_of_the_reference():
    sequence = "G" + "AC" * 500
    allele = Allele("1", 901, 903, "AC", "")
    assert normalize(allele, bases_of(sequence)) == Allele("1", 1, 3, "AC", "")
    assert normalize(Allele("1", 901, 901, "", "AC"), bases_of(sequence)).start == 1


def test_where_the_reference_says_nothing_an_indel_is_only_trimmed():
    assert normalize(Allele("1", 9, 12, "AAA", "A"), lambda *_: "") == Allele("1", 9, 11, "AA", "")


@pytest.mark.parametrize(
    "allele",
    [
        Allele("17", 9, 10, "A", "AAC"),
        Allele("17", 10, 10, "", "AC"),
        Allele("17", 8, 11, "TAG", "TAACG"),
    ],
    ids=["anchored", "empty ref", "wider"],
)
def test_all_spellings_of_an_insertion_are_one_allele(allele):
    assert normalize(allele) == Allele("17", 10, 10, "", "AC")


@pytest.mark.parametrize("alt", ["<DEL>", "<INS:ME:ALU>", "A[17:198982[", "*"])
def test_symbolic_alleles_are_left_as_they_are(alt):
    allele = Allele("17", 9, 20, "", alt)
    assert is_symbolic(alt)
    assert normalize(allele, bases_of("A" * 50)) == allele


@pytest.mark.parametrize(
    ("ref", "alt", "kind"),
    [
        ("A", "C", "SNP"),
        ("AC", "GT", "MNP"),
        ("", "ACG", "INS"),
        ("ACG", "", "DEL"),
        ("AC", "G", "INDEL"),
        ("", "<DEL>", "DEL"),
        ("", "<DEL:ME:ALU>", "DEL"),
        ("", "<INS:ME:ALU>", "INS"),
        ("", "<DUP:TANDEM>", "DUP"),
        ("", "<INV>", "INV"),
        ("", "<INVDUP>", "INV"),
        ("", "<CNV>", "CNV"),
        ("", "<CN0>", "CNV"),
        ("", "<TRA>", "BND"),
        ("", "<BND>", "BND"),
        ("", "A[17:198982[", "BND"),
        ("", "]<ctg1>:329]A", "BND"),
        ("", "A.", "BND"),
        ("", "*", "ANY"),
    ],
)
def test_an_allele_has_the_type_word_that_vcf_has_for_it(ref, alt, kind):
    assert variant_type(Allele("17", 9, 9 + len(ref), ref, alt)) == kind


@pytest.mark.parametrize(
    ("alt", "types"),
    [
        ("<CN0>", {"CNV", "DEL"}),
        ("<CN1>", {"CNV"}),
        ("<CN2>", {"CNV", "DUP"}),
        ("<CN14>", {"CNV", "DUP"}),
        ("<CNV>", {"CNV"}),
        ("<DEL>", {"DEL"}),
    ],
)
def test_a_copy_number_is_a_loss_or_a_gain_too(alt, types):
    assert copy_number_types(Allele("17", 9, 99, "", alt)) == types


@pytest.mark.parametrize("word", ["SNP", "snv", "<DEL>", " dup ", "SO:0000159", "EFO:0030067"])
def test_a_variant_type_is_understood_in_any_spelling(word):
    assert parse_variant_type(word)


def test_a_copy_number_variation_covers_losses_and_gains():
    assert parse_variant_type("CNV") == {"CNV", "DEL", "DUP"}


def test_an_unknown_variant_type_is_refused_by_name():
    with pytest.raises(InvalidRequest, match="variantType 'BANANA' is not known; known are SNP"):
        parse_variant_type("BANANA")


@pytest.mark.parametrize(
    ("allele", "extent", "length"),
    [
        (Allele("17", 9, 10, "A", "C"), None, 1),
        (Allele("17", 9, 9, "", "ACG"), None, 3),
        (Allele("17", 9, 13, "ACGT", "A"), None, 4),
        (Allele("17", 9, 109, "", "<DEL>"), Extent(length=90), 90),
        (Allele("17", 9, 109, "", "<DEL>"), Extent(), 100),
        (Allele("17", 9, 109, "", "<DEL>"), None, 100),
        (Allele("17", 9, 9, "", "<INS>"), Extent(length=280), 280),
    ],
)
def test_the_length_is_of_bases_or_what_the_record_says(allele, extent, length):
    assert allele_length(allele, extent) == length


@pytest.mark.parametrize(
    ("alt", "mate"),
    [
        ("G]17:198982]", ("17", 198981)),
        ("]chr13:123456]T", ("13", 123455)),
        ("C[<ctg1>:7[", None),
        (".A", None),
        ("<DEL>", None),
    ],
)
def test_a_breakend_names_its_mate(alt, mate):
    assert parse_breakend(alt) == mate


@pytest.mark.parametrize(
    "allele",
    [
        Allele("17", 43057062, 43057063, "G", "A"),
        Allele("MT", 9, 9, "", "AC"),
        Allele("X", 9, 12, "ACG", ""),
        Allele("1", 9, 109, "", "<DEL>"),
        Allele("1", 9, 10, "", "A[17:198982["),
        Allele("1", 9, 209, "A" * 200, ""),
    ],
    ids=["substitution", "insertion", "deletion", "symbolic", "breakend", "long"],
)
def test_a_public_id_leads_back_to_its_allele_and_to_no_other(allele):
    text = variation_id(Assembly.GRCH38, allele)
    found = parse_variation_id(text)
    assert (found.assembly, found.region) == (Assembly.GRCH38, allele.region)
    assert found.matches(allele)
    assert not found.matches(Allele(allele.reference_name, *_ends(allele), allele.ref, "TTT"))
    assert variation_id(Assembly.GRCH37, allele) != text
    assert len(text) < 120


def _ends(allele: Allele) -> tuple[int, int]:
    return allele.start, allele.end


@pytest.mark.parametrize(
    "text",
    [
        *("", "GRCh38.17.9.10.G", "hg19.17.9.10.G.A", "GRCh38.99.9.10.G.A", "GRCh38.17.x.10.G.A"),
        *("GRCh38.17.٩.10.G.A", "GRCh38.17.9.10\n.G.A", f"GRCh38.17.9.{'1' * 5_000}.G.A"),
    ],
    ids=lambda text: text[:30],
)
def test_other_text_is_no_public_id(text):
    assert parse_variation_id(text) is None


@pytest.mark.parametrize(
    ("allele", "name"),
    [
        (Allele("17", 43057062, 43057063, "G", "A"), "NC_000017.11:g.43057063G>A"),
        (Allele("17", 9, 10, "A", ""), "NC_000017.11:g.10del"),
        (Allele("17", 9, 12, "ACG", ""), "NC_000017.11:g.10_12del"),
        (Allele("17", 9, 9, "", "ACG"), "NC_000017.11:g.9_10insACG"),
        (Allele("17", 9, 11, "AC", "G"), "NC_000017.11:g.10_11delinsG"),
        (Allele("MT", 9, 10, "A", "G"), "NC_012920.1:m.10A>G"),
        (Allele("17", 9, 99, "", "<DEL>"), None),
    ],
)
def test_the_genomic_hgvs_name(allele, name):
    assert genomic_hgvs(Assembly.GRCH38, allele) == name


def test_a_region_is_what_the_allele_replaces():
    assert Allele("17", 9, 12, "ACG", "").region == Region("17", 9, 12)

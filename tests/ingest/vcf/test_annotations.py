"""SnpEff's ANN and VEP's CSQ, matched to the allele they are about."""

import pytest

from beacon_node.ingest.vcf.annotations import effect_reader, parse_info, protein_change
from tests.ingest.vcf.files import CONTIGS, opened, read_file, read_text, vcf
from tests.shared_data import shared

ANN = (
    "##INFO=<ID=ANN,Number=.,Type=String,Description=\"Functional annotations: 'Allele | Annotation"
    " | Annotation_Impact | Gene_Name | Gene_ID | Feature_Type | Feature_ID | Transcript_BioType |"
    " Rank | HGVS.c | HGVS.p |'\">\n"
)
CSQ = (
    '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP. '
    "Format: Allele|Consequence|IMPACT|SYMBOL|Gene|Feature_type|Feature|HGVSc|HGVSp|"
    'Protein_position|Amino_acids">\n'
)
NUMBERED = CSQ.replace("Amino_acids", "Amino_acids|ALLELE_NUM")


def csq(allele: str, consequence: str = "missense_variant", gene: str = "G", more: str = "") -> str:
    return f"{allele}|{consequence}|LOW|{gene}|ENSG1|Transcript|ENST1|{more}"


def genes(head: str, info: str, ref: str, *alts: str) -> list[list[str]]:
    found = effect_reader(head)(info, ref, alts)
    return [[effect["gene"] for effect in effects] for effects in found]


def test_snpeff_tells_gene_consequence_transcript_and_change():
    entry = "C|missense_variant&splice_region_variant|MODERATE|BRAF|BRAF|transcript|NM_1.2|" \
        "protein_coding|15/18|c.1799T>A|p.Val600Glu"  # fmt: skip
    assert effect_reader(ANN)(f"AC=1;ANN={entry}", "A", ["C"]) == [
        (
            {
                "gene": "BRAF",
                "consequences": ["missense_variant", "splice_region_variant"],
                "aminoacid_change": "V600E",
                "transcript": "NM_1.2",
                "hgvs_c": "c.1799T>A",
                "hgvs_p": "p.Val600Glu",
                "source": "SnpEff",
            },
        )
    ]


def test_vep_tells_the_same_without_the_sequence_names():
    info = "CSQ=" + csq("C", more="ENST1.3:c.1799T>A|ENSP1.2:p.Val600Glu|600|V/E")
    ((effect,),) = effect_reader(CSQ)(info, "A", ["C"])
    assert effect["hgvs_c"] == "c.1799T>A"
    assert effect["hgvs_p"] == "p.Val600Glu"
    assert effect["aminoacid_change"] == "V600E"
    assert effect["source"] == "VEP"


@pytest.mark.parametrize(
    ("cells", "change"),
    [
        ("||600|V/E", "V600E"),
        ("||600/766|V/E", "V600E"),
        ("||600|V", "V600="),
        ("||600-601|VL/E", ""),
    ],
)
def test_vep_without_hgvs_still_tells_a_substitution(cells, change):
    ((effect,),) = effect_reader(CSQ)("CSQ=" + csq("C", more=cells), "A", ["C"])
    assert effect["aminoacid_change"] == change


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("p.Val600Glu", "V600E"),
        ("ENSP00000288602.6:p.Val600Glu", "V600E"),
        ("p.(Val600Glu)", "V600E"),
        ("p.Arg97ProfsTer23", "R97Pfs*23"),
        ("p.Arg97fs", "R97fs"),
        ("p.Trp24Ter", "W24*"),
        ("p.Trp24*", "W24*"),
        ("p.Lys23_Val25del", "K23_V25del"),
        ("p.Lys2_Gly3insGlnSer", "K2_G3insQS"),
        ("p.Cys28delinsTrpVal", "C28delinsWV"),
        ("p.Ter110GlnextTer17", "*110Qext*17"),
        ("p.Met1?", "M1?"),
        ("p.Leu5=", "L5="),
        ("p.Leu5%3D", "L5="),
        ("p.Leu5Leu", "L5="),
        ("", ""),
    ],
)
def test_a_protein_change_is_told_in_one_letter_form(written, plain):
    assert protein_change(written) == plain


@pytest.mark.parametrize(
    ("ref", "alts", "spellings"),
    [
        ("A", ["C", "G"], ["C", "G"]),
        ("AT", ["A", "ATT"], ["-", "TT"]),
        ("A", ["AT", "AG"], ["T", "G"]),
        ("AT", ["A", "GT"], ["-", "G"]),
        ("AT", ["A", "GT"], ["A", "GT"]),
        ("C", ["CT", "CCT"], ["T", "CT"]),
        ("AC", ["AG", "AT"], ["AG", "AT"]),
    ],
    ids=[
        "substitutions", "indels anchored", "insertions", "minimal", "unanchored as written",
        "one ALT as written is another's spelling", "several bases without an indel",
    ],
)  # fmt: skip
def test_vep_spellings_find_their_allele(ref, alts, spellings):
    info = "CSQ=" + ",".join(csq(word, gene=f"G{n}") for n, word in enumerate(spellings))
    assert genes(CSQ, info, ref, *alts) == [["G0"], ["G1"]]


def test_an_allele_number_decides():
    info = "CSQ=" + ",".join(csq("-", gene=f"G{n}", more=f"||||{3 - n}") for n in (1, 2))
    assert genes(NUMBERED, info, "ATT", "A", "AT") == [["G2"], ["G1"]]


def test_effects_of_no_allele_of_the_record_are_left_out():
    assert genes(CSQ, "CSQ=" + csq("T"), "A", "C", "G") == [[], []]
    assert genes(CSQ, "CSQ=" + csq("T"), "A", "C") == [["G"]], "one ALT: it can mean no other"


def test_repeated_effects_count_once_and_intergenic_ones_name_no_gene():
    info = "CSQ=" + ",".join([csq("C"), csq("C"), csq("C", "intergenic_variant", "A-B")])
    assert genes(CSQ, info, "A", "C") == [["G", ""]]


@pytest.mark.parametrize("info", [".", "AC=1", "CSQ=", {}])
def test_a_record_without_annotation_has_no_effects(info):
    assert effect_reader(CSQ)(info, "A", ["C", "G"]) == [(), ()]


def test_a_header_without_annotation_has_no_reader():
    assert effect_reader(CONTIGS) is None
    assert effect_reader('##INFO=<ID=ANN,Number=1,Type=String,Description="Annalise">') is None


def test_info_is_split_into_keys_and_values():
    assert parse_info("AC=3;DB;X=a=b;") == {"AC": "3", "DB": "", "X": "a=b"}
    assert parse_info(".") == {}


def test_effects_come_with_their_alleles(tmp_path):
    text = vcf(f"22 5 . A C,G . . CSQ={csq('G')} GT 0/1 0/2 ./.", head=CONTIGS + CSQ)
    found, _ = read_text(tmp_path, text)
    assert [[effect["gene"] for effect in calls.effects] for calls in found] == [[], ["G"]]


def test_a_public_file_annotated_by_snpeff_is_understood():
    path = shared("data/vcf/grch37/1kg_p3_chr1_10-80kb_2504_SnpEff_ANN.vcf.gz")
    found, _ = read_file(opened(path))
    changes = {e["aminoacid_change"] for calls in found for e in calls.effects} - {""}
    assert all(calls.effects for calls in found)
    assert {"OR4F5"} <= {effect["gene"] for calls in found for effect in calls.effects}
    assert changes

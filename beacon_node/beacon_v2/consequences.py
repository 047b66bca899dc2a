"""Words of annotators and ClinVar in the terms that Beacon records use.

Sequence Ontology ids: so.obo of 2024-11-18 (CC BY 4.0); the names are those that VEP and SnpEff
write. Zygosity: GENO. Clinical relevance: the five tiers of Richards et al. 2015 (ACMG/AMP), the
only values the schema has.
"""

import re
from collections.abc import Mapping

_SO_TABLE = """
transcript_ablation 0001893 splice_acceptor_variant 0001574 splice_donor_variant 0001575
stop_gained 0001587 frameshift_variant 0001589 stop_lost 0001578 start_lost 0002012
transcript_amplification 0001889 feature_elongation 0001907 feature_truncation 0001906
inframe_insertion 0001821 inframe_deletion 0001822 missense_variant 0001583
protein_altering_variant 0001818 splice_donor_5th_base_variant 0001787 splice_region_variant 0001630
splice_donor_region_variant 0002170 splice_polypyrimidine_tract_variant 0002169
incomplete_terminal_codon_variant 0001626 start_retained_variant 0002019
stop_retained_variant 0001567 synonymous_variant 0001819 coding_sequence_variant 0001580
mature_miRNA_variant 0001620 5_prime_UTR_variant 0001623 3_prime_UTR_variant 0001624
non_coding_transcript_exon_variant 0001792 intron_variant 0001627 NMD_transcript_variant 0001621
non_coding_transcript_variant 0001619 coding_transcript_variant 0001968
upstream_gene_variant 0001631 downstream_gene_variant 0001632 TFBS_ablation 0001895
TFBS_amplification 0001892 TF_binding_site_variant 0001782 regulatory_region_ablation 0001894
regulatory_region_amplification 0001891 regulatory_region_variant 0001566 intergenic_variant 0001628
sequence_variant 0001060 exon_loss_variant 0001572 rare_amino_acid_variant 0002008
5_prime_UTR_premature_start_codon_gain_variant 0001988 disruptive_inframe_insertion 0001824
disruptive_inframe_deletion 0001826 conservative_inframe_insertion 0001823
conservative_inframe_deletion 0001825 5_prime_UTR_truncation 0002013 3_prime_UTR_truncation 0002015
initiator_codon_variant 0001582 intragenic_variant 0002011 conserved_intergenic_variant 0002017
conserved_intron_variant 0002018 gene_variant 0001564 gene_fusion 0001565
bidirectional_gene_fusion 0002086 structural_interaction_variant 0002093 feature_ablation 0001879
inframe_indel 0001820 genic_upstream_transcript_variant 0002153
genic_downstream_transcript_variant 0002152 no_sequence_alteration 0002073 exon_variant 0001791
transcript_variant 0001576 stop_gained_NMD_escaping 0002322
"""
_WORDS = _SO_TABLE.split()
SEQUENCE_ONTOLOGY: Mapping[str, str] = {
    name: f"SO:{number}" for name, number in zip(_WORDS[::2], _WORDS[1::2], strict=True)
}
# Names that ClinVar and older annotators use for the same terms.
_OTHER_NAMES = {
    "nonsense": "stop_gained",
    "missense": "missense_variant",
    "synonymous": "synonymous_variant",
    "frameshift": "frameshift_variant",
    "initiator_codon_change": "initiator_codon_variant",
    "non_coding_exon_variant": "non_coding_transcript_exon_variant",
    "nc_transcript_variant": "non_coding_transcript_variant",
    "5_prime_utr_variant": "5_prime_UTR_variant",
    "3_prime_utr_variant": "3_prime_UTR_variant",
}

ZYGOSITY: Mapping[str, dict[str, str]] = {
    "heterozygous": {"id": "GENO:0000135", "label": "heterozygous"},
    "homozygous": {"id": "GENO:0000136", "label": "homozygous"},
    "hemizygous": {"id": "GENO:0000134", "label": "hemizygous"},
}


def sequence_ontology_term(name: str) -> dict[str, str] | None:
    """Return the term of a consequence (name or id), None for a word SO does not have."""
    if re.fullmatch(r"SO:\d{7}", name):
        return {"id": name, "label": _LABELS.get(name, name)}
    known = _OTHER_NAMES.get(name, name)
    id = SEQUENCE_ONTOLOGY.get(known)
    return {"id": id, "label": known} if id else None


_LABELS = {id: name for name, id in SEQUENCE_ONTOLOGY.items()}

_TIERS = {
    "benign": "benign",
    "likely benign": "likely benign",
    "uncertain significance": "uncertain significance",
    "likely pathogenic": "likely pathogenic",
    "pathogenic": "pathogenic",
}
# Submitters who agree in direction and differ in certainty: the less certain tier holds.
_WEAKER = {
    frozenset({"pathogenic", "likely pathogenic"}): "likely pathogenic",
    frozenset({"benign", "likely benign"}): "likely benign",
}


def clinical_relevance(word: str) -> str | None:
    """Return the tier of a ClinVar classification, None for what has none (conflicts included).

    >>> clinical_relevance("Pathogenic/Likely_pathogenic|risk_factor")
    'likely pathogenic'
    >>> clinical_relevance("Conflicting_interpretations_of_pathogenicity") is None
    True
    """
    plain = re.split(r"[|,;]", word.replace("_", " ").lower())[0]
    parts = [part.strip() for part in plain.split("/") if part.strip()]
    tiers = frozenset(_TIERS.get(part, "") for part in parts)
    if len(tiers) == 1:
        return next(iter(tiers)) or None
    return _WEAKER.get(tiers)

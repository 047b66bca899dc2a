"""Variation records in the legacy form of the Beacon v2.1.1 default model.

The schema's `variation` is a oneOf: legacy members and VRS members must not mix. Symbolic alleles
cannot be written as `alternateBases` (bases only): a deletion has none, anything else is `N`, and
the allele itself, its length and its breakpoints' margins stand in `info`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from beacon_node.beacon_v2.consequences import ZYGOSITY, clinical_relevance, sequence_ontology_term
from beacon_node.model.answer import Case, VariationRecord
from beacon_node.model.genome import SEQUENCES, Assembly
from beacon_node.model.variation import (
    Allele,
    Extent,
    allele_length,
    genomic_hgvs,
    variant_type,
    variation_id,
)
from beacon_node.ports import Interpretation, Known, PopulationFrequency

_NOTHING = Known()
# Ids in a file's ID column that belong to public databases; others may be the hospital's own.
_PUBLIC_IDS = (
    (re.compile(r"rs\d+"), "dbSNP", "https://www.ncbi.nlm.nih.gov/snp/"),
    (re.compile(r"[en]ss?v\d+"), "dbVar", "https://www.ncbi.nlm.nih.gov/dbvar/variants/"),
    (re.compile(r"COS[MVN]\d+"), "COSMIC", "https://cancer.sanger.ac.uk/cosmic/search?q="),
    (re.compile(r"[RV]CV\d+(\.\d+)?"), "ClinVar", "https://www.ncbi.nlm.nih.gov/clinvar/"),
)


@dataclass(frozen=True, slots=True)
class About:
    """What is publicly known of the variations of an answer, by (assembly, allele)."""

    known: Mapping[tuple[Assembly, Allele], Known] = field(default_factory=dict)
    genes: Mapping[tuple[Assembly, Allele], tuple[str, ...]] = field(default_factory=dict)


NOTHING_KNOWN = About()


def variation_document(
    record: VariationRecord, about: About = NOTHING_KNOWN, *, source: str = "", url: str = ""
) -> dict:
    """Return the `genomicVariant` entry of one variation.

    `source` and `url` name the dataset whose allele frequency the record carries.
    """
    place = record.assembly, record.allele
    known = about.known.get(place, _NOTHING)
    effects = _effects(record, known)
    parts = {
        "identifiers": _identifiers(record, known, effects),
        "molecularAttributes": _molecular(effects, about.genes.get(place, ())),
        "variantLevelData": _interpretations(known.interpretations),
        "frequencyInPopulations": _frequencies(record, known.frequencies, source, url),
        "caseLevelData": [_case(case) for case in record.cases],
        "info": _info(record.allele, record.extent, known),
    }
    return {
        "variantInternalId": variation_id(record.assembly, record.allele),
        "variation": _variation(record.assembly, record.allele),
    } | {name: part for name, part in parts.items() if part}


def _variation(assembly: Assembly, allele: Allele) -> dict:
    kind = variant_type(allele)
    document = {
        "variantType": kind,
        "alternateBases": allele.alt,
        "referenceBases": allele.ref,
        "location": _location(assembly, allele),
    }
    if allele.is_symbolic:
        document["alternateBases"] = "" if kind == "DEL" else "N"
        del document["referenceBases"]
    return document


def _location(assembly: Assembly, allele: Allele) -> dict:
    return {
        "type": "SequenceLocation",
        "sequence_id": f"refseq:{SEQUENCES[assembly][allele.reference_name].refseq}",
        "interval": {
            "type": "SequenceInterval",
            "start": {"type": "Number", "value": allele.start},
            "end": {"type": "Number", "value": allele.end},
        },
    }


def _effects(record: VariationRecord, known: Known) -> list[Mapping]:
    """Return the effects of the file and of the knowledge base in one form."""
    names = ("gene", "aminoacid_change", "consequences", "transcript", "hgvs_c", "hgvs_p")
    learned = [{name: getattr(effect, name) for name in names} for effect in known.effects]
    return [*record.effects, *learned]


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


# ---- identifiers -------------------------------------------------------------------------------


def _identifiers(record: VariationRecord, known: Known, effects: list[Mapping]) -> dict:
    found = {
        "genomicHGVSId": genomic_hgvs(record.assembly, record.allele),
        "clinvarVariantId": f"clinvar:{known.clinvar_id}" if known.clinvar_id.isdecimal() else "",
        "proteinHGVSIds": _distinct(_with_accession(e, "hgvs_p") for e in effects),
        "transcriptHGVSIds": _distinct(_with_accession(e, "hgvs_c") for e in effects),
        "variantAlternativeIds": _alternative_ids((*known.rsids, *record.ids)),
    }
    return {name: value for name, value in found.items() if value}


def _with_accession(effect: Mapping, name: str) -> str:
    """Return an HGVS expression with its sequence; alone (`c.76A>T`) it names nothing."""
    expression = effect.get(name) or ""
    if not expression or ":" in expression:
        return expression
    holder = effect.get("transcript") if name == "hgvs_c" else effect.get("gene")
    return f"{holder}:{expression}" if holder else ""


def _alternative_ids(ids: Iterable[str]) -> list[dict]:
    return [found for id in _distinct(ids) if (found := _alternative_id(id))]


def _alternative_id(id: str) -> dict | None:
    for pattern, database, address in _PUBLIC_IDS:
        if pattern.fullmatch(id):
            return {
                "id": f"{database}:{id}",
                "notes": f"{database} id",
                "reference": f"{address}{id}",
            }
    return None


# ---- what it does ------------------------------------------------------------------------------


def _molecular(effects: list[Mapping], genes: tuple[str, ...]) -> dict:
    words = _distinct(word for e in effects for word in e.get("consequences") or ())
    terms = [sequence_ontology_term(word) for word in words]
    found = {
        "geneIds": _distinct([*(e.get("gene") or "" for e in effects), *genes]),
        "aminoacidChanges": _distinct(e.get("aminoacid_change") or "" for e in effects),
        "molecularEffects": [term for term in terms if term],
    }
    return {name: value for name, value in found.items() if value}


def _interpretations(interpretations: Iterable[Interpretation]) -> dict:
    found = [_interpretation(one) for one in interpretations]
    return {"clinicalInterpretations": found} if found else {}


def _interpretation(one: Interpretation) -> dict:
    """Return one interpretation; a word without a tier stands in `info` only, as it is."""
    label = one.condition_label or "condition not told"
    document = {
        "conditionId": one.id or one.condition or label,
        "category": {"id": "MONDO:0000001", "label": "disease or disorder"},
        "effect": {"id": _curie(one.condition) or "CUSTOM:condition-without-code", "label": label},
        "info": {
            "source": one.source,
            "classification": one.relevance.replace("_", " "),
            "reviewStatus": one.review_status.replace("_", " "),
        },
    }
    tier = clinical_relevance(one.relevance)
    return document | ({"clinicalRelevance": tier} if tier else {})


def _curie(text: str) -> str:
    return text if re.fullmatch(r"\w[^:]+:.+", text) else ""


# ---- who has it --------------------------------------------------------------------------------


def _frequencies(
    record: VariationRecord, panels: Iterable[PopulationFrequency], source: str, url: str
) -> list[dict]:
    found = []
    if record.allele_number and source:
        own = _frequency(source, record.allele_count, record.allele_number)
        own["alleleCountHomozygous"] = record.homozygous
        found.append({"source": source, "sourceReference": url or source, "frequencies": [own]})
    by_source: dict[tuple[str, str, str], list[dict]] = {}
    for panel in panels:
        if panel.allele_number:
            key = panel.source, panel.version, panel.reference
            told = _frequency(panel.population, panel.allele_count, panel.allele_number)
            by_source.setdefault(key, []).append(told)
    for (name, version, reference), told in by_source.items():
        panel_document = {"source": name, "sourceReference": reference or name, "frequencies": told}
        found.append(panel_document | ({"version": version} if version else {}))
    return found


def _frequency(population: str, count: int, number: int) -> dict:
    return {
        "population": population,
        "alleleFrequency": count / number,
        "alleleCount": count,
        "alleleNumber": number,
    }


def _case(case: Case) -> dict:
    told = {
        "biosampleId": case.biosample_id,
        "individualId": case.individual_id,
        "runId": case.run_id,
        "analysisId": case.analysis_id,
        "zygosity": ZYGOSITY.get(case.zygosity),
    }
    return {name: value for name, value in told.items() if value or name == "biosampleId"}


def _info(allele: Allele, extent: Extent | None, known: Known) -> dict:
    found: dict[str, object] = {}
    if allele.is_symbolic:
        found |= {"symbolicAllele": allele.alt, "length": allele_length(allele, extent)}
    if extent:
        found |= {"startMargin": extent.start_margin, "endMargin": extent.end_margin}
        if extent.mate:
            mate = extent.mate
            found["mate"] = {
                "referenceName": mate.reference_name,
                "start": mate.start,
                "end": mate.end,
            }
    if known.pharmacogenes:
        found["starAlleles"] = list(known.pharmacogenes)
    return {name: value for name, value in found.items() if value is not None}

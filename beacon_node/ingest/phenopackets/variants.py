"""The variants of phenopackets' interpretations, as a genotype file of their subjects.

A variant is loaded if it has a vcfRecord of plain bases and an allelic state that says how many
copies there are; whether it explains the disease does not matter, for it was seen. Nothing is known
of other places in these genomes, so only the places of the variants are reported as assayed.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.phenopackets.packets import Naming, Packet, items, packets, settled
from beacon_node.ingest.phenopackets.parts import child, children
from beacon_node.model.calls import AlleleCalls, Interval, ReadReport, merge_intervals
from beacon_node.model.carriers import encode
from beacon_node.model.genome import (
    REFERENCE_NUMBER,
    SEQUENCES,
    Assembly,
    Region,
    parse_assembly,
    resolve_reference,
)
from beacon_node.model.variation import Allele, Bases, normalize

_BASES = re.compile(r"[ACGTN]+")

# GENO zygosity terms → the carrier set they mean (heteroplasmic, unspecified: none).
_STATES = {
    "GENO:0000135": "het",
    "GENO:0000402": "het",  # compound heterozygous: one copy of this allele
    "GENO:0000458": "het",  # simple heterozygous
    "GENO:0000136": "hom",
    "GENO:0000134": "single",  # hemizygous
    "GENO:0000604": "single",  # hemizygous, X-linked
    "GENO:0000605": "single",  # hemizygous, Y-linked
    "GENO:0000606": "single",
    "GENO:0000602": "single",  # homoplasmic
}


@dataclass(frozen=True, slots=True, repr=False)
class PhenopacketVariants:
    """The called variants of a phenopacket source; a `model.calls.GenotypeFile`."""

    path: str
    samples: tuple[str, ...]
    assembly: Assembly | None
    naming: Naming
    bases: Bases | None = None
    is_sites_only: bool = False
    segments: tuple = ("all phenopackets",)

    def read(self, segment, report: ReadReport, progress) -> Iterator[AlleleCalls]:
        """Yield the subjects' alleles by place; see `model.calls.GenotypeFile.read`."""
        numbers = {sample: number for number, sample in enumerate(self.samples)}
        seen: dict[tuple, _Seen] = defaultdict(_Seen)
        for packet in packets(self.path, self.naming):
            for state, allele, variant in _called(packet, self.assembly, self.bases, report):
                reference = REFERENCE_NUMBER[allele.reference_name]
                key = (reference, allele.start, allele.end, allele.ref, allele.alt)
                seen[key].add(numbers[packet.person], state, variant)
        for key in sorted(seen):
            calls = seen[key].calls(key, len(self.samples), report)
            if calls:
                report.alleles += 1
                report.references.add(calls.reference)
                place = Interval(calls.reference, calls.start, max(calls.end, calls.start + 1))
                report.assayed.append(place)
                yield calls
        report.assayed = merge_intervals(report.assayed)
        progress(0)


@dataclass(slots=True)
class _Seen:
    """Who carries one allele: sample number → states said of it."""

    states: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    effects: dict[tuple, dict] = field(default_factory=dict)

    def add(self, sample: int, state: str, variant: dict) -> None:
        self.states[sample].add(state)
        effect = _effect(variant)
        if effect:
            self.effects[tuple(effect.items())] = effect

    def calls(self, key: tuple, universe: int, report: ReadReport) -> AlleleCalls | None:
        sets: dict[str, list[int]] = defaultdict(list)
        for sample, states in sorted(self.states.items()):
            if len(states) > 1:
                report.skip("two zygosities said of one variant")
            else:
                sets[next(iter(states))].append(sample)
        if not sets:
            return None
        stored = {name: encode(np.array(who), universe) for name, who in sets.items()}
        effects = tuple(self.effects.values())
        return AlleleCalls(*key, **stored, haploid=stored.get("single"), effects=effects)


def open_phenopacket_variants(
    path: str | Path,
    *,
    assembly: Assembly | None,
    bases: Bases | None = None,
    naming: Naming = Naming.AUTOMATIC,
) -> PhenopacketVariants:
    """Return the variants of a phenopacket file or folder; the samples are its people's ids.

    Records on another assembly than `assembly` are reported and left out; raises InvalidInput if
    no assembly is given and the records are on several.
    """
    people, found = [], set()
    naming = settled(path, naming)
    for packet in packets(path, naming):
        people.append(packet.person)
        found |= {_assembly(packet, record) for record, _ in _vcf_records(packet)}
    if not assembly and len(found) > 1:
        problem = "its vcfRecords are on GRCh37 and on GRCh38: say which with --assembly"
        raise InvalidInput(problem, file=str(path))
    assembly = assembly or next(iter(found), None)
    return PhenopacketVariants(str(path), tuple(people), assembly, naming, bases)


# ---- variants of one phenopacket ---------------------------------------------------------------


def _called(
    packet: Packet, assembly: Assembly | None, bases: Bases | None, report: ReadReport
) -> Iterator[tuple[str, Allele, dict]]:
    """Yield (carrier set, allele in normal form, variation descriptor) of what can be loaded."""
    for record, variant in _vcf_records(packet, report):
        report.records += 1
        state = _state(variant)
        if state is None:
            report.skip("zygosity not stated, or without a number of copies")
        elif _assembly(packet, record) != assembly:
            report.skip("vcfRecord on another assembly")
        elif not _has_bases(record):
            report.skip("vcfRecord whose ref and alt are not two different runs of bases")
        else:
            yield state, normalize(_allele(packet, record, assembly), bases), variant


def _has_bases(record: dict) -> bool:
    ref, alt = (str(record.get(key, "")).upper() for key in ("ref", "alt"))
    return all(_BASES.fullmatch(bases) for bases in (ref, alt)) and ref != alt


def _state(variant: dict) -> str | None:
    """Return the carrier set that the allelic state (v1: zygosity) means, None if it has none."""
    term = child(variant, "allelicState") or child(variant, "zygosity")
    return _STATES.get(str(term.get("id")))


def _vcf_records(packet: Packet, report: ReadReport | None = None) -> Iterator[tuple[dict, dict]]:
    """Yield (vcfRecord, descriptor) of the subject's interpretations; v1's variants too."""
    own = {packet.body["subject"]["id"], packet.body["id"], ""}
    own |= {str(sample.get("id")) for sample in items(packet, packet.body, "biosamples")}
    for interpretation in items(packet, packet.body, "interpretations"):
        diagnosis = child(interpretation, "diagnosis")
        for finding in items(packet, diagnosis, "genomicInterpretations"):
            variant = child(child(finding, "variantInterpretation"), "variationDescriptor")
            if str(finding.get("subjectOrBiosampleId", "")) not in own:
                _skip(report, "variant of somebody else than the subject")
            elif isinstance(variant.get("vcfRecord"), dict):
                yield variant["vcfRecord"], variant
            else:
                _skip(report, "interpretation without a vcfRecord")
    for variant in items(packet, packet.body, "variants"):
        if isinstance(variant.get("vcfAllele"), dict):
            yield variant["vcfAllele"] | {"chrom": variant["vcfAllele"].get("chr")}, variant


def _skip(report: ReadReport | None, reason: str) -> None:
    if report:
        report.skip(reason)


def _assembly(packet: Packet, record: dict) -> Assembly:
    try:
        return parse_assembly(str(record.get("genomeAssembly", "")))
    except InvalidRequest as unknown:
        raise packet.problem(f"vcfRecord: {unknown}") from unknown


def _allele(packet: Packet, record: dict, assembly: Assembly | None) -> Allele:
    ref, alt = str(record["ref"]).upper(), str(record.get("alt", "")).upper()
    try:
        name, _ = resolve_reference(str(record.get("chrom", "")), assembly)
        position = int(record.get("pos", 0))  # protobuf writes 64-bit numbers as strings
    except (InvalidRequest, ValueError, TypeError, OverflowError) as bad:
        raise packet.problem("vcfRecord: chrom or pos is not understood") from bad
    region = Region.from_vcf(name, pos=position, ref=ref)
    if position < 1 or region.end > SEQUENCES[assembly][name].length:
        raise packet.problem(f"vcfRecord: pos is outside of {name} in {assembly}")
    return Allele(name, region.start, region.end, ref, alt)


def _effect(variant: dict) -> dict:
    """Return what the descriptor says of gene and transcript, keys as in `ports.Effect`."""
    spoken = {str(e.get("syntax")): e.get("value") for e in children(variant, "expressions")}
    hgvs_c, hgvs_p = str(spoken.get("hgvs.c") or ""), str(spoken.get("hgvs.p") or "")
    gene = str(child(variant, "geneContext").get("symbol") or "")
    transcript = hgvs_c.partition(":")[0] if ":" in hgvs_c else ""
    if not (gene or hgvs_c or hgvs_p):
        return {}
    return {
        "gene": gene,
        "transcript": transcript,
        "hgvs_c": hgvs_c,
        "hgvs_p": hgvs_p,
        "source": "phenopacket",
    }

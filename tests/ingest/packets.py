"""Phenopackets for tests, and what is read of them."""

import json

from beacon_node.ingest.phenopackets import (
    open_phenopacket_variants,
    read_phenopackets,
)
from beacon_node.model.calls import ReadReport
from beacon_node.model.carriers import decode

FEVER = {"id": "HP:0001945", "label": "Fever"}
UNIT = {"id": "NCIT:C28252", "label": "Kilogram"}


def packet(id="p1", subject="s1", **more):
    return {"id": id, "subject": {"id": subject, "sex": "MALE"}, "metaData": {}, **more}


def written(folder, content, name="packets.json"):
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def individual(folder, body):
    return next(iter(read_phenopackets(written(folder, body)))).body


def finding(state="GENO:0000135", who="s1", **record):
    vcf = {"genomeAssembly": "hg38", "chrom": "chr1", "pos": 100, "ref": "A", "alt": "G"} | record
    variant = {"vcfRecord": vcf, "allelicState": {"id": state, "label": "x"}}
    interpreted = {"variationDescriptor": variant}
    return {"subjectOrBiosampleId": who, "variantInterpretation": interpreted}


def interpreted(*findings, id="p1", subject="s1"):
    diagnosis = {"disease": FEVER, "genomicInterpretations": list(findings)}
    interpretation = {"id": "i", "progressStatus": "SOLVED", "diagnosis": diagnosis}
    return packet(id, subject, interpretations=[interpretation])


def read(folder, content, **options):
    """Return ([(place, start, ref, alt, {set: sample names})], report)."""
    path = written(folder, content)
    file = open_phenopacket_variants(path, **({"assembly": None} | options))
    report, found = ReadReport(), []
    for calls in file.read(file.segments[0], report, lambda size: None):
        sets = {"het": calls.het, "hom": calls.hom, "single": calls.single}
        names = {key: [file.samples[n] for n in decode(blob)] for key, blob in sets.items() if blob}
        found.append((calls.reference, calls.start, calls.ref, calls.alt, names))
    return found, report

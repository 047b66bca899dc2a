"""A real node with small data of every kind, made through the real actions.

`open-38`: six people on GRCh38 with every kind of allele, and their clinical records; `open-37`:
two people on GRCh37 without records; `sites`: frequencies without people; `closed`: not open data.
"""

import json
from pathlib import Path

from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.manage_datasets import NewDataset, add_dataset
from beacon_node.actions.release_dataset import release
from beacon_node.model.genome import SEQUENCES, Assembly
from beacon_node.node import Node, open_node
from tests.policy.duo import ds, term, use

PEOPLE = tuple(f"HOSPITAL-{number}" for number in range(1, 7))
FEMALE, MALE = ("NCIT:C16576", "female"), ("NCIT:C20197", "male")
DISEASE = ("MONDO:0011450", "breast-ovarian cancer, familial, susceptibility to, 1")

_ANN = (
    "ANN=A|stop_gained|HIGH|BRCA1|BRCA1|transcript|NM_007294.4|protein_coding|20/23|"
    "c.5266C>A|p.Gln1756Lys|||||"
)
_NONE = "0/0 0/0 0/0 0/0"
# CHROM POS ID REF ALT INFO and the genotypes of the six
ROWS = (
    ("17", 43_057_063, "rs80357906", "G", "A", _ANN, "0/1 1/1 0/0 ./. 0/1 0/0"),
    ("17", 43_057_100, ".", "A", "AAC", ".", "0/1 0/0 0/0 0/0 0/0 0/0"),
    ("17", 43_057_200, ".", "CTG", "C,CTGTG", ".", "0/1 0/2 1/2 0/0 0/0 ./1"),
    (
        "22",
        16_050_000,
        "esv1",
        "N",
        "<DEL>",
        "SVTYPE=DEL;END=16060000;CIPOS=-5,5",
        f"0/1 0/0 {_NONE}",
    ),
    ("22", 16_070_000, ".", "N", "<DUP>", "SVTYPE=DUP;END=16075000", "0/0 0/1 0/0 0/0 0/0 0/0"),
    ("22", 16_080_000, ".", "N", "<INS:ME:ALU>", "SVTYPE=INS;SVLEN=281", "0/0 0/0 0/1 0/0 0/0 0/0"),
    ("22", 16_090_000, ".", "N", "<INV>", "SVTYPE=INV;END=16099000", "0/0 0/0 0/0 0/1 0/0 0/0"),
    ("22", 16_095_000, ".", "N", "<CN0>,<CN2>", "SVTYPE=CNV;END=16096000", f"0/1 0/2 {_NONE}"),
    ("22", 16_100_000, ".", "G", "G]17:198983]", "SVTYPE=BND", "0/0 0/0 0/0 0/0 0/1 0/0"),
    ("X", 100_000_000, ".", "C", "T", ".", "0/1 0/0 1 1 0 0"),
    ("MT", 3_243, ".", "A", "G", ".", "1 0 0 0 0 1"),
)


def vcf(assembly: Assembly, rows, samples=PEOPLE) -> str:
    """Return the text of a VCF; rows without genotypes make a sites file."""
    lines = ["##fileformat=VCFv4.2", '##FILTER=<ID=PASS,Description="">']
    lines += [
        f"##contig=<ID={name},length={sequence.length}>"
        for name, sequence in SEQUENCES[assembly].items()
    ]
    for name, kind, number in (
        *(("SVTYPE", "String", 1), ("END", "Integer", 1), ("SVLEN", "Integer", ".")),
        *(("CIPOS", "Integer", 2), ("AC", "Integer", "A"), ("AN", "Integer", 1)),
    ):
        lines.append(f'##INFO=<ID={name},Number={number},Type={kind},Description="">')
    lines.append(
        "##INFO=<ID=ANN,Number=.,Type=String,Description=\"Functional annotations: 'Allele | "
        "Annotation | Annotation_Impact | Gene_Name | Gene_ID | Feature_Type | Feature_ID | "
        "Transcript_BioType | Rank | HGVS.c | HGVS.p | cDNA.pos / cDNA.length | CDS.pos / "
        "CDS.length | AA.pos / AA.length | Distance | ERRORS / WARNINGS / INFO'\">"
    )
    lines.append('##FORMAT=<ID=GT,Number=1,Type=String,Description="">')
    head = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
    lines.append("\t".join([*head, *(["FORMAT", *samples] if samples else [])]))
    for chrom, pos, id, ref, alt, info, *calls in rows:
        fields = [chrom, str(pos), id, ref, alt, ".", "PASS", info]
        if samples:
            fields += ["GT", *calls[0].split()[: len(samples)]]
        lines.append("\t".join(fields))
    return "\n".join(lines) + "\n"


def records() -> dict[str, list[dict]]:
    """Return the BFF records of the six, by file name."""
    return {
        "individuals": [_individual(number, id) for number, id in enumerate(PEOPLE)],
        "biosamples": [
            {
                "id": f"{id}-b",
                "individualId": id,
                "biosampleStatus": {"id": "EFO:0009654", "label": "reference sample"},
                "sampleOriginType": {"id": "UBERON:0000178", "label": "blood"},
            }
            for id in PEOPLE
        ],
        "runs": [
            {
                "id": f"{id}-r",
                "biosampleId": f"{id}-b",
                "individualId": id,
                "runDate": "2023-05-04",
                "platform": "Illumina",
            }
            for id in PEOPLE
        ],
        "analyses": [
            {
                "id": f"{id}-a",
                "runId": f"{id}-r",
                "biosampleId": f"{id}-b",
                "individualId": id,
                "analysisDate": "2023-06-01",
                "pipelineName": "pipeline 1.0",
            }
            for id in PEOPLE
        ],
        "cohorts": [
            {
                "id": "small-cohort",
                "name": "Six people",
                "cohortType": "study-defined",
                "cohortSize": 6,
            }
        ],
    }


def _individual(number: int, id: str) -> dict:
    sex, label = MALE if number >= 2 else FEMALE
    person: dict = {"id": id, "sex": {"id": sex, "label": label}}
    person["measures"] = [
        {
            "assayCode": {"id": "LOINC:35925-4", "label": "BMI"},
            "measurementValue": {
                "unit": {"id": "NCIT:C49671", "label": "Kilogram per Square Meter"},
                "value": 20.0 + 2 * number,
            },
        }
    ]
    if number < 3:
        code = {"id": DISEASE[0], "label": DISEASE[1]}
        onset = {"iso8601duration": f"P{40 + number}Y"}
        person["diseases"] = [{"diseaseCode": code, "ageOfOnset": onset}]
    return person


def make_small_node(folder: Path) -> Node:
    """Return a node in `folder`/home that holds the small datasets, released."""
    home = init_node(
        folder / "home",
        NewNode(beacon_id="org.example.small", name="Small beacon", environment="test"),
    )
    node = open_node(home, {})
    files = _write_files(folder)
    g37, g38 = Assembly.GRCH37, Assembly.GRCH38
    add_dataset(node, NewDataset("open-38", g38, "Open data", True, "CC0-1.0", "Six people"))
    add_dataset(node, NewDataset("open-37", g37, "Older data", True, "CC-BY-4.0"))
    add_dataset(node, NewDataset("sites", g38, "Frequencies only", True, "CC0-1.0"))
    terms = use([ds(DISEASE[0]), term("GS", countries=["FI"]), "DUO:0000045"])
    add_dataset(node, NewDataset("closed", g38, "Closed data", description="Ask us", use=terms))
    one_process = LoadOptions(processes=1)
    for dataset, paths in {
        "open-38": ("people.vcf", *(f"{name}.json" for name in records())),
        "open-37": ("older.vcf",),
        "sites": ("sites.vcf",),
        "closed": ("people.vcf", "individuals.json", "secret.json"),
    }.items():
        for path in paths:
            load(node, dataset, str(files / path), one_process)
        release(node, dataset)
    return node


def _write_files(folder: Path) -> Path:
    files = folder / "files"
    files.mkdir()
    older = [(c, p, i, r, a, info, "0/1 1/1") for c, p, i, r, a, info, _ in ROWS[:2]]
    sites = [
        ("17", 43_057_063, ".", "G", "A", "AC=7;AN=2000"),
        ("22", 1_000, ".", "C", "T", "AC=1;AN=10"),
    ]
    (files / "people.vcf").write_text(vcf(Assembly.GRCH38, ROWS))
    (files / "older.vcf").write_text(vcf(Assembly.GRCH37, older, PEOPLE[:2]))
    (files / "sites.vcf").write_text(vcf(Assembly.GRCH38, sites, ()))
    secret = {"id": "secret-cohort", "name": "Their cohort", "cohortType": "study-defined"}
    shared = {**secret, "id": "small-cohort"}
    (files / "secret.json").write_text(json.dumps([secret, shared]))
    for name, documents in records().items():
        (files / f"{name}.json").write_text(json.dumps(documents))
    return files

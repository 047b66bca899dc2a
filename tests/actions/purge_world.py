"""A node of three people of whom one will withdraw, and where her name stands."""

import json
from pathlib import Path

from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.manage_datasets import (
    remove_people,
)
from beacon_node.actions.release_dataset import release
from beacon_node.node import Node
from tests.actions.homes import files_of, new_node, open_data, vcf

GONE = ("PAT-bob", "SMP-bob", "bob-vcf")  # an individual's id, a biosample's, a sample's name
RECORDS = (
    "22 100 . A C . PASS . GT 0/1 1/1 0/0",
    "22 200 . G T . PASS . GT 0/0 0/1 ./.",  # bob's alone
    "22 300 . C G . PASS . GT 0/0 ./. 0/1",
    "22 400 . T G . PASS . GT ./. 0/0 0/0",  # nobody's
)
SAMPLES = {"ann-vcf": "SMP-ann", "bob-vcf": "SMP-bob", "cid-vcf": "SMP-cid"}
SEX = {"id": "NCIT:C16576", "label": "female"}


def purge_home(tmp_path: Path) -> Node:
    """An open dataset with genotypes, records, relatives and a cohort, released twice."""
    node = new_node(tmp_path / "home", open_data())
    load(node, "d", vcf_of_bob(tmp_path), LoadOptions(sample_table=SAMPLES))
    names = ("ann", "bob", "cid")
    relative = {"memberId": "PAT-bob", "affected": True, "role": {"id": "NCIT:C96570"}}
    pedigree = {"id": "FAM1", "disease": {"diseaseCode": SEX}, "members": [relative]}
    load_json(node, tmp_path, [{"id": f"PAT-{n}", "sex": SEX} for n in names[:2]])
    load_json(node, tmp_path, [{"id": "PAT-cid", "sex": SEX, "pedigrees": [pedigree]}])
    status = {"biosampleStatus": SEX, "sampleOriginType": SEX}
    samples = [{"id": f"SMP-{n}", "individualId": f"PAT-{n}", **status} for n in names]
    load_json(node, tmp_path, samples)
    cohort = {"id": "coh", "name": "C", "cohortType": "study-defined", "ids": ["PAT-bob", "PAT-x"]}
    load_json(node, tmp_path, [cohort])
    release(node, "d")
    remove_people(node, "d", ["PAT-ann"])
    release(node, "d")
    return node


def vcf_of_bob(folder: Path) -> str:
    return vcf(folder / "PAT-bob.vcf", RECORDS, tuple(SAMPLES))


def load_json(node: Node, folder: Path, records: list) -> None:
    path = folder / f"{len(list(folder.iterdir()))}.json"
    path.write_text(json.dumps(records))
    load(node, "d", str(path))


def traces(node: Node) -> list[tuple[str, str]]:
    """Return (file, name) for each name that stands anywhere in the home but in the ledger."""
    files = [path for path in node.home.rglob("*") if path.is_file()]
    kept = [path for path in files if not path.name.startswith("ledger.sqlite")]
    return [
        (path.name, name)
        for path in kept
        for name in GONE
        if name.encode() in path.read_bytes() or name in path.name
    ]


def part_file(node: Node) -> Path:
    (part,) = [part for part in node.catalogue.parts("d") if not part.is_clinical]
    return node.catalogue.folder("d") / "parts" / part.path


def parts_tell(node: Node) -> bool:
    return any(name.startswith("parts/") for name in files_of(node, "d")) and any(
        name.encode() in path.read_bytes()
        for path in (node.catalogue.folder("d") / "parts").iterdir()
        for name in GONE
    )

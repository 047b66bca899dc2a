"""Nodes with real stores in a temporary home, and small files to load."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.actions.manage_datasets import NewDataset, add_dataset
from beacon_node.model.carriers import decode
from beacon_node.model.genome import REFERENCE_NAMES, Assembly
from beacon_node.node import Node, open_node
from tests.store.alleles import SETS, alleles_of, rows

HEAD = "##fileformat=VCFv4.2\n##contig=<ID=22,length=51304566>\n"  # GRCh37's
COLUMNS = "#CHROM POS ID REF ALT QUAL FILTER INFO"


def new_node(home: Path, *datasets: NewDataset) -> Node:
    init_node(home, NewNode())
    node = open_node(home, {})
    for dataset in datasets:
        add_dataset(node, dataset)
    return node


def open_data(id: str = "d", assembly: Assembly = Assembly.GRCH37, **told) -> NewDataset:
    return NewDataset(id, assembly, is_open_data=True, licence="CC0", **told)


def vcf(path: Path, records: Sequence[str], samples: Sequence[str] = ("a", "b")) -> str:
    """Write a VCF; a record's columns are separated by spaces. Returns its path."""
    columns = f"{COLUMNS} FORMAT {' '.join(samples)}" if samples else COLUMNS
    lines = "".join(f"{line}\n".replace(" ", "\t") for line in (columns, *records))
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt") as file:
        file.write(HEAD + lines)
    return str(path)


def people(path: Path, *ids: str) -> str:
    """Write BFF individuals; returns the path."""
    sex = {"id": "NCIT:C16576", "label": "female"}
    path.write_text(json.dumps([{"id": id, "sex": sex} for id in ids]))
    return str(path)


def files_of(node: Node, dataset_id: str) -> list[str]:
    """Return the names of all files a dataset has on disk."""
    folder = node.catalogue.folder(dataset_id)
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def carriers(node: Node, dataset_id: str) -> Mapping[tuple, Mapping[str, set[str]]]:
    """Return (reference name, start, ref, alt) → {set: names of call sets} of what answers."""
    path = node.catalogue.index_path(dataset_id)
    names = np.array([name for (name,) in rows(path, "SELECT name FROM call_set ORDER BY number")])
    return {
        (REFERENCE_NAMES[a.reference - 1], a.start, a.ref, a.alt): {
            name: set(names[decode(blob)].tolist()) for name in SETS if (blob := getattr(a, name))
        }
        for a in alleles_of(path)
    }

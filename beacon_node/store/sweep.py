"""Removes files that no catalogue knows: what a killed or failed command left."""

import shutil
from pathlib import Path

from beacon_node.errors import Conflict
from beacon_node.store.database import Catalogue
from beacon_node.store.failures import told_plainly


def sweep(catalogue: Catalogue, dataset_id: str) -> None:
    """Remove a dataset's files that are no part or release of it. Its lock must be held."""
    folder = catalogue.folder(dataset_id)
    known = {"parts": catalogue.parts(dataset_id), "releases": catalogue.releases(dataset_id)}
    with told_plainly(folder):
        for name, records in known.items():
            _keep_only(folder / name, {record.path for record in records})


def sweep_removed(catalogue: Catalogue) -> None:
    """Remove the folders of datasets that are no more."""
    known = {dataset.id for dataset in catalogue.datasets()}
    folder = catalogue.folder("")
    with told_plainly(folder):
        found = [path.name for path in folder.iterdir()] if folder.exists() else []
    for dataset_id in set(found) - known:
        try:
            with catalogue.only_me(dataset_id), told_plainly(folder / dataset_id):
                shutil.rmtree(folder / dataset_id)
        except Conflict:
            continue  # somebody else is removing it right now


def _keep_only(folder: Path, names: set[str]) -> None:
    for path in folder.iterdir() if folder.exists() else ():
        if path.name not in names:
            path.unlink()

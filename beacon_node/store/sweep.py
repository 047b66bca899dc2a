"""Removes files that no catalogue knows: what a killed or failed command left."""

import shutil
from pathlib import Path

from beacon_node.errors import Conflict
from beacon_node.storage.failures import told_plainly
from beacon_node.store.database import Catalogue


def sweep(catalogue: Catalogue, dataset_id: str) -> None:
    """Remove a dataset's files that are no part, release or table of it. Its lock must be held."""
    folder, releases = catalogue.folder(dataset_id), catalogue.releases(dataset_id)
    parts = {part.path for part in catalogue.parts(dataset_id)}
    released = {name for release in releases for name in (release.path, release.consents)}
    tables = {release.public.table for release in releases if release.public}
    with told_plainly(folder):
        _keep_only(folder / "parts", parts)
        _keep_only(folder / "releases", released)
        _keep_only(folder / "public", tables)


def sweep_removed(catalogue: Catalogue) -> None:
    """Remove the folders of datasets that are no more."""
    folder = catalogue.folder("")
    with told_plainly(folder):
        found = {path.name for path in folder.iterdir()} if folder.exists() else set()
    for dataset_id in found - _known(catalogue):
        try:
            with catalogue.only_me(dataset_id), told_plainly(folder / dataset_id):
                # Nobody loads into it now, but somebody may have declared it meanwhile.
                if dataset_id not in _known(catalogue) and (folder / dataset_id).exists():
                    shutil.rmtree(folder / dataset_id)
        except Conflict:
            continue  # somebody else is removing it, or loads into it, right now


def _known(catalogue: Catalogue) -> set[str]:
    return {dataset.id for dataset in catalogue.datasets()}


def _keep_only(folder: Path, names: set[str]) -> None:
    for path in folder.iterdir() if folder.exists() else ():
        if path.name not in names:
            path.unlink()

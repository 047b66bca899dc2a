"""How many people of a release let record-level use, which all answers under a grant need."""

from beacon_node.model.consent import UseKind
from beacon_node.node import Node
from beacon_node.policy.consent_profiles import read_profile
from beacon_node.store.snapshots import Group, origin_of, read_snapshot


def record_level_people(node: Node, dataset_id: str) -> int | None:
    """Return how many individuals of the current release permitted record-level use of any of their
    data when it was made; None for open data, and where nothing says who permits what.

    Only they can count under a grant; a purpose and the dataset's terms must still approve.
    """
    release = node.catalogue.current_release(dataset_id)
    if release is None or not release.consents or node.catalogue.dataset(dataset_id).is_open_data:
        return None
    path = node.catalogue.folder(dataset_id) / "releases" / release.consents
    origin = origin_of(path)
    groups = read_snapshot(path, origin) if origin else None
    return None if groups is None else sum(len(one.members) for one in groups if _permits(one))


def _permits(group: Group) -> bool:
    permitted = read_profile(group.permitted).permitted if group.permitted else ()
    return any(use is UseKind.RECORD_LEVEL for _, use, _ in permitted)

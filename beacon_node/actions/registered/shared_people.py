"""Which datasets have some of the same people: near a place, only one of them is answered."""

from beacon_node.node import Node
from beacon_node.ports import Dataset
from beacon_node.store.people import numbered_individuals


def sharing_with(node: Node, dataset_id: str) -> tuple[str, ...]:
    """Return sentences that name the datasets whose current releases share people with this one's,
    where both give registered counts; none where no dataset does."""
    released = {one.id: one for one in node.catalogue.released_datasets() if _is_counted(one)}
    if dataset_id not in released or len(released) == 1:
        return ()
    own = frozenset(_ids(node, dataset_id))
    others = [one for one in released if one != dataset_id]
    found = [one for one in others if not own.isdisjoint(_ids(node, one))]
    if not found:
        return ()
    named = ", ".join(repr(one) for one in found)
    return (
        f"some people of this dataset are in {named} too: near a place that a registered account "
        "asked about in one of them the others give it no counts, from which it can be "
        "read that they share people",
    )


def _is_counted(dataset: Dataset) -> bool:
    is_protected = not dataset.is_open_data and dataset.has_individuals
    return is_protected and dataset.public is not None and bool(dataset.public.panels)


def _ids(node: Node, dataset_id: str) -> list[str]:
    return [id for id, _ in numbered_individuals(node.catalogue.index_path(dataset_id))]

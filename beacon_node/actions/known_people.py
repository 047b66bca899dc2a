"""Whether a node has ever heard of an individual: a slip of the pen must not stand for a no."""

from beacon_node.actions.release_draft import people_in, read_draft
from beacon_node.errors import NotFound
from beacon_node.node import Node
from beacon_node.store.people import numbers_of


def require_known(node: Node, individual: str) -> None:
    """Raises NotFound if an individual (the hospital's own id) is neither in the ledger nor in any
    dataset's draft or current release; Conflict if that cannot be told while a command works."""
    if not (_is_recorded_or_released(node, individual) or _is_in_a_draft(node, individual)):
        raise NotFound(
            f"nothing is on record for individual {individual!r}, who is in no dataset either: is "
            "the id right? Nothing was recorded; --unknown records it for who is not loaded yet"
        )


def is_in_dataset(node: Node, dataset_id: str, individual: str) -> bool:
    """Whether an individual is in a dataset's current release or in its draft, of which who was
    taken out is no part. Raises Conflict if that cannot be told while a command works."""
    if _is_released(node, dataset_id, individual):
        return True
    with node.catalogue.only_me(dataset_id):
        return individual in people_in(node, read_draft(node, dataset_id))


def _is_recorded_or_released(node: Node, individual: str) -> bool:
    """What can be told whatever is being loaded, so that a withdrawal never waits for it."""
    return bool(node.ledger.history(individual)) or any(
        numbers_of(node.catalogue.index_path(dataset.id), [individual])
        for dataset in node.catalogue.released_datasets()
    )


def _is_released(node: Node, dataset_id: str, individual: str) -> bool:
    is_answering = dataset_id in {one.id for one in node.catalogue.released_datasets()}
    return is_answering and bool(numbers_of(node.catalogue.index_path(dataset_id), [individual]))


def _is_in_a_draft(node: Node, individual: str) -> bool:
    for dataset in node.catalogue.datasets():
        with node.catalogue.only_me(dataset.id):
            draft = read_draft(node, dataset.id)
            if individual in draft.removed or individual in people_in(node, draft):
                return True
    return False

"""After an older ledger was put back: what was charged since its backup is not known any more.

So everybody who was in a dataset by then counts as having spent everything, with every account.
"""

from beacon_node.actions.registered.accounts import forget
from beacon_node.actions.registered.seats import seats_of
from beacon_node.node import Node


def take_as_spent(node: Node) -> str:
    """Count the budgets of everybody in every dataset that is not open data as used up, for good.

    Returns a sentence that says so, empty where nobody is in one. Raises StoreUnavailable.
    """
    for dataset in node.catalogue.released_datasets():
        if not dataset.is_open_data and dataset.has_individuals:
            seats_of(node, dataset)  # whoever came after the backup has a number again
    forget(node)
    with node.ledger.charging(now=node.clock.now(), is_older=True) as turn:
        closed = turn.seated_datasets()
        for dataset_id in closed:
            people = turn.seats(dataset_id)
            if people > turn.spent(dataset_id):
                turn.close(dataset_id, people)
        turn.purses.clear()
    node.ledger.go_on_from_here()
    return _sentence(closed)


def _sentence(closed: tuple[str, ...]) -> str:
    if not closed:
        return ""
    return (
        "registered researchers get no counts any more from " + ", ".join(closed) + ": what they "
        "were told after the backup is not known, so that all privacy budgets count as used up"
    )

"""How a ledger keeps a row: its public part as JSON text, its sets of people as they are."""

import orjson

from beacon_node.model.charges import Charged
from beacon_node.privacy.registered.account import Place, Row
from beacon_node.privacy.registered.prices import Prices


def public_part(row: Row) -> str:
    """Return prices, place and group of a row: all that `read_row` needs beside the sets."""
    document = {"prices": row.prices, "place": row.place, "group": row.group}
    return orjson.dumps(document).decode()


def read_row(public: str, people: Charged, reference: Charged) -> Row:
    """Return the row whose public part and sets were stored."""
    document = orjson.loads(public)
    place = document["place"]
    return Row(
        Prices(**document["prices"]),
        people,
        reference,
        None if place is None else Place(**place),
        document["group"],
    )

"""How a ledger keeps a row: its public part as JSON text, its sets of people as they are."""

import orjson

from beacon_node.model.charges import Charged
from beacon_node.privacy.registered.account import Place, Row
from beacon_node.privacy.registered.prices import Prices


def public_part(row: Row) -> str:
    """Return what `read_row` needs beside the sets: prices, place, group, and whose set the
    reference genomes are."""
    document = {"prices": row.prices, "place": row.place, "group": row.group}
    return orjson.dumps(document | {"genomes": row.genomes}).decode()


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
        document.get("genomes"),  # None: the row is older than names of sets
    )

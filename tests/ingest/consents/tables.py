"""Small tables of consents and their mapping, with one thing changed at a time."""

from pathlib import Path

from beacon_node.ingest.consents import read_consent_csv, read_csv_mapping
from beacon_node.model.consent import Status
from beacon_node.model.consent_import import Cancelled, Reject, Stated
from beacon_node.model.duo_terms import DUO_TERMS
from beacon_node.policy.consent import uses_if_unstated

MAPPING = """
format = "csv"
time_zone = "Europe/Helsinki"
[columns]
individual = "id"
signed_on = "signed"
[scope]
dataset = "d"
[[terms]]
duo = "GRU"
"""


def read(folder: Path, table: str | bytes, mapping: str = MAPPING) -> list:
    (folder / "mapping.toml").write_text(mapping)
    text = table.encode() if isinstance(table, str) else table
    (folder / "consents.csv").write_bytes(text)
    rules = read_csv_mapping(folder / "mapping.toml")
    return list(read_consent_csv(folder / "consents.csv", rules, unstated=uses_if_unstated))


def told(line: Stated | Cancelled | Reject) -> tuple:
    """Return what a line says, short enough for a table of cases."""
    if isinstance(line, Reject):
        return ("rejected", line.place.line, line.field)
    if isinstance(line, Cancelled):
        return ("cancelled", line.individual, line.document)
    status = line.version.status
    if status is not Status.GIVEN:
        return (status.value, line.individual)
    return ("given", line.individual, terms(line))


def terms(line: Stated) -> str:
    return " ".join(sorted(DUO_TERMS[term.id].shorthand for term in line.version.use.terms))

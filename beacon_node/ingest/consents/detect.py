"""Which of the two a file of consents is, told by its content."""

from enum import StrEnum
from pathlib import Path

from beacon_node.errors import InvalidInput
from beacon_node.ingest.consents.csv_mapping import CSV
from beacon_node.ingest.consents.fhir_mapping import FHIR
from beacon_node.ingest.plain_files import opened

_HEAD_BYTES = 65_536
_OTHERS = ((b"%PDF", "a PDF"), (b"PK\x03\x04", "a spreadsheet or ZIP archive; save it as CSV"))


class ConsentFormat(StrEnum):
    """What a file of consents is."""

    CSV = CSV
    FHIR = FHIR


def detect_consents(path: str | Path) -> ConsentFormat:
    """Return the format of a file, plain or gzip. InvalidInput if it is clearly neither."""
    with opened(path) as stream:
        head = stream.read(_HEAD_BYTES)
    for magic, name in _OTHERS:
        if head.startswith(magic):
            raise InvalidInput(f"this is {name}", file=str(path))
    text = head.lstrip(b" \t\r\n")
    if not text:
        raise InvalidInput("the file is empty", file=str(path))
    if text.startswith(b"<"):
        raise InvalidInput("this is XML; export FHIR as JSON", file=str(path))
    return ConsentFormat.FHIR if text.startswith((b"{", b"[")) else ConsentFormat.CSV

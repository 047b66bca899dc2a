"""The phenopackets of a file or folder, each with the id that its person goes by."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from beacon_node.errors import InvalidInput
from beacon_node.ingest.bff import numbered_records
from beacon_node.ingest.detect import json_files


class Naming(StrEnum):
    """What identifies a person: `subject.id`, or the phenopacket's own id.

    AUTOMATIC takes the subject's, unless two phenopackets of the source have the same one:
    published collections call many people "patient 1", and two people must never become one.
    """

    AUTOMATIC = "automatic"
    SUBJECT = "subject"
    PHENOPACKET = "phenopacket"


@dataclass(frozen=True, slots=True, repr=False)
class Packet:
    """One phenopacket: where it stands, and the id its person gets."""

    file: str
    place: str
    body: dict
    person: str

    def problem(self, problem: str) -> InvalidInput:
        return InvalidInput(f"phenopacket {self.place}: {problem}", file=self.file)


def packets(path: str | Path, naming: Naming = Naming.AUTOMATIC) -> Iterator[Packet]:
    """Yield the phenopackets of a file or of a folder's JSON files, by path and place.

    The members of a Family or Cohort message are taken one by one. Raises InvalidInput for JSON
    that is broken, a missing `id` or `subject.id`, and two phenopackets with one person's id.
    """
    naming = settled(path, naming)
    seen: set[str] = set()
    for packet in _found(path):
        own = packet.body["subject"]["id"] if naming is Naming.SUBJECT else packet.body["id"]
        if own in seen:
            raise packet.problem(f"its {naming} id was already used by an earlier phenopacket")
        seen.add(own)
        yield Packet(packet.file, packet.place, packet.body, own)


def settled(path: str | Path, naming: Naming) -> Naming:
    """Return the naming that AUTOMATIC comes to in this source; any other as it is."""
    if naming is not Naming.AUTOMATIC:
        return naming
    subjects = Counter(packet.body["subject"]["id"] for packet in _found(path))
    repeated = any(count > 1 for count in subjects.values())
    return Naming.PHENOPACKET if repeated else Naming.SUBJECT


def _found(path: str | Path) -> Iterator[Packet]:
    files = json_files(Path(path)) if Path(path).is_dir() else [Path(path)]
    if not files:
        raise InvalidInput("this folder has no .json, .json.gz or .jsonl files", file=str(path))
    for file in files:
        for place, record in numbered_records(file):
            for body in _members(record):
                yield _checked(Packet(str(file), place, body, ""))


def _members(record: dict) -> Iterator[dict]:
    if "proband" in record or "members" in record:  # a Family or a Cohort
        for key in ("proband", "relatives", "members"):
            value = record.get(key, [])
            yield from value if isinstance(value, list) else [value]
    else:
        yield record


def _checked(packet: Packet) -> Packet:
    if not isinstance(packet.body, dict):
        raise packet.problem("it is not an object")
    if not _is_name(packet.body.get("id")):
        raise packet.problem("required field `id` is missing")
    subject = packet.body.get("subject")
    if not isinstance(subject, dict) or not _is_name(subject.get("id")):
        raise packet.problem("required field `subject.id` is missing")
    return packet


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def items(packet: Packet, holder: dict, key: str) -> list[dict]:
    """Return the objects of a list field, empty if absent; raises InvalidInput if it is no list."""
    found = holder.get(key) or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise packet.problem(f"`{key}` must be a list of objects")
    return found

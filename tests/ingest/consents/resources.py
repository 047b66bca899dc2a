"""FHIR consents with one thing changed at a time, and the mapping they are read under."""

import json
from collections.abc import Sequence
from pathlib import Path

from beacon_node.ingest.consents import read_consent_fhir, read_fhir_mapping
from beacon_node.policy.consent import uses_if_unstated

SYSTEM, USE, COMPANIES, RECONTACT = "urn:oid:1.2", "8", "27", "37"
DUO = "http://purl.obolibrary.org/obo/duo.owl"
FHIR_MAPPING = f"""
format = "fhir"
time_zone = "Europe/Berlin"
[scope]
dataset = "d"
[[codes]]
system = "{SYSTEM}"
code = "{USE}"
permit = ["GRU"]
[[codes]]
system = "{SYSTEM}"
code = "{COMPANIES}"
otherwise = ["NPUNCU"]
[[irrelevant_codes]]
system = "{SYSTEM}"
code = "{RECONTACT}"
"""
OPT_OUT = FHIR_MAPPING.replace('permit = ["GRU"]', 'permit = ["GRU"]\nby_bare_permit = true')


def code(*codes: str, system: str = SYSTEM) -> list[dict]:
    """Return one concept per code, each also in a system nobody knows."""
    return [
        {"coding": [{"system": "urn:local", "code": f"L{one}"}, {"system": system, "code": one}]}
        for one in codes
    ]


def rule(kind: str, *codes: str, nested: Sequence[dict] = (), **more) -> dict:
    made = {"type": kind, **more}
    made |= {"code": code(*codes)} if codes else {}
    return made | ({"provision": list(nested)} if nested else {})


def consent(provision: dict | None, individual: str = "P", **changes) -> dict:
    made = {
        "resourceType": "Consent",
        "id": "c1",
        "status": "active",
        "scope": {"coding": [{"code": "research"}]},
        "patient": {"reference": f"Patient/{individual}"},
        "dateTime": "2026-01-05",
        "provision": provision,
        **changes,
    }
    return {key: value for key, value in made.items() if value is not None}


def bundle(*resources: dict, **more) -> str:
    entries = [{"resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries, **more})


def read_text(folder: Path, text: str, mapping: str = FHIR_MAPPING) -> list:
    (folder / "mapping.toml").write_text(mapping)
    (folder / "consents.json").write_text(text)
    rules = read_fhir_mapping(folder / "mapping.toml")
    return list(read_consent_fhir(folder / "consents.json", rules, unstated=uses_if_unstated))


def read(folder: Path, *resources: dict, mapping: str = FHIR_MAPPING) -> list:
    return read_text(folder, bundle(*resources), mapping)

"""Made-up consents of a made-up cohort, as a hospital's table with what its columns mean."""

from pathlib import Path

_SILENT, _PRIVATE = 20, 10  # one in so many says nothing; one in so many lets nobody else ask
_MAPPING = """format = "csv"
time_zone = "Europe/London"

[columns]
individual = "record_id"
signed_on = "signed"

[scope]
dataset = "clinic"
uses = { checkboxes = { research = "research_discovery", public = "public_discovery" } }

[[terms]]
duo = "HMB"
when = { research = "1" }
"""


def write_consents(folder: Path, people: int) -> None:
    """Write `consents.csv` and `mapping.toml` into `folder`: nearly everybody may be asked about by
    anybody, some by researchers alone, some signed nothing."""
    rows = ["record_id,signed,research,public"]
    for number in range(1, people + 1):
        if number % _SILENT:
            rows.append(f"SYN{number:05d},2026-01-07,1,{int(number % _PRIVATE > 0)}")
    (folder / "consents.csv").write_text("\n".join([*rows, ""]), "utf-8")
    (folder / "mapping.toml").write_text(_MAPPING, "utf-8")

"""Made-up consents of a made-up cohort, as a hospital's table with what its columns mean."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Shares:
    """One person in `silent` says nothing, one in `private` is not for the public, and one in
    `discreet` lets nobody see single records."""

    silent: int = 20
    private: int = 10
    discreet: int = 4

    def has_everything(self, id: str) -> bool:
        """Say whether a person of `demo.people` consented to every use."""
        number = int(id.removeprefix("SYN").split("-")[0])
        return all(number % one for one in (self.silent, self.private, self.discreet))


_MAPPING = """format = "csv"
time_zone = "Europe/London"

[columns]
individual = "record_id"
signed_on = "signed"

[scope]
dataset = "{dataset}"

[scope.uses.checkboxes]
research = "research_discovery"
public = "public_discovery"
records = "record_level"

[[terms]]
duo = "HMB"
when = {{ research = "1" }}
"""


def write_consents(folder: Path, people: int, dataset: str, shares: Shares = Shares()) -> None:
    """Write `consents.csv` and `mapping.toml` into `folder`: nearly everybody may be asked about by
    anybody, some by researchers alone, some signed nothing."""
    rows = ["record_id,signed,research,public,records"]
    for number in range(1, people + 1):
        if number % shares.silent:
            ticked = (int(number % one > 0) for one in (shares.private, shares.discreet))
            rows.append(f"SYN{number:05d},2026-01-07,1,{','.join(map(str, ticked))}")
    (folder / "consents.csv").write_text("\n".join([*rows, ""]), "utf-8")
    (folder / "mapping.toml").write_text(_MAPPING.format(dataset=dataset), "utf-8")

"""Three made-up hospitals of one population, each with its own people, consents and policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from beacon_node.demo.consents import Shares, write_consents
from beacon_node.demo.reference_people import make_reference_people
from beacon_node.demo.running import Home
from beacon_node.demo.synthetic import make_cohort

POPULATION = {"people": 400, "variants": 2_000, "seed": 20_300_107}
COMMITTEE = ("Eve", "Fay")  # of the first hospital


@dataclass(frozen=True, slots=True)
class Hospital:
    """`others` tells its people from the others'; `open_people` also gave their genomes away.

    `settings` are those of its node that differ from the defaults; `ceiling` is the most that it
    lets the broker's word open; `delay_s` is how much later a request reaches it.
    """

    key: str
    name: str
    dataset: str
    others: int
    terms: tuple[str, ...] = ("HMB",)
    shares: Shares = Shares()
    open_people: int = 0
    settings: str = ""
    ceiling: str = "registered"
    delay_s: float = 0.0
    says: str = ""

    @property
    def id(self) -> str:
        return f"org.example.{self.key}"


HOSPITALS = (
    Hospital(
        *("north", "North Hospital", "clinic", 3),
        says="whole genomes of its clinic; its committee grants access to records",
    ),
    Hospital(
        *("south", "South Biobank", "biobank", 4),
        terms=("HMB", "NPUNCU"),
        open_people=200,
        delay_s=1.5,
        says="a biobank, and volunteers who gave their genomes away; its line is slow",
    ),
    Hospital(
        *("east", "East Cancer Centre", "oncology", 5),
        shares=Shares(silent=10, private=5, discreet=2),
        settings="\n[privacy]\ncarriers_needed = 3\n",
        ceiling="public",
        says="the strictest: yes or no alone, and a yes only for three carriers or more",
    ),
)


def make_files(folder: Path, hospitals: Sequence[Hospital] = HOSPITALS) -> None:
    """Write all that the hospitals load, and people of the same population who are in none."""
    for one in hospitals:
        own = folder / one.key
        make_cohort(own, **POPULATION, others=one.others)
        write_consents(own, POPULATION["people"], one.dataset, one.shares)
        if one.open_people:
            volunteers = POPULATION | {"people": one.open_people, "seed": 11, "first": 10_001}
            make_cohort(own / "volunteers", **volunteers)
    make_reference_people(folder / "reference", **POPULATION)


def set_up(home: Home, one: Hospital, files: Path) -> None:
    """Make a hospital's node, load its people and let it answer."""
    own, run = files / one.key, home.run
    run("init", home.folder, "--id", one.id, "--name", one.name, "--organization", one.name)
    _write_settings(home, one)
    _tell_names(home, own, files / "reference")
    on = ("--assembly", "GRCh38", "--assayed", "whole-genome", "--synthetic")
    terms = [word for term in one.terms for word in ("--term", term)]
    run("dataset", "add", one.dataset, *on, *terms)
    run("dataset", "panels", one.dataset, "--panel", "made-up")
    mapping = ("--mapping", own / "mapping.toml")
    run("consent", "import", own / "consents.csv", *mapping, "--max-change", "100%")
    _load(home, one.dataset, own)
    if one.open_people:
        run("dataset", "add", "volunteers", *on, "--open-data", "--licence", "CC0-1.0")
        _load(home, "volunteers", own / "volunteers")


def _write_settings(home: Home, one: Hospital) -> None:
    if one.settings:
        file = home.folder / "node.toml"
        file.write_text(file.read_text("utf-8") + one.settings, "utf-8")


def _tell_names(home: Home, own: Path, reference: Path) -> None:
    run = home.run
    run("annotate", "genes", own / "genes.tsv", "--assembly", "GRCh38")
    run("annotate", "rsids", own / "sites.vcf.gz")
    run("annotate", "effects", own / "sites.vcf.gz")
    run("annotate", "ontology", own / "ontology.obo")
    panel = ("--name", "made-up", "--ancestry", "made-up", "--disjoint")
    run("annotate", "panel", reference / "panel.vcf.gz", *panel)
    run("annotate", "genomes", reference / "genomes.vcf.gz", "--name", "made-up people")


def _load(home: Home, dataset: str, folder: Path) -> None:
    records = [f"{name}.json" for name in ("individuals", "biosamples", "runs", "analyses")]
    home.run("load", dataset, *[folder / name for name in ("cohort.vcf.gz", *records)])
    home.run("release", dataset)

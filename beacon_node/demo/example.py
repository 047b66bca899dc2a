"""The made-up files that the documentation's examples load: all that one hospital could bring."""

from pathlib import Path

from beacon_node.demo.consents import write_consents
from beacon_node.demo.reference_people import make_reference_people
from beacon_node.demo.synthetic import make_cohort

NAMED_ONLY = 17  # variants: the well-known ones in genes, which a gene panel would see
COHORT = {"people": 400, "variants": 4_000, "seed": 20_300_107}
CLINIC = 3  # its people, of the same population


def write_example(folder: Path) -> None:
    """Write a whole-genome cohort of 400 people; in panel/ a gene panel of 150, in clinic/ 400
    other people with their consents, in reference/ people of the same population who are in none.
    """
    make_cohort(folder, **COHORT)
    make_cohort(folder / "panel", people=150, variants=NAMED_ONLY, seed=7)
    (folder / "panel" / "genes.bed").write_text(_bed(folder / "panel" / "genes.tsv"), "utf-8")
    make_cohort(folder / "clinic", **COHORT, others=CLINIC)
    write_consents(folder / "clinic", COHORT["people"], "clinic")
    make_reference_people(folder / "reference", **COHORT)


def _bed(genes: Path) -> str:
    """Return the places of a gene table (1-based) as BED (0-based)."""
    head, *rows = (line.split("\t") for line in genes.read_text("utf-8").splitlines())
    chromosome, start, end = (head.index(name) for name in ("chrom", "start", "end"))
    return "".join(f"{r[chromosome]}\t{int(r[start]) - 1}\t{r[end]}\n" for r in rows)

"""`make demo`: a node with made-up people, set up and asked as an operator and a researcher would.

python -m beacon_node.demo.tour            # makes demo-home/, shows a tour, ends
python -m beacon_node.demo.tour --stay     # the node stays up until Ctrl-C
python -m beacon_node.demo.tour --files example   # only the files, to try the commands by hand
"""

import argparse
import shutil
import sys
from pathlib import Path

from beacon_node.demo import questions
from beacon_node.demo.consents import write_consents
from beacon_node.demo.reference_people import make_reference_people
from beacon_node.demo.running import Home, Server
from beacon_node.demo.synthetic import make_cohort
from beacon_node.errors import BeaconNodeError, Conflict

FOLDER = Path("demo-home")
NAMED_ONLY = 17  # variants: the well-known ones in genes, which a gene panel would see
COHORT = {"people": 400, "variants": 4_000, "seed": 20_300_107}
CLINIC = 3  # its people, of the same population
MARK = ".made-by-beacon-node-demo"
REPORT = "What clinic's answers give away: beacon-node privacy report clinic --home {home}"


def main() -> int:
    """Run the tour and return the exit code: 0 if every answer was the expected one."""
    options = _options()
    try:
        if options.files:
            make_files(options.files)
            return 0
        return tour(FOLDER, stay=options.stay)
    except BeaconNodeError as error:
        print(f"demo: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 0 if options.stay else 130


def tour(folder: Path, *, stay: bool) -> int:
    """Set up a node in `folder`, ask it, and return the exit code."""
    _empty(folder)
    home = Home(folder / "node")
    _title("A hospital sets up a node", f"Everything is in {folder}/; all people are made up.")
    make_files(folder / "files")
    _set_up(home, folder / "files")
    _title("Anybody asks it", "The same questions as commands: beacon-node query 7-140753336-A-T")
    with Server(home) as server:
        wrong = [one for one in questions.TOUR if not questions.ask(server.url, one)]
        if wrong:
            print(f"{len(wrong)} answers were not as expected.", file=sys.stderr)
            return 1
        print(f"\nAll {len(questions.TOUR)} questions were answered.")
        print(REPORT.format(home=home.folder))
        if stay:
            print(f"The node stays at {server.url} until Ctrl-C.")
            server.wait()
    return 0


def make_files(folder: Path) -> None:
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


def _set_up(home: Home, files: Path) -> None:
    run, open_data = home.run, ("--open-data", "--licence", "CC0-1.0", "--synthetic")
    run("init", home.folder, "--id", "org.example.demo", "--organization", "Demo Hospital")
    on = ("--assembly", "GRCh38")
    run("annotate", "genes", files / "genes.tsv", *on)
    run("annotate", "rsids", files / "sites.vcf.gz")
    run("annotate", "effects", files / "sites.vcf.gz")
    run("annotate", "frequencies", files / "sites.vcf.gz", "--name", "made-up panel")
    run("annotate", "clinvar", files / "interpretations.vcf.gz")
    run("annotate", "ontology", files / "ontology.obo")
    run("dataset", "add", "cohort", *on, "--assayed", "whole-genome", *open_data)
    run("dataset", "add", "panel", *on, "--assayed", files / "panel" / "genes.bed", *open_data)
    run(
        "dataset", "add", "clinic", *on, "--assayed", "whole-genome", "--synthetic", "--term", "HMB"
    )
    _go_public(home, files)
    records = [f"{name}.json" for name in ("individuals", "biosamples", "runs", "analyses")]
    for dataset, folder in (("cohort", ""), ("panel", "panel"), ("clinic", "clinic")):
        given = [files / folder / name for name in ("cohort.vcf.gz", *records)]
        run("load", dataset, *given)
        run("release", dataset)
    run("dataset", "list")


def _go_public(home: Home, files: Path) -> None:
    """Let anybody ask clinic, which is protected, within the guard's bound."""
    run, reference, clinic = home.run, files / "reference", files / "clinic"
    panel = ("--name", "made-up", "--ancestry", "made-up", "--disjoint")
    run("annotate", "panel", reference / "panel.vcf.gz", *panel)
    run("annotate", "genomes", reference / "genomes.vcf.gz", "--name", "made-up people")
    run("dataset", "panels", "clinic", "--panel", "made-up")
    mapping = ("--mapping", clinic / "mapping.toml")
    run("consent", "import", clinic / "consents.csv", *mapping, "--max-change", "100%")


def _empty(folder: Path) -> None:
    """Make `folder` anew; Conflict if it holds anything that no demo made."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise Conflict(f"{folder.resolve()} holds other files; move them away")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / MARK).touch()


def _title(text: str, below: str) -> None:
    print(f"\n{text}\n{'─' * len(text)}\n{below}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.splitlines()[0])
    parser.add_argument("--stay", action="store_true", help="leave the node running")
    parser.add_argument("--files", type=Path, metavar="DIR", help="only write the made-up files")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

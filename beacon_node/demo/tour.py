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
from beacon_node.demo.running import Home, Server
from beacon_node.demo.synthetic import make_cohort
from beacon_node.errors import BeaconNodeError, Conflict

FOLDER = Path("demo-home")
NAMED_ONLY = 17  # variants: the well-known ones in genes, which a gene panel would see
MARK = ".made-by-beacon-node-demo"


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
        if stay:
            print(f"The node stays at {server.url} until Ctrl-C.")
            server.wait()
    return 0


def make_files(folder: Path) -> None:
    """Write a whole-genome cohort of 400 people and, in panel/, a gene panel of 150."""
    for part, people, variants, seed in (
        (folder, 400, 4_000, 20_300_107),
        (folder / "panel", 150, NAMED_ONLY, 7),
    ):
        made = make_cohort(part, people=people, variants=variants, seed=seed)
        made.vcf.rename(part / "cohort.vcf.gz")
    (folder / "panel" / "genes.bed").write_text(_bed(folder / "panel" / "genes.tsv"), "utf-8")


def _bed(genes: Path) -> str:
    """Return the places of a gene table (1-based) as BED (0-based)."""
    head, *rows = (line.split("\t") for line in genes.read_text("utf-8").splitlines())
    chromosome, start, end = (head.index(name) for name in ("chrom", "start", "end"))
    return "".join(f"{r[chromosome]}\t{int(r[start]) - 1}\t{r[end]}\n" for r in rows)


def _set_up(home: Home, files: Path) -> None:
    run, open_data = home.run, ("--open-data", "--licence", "CC0-1.0", "--synthetic")
    run("init", home.folder, "--id", "org.example.demo", "--organization", "Demo Hospital")
    on = ("--assembly", "GRCh38")
    run("dataset", "add", "cohort", *on, "--assayed", "whole-genome", *open_data)
    run("dataset", "add", "panel", *on, "--assayed", files / "panel" / "genes.bed", *open_data)
    run("dataset", "add", "clinic", *on, "--synthetic", "--term", "HMB")
    records = [f"{name}.json" for name in ("individuals", "biosamples", "runs", "analyses")]
    for dataset, folder in (("cohort", files), ("panel", files / "panel"), ("clinic", files)):
        run("load", dataset, folder / "cohort.vcf.gz", *(folder / name for name in records))
        run("release", dataset)
    run("annotate", "genes", files / "genes.tsv", *on)
    run("annotate", "rsids", files / "sites.vcf.gz")
    run("annotate", "effects", files / "sites.vcf.gz")
    run("annotate", "frequencies", files / "sites.vcf.gz", "--name", "made-up panel")
    run("annotate", "clinvar", files / "interpretations.vcf.gz")
    run("annotate", "ontology", files / "ontology.obo")
    run("dataset", "list")


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

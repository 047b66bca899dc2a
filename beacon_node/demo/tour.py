"""`make demo`: three hospitals with made-up people and a broker, set up and asked as in earnest.

python -m beacon_node.demo.tour            # makes demo-home/, shows the tour, stays up until Ctrl-C
python -m beacon_node.demo.tour --once     # ends after the tour
python -m beacon_node.demo.tour --files example   # only files of one hospital, to try commands with
"""

import argparse
import shutil
import sys
from pathlib import Path

from beacon_node.demo.example import write_example
from beacon_node.demo.hospitals import HOSPITALS, make_files
from beacon_node.demo.network import Network, join, running, set_up_all
from beacon_node.demo.steps import Tour
from beacon_node.errors import BeaconNodeError, Conflict

FOLDER = Path("demo-home")
MARK = ".made-by-beacon-node-demo"


def main() -> int:
    """Run the tour and return the exit code: 0 if every answer was the expected one."""
    options = _options()
    try:
        if options.files:
            write_example(options.files)
            return 0
        return tour(FOLDER, stay=not options.once)
    except BeaconNodeError as error:
        print(f"demo: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def tour(folder: Path, *, stay: bool) -> int:
    """Set up the network in `folder`, show it, and return the exit code."""
    _empty(folder)
    _title(
        "Three hospitals set up their nodes", f"Everything is in {folder}/; all people are made up."
    )
    print("Making people, then loading them: about a minute.", flush=True)
    make_files(folder / "files")
    with running(folder, set_up_all(folder, _tell)) as network:
        wrong = _show(network)
        if wrong:
            print("\n".join(["", "Not as expected:", *wrong]), file=sys.stderr)
            return 1
        print(f"\nAll answers were as expected.\n{_addresses(network)}", flush=True)
        if stay:
            _stay(network)
    return 0


def _show(network: Network) -> list[str]:
    _title("They join a network", "Both sides approve, once they have compared fingerprints.")
    for one in HOSPITALS:
        join(network, one)
    network.broker.home.run("broker", "check")
    shown = Tour(network)
    for title, step in (
        ("Anybody asks all of them", shown.anybody_asks),
        ("A registered researcher asks", shown.a_researcher_asks),
        ("A committee grants access", shown.a_committee_decides),
        ("Somebody withdraws their consent", shown.somebody_withdraws),
        ("A site drops out, and comes back", shown.a_site_drops_out),
    ):
        _title(title, step.__doc__)
        step()
    return shown.wrong


def _addresses(network: Network) -> str:
    rows = [(f"{network.broker.base}/", "the page: one box for all sites")]
    rows += [(network.servers[one.key].url, f"{one.name}'s own Beacon") for one in HOSPITALS]
    listed = "\n".join(f"  {url:<32} {words}" for url, words in rows)
    home = network.homes[HOSPITALS[0].key].folder
    report = f"beacon-node privacy report {HOSPITALS[0].dataset} --home {home}"
    return f"{listed}\nWhat {HOSPITALS[0].name}'s answers give away: {report}"


def _stay(network: Network) -> None:
    print("They stay up until Ctrl-C.", flush=True)
    try:
        network.broker.wait()
    except KeyboardInterrupt:
        print("\nStopped.")


def _empty(folder: Path) -> None:
    """Make `folder` anew; Conflict if it holds anything that no demo made."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise Conflict(f"{folder.resolve()} holds other files; move them away")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / MARK).touch()


def _tell(text: str) -> None:
    print(text, flush=True)


def _title(text: str, below: str) -> None:
    print(f"\n{text}\n{'─' * len(text)}\n{below}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.splitlines()[0])
    parser.add_argument("--once", action="store_true", help="end after the tour")
    parser.add_argument("--files", type=Path, metavar="DIR", help="only write the made-up files")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

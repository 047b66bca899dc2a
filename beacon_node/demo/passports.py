"""`python -m beacon_node.demo.passports FOLDER NAME …`: passports of made-up people, to try a node.

A made-up issuer answers on this machine until FOLDER is gone, or an hour is over. FOLDER gets
`trusted_issuers.toml`, by which a node believes it, and a file with a passport for each name.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from beacon_node.demo.issuer import Issuer
from beacon_node.randomness import SystemClock, SystemRandomness

_LONGEST_S = 3_600
_LOOK_S = 0.2
_PATIENCE_S = 30
_TRUST = "trusted_issuers.toml"


def main() -> int:
    """Write the passports and return; the issuer stays."""
    told = _options()
    if told.serve:
        return serve(told.folder, told.names)
    told.folder.mkdir(parents=True)
    command = [sys.executable, "-m", "beacon_node.demo.passports", "--serve"]
    subprocess.Popen(
        [*command, str(told.folder), *told.names],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + _PATIENCE_S
    while not (told.folder / _TRUST).exists():
        if time.monotonic() > end:
            print("the made-up issuer did not start", file=sys.stderr)
            return 1
        time.sleep(_LOOK_S)
    print(f"Passports of {', '.join(told.names)} are in {told.folder}.")
    return 0


def serve(folder: Path, names: list[str]) -> int:
    """Answer for the issuer's key while `folder` is there."""
    with Issuer(SystemClock(), SystemRandomness()) as issuer:
        for name in names:
            (folder / f"{name}.passport").write_text(issuer.passport(name), "ascii")
        draft = folder / f"{_TRUST}.tmp"
        draft.write_text(issuer.trust, "utf-8")
        draft.replace(folder / _TRUST)  # last: who sees it finds everything
        end = time.monotonic() + _LONGEST_S
        while folder.exists() and time.monotonic() < end:
            time.sleep(_LOOK_S)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m beacon_node.demo.passports", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""Every attack on nodes without and behind the guards, and what the guards leave to answer.

    python -m benchmarks.attacks                  small: some cohorts of 65 people
    python -m benchmarks.attacks --full           65 and 1,000 people, 1,300 victims or more each
    python -m benchmarks.attacks --output FILE    the tables go to a file too
    python -m benchmarks.attacks --only 65        the settings alone that begin so

Power at 5 % false positives after so many answered questions, victims pooled over cohorts; the
limits are one-sided 99 % confidence limits. Beside each bound stands how much the outsiders, who
draw the line of 5 %, leave open, as in the privacy report. Ends with 1 if a lower limit exceeds
that, or if less is answered, or less truly, than the bars say. "above" is between the two.

What is "measured" is not promised: nodes without the guard; an attacker who knows other members'
genomes and subtracts them (the theorem assumes that they are unknown); relatives; a panel missing.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.attacks.bars import utility_table
from benchmarks.attacks.jobs import Outcome, run_all
from benchmarks.attacks.plans import QUESTIONS
from benchmarks.attacks.settings import FULL, SMALL
from benchmarks.attacks.tables import Line, attack_table, lines

SEED = 17  # of the lots by which ties are broken


def report(outcome: Outcome) -> tuple[list[str], bool]:
    """Return the tables as lines of text, and whether all that is promised holds."""
    found: Sequence[Line] = lines(outcome.scores, SEED)
    text = list(attack_table(found, QUESTIONS))
    useful, is_useful = utility_table(outcome.utility)
    held = [line for line in found if line.row.bound is not None]
    broken = [line for line in held if line.is_broken]
    text += [*useful, "", f"{len(held)} attacks are bounded; {len(broken)} exceed their bound"]
    text += [f"  {line.row.setting}; {line.row.tier}: {line.row.attack}" for line in broken]
    text.append(f"  {sum(line.is_above for line in held)} are above it by their lower limits")
    return text, not broken and is_useful


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.attacks", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--full", action="store_true", help="1,300 victims or more, N = 65 and 1,000"
    )
    parser.add_argument(
        "--output", type=Path, help="a file that each table is written to as soon as it is done"
    )
    parser.add_argument("--only", default="", help="the settings alone that begin so, as '1,000'")
    options = parser.parse_args()
    begun = time.perf_counter()
    if options.output:
        options.output.write_text("", encoding="utf-8")
    every = True
    every_job = FULL if options.full else SMALL
    jobs = [job for job in every_job if job.setting.startswith(options.only)]
    if not jobs:
        parser.error(f"--only {options.only}: no setting begins so")
    for outcome in run_all(jobs, _progress(begun)):
        text, holds = report(outcome)
        _tell(text, options.output)
        every = every and holds
    _tell(["", f"{'All' if every else 'NOT all'} that is promised holds"], options.output)
    raise SystemExit(not every)


def _tell(text: Sequence[str], output: Path | None) -> None:
    print("\n".join(text), flush=True)
    if output:
        with output.open("a", encoding="utf-8") as file:
            file.write("\n".join(text) + "\n")


def _progress(begun: float):
    def tell(done: str) -> None:
        print(f"{time.perf_counter() - begun:6.0f} s  {done}", file=sys.stderr, flush=True)

    return tell


if __name__ == "__main__":
    main()

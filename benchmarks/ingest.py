"""How much CPU loading costs, against `bcftools view -Ou` of the same file (the limit of htslib).

    python -m benchmarks.ingest            # 2,504 people x 200,000 sites, 1,000 x 20,000 GT:DP:GQ
    python -m benchmarks.ingest --small    # a tenth: start-up outweighs the rest

Loading is `beacon-node load` plus `beacon-node release`, as an operator runs them.
"""

import sys
from pathlib import Path

from benchmarks.measure import Cost, cost_of, scratch, show
from benchmarks.simulate import Shape, simulated

ROUNDS = 3
BEACON = [sys.executable, "-m", "beacon_node.cli.main"]


def main(small: bool) -> None:
    part = 10 if small else 1
    shapes = [
        ("GT", Shape(2504, 200_000 // part), 2.0),
        ("GT, half the sites", Shape(2504, 100_000 // part), 2.0),
        ("GT:DP:GQ", Shape(1000, 20_000 // part, has_depth=True), 3.5),
    ]
    rows = [_measure(name, shape, bar) for name, shape, bar in shapes]
    show(
        "Loading against bcftools view -Ou (CPU s, all processes; best of interleaved rounds)",
        ["file", "bcftools", "load", "release", "ratio", "bar", "peak MB/process", "index/vcf.gz"],
        rows,
    )


def _measure(name: str, shape: Shape, bar: float) -> list[object]:
    file = simulated(shape)
    floors, loads, releases, size = [], [], [], 0
    for _ in range(ROUNDS):
        floors.append(cost_of(["bcftools", "view", "-Ou", str(file)]))
        with scratch() as folder:
            load, release, size = _load(file, Path(folder) / "home")
        loads.append(load)
        releases.append(release)
    floor, load, release = (min(c.cpu_s for c in costs) for costs in (floors, loads, releases))
    peak = max(cost.peak_mb for cost in (*loads, *releases))
    ratio = (load + release) / floor
    label = f"{name} {shape.people:,} x {shape.sites:,}"
    return [label, floor, load, release, ratio, bar, peak, size / file.stat().st_size]


def _load(file: Path, home: Path) -> tuple[Cost, Cost, int]:
    def run(*arguments: str) -> Cost:
        return cost_of([*BEACON, *arguments, "--home", str(home)])

    cost_of([*BEACON, "init", str(home)])
    run("dataset", "add", "big", "--assembly", "GRCh38", "--open-data", "--licence", "CC0")
    load = run("load", "big", str(file))
    release = run("release", "big")
    index = next((home / "data" / "datasets" / "big" / "releases").glob("*.sqlite"))
    return load, release, index.stat().st_size


if __name__ == "__main__":
    main("--small" in sys.argv)

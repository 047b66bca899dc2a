"""Whether the time an answer takes tells what the answer does not.

    python -m benchmarks.timing [--answers 10000]

A node with a protected dataset answers over HTTP on this machine, one question at a time. Questions
of all classes are asked in an order by chance; the answers' times of two classes that an outsider
must not tell apart are compared by the area under the ROC curve (0.5: time tells nothing; bar:
0.55), with the 95 % confidence interval of ranks (Hanley & McNeil 1982).
"""

import argparse
import http.client
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.node import open_node
from benchmarks.measure import quantile, scratch, show
from benchmarks.protected import (
    GROUP,
    Group,
    Kind,
    add_protected,
    allele_question,
    groups_of,
    range_question,
)
from benchmarks.serving import Server

_REPEATS = 12  # groups of each pattern
_WARM = 2_000  # questions that are not counted
_YES, _NO, _HIDDEN = Kind.YES, Kind.ABSENT, Kind.HIDDEN
RANGES = {
    "nobody has any": (_NO,) * GROUP,
    "who has them withdrew": (_HIDDEN,) * GROUP,
    "the first": (_YES, *(_NO,) * (GROUP - 1)),
    "the last": (*(_NO,) * (GROUP - 1), _YES),
    "all": (_YES,) * GROUP,
    "rare, nobody has any": (Kind.RARE_ABSENT,) * GROUP,
    "rare, somebody has them": (Kind.RARE,) * GROUP,
}
ALLELES = (Kind.ABSENT, Kind.HIDDEN, Kind.RARE, Kind.RARE_ABSENT)
SECRETS = (
    (Kind.ABSENT.value, Kind.HIDDEN.value),
    (Kind.RARE.value, Kind.RARE_ABSENT.value),
    ("range no: nobody has any", "range no: who has them withdrew"),
    ("range yes: the first", "range yes: the last"),
    ("range yes: the first", "range yes: all"),
    ("range rare, nobody has any", "range rare, somebody has them"),
)
Times = dict[str, list[float]]


def main() -> None:
    options = _options()
    groups = groups_of(RANGES, _REPEATS, options.seed)
    with scratch() as folder:
        home = Path(folder) / "home"
        init_node(home, NewNode())
        node = open_node(home, {})
        add_protected(node, Path(folder) / "files", groups)
        server = Server("beacon_node.node_web.wsgi:make_app", home, workers=1)
        try:
            server.wait("/api/info")
            times = measured(server.port, classes(groups), options)
        finally:
            server.stop()
    report(times)


def classes(groups: Sequence[Group]) -> dict[str, list[str]]:
    """Return the questions of each class, by its name."""
    found: dict[str, list[str]] = {}
    for group in groups:
        for position, kind in zip(group.positions, group.kinds, strict=True):
            found.setdefault(kind.value, []).append(allele_question(position))
        found.setdefault(range_class(group.name), []).append(range_question(group))
    wanted = {kind.value for kind in ALLELES} | {range_class(name) for name in RANGES}
    return {name: questions for name, questions in found.items() if name in wanted}


def range_class(name: str) -> str:
    told = "yes: " if _YES in RANGES[name] else "no: " if "rare" not in name else ""
    return f"range {told}{name}"


def measured(port: int, questions: dict[str, list[str]], options: argparse.Namespace) -> Times:
    """Return the seconds of each answer by class, once everything is warm."""
    chance = random.Random(options.seed)
    turns = [name for name in questions for _ in range(options.answers)]
    chance.shuffle(turns)
    asked = asker(port)
    check(asked, questions)
    for name in chance.sample(turns, min(_WARM, len(turns))):
        asked(chance.choice(questions[name]))
    times: Times = {name: [] for name in questions}
    for name in turns:
        question = chance.choice(questions[name])
        started = time.perf_counter()
        asked(question)
        times[name].append(time.perf_counter() - started)
    return times


def asker(port: int) -> Callable[[str], bytes]:
    """Return what asks the node over one connection that stays open, for the answer's bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(path: str) -> bytes:
        connection.request("GET", path)
        return connection.getresponse().read()

    return ask


def check(asked: Callable[[str], bytes], questions: dict[str, list[str]]) -> None:
    """Stop unless the classes of each pair are answered alike; the question's echo aside."""
    for name, told in questions.items():
        shapes = {_said(asked(question)) for question in told}
        if len(shapes) != 1:
            raise SystemExit(f"{name}: answered in {len(shapes)} ways, not one")
    for one, other in SECRETS:
        if _said(asked(questions[one][0])) != _said(asked(questions[other][0])):
            raise SystemExit(f"{one} and {other} are answered differently")


def _said(answer: bytes) -> bytes:
    return answer[answer.index(b'"responseSummary"') :]


# ---- what the times tell -------------------------------------------------------------------------


def auc(ones: Sequence[float], others: Sequence[float]) -> tuple[float, float]:
    """Return the area under the curve, at least 0.5 whichever is slower, and its half 95 % CI."""
    n, m = len(ones), len(others)
    ranks = rankdata(np.concatenate([ones, others]))
    area = (ranks[:n].sum() - n * (n + 1) / 2) / (n * m)
    area = max(area, 1 - area)
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (n - 1) * (one - area**2) + (m - 1) * (two - area**2)
    return area, 1.96 * float(np.sqrt(spread / (n * m)))


def report(times: Times) -> None:
    rows = []
    for one, other in SECRETS:
        area, half = auc(times[one], times[other])
        middles = [quantile(times[name], 0.5) * 1e6 for name in (one, other)]
        rows.append([one, other, *middles, f"{area:.3f}", f"±{half:.3f}"])
    show(
        f"Answer times, {len(times[SECRETS[0][0]]):,} answers of each class (bar: AUC 0.55)",
        ["class", "other class", "p50 µs", "p50 µs", "AUC", "95 %"],
        rows,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()

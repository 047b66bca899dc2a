"""Panels say how common alleles are at least; walks go from common to rare, in one order."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.model.lower_limits import lower_limits
from beacon_node.model.panels import FLOOR, Declaration
from beacon_node.model.variation import Allele
from beacon_node.store.knowledge import SqliteKnowledge
from beacon_node.store.panels import SqlitePanels, sets
from tests.store.panels.panels import (
    DISJOINT,
    GRCH37,
    GRCH38,
    load_panel,
    panel_source,
    snv,
    walked,
)

COMMON, RARE, THIN = (snv(10), 3_000, 10_000), (snv(20), 30, 10_000), (snv(30), 900, 1_999)


@pytest.fixture
def knowledge(tmp_path) -> SqliteKnowledge:
    return SqliteKnowledge(tmp_path / "knowledge #1?")  # characters that URIs escape


@pytest.fixture
def panels(knowledge) -> SqlitePanels:
    return SqlitePanels(knowledge)


def limit(count: int, number: int) -> float:
    return float(lower_limits(np.array(count), np.array(number)))


def derived(knowledge) -> list[Path]:
    return sorted(knowledge.folder.glob("*.panels*"))


# ---- single alleles ----------------------------------------------------------------------------


def test_a_frequency_is_the_lower_limit_of_what_the_panel_counted(knowledge, panels):
    load_panel(knowledge, "nfe", [COMMON, RARE])
    found = panels.frequencies_of(["nfe"], GRCH38, [snv(20), snv(10)])
    assert found.tolist() == [limit(30, 10_000), limit(3_000, 10_000)]


def test_unseen_and_thinly_covered_alleles_are_at_the_floor(knowledge, panels):
    load_panel(knowledge, "nfe", [COMMON, THIN])
    unseen = [snv(10, alt="G"), snv(11), snv(10, name="8"), Allele("7", 9, 10, "A", "")]
    assert panels.frequencies_of(["nfe"], GRCH38, [*unseen, THIN[0]]).tolist() == [FLOOR] * 5


def test_of_two_ancestries_the_rarer_counts(knowledge, panels):
    load_panel(
        knowledge, "nfe", [(snv(10), 3_000, 10_000), (snv(20), 50, 10_000), (snv(30), 9, 9_000)]
    )
    load_panel(
        knowledge, "afr", [(snv(10), 200, 10_000), (snv(20), 600, 10_000), (snv(40), 9, 9_000)]
    )
    found = panels.frequencies_of(["nfe", "afr"], GRCH38, map(snv, (10, 20, 30, 40)))
    assert found.tolist() == [limit(200, 10_000), limit(50, 10_000), FLOOR, FLOOR]


def test_parts_of_a_panel_are_one_panel(knowledge, panels):
    load_panel(knowledge, "nfe", [COMMON], part="a")
    load_panel(knowledge, "nfe", [RARE, (snv(10), 2_000, 10_000)], part="b")
    found = panels.frequencies_of(["nfe"], GRCH38, [snv(10), snv(20)])
    assert found.tolist() == [limit(2_000, 10_000), limit(30, 10_000)]
    (panel,) = panels.panels()
    assert (panel.name, panel.sites, panel.declaration.ancestry) == ("nfe", 3, "NFE")


def test_of_two_records_of_one_allele_the_rarer_counts(knowledge, panels):
    sites = [(snv(10), 900, 9_000), (snv(10), 300, 9_000), (snv(10), 800, 9_000)]
    source = load_panel(knowledge, "nfe", sites)
    assert source.rows == 1 and source.details["repeated"] == 2
    assert panels.frequencies_of(["nfe"], GRCH38, [snv(10)]).tolist() == [limit(300, 9_000)]


@pytest.mark.parametrize(
    ("names", "assembly", "problem"),
    [
        ([], GRCH38, "at least one panel"),
        (["nfe"], GRCH37, "no panel 'nfe' is loaded for GRCh37"),
        (["nfe", "fin"], GRCH38, "no panel 'fin'"),
        (["nfe", "own"], GRCH38, "'own' is not declared disjoint"),
    ],
)
def test_a_panel_that_may_not_protect_is_refused_by_name(
    knowledge, panels, names, assembly, problem
):
    load_panel(knowledge, "nfe", [COMMON])
    own = Declaration("NFE")
    knowledge.add_file(panel_source("own", own), lambda path: (0, {"thin": 0}))
    with pytest.raises(InvalidRequest, match=problem):
        panels.frequencies_of(names, assembly, [snv(10)])
    with pytest.raises(InvalidRequest, match=problem):
        panels.walk(names, assembly, 0.01)


# ---- walks -------------------------------------------------------------------------------------


def test_a_walk_goes_from_common_to_rare_and_ends_at_its_least(knowledge, panels):
    load_panel(knowledge, "nfe", [RARE, COMMON, THIN, (snv(40), 400, 10_000)])
    (chunk,) = panels.walk(["nfe"], GRCH38, limit(30, 10_000))
    assert walked([chunk]) == [(10, "A", "C"), (40, "A", "C"), (20, "A", "C")]
    assert chunk.limits.tolist() == [limit(n, 10_000) for n in (3_000, 400, 30)]
    above = np.nextafter(limit(30, 10_000), 1)
    assert walked(panels.walk(["nfe"], GRCH38, above)) == [(10, "A", "C"), (40, "A", "C")]


def test_equal_frequencies_come_in_the_order_of_the_genome(knowledge, panels, monkeypatch):
    monkeypatch.setattr(sets, "_CHUNK", 2)
    alleles = [
        *(snv(5, alt="T", name="10"), snv(9, alt="G", name="2"), snv(9, alt="C", name="2")),
        *(snv(7, ref="C", alt="A", name="X"), snv(4, name="22")),
    ]
    load_panel(knowledge, "nfe", [(allele, 700, 7_000) for allele in alleles])
    chunks = list(panels.walk(["nfe"], GRCH38, 0.01))
    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    assert [int(place) >> 40 for chunk in chunks for place in chunk.places] == [2, 2, 10, 22, 23]
    assert [alt for chunk in chunks for alt in chunk.alts] == ["C", "G", "T", "C", "A"]


def random_panel(seed: int) -> list[tuple]:
    rng = np.random.default_rng(seed)
    places = rng.choice(np.arange(1, 400), 300, replace=False)
    numbers = rng.choice([1_500, 4_000, 20_000], 300)
    return [
        (snv(int(p)), int(n * rng.beta(0.3, 2)), int(n))
        for p, n in zip(places, numbers, strict=True)
    ]


@pytest.mark.parametrize("names", [["a"], ["a", "b"], ["c", "a", "b"]])
def test_a_walk_says_what_asking_for_each_allele_says(knowledge, panels, names):
    for seed, name in enumerate("abc"):
        sites = random_panel(seed)
        halved = [(allele, count // 2, number) for allele, count, number in sites[130:]]
        for part, cut in (("1", sites[:170]), ("2", halved)):
            load_panel(knowledge, name, cut, part=part)
    asked = panels.frequencies_of(names, GRCH38, map(snv, range(1, 400)))
    chunks = list(panels.walk(names, GRCH38, 0.001))
    expected = sorted((-found, place) for place, found in enumerate(asked, 1) if found >= 0.001)
    assert len(expected) > 10
    assert [place for place, _, _ in walked(chunks)] == [place for _, place in expected]
    assert np.concatenate([c.limits for c in chunks]).tolist() == [-limit for limit, _ in expected]


def test_a_set_of_panels_is_made_once_whatever_their_order(knowledge, panels):
    load_panel(knowledge, "nfe", [COMMON])
    load_panel(knowledge, "afr", [COMMON])
    first = panels.prepare(["nfe", "afr"], GRCH38)
    made = first.stat().st_mtime_ns
    assert panels.prepare(["afr", "nfe"], GRCH38) == first
    assert first.stat().st_mtime_ns == made and derived(knowledge) == [first]


def test_a_walk_to_the_floor_is_refused(knowledge, panels):
    load_panel(knowledge, "nfe", [COMMON])
    with pytest.raises(InvalidRequest, match="must end above"):
        panels.walk(["nfe"], GRCH38, FLOOR)


# ---- changes -----------------------------------------------------------------------------------


def test_a_walk_goes_on_in_what_was_loaded_when_it_began(knowledge, panels, monkeypatch):
    monkeypatch.setattr(sets, "_CHUNK", 1)
    load_panel(knowledge, "nfe", [COMMON, RARE])
    walk = panels.walk(["nfe"], GRCH38, 1e-6)
    before = [next(walk)]
    load_panel(knowledge, "nfe", [(snv(50), 9, 9_000)])
    panels.sweep()
    assert walked([*before, *walk]) == [(10, "A", "C"), (20, "A", "C")]
    assert walked(panels.walk(["nfe"], GRCH38, 1e-6)) == [(50, "A", "C")]


def test_sets_of_replaced_panels_are_swept_and_those_in_use_stay(knowledge, panels):
    load_panel(knowledge, "nfe", [COMMON])
    load_panel(knowledge, "afr", [COMMON])
    kept, _ = panels.prepare(["afr"], GRCH38), panels.prepare(["nfe", "afr"], GRCH38)
    kept.with_name("left over.panels.tmp-1").touch()
    load_panel(knowledge, "nfe", [RARE])
    panels.sweep()
    assert derived(knowledge) == [kept]


CHILD = """
import sys
from pathlib import Path
from beacon_node.store.knowledge import SqliteKnowledge
from beacon_node.store.panels import SqlitePanels
from tests.store.panels.panels import GRCH38, snv, walked
panels, seen = SqlitePanels(SqliteKnowledge(Path(sys.argv[1]))), set()
print("ready", flush=True)
while len(seen) < 3:
    found = panels.frequencies_of(["nfe"], GRCH38, [snv(10), snv(20)]).tolist()
    walk = walked(panels.walk(["nfe"], GRCH38, 1e-6))
    assert found[0] == found[1] and len(walk) == 2, (found, walk)
    seen.add(found[0])
print(len(seen))
"""


def test_another_process_reads_one_panel_or_the_other_while_it_is_replaced(knowledge, panels):
    def replace(count: int) -> None:
        load_panel(knowledge, "nfe", [(snv(10), count, 9_000), (snv(20), count, 9_000)])
        panels.sweep()

    replace(100)
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", CHILD, str(knowledge.folder)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "ready\n"
        until = time.monotonic() + 20
        for count in range(101, 2_000):
            replace(count)
            if child.poll() is not None or time.monotonic() > until:
                break
        assert child.stdout.read() == "3\n"


def test_a_bad_file_and_kill_9_leave_the_old_panel(knowledge, panels):
    load_panel(knowledge, "nfe", [COMMON])

    def failing():
        yield RARE
        raise InvalidInput("bad", line=7)

    def killed():
        yield RARE
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(InvalidInput, match="line 7"):
        load_panel(knowledge, "nfe", failing())
    child = os.fork()
    if not child:
        load_panel(knowledge, "nfe", killed())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert len(list(knowledge.folder.glob("*.source*"))) == 2  # what it left
    assert panels.frequencies_of(["nfe"], GRCH38, [snv(10)]) > 0.2
    load_panel(knowledge, "nfe", [RARE])
    assert len(list(knowledge.folder.glob("*.source*"))) == 1


def test_a_forked_process_reads_through_connections_of_its_own(knowledge, panels):
    load_panel(knowledge, "nfe", [COMMON], declared=DISJOINT)
    expected = panels.frequencies_of(["nfe"], GRCH38, [snv(10)])
    child = os.fork()
    if not child:
        same = panels.frequencies_of(["nfe"], GRCH38, [snv(10)]) == expected
        os._exit(0 if same and panels._mine.process == os.getpid() else 1)
    assert os.waitpid(child, 0)[1] == 0


# ---- what was counted ----------------------------------------------------------------------------


def test_each_panel_says_what_it_counted(knowledge, panels):
    load_panel(knowledge, "nfe", [COMMON, RARE])
    load_panel(knowledge, "afr", [(snv(10), 5, 4_000)])
    names = ["afr", "nfe"]
    assert panels.counts_of(names, GRCH38, snv(10)) == ((5, 4_000), (3_000, 10_000))
    assert panels.counts_of(names, GRCH38, snv(20)) == ((0, 0), (30, 10_000))
    assert panels.counts_of(names, GRCH38, snv(10, alt="G")) == ((0, 0), (0, 0))


def test_counts_are_those_of_the_part_that_has_the_place(knowledge, panels):
    load_panel(knowledge, "nfe", [COMMON], part="a")
    load_panel(knowledge, "nfe", [RARE], part="b")
    found = [panels.counts_of(["nfe"], GRCH38, snv(position)) for position in (10, 20)]
    assert found == [((3_000, 10_000),), ((30, 10_000),)]


def test_a_panel_that_is_not_declared_disjoint_tells_no_counts(knowledge, panels):
    load_panel(knowledge, "nfe", [COMMON], declared=Declaration("NFE"))
    with pytest.raises(InvalidRequest, match="not declared disjoint"):
        panels.counts_of(["nfe"], GRCH38, snv(10))

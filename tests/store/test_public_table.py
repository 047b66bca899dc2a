"""store/public: a table is written whole, read back as it was, and holds nobody who left."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from beacon_node.errors import StoreUnavailable
from beacon_node.model.calls import Interval
from beacon_node.model.carriers import decode, encode
from beacon_node.model.panels import FrequencyChunk
from beacon_node.model.variation import Allele
from beacon_node.store.alleles import place_of
from beacon_node.store.public import (
    AssayedPeople,
    Batch,
    Choice,
    ChoiceKind,
    Member,
    Opened,
    OpenedCarriers,
    Opener,
    Ordered,
    PublicTable,
    TableFacts,
    Work,
    write_table,
)

EXOME = (Interval(22, 100, 200), Interval(24, 5, 9))
FACTS = TableFacts("d", "basis", "1-a.sqlite", "x.panels", "2030-01-01T00:00:00Z", 2, EXOME)
HERE, THERE = place_of(22, 150), place_of(22, 160)


def members(*individuals: int | None) -> tuple[Member, ...]:
    return tuple(
        Member(f"p{place}", 7 + place, place != 1, one) for place, one in enumerate(individuals)
    )


def batch(number: int, *individuals: int | None) -> Batch:
    assayed = (AssayedPeople(1, 1, 0, EXOME), AssayedPeople(0, 0, 1, (Interval(1, 0, 50),)))
    limits, sequences = {4: 0.25, 6: 0.125}, frozenset({"22", "Y"})
    return Batch(number, 3, 0.5, 2, assayed, limits, sequences, members(*individuals))


def counted(*numbers: int) -> bytes:
    return encode(np.array(numbers), 3)


ROWS = [
    (THERE, "A", "C", 2, counted(1)),
    (HERE, "A", "C", 1, counted(0, 2)),
    (HERE, "", "TT", 1, counted(1)),
    (HERE, "A", "C", 2, counted(0)),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "public" / "1-b.sqlite"


def test_a_table_is_read_as_it_was_written(path):
    batches = (batch(1, 5, 6, 7), batch(2, 8, 9, 10))
    write_table(path, FACTS, batches, ROWS)
    found = PublicTable(path)
    assert (found.facts, found.batches) == (FACTS, batches)
    assert found.counted_at((HERE, "A", "C")) == [(1, counted(0, 2)), (2, counted(0))]
    assert found.counted_at((HERE, "A", "G")) == []
    between = [(a.start, a.alt, b) for a, b, _ in found.counted_between(HERE + 5, THERE + 9)]
    assert between == [(150, "TT", 1), (150, "C", 1), (150, "C", 2), (160, "C", 2)]
    assert path.stat().st_mode & 0o077 == 0


def test_who_left_is_in_no_answer(path):
    write_table(path, FACTS, (batch(1, 5, None, None), batch(2, None, None, None)), ROWS)
    found = PublicTable(path)
    rows = list(found.answers())
    assert [(row[3], decode(row[4]).tolist()) for row in rows] == [(1, [0])]
    assert [member.spent for member in found.batches[1].members] == [7, 8, 9]


# ---- who is told of exactly ----------------------------------------------------------------------

OPENERS = (Opener("p0", 5), Opener("p7", 9))
CHOICES = (Choice(ChoiceKind.GENE, "G"), Choice(ChoiceKind.VARIANT, "v"))
SNP, GAP = Allele("22", 150, 151, "A", "C"), Allele("22", 150, 150, "", "TT")
LONG = Allele("22", 20, 5_000, "", "<DEL>")
OPENED = (
    OpenedCarriers(LONG, 0, counted(1)),
    OpenedCarriers(SNP, 0, counted(0, 1)),
    OpenedCarriers(SNP, 1, counted(1)),
    OpenedCarriers(GAP, 0, counted(0)),
)


def test_openers_are_read_as_they_were_written(path):
    twice = Opened(OPENERS, CHOICES, (*OPENED, OPENED[1]))
    write_table(path, FACTS, (), (), twice)
    found = PublicTable(path)
    assert (found.openers, found.choices) == (OPENERS, CHOICES)
    assert set(found.opened_between(HERE, HERE + 9)) == set(OPENED[1:])
    assert list(found.opened_between(THERE, THERE + 9)) == []
    assert list(found.opened_reaching(place_of(22, 0), HERE - 1)) == [OPENED[0]]
    assert list(found.opened_reaching(place_of(21, 0), place_of(22, 0) - 1)) == []


def test_a_table_of_before_there_were_openers_is_read_on(path):
    write_table(path, FACTS, (batch(1, 5, 6, 7),), ROWS[1:3])
    path.chmod(0o600)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "DROP TABLE opener; DROP TABLE choice; DROP TABLE opened;"
            "UPDATE property SET value = '1' WHERE name = 'format';"
            "DELETE FROM property WHERE name = 'opened'"
        )
    found = PublicTable(path)
    assert (found.facts, found.openers, found.choices) == (FACTS, (), ())
    assert found.batches == (batch(1, 5, 6, 7),)


def test_a_table_of_a_later_format_is_refused(path):
    write_table(path, FACTS, (), ())
    path.chmod(0o600)
    with closing(sqlite3.connect(path)) as db:
        db.executescript("UPDATE property SET value = '3' WHERE name = 'format'")
    with pytest.raises(StoreUnavailable, match="another version"):
        PublicTable(path)


def test_a_table_is_there_whole_or_not_at_all(path):
    def broken():
        yield ROWS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_table(path, FACTS, (batch(2, 1, 2, 3),), broken())
    assert list(path.parent.iterdir()) == []
    with pytest.raises(StoreUnavailable):
        PublicTable(path)


def test_variants_come_from_cheap_to_dear_whatever_their_frequency(path):
    def chunk(*places: int) -> FrequencyChunk:
        bases = np.array(["A"] * len(places), object)
        limits = np.linspace(0.5, 0.1, len(places))
        return FrequencyChunk(np.array(places), bases, bases, limits)

    first = Ordered(np.array([0.3, 0.1, 0.3]), np.array([0, 1, 2]), chunk(10, 20, 30))
    second = replace(first, costs=np.array([0.2, 0.3, 0.9]), ranks=np.array([3, 4, 5]))
    with Work(path) as work:
        work.add(first, np.array([4, 4, 6]))
        work.add(second, np.array([6, 6, 6]))
        found = list(work.ordered(0.3, at_once=2))
        assert [one.ranks.tolist() for one in found] == [[1, 3], [0, 2], [4]]
        assert work.least_limits(0.3) == ({4: 0.3, 6: 0.1}, 5)
        assert len(list(path.parent.iterdir())) == 1
    assert list(path.parent.iterdir()) == []

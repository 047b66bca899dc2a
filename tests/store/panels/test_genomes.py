"""Reference genomes say which public people carry an allele, with how many copies."""

import numpy as np
import pytest

from beacon_node.errors import InvalidRequest
from beacon_node.model.calls import AlleleCalls
from beacon_node.model.carriers import encode
from beacon_node.model.genome import REFERENCE_NAMES, REFERENCE_NUMBER
from beacon_node.model.knowledge import Kind, Source
from beacon_node.store.knowledge import SqliteKnowledge
from beacon_node.store.panels import SqlitePanels
from beacon_node.store.parts import PartWriter
from tests.store.panels.panels import GRCH37, GRCH38, load_panel, snv


@pytest.fixture
def knowledge(tmp_path) -> SqliteKnowledge:
    return SqliteKnowledge(tmp_path)


def calls(allele, people: int, **numbers) -> AlleleCalls:
    """Return calls of an allele; `numbers` names the people of each set."""
    sets = {name: encode(np.array(who), people) for name, who in numbers.items()}
    place = REFERENCE_NUMBER[allele.reference_name], allele.start, allele.end
    return AlleleCalls(*place, allele.ref, allele.alt, **sets)


def load_genomes(knowledge, samples: str, rows, name="1000g", part="", sha256="") -> Source:
    """Load genomes of the people whose names are the letters of `samples`."""

    def write(path):
        with PartWriter(path, samples) as writer:
            writer.write(rows)
        references = sorted({REFERENCE_NAMES[row.reference - 1] for row in rows})
        return len(rows), {"people": len(samples), "references": references}

    return knowledge.add_file(Source(Kind.GENOMES, name, GRCH38, part, sha256=sha256), write)


def test_people_are_told_by_how_many_copies_they_have(knowledge):
    row = calls(snv(10), 6, het=[1], hom=[3], no_call=[4], single=[5], haploid=[2, 5])
    load_genomes(knowledge, "abcdef", [row])
    genomes = SqlitePanels(knowledge).genomes(GRCH38)
    assert (genomes.name, genomes.people, len(genomes)) == ("1000g", tuple("abcdef"), 6)
    found = genomes.calls(snv(10))
    told = [set(s) for s in (found.het, found.hom, found.single, found.one_copy, found.unknown)]
    assert told == [{1}, {3}, {5}, {2, 5}, {4}]
    assert set(found.carriers) == set(genomes.carriers(snv(10))) == {1, 3, 5}


def test_nobody_carries_what_no_file_has_and_other_chromosomes_are_unknown(knowledge):
    load_genomes(knowledge, "abc", [calls(snv(10), 3, het=[0])])
    genomes = SqlitePanels(knowledge).genomes(GRCH38)
    assert not genomes.carriers(snv(11)) and not genomes.calls(snv(11)).unknown
    assert not genomes.carriers(snv(10, alt="G"))
    assert len(genomes.calls(snv(10, name="8")).unknown) == 3
    assert genomes.references == {"7"}


def test_files_by_chromosome_are_one_set_of_people_by_name(knowledge):
    load_genomes(knowledge, "abc", [calls(snv(10), 3, het=[0, 2])], part="7")
    load_genomes(knowledge, "cad", [calls(snv(9, name="Y"), 3, single=[0, 2])], part="Y")
    genomes = SqlitePanels(knowledge).genomes(GRCH38)
    assert genomes.people == tuple("abcd") and genomes.references == {"7", "Y"}
    assert {genomes.people[n] for n in genomes.carriers(snv(10))} == {"a", "c"}
    on_y = genomes.calls(snv(9, name="Y"))
    assert {genomes.people[n] for n in on_y.single} == {"c", "d"}
    assert {genomes.people[n] for n in on_y.unknown} == {"b"}


def test_a_digest_names_who_is_in_a_set_in_which_order_and_from_which_files(knowledge):
    def digest(samples: str, sha256: str, part: str = "") -> str:
        load_genomes(knowledge, samples, [calls(snv(10), 3, het=[0])], part=part, sha256=sha256)
        return SqlitePanels(knowledge).genomes(GRCH38).digest

    first = digest("abc", "1")
    assert digest("acb", "1") != first and digest("abd", "1") != first
    assert digest("abc", "2") != first
    assert digest("abc", "1") == first
    assert digest("abc", "1", part="Y") != first


def test_several_sets_of_genomes_are_told_apart_by_name(knowledge):
    panels = SqlitePanels(knowledge)
    assert panels.genomes(GRCH38) is None
    load_genomes(knowledge, "ab", [calls(snv(10), 2, het=[0])])
    load_genomes(knowledge, "cde", [calls(snv(10), 3, het=[0])], name="hgdp")
    with pytest.raises(InvalidRequest, match="say which reference genomes: 1000g, hgdp"):
        panels.genomes(GRCH38)
    assert len(panels.genomes(GRCH38, "hgdp")) == 3
    assert panels.genomes(GRCH38, "other") is None and panels.genomes(GRCH37) is None


def test_a_walk_is_joined_with_who_carries_its_alleles(knowledge):
    rows = [
        calls(snv(10), 40, het=[7, 30], hom=[2], no_call=[3]),
        calls(snv(20), 40, het=range(5, 30)),
        calls(snv(20, alt="G"), 40, single=[1], haploid=[1, 9]),
    ]
    load_genomes(knowledge, "".join(map(chr, range(65, 105))), rows)
    sites = [(snv(20, alt="G"), 900, 9_000), (snv(10), 90, 9_000), (snv(5), 300, 9_000)]
    load_panel(knowledge, "nfe", [*sites, (snv(20), 9, 9_000)])
    panels = SqlitePanels(knowledge)
    walk = panels.walk(["nfe"], GRCH38, 1e-6)
    ((chunk, carried),) = panels.genomes(GRCH38).along(walk)
    assert chunk.alts.tolist() == ["G", "C", "C", "C"]
    assert carried.offsets.tolist() == [0, 1, 1, 4, 29]
    assert carried.people.tolist() == [1, 2, 7, 30, *range(5, 30)]
    assert carried.copies.tolist() == [1, 2, 1, 1, *[1] * 25]

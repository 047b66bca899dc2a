"""A hospital whose people may be asked about by anybody: panel, reference genomes and cohort are
drawn from one made-up population and loaded from files, as an operator would."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from beacon_node.actions.annotate import AnnotateOptions, annotate
from beacon_node.actions.annotate_panels import PublicOptions, annotate_genomes, annotate_panel
from beacon_node.actions.answer_query import answer
from beacon_node.actions.load_dataset import WHOLE_GENOME, LoadOptions, load
from beacon_node.actions.manage_datasets import NewDataset
from beacon_node.actions.public_basis import table_of
from beacon_node.actions.public_tier import set_panels
from beacon_node.actions.release_dataset import release
from beacon_node.model.answer import DatasetAnswer
from beacon_node.model.calls import Interval
from beacon_node.model.carriers import decode
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import REFERENCE_NUMBER, Assembly
from beacon_node.model.knowledge import Kind
from beacon_node.model.lower_limits import lower_limits
from beacon_node.model.panels import Declaration
from beacon_node.model.query import Query, SequenceQuery
from beacon_node.model.requester import ANONYMOUS
from beacon_node.node import Node
from beacon_node.privacy.likelihood import budget_for
from beacon_node.store.public import PublicTable
from tests.actions.homes import new_node
from tests.consent.clinic import GRU, gives, set_clock, with_clock

GRCH37 = Assembly.GRCH37
DATASET, PANEL = "cohort", "nfe"
PANEL_PEOPLE, GENOMES = 4_000, 120  # 2,000 men: enough copies of Y
ABSENT = 100  # a variant that nobody here has
COMMON = 0  # one that everybody has
BUDGET = budget_for(power=0.10, false_positives=0.05)
SEQUENCES = ("22", "X", "Y", "MT")
_LENGTHS = {"22": 51304566, "X": 155270560, "Y": 59373566, "MT": 16569}
_COPIES = {"22": (2, 2), "X": (2, 1), "Y": (0, 1), "MT": (1, 1)}  # of a woman, of a man


@dataclass(frozen=True)
class Population:
    """Variants on every sequence, from common to rare on each, and as many people as asked for.

    `frequencies` and `sequences` by variant; all are A→C, the i-th of a sequence at 10,000 + 10 i
    (VCF), on X beyond what it shares with Y.
    """

    frequencies: np.ndarray
    sequences: tuple[str, ...]
    positions: tuple[int, ...]

    def people(self, count: int, random: np.random.Generator) -> np.ndarray:
        """Return alleles carried, shape (people, variants), every other one a woman; -1: no copy
        is there."""
        copies = np.array([_COPIES[name] for name in self.sequences]).T  # (sex, variants)
        of_each = np.resize(copies, (count, len(self.sequences)))
        drawn = random.binomial(of_each, self.frequencies)
        return np.where(of_each == 0, -1, drawn).astype(np.int8)


def population(autosomal: int = 160, elsewhere: int = 12) -> Population:
    names, frequencies, positions = [], [], []
    for name in SEQUENCES:
        count = autosomal if name == "22" else elsewhere
        start = 5_000_000 if name == "X" else 10_000 if name != "MT" else 100
        names += [name] * count
        frequencies += np.geomspace(0.5, 0.004, count).tolist()
        positions += [start + 10 * i for i in range(count)]
    return Population(np.array(frequencies), tuple(names), tuple(positions))


@dataclass
class World:
    """One node; `genomes` are its people's, `ids` their names."""

    node: Node
    population: Population
    folder: Path
    genomes: np.ndarray
    ids: list[str]
    limits: np.ndarray = field(default=None)
    reference: np.ndarray = field(default=None)
    covers: np.ndarray = field(default=None)  # what was sequenced, shape of `genomes`


def make_world(
    folder: Path, *, people: int = 70, seed: int = 1, panels: bool = True, assayed=WHOLE_GENOME
) -> World:
    """Return a node with everybody loaded and consenting; nothing is released."""
    folder.mkdir(exist_ok=True)
    random, place = np.random.default_rng(seed), population()
    node = new_node(folder / "home", NewDataset(DATASET, GRCH37, use=GRU, assayed=assayed))
    nobody = place.people(0, random)
    world = World(with_clock(node), place, folder, nobody, [], covers=nobody > 0)
    if panels:
        load_panel(world, random)
        load_genomes(world, place.people(GENOMES, random))
        set_panels(world.node, DATASET, [PANEL])
    genomes = place.people(people, random)
    genomes[:, ABSENT] = 0
    join(world, genomes)
    return world


def released_world(folder: Path) -> World:
    """Return a world of 70 people who are answered for."""
    made = make_world(folder)
    release(made.node, DATASET)
    return made


def load_panel(world: World, random: np.random.Generator) -> None:
    place = world.population
    panel = place.people(PANEL_PEOPLE, random)
    counts, numbers = np.maximum(panel, 0).sum(axis=0), _numbers(place)
    records = [f"AC={count};AN={number}" for count, number in zip(counts, numbers, strict=True)]
    path = _write(world.folder / "panel.vcf", place, [(record,) for record in records], ())
    declared = Declaration("NFE", is_disjoint=True)
    annotate_panel(world.node, path, declared, PublicOptions(PANEL, assembly=GRCH37))
    world.limits = lower_limits(counts, numbers)


def _numbers(place: Population) -> np.ndarray:
    return np.array([sum(_COPIES[name]) * PANEL_PEOPLE // 2 for name in place.sequences])


def load_genomes(world: World, genomes: np.ndarray) -> None:
    world.reference = genomes
    path = write_genotypes(world.folder / "genomes.vcf", world.population, genomes, "r")
    annotate_genomes(world.node, path, PublicOptions("1000g", assembly=GRCH37, processes=1))


def load_cohort(world: World, dataset: str) -> None:
    """Load the first people into another dataset too."""
    for name in ("p0-.vcf", "p0-.json"):
        load(world.node, dataset, str(world.folder / name), LoadOptions(processes=1))


def join(
    world: World,
    genomes: np.ndarray,
    *,
    consent: bool = True,
    dataset: str = DATASET,
    assayed: Sequence[Interval] | None = None,
) -> list[str]:
    """Load more people into the draft, who were `assayed` so (None: as the dataset says); returns
    their ids."""
    covers = covered_by(world.population, assayed)
    genomes = np.where(covers, genomes, 0)
    first = len(world.ids)
    prefix = f"p{first}-"
    path = write_genotypes(world.folder / f"{prefix}.vcf", world.population, genomes, prefix)
    load(world.node, dataset, path, LoadOptions(processes=1, assayed=assayed))
    ids = [f"{prefix}{number:03}" for number in range(len(genomes))]
    records = world.folder / f"{prefix}.json"
    records.write_text(json.dumps([_person(id, n) for n, id in enumerate(ids)]))
    load(world.node, dataset, str(records), LoadOptions(processes=1))
    if consent:
        gives(world.node, *ids)
    world.ids += ids
    world.genomes = np.concatenate([world.genomes, genomes])
    world.covers = np.concatenate([world.covers, np.tile(covers, (len(genomes), 1))])
    return ids


def covered_by(place: Population, assayed: Sequence[Interval] | None) -> np.ndarray:
    """Return which variants lie in an assay's stretches, None: all of them."""
    numbers = [REFERENCE_NUMBER[name] for name in place.sequences]
    return np.array(
        [
            assayed is None or any(i.reference == r and i.start < at <= i.end for i in assayed)
            for r, at in zip(numbers, place.positions, strict=True)
        ]
    )


def _person(id: str, number: int) -> dict:
    sex = ("NCIT:C16576", "female") if number % 2 == 0 else ("NCIT:C20197", "male")
    return {"id": id, "sex": {"id": sex[0], "label": sex[1]}}


def write_genotypes(path: Path, place: Population, genomes: np.ndarray, prefix: str) -> str:
    names = [f"{prefix}{number:03}" for number in range(len(genomes))]
    calls = [_calls(place.sequences[v], genomes[:, v]) for v in range(len(place.sequences))]
    return _write(path, place, [(".", "GT", *one) for one in calls], names)


def _calls(name: str, carried: np.ndarray) -> list[str]:
    words = []
    for number, copies in enumerate(carried.tolist()):
        if _COPIES[name][number % 2] == 2:
            words.append(("0/0", "0/1", "1/1")[copies])
        else:
            words.append("." if copies < 0 else str(copies))
    return words


def _write(
    path: Path, place: Population, cells: Iterable[Sequence[str]], names: Sequence[str]
) -> str:
    head = ["##fileformat=VCFv4.2", "##reference=GRCh37"]
    head += [f"##contig=<ID={name},length={length}>" for name, length in _LENGTHS.items()]
    head += ['##INFO=<ID=AC,Number=A,Type=Integer,Description="x">']
    head += ['##INFO=<ID=AN,Number=1,Type=Integer,Description="x">']
    head += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="x">']
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
    rows = ["\t".join([*columns, *(["FORMAT", *names] if names else [])])]
    for name, position, more in zip(place.sequences, place.positions, cells, strict=True):
        rows.append("\t".join([name, str(position), ".", "A", "C", ".", "PASS", *more]))
    path.write_text("\n".join([*head, *rows]) + "\n")
    return str(path)


def load_genes(world: World, **genes: tuple[int, int]) -> None:
    """Load a gene table: each gene holds the variants from the first to the last, on one sequence;
    instead of any table before."""
    place = world.population
    rows = [
        (name, place.sequences[first], place.positions[first] - 1, place.positions[last] + 1)
        for name, (first, last) in genes.items()
    ]
    text = "symbol\tchrom\tstart\tend\n"
    path = world.folder / "genes.tsv"
    path.write_text(text + "".join(f"{n}\t{s}\t{a}\t{b}\n" for n, s, a, b in rows))
    annotate(world.node, Kind.GENES, str(path), AnnotateOptions(assembly=GRCH37))


# ---- asking --------------------------------------------------------------------------------------


def variant(world: World, number: int) -> SequenceQuery:
    place = world.population
    name, position = place.sequences[number], place.positions[number]
    return SequenceQuery(GRCH37, name, position - 1, "A", "C")


def ask(
    world: World, variation, entry_type: EntryType = EntryType.GENOMIC_VARIANT, **told
) -> DatasetAnswer:
    """Return what anybody is told; each question comes later than what was said before."""
    query = Query(entry_type, variation, **told)
    return answer(world.node, query, ANONYMOUS).datasets[0]


def ask_all(world: World) -> list[bool | None]:
    """Return the answer to every variant, None: not answerable."""
    return [ask(world, variant(world, v)).exists for v in range(len(world.population.sequences))]


def on_day(world: World, number: float) -> None:
    set_clock(world.node, number)


# ---- looking behind the answers ------------------------------------------------------------------


def table(node: Node) -> PublicTable:
    return table_of(node, DATASET, node.catalogue.current_release(DATASET).public)


def ids_counted(world: World, number: int) -> set[str]:
    """Return who is counted at a variant, in any batch."""
    query, found = variant(world, number), table(world.node)
    members = {batch.number: batch.members for batch in found.batches}
    return {
        members[batch][place].id
        for allele, batch, blob in found.counted_between(0, 1 << 60)
        if (allele.reference_name, allele.start) == (query.reference_name, query.start)
        for place in decode(blob).tolist()
    }


def hinging_on_one(world: World) -> tuple[int, str]:
    """Return a variant that is answered yes because of one person, and who that is."""
    for number in range(len(world.population.sequences)):
        counted = ids_counted(world, number)
        if len(counted) == 1:
            return number, counted.pop()
    raise AssertionError("the world is too small")

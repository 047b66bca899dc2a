"""A protected dataset that answers anybody yes or no, with variants of every kind to ask about.

Panel, reference genomes and people are drawn from one set of frequencies and loaded from files, as
an operator would. After the release some of its people withdraw. Each variant has a kind, of which
nobody may learn more than the answer tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from itertools import count
from pathlib import Path

import numpy as np

from beacon_node.actions.annotate_panels import PublicOptions, annotate_genomes, annotate_panel
from beacon_node.actions.load_dataset import WHOLE_GENOME, LoadOptions, load
from beacon_node.actions.manage_datasets import NewDataset, add_dataset
from beacon_node.actions.public_tier import set_panels
from beacon_node.actions.release_dataset import release
from beacon_node.model.consent import EVERYTHING, ConsentVersion, Source, Status
from beacon_node.model.data_use import ConsentTerm, Use
from beacon_node.model.duo_terms import GRU
from beacon_node.model.genome import SEQUENCES, Assembly
from beacon_node.model.panels import Declaration
from beacon_node.node import Node

DATASET, PANEL = "protected", "panel"
NAME, FIRST, SPACING, GAP = "22", 20_000_000, 60, 10_000  # bases
PANEL_PEOPLE, GENOMES, PEOPLE, LEAVERS = 4_000, 200, 200, 12
GROUP = 10  # variants that one range question covers


class Kind(Enum):
    """What a variant is among the people; its frequency in the panel follows from it."""

    COMMON = "common"
    YES = "yes"  # two who stay carry it
    ABSENT = "no, nobody has it"
    HIDDEN = "no, who has it withdrew"
    RARE = "not answerable, somebody has it"
    RARE_ABSENT = "not answerable, nobody has it"


_FREQUENCIES = {Kind.COMMON: 0.2, Kind.RARE: 0.000_5, Kind.RARE_ABSENT: 0.000_5}
_FREQUENCY = 0.02  # of the other kinds: alike for the guard
_CARRIERS = {Kind.YES: 2, Kind.HIDDEN: 1, Kind.RARE: 2}


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring variants, far from all others: positions (VCF, from 1) and kinds."""

    name: str
    positions: tuple[int, ...]
    kinds: tuple[Kind, ...]


def groups_of(patterns: dict[str, Sequence[Kind]], repeats: int, seed: int) -> list[Group]:
    """Return `repeats` groups of each pattern, in an order by chance along the sequence."""
    names = [name for name in patterns for _ in range(repeats)]
    places = np.random.default_rng(seed).permutation(len(names)).tolist()
    groups = []
    for name, place in zip(names, places, strict=True):
        begin, kinds = FIRST + place * GAP, tuple(patterns[name])
        positions = tuple(begin + SPACING * number for number in range(len(kinds)))
        groups.append(Group(name, positions, kinds))
    return sorted(groups, key=lambda group: group.positions)


def add_protected(node: Node, folder: Path, groups: Sequence[Group], seed: int = 3) -> None:
    """Declare, load and release the dataset, then let its leavers withdraw."""
    folder.mkdir()
    random = np.random.default_rng(seed)
    kinds = [kind for group in groups for kind in group.kinds]
    rows = [position for group in groups for position in group.positions]
    frequencies = np.array([_FREQUENCIES.get(kind, _FREQUENCY) for kind in kinds])
    panel = _write(folder / "panel.vcf", rows, _panel_columns(frequencies, random), ())
    declared = Declaration("NFE", is_disjoint=True)
    annotate_panel(node, panel, declared, PublicOptions(PANEL, assembly=Assembly.GRCH38))
    drawn = random.binomial(2, frequencies, (GENOMES, len(kinds)))
    genomes = _genotypes(folder / "g.vcf", rows, drawn)
    annotate_genomes(node, genomes, PublicOptions("genomes", assembly=Assembly.GRCH38, processes=1))
    use = Use.of(ConsentTerm(GRU))
    told = NewDataset(DATASET, Assembly.GRCH38, use=use, assayed=WHOLE_GENOME)
    add_dataset(node, told)
    carried = _carried(kinds, frequencies, random)
    load(node, DATASET, _genotypes(folder / "p.vcf", rows, carried), LoadOptions(processes=1))
    set_panels(node, DATASET, [PANEL])
    _say(node, range(PEOPLE), Status.GIVEN, use)
    release(node, DATASET)
    _say(node, range(PEOPLE - LEAVERS, PEOPLE), Status.WITHDRAWN, Use())


def _carried(
    kinds: Sequence[Kind], frequencies: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Return alleles carried, shape (people, variants); the leavers are the last."""
    stay = PEOPLE - LEAVERS
    carried = np.zeros((PEOPLE, len(kinds)), np.int8)
    for variant, kind in enumerate(kinds):
        if kind is Kind.COMMON:
            carried[:, variant] = random.binomial(2, frequencies[variant], PEOPLE)
        elif kind is Kind.HIDDEN:
            carried[stay + random.integers(LEAVERS), variant] = 1
        elif kind in _CARRIERS:
            carried[random.choice(stay, _CARRIERS[kind], replace=False), variant] = 1
    return carried


def _say(node: Node, numbers: Sequence[int], status: Status, permitted: Use) -> None:
    now, forms = node.clock.now(), count(1)
    signed = now - timedelta(days=1) if status is Status.GIVEN else now
    versions = [
        ConsentVersion(
            number=0,
            individual=_name(number),
            status=status,
            scope=EVERYTHING,
            use=permitted,
            signed_on=signed,
            effective_from=signed,
            recorded_at=now,
            recorded_by="benchmark",
            source=Source(f"{status.value} {next(forms)}", ""),
        )
        for number in numbers
    ]
    node.ledger.record(versions, by="benchmark", now=now)


# ---- files ---------------------------------------------------------------------------------------


def _name(number: int) -> str:
    return f"P{number:04}"


def _panel_columns(frequencies: np.ndarray, random: np.random.Generator) -> list[str]:
    copies = 2 * PANEL_PEOPLE
    counts = np.maximum(random.binomial(copies, frequencies), 1)
    return [f"AC={found};AN={copies}" for found in counts.tolist()]


def _genotypes(path: Path, rows: Sequence[int], carried: np.ndarray) -> str:
    words = np.array(["0/0", "0/1", "1/1"])[carried]
    columns = [".\tGT\t" + "\t".join(words[:, variant]) for variant in range(len(rows))]
    return _write(path, rows, columns, [_name(number) for number in range(len(carried))])


def _write(path: Path, rows: Sequence[int], columns: Sequence[str], names: Sequence[str]) -> str:
    length = SEQUENCES[Assembly.GRCH38][NAME].length
    head = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    samples = "".join(f"\t{name}" for name in ("FORMAT", *names)) if names else ""
    lines = [
        "##fileformat=VCFv4.2",
        f"##contig=<ID={NAME},length={length}>",
        '##INFO=<ID=AC,Number=A,Type=Integer,Description="Alleles found">',
        '##INFO=<ID=AN,Number=1,Type=Integer,Description="Alleles looked at">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        head + samples,
        *(
            f"{NAME}\t{position}\t.\tA\tC\t.\tPASS\t{more}"
            for position, more in zip(rows, columns, strict=True)
        ),
    ]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


# ---- questions -----------------------------------------------------------------------------------


def allele_question(position: int) -> str:
    """Return the path of the question whether somebody has the variant there."""
    return (
        f"/api/g_variants?assemblyId=GRCh38&referenceName={NAME}&start={position - 1}"
        "&referenceBases=A&alternateBases=C&requestedGranularity=boolean"
        f"&datasetIds={DATASET}"
    )


def range_question(group: Group) -> str:
    """Return the path of the question whether somebody has any variant of a group."""
    first, last = group.positions[0] - 1, group.positions[0] + SPACING * GROUP
    return (
        f"/api/g_variants?assemblyId=GRCh38&referenceName={NAME}&start={first}&end={last}"
        f"&requestedGranularity=boolean&datasetIds={DATASET}"
    )

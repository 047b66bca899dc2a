"""Simulated cohorts to measure on: a coalescent with growth, written as bgzipped VCF.

The allele frequency spectrum, not a flat one, decides how long carrier lists are, so genotypes come
from msprime (Baumdicker et al. 2022). 8 % of the sites are indels, 0.5 % have a second alternate
allele, 0.1 % of the genotypes are missing.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import msprime
import numpy as np

from beacon_node.model.genome import SEQUENCES, Assembly

CACHE = Path(__file__).resolve().parent / ".cache"
_BASES = "ACGT"


@dataclass(frozen=True, slots=True)
class Shape:
    """How big a cohort is. `has_depth`: FORMAT is GT:DP:GQ instead of GT."""

    people: int
    sites: int
    has_depth: bool = False
    seed: int = 7

    @property
    def path(self) -> Path:
        fields = "gtdpgq" if self.has_depth else "gt"
        return CACHE / f"{self.people}x{self.sites}_{fields}.vcf.gz"


def simulated(shape: Shape) -> Path:
    """Return the VCF of `shape` (GRCh38, chromosome 20), made at the first call and kept."""
    if not shape.path.exists():
        CACHE.mkdir(exist_ok=True)
        partial = shape.path.with_suffix(".partial")
        with partial.open("wb") as output:
            compress = subprocess.Popen(["bgzip", "-c"], stdin=subprocess.PIPE, stdout=output)
            _write(shape, compress.stdin)
            compress.stdin.close()
            compress.wait()
        partial.replace(shape.path)
    return shape.path


def _tree(shape: Shape):
    """Return a mutated tree sequence with at least `shape.sites` sites."""
    demography = msprime.Demography()
    demography.add_population(name="A", initial_size=200_000, growth_rate=0.006)
    demography.add_population_parameters_change(time=500, initial_size=11_000, growth_rate=0)
    length = max(200_000, int(shape.sites * 110))
    ancestry = msprime.sim_ancestry(
        {"A": shape.people},
        demography=demography,
        sequence_length=length,
        recombination_rate=1e-8,
        random_seed=shape.seed,
    )
    return msprime.sim_mutations(
        ancestry, rate=1.6e-8, random_seed=shape.seed, model=msprime.BinaryMutationModel()
    )


def _write(shape: Shape, out) -> None:
    chance = np.random.default_rng(shape.seed)
    out.write(_header(shape))
    written, last = 0, 0
    for variant in _tree(shape).variants():
        if written >= shape.sites:
            return
        position = max(int(variant.site.position) + 60_001, last + 1)
        last = position
        out.write(_row(shape, position, variant.genotypes, chance))
        written += 1
    raise SystemExit(f"the simulation has only {written} sites; raise its length")


def _header(shape: Shape) -> bytes:
    contig = SEQUENCES[Assembly.GRCH38]["20"].length
    names = "\t".join(f"S{number:06}" for number in range(shape.people))
    lines = [
        "##fileformat=VCFv4.2",
        f"##contig=<ID=chr20,length={contig}>",
        '##FILTER=<ID=PASS,Description="All filters passed">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">',
        '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Quality">',
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}",
    ]
    return ("\n".join(lines) + "\n").encode()


def _alleles(chance: np.random.Generator) -> tuple[str, str, bool]:
    reference = _BASES[chance.integers(4)]
    kind = chance.random()
    tail = "".join(_BASES[i] for i in chance.integers(0, 4, chance.integers(1, 5)))
    if kind < 0.04:
        return reference, reference + tail, False
    if kind < 0.08:
        return reference + tail, reference, False
    others = [base for base in _BASES if base != reference]
    chance.shuffle(others)
    return reference, others[0] if kind > 0.085 else ",".join(others[:2]), kind <= 0.085


def _row(shape: Shape, position: int, haplotypes: np.ndarray, chance) -> bytes:
    reference, alternate, has_two = _alleles(chance)
    calls = haplotypes.astype(np.uint8)
    if has_two:
        calls = calls * (1 + (chance.random(len(calls)) < 0.5)).astype(np.uint8)
    text = np.empty((shape.people, 4), np.uint8)
    text[:, 0], text[:, 2] = calls[0::2] + 48, calls[1::2] + 48
    text[:, 1], text[:, 3] = ord("|"), ord("\t")
    missing = chance.integers(0, shape.people, chance.poisson(shape.people * 0.001))
    text[missing, 0] = text[missing, 2] = ord(".")
    text[missing, 1] = ord("/")
    fields = "GT:DP:GQ" if shape.has_depth else "GT"
    head = f"chr20\t{position}\t.\t{reference}\t{alternate}\t.\tPASS\t.\t{fields}\t".encode()
    body = _with_depth(text, chance) if shape.has_depth else text.tobytes()[:-1]
    return head + body + b"\n"


def _with_depth(text: np.ndarray, chance) -> bytes:
    depths, qualities = chance.poisson(30, len(text)), chance.integers(20, 100, len(text))
    return b"\t".join(
        b"%b:%d:%d" % (genotype.tobytes(), depth, quality)
        for genotype, depth, quality in zip(text[:, :3], depths, qualities, strict=True)
    )

"""Made-up genotypes: random alleles with a plausible spectrum of frequencies, in Hardy-Weinberg
proportions and independent of each other, and the well-known ones of `demo.facts`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cyvcf2 import Writer

from beacon_node.demo.facts import GENES, NAMED, NamedAllele
from beacon_node.model.genome import PSEUDOAUTOSOMAL, REFERENCE_NAMES, SEQUENCES, Assembly

ASSEMBLY = Assembly.GRCH38
_SPACE = 50  # bases between two random sites, so that no deletion reaches the next one
_SHARE_IN_GENES = 0.7
_SHARE_OF_INDELS, _SHARE_OF_MULTIALLELIC, _SHARE_MISSING = 0.08, 0.02, 0.003
_COMMONEST = 0.5
_MISSING = -1
_SCORES = ".", "PASS"  # QUAL, FILTER


@dataclass(frozen=True, slots=True)
class Site:
    """A place with its alleles as VCF has them; `frequencies` one per alternate allele."""

    reference: int  # index into REFERENCE_NAMES
    position: int
    ref: str
    alts: tuple[str, ...]
    frequencies: tuple[float, ...]
    id: str = "."


def make_sites(count: int, people: int, random: np.random.Generator) -> list[Site]:
    """Return `count` sites by place, the named ones among them (if `count` has room for them)."""
    named = [_named_site(allele) for allele in NAMED[:count]]
    places = {(s.reference, s.position // _SPACE) for s in named}
    sites = named
    while len(sites) < count:
        reference, position = _place(random)
        # The neighbouring slots stay free as well: a deletion may begin at the end of one.
        if not any((reference, position // _SPACE + step) in places for step in (-1, 0, 1)):
            places.add((reference, position // _SPACE))
            sites.append(_random_site(reference, position, people, random))
    return sorted(sites, key=lambda site: (site.reference, site.position))


def _named_site(allele: NamedAllele) -> Site:
    reference = REFERENCE_NAMES.index(allele.reference_name)
    alts, frequencies = (allele.alt,), (allele.frequency,)
    return Site(reference, allele.position, allele.ref, alts, frequencies, allele.rsid)


def _place(random: np.random.Generator) -> tuple[int, int]:
    if random.random() < _SHARE_IN_GENES:
        _, _, _, name, first, last, _ = GENES[random.integers(len(GENES))]
        return REFERENCE_NAMES.index(name), int(random.integers(first, last))
    reference = int(random.integers(len(REFERENCE_NAMES)))
    length = SEQUENCES[ASSEMBLY][REFERENCE_NAMES[reference]].length
    return reference, int(random.integers(_SPACE, length - _SPACE))


def _random_site(reference: int, position: int, people: int, random: np.random.Generator) -> Site:
    """Return a site whose first allele's frequency x has density 1/x between one copy and 0.5."""
    rarest = 1 / (2 * people)
    frequency = float(rarest * (_COMMONEST / rarest) ** random.random())
    bases = [str(base) for base in random.permutation(list("ACGT"))]
    if random.random() < _SHARE_OF_INDELS:
        tail = "".join(random.choice(list("ACGT"), random.integers(1, 9)))
        ref, alt = (bases[0] + tail, bases[0])[:: random.choice([1, -1])]
        return Site(reference, position, ref, (alt,), (frequency,))
    if random.random() < _SHARE_OF_MULTIALLELIC:
        shares = (frequency * 0.7, frequency * 0.3)
        return Site(reference, position, bases[0], (bases[1], bases[2]), shares)
    return Site(reference, position, bases[0], (bases[1],), (frequency,))


# ---- genotypes ---------------------------------------------------------------------------------


def draw(site: Site, is_male: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return allele numbers, shape (people, 2): -1 missing, -2 in the second column: one copy.

    Women have no copy of Y (missing); everybody has one of MT, men one of X and Y outside the
    pseudoautosomal regions.
    """
    people = len(is_male)
    shares = (1 - sum(site.frequencies), *site.frequencies)
    calls = random.choice(len(shares), size=(people, 2), p=shares).astype(np.int8)
    calls[random.random(people) < _SHARE_MISSING] = _MISSING
    name = REFERENCE_NAMES[site.reference]
    if name == "MT":
        calls[:, 1] = -2
    elif name in "XY" and not _is_pseudoautosomal(name, site.position):
        calls[is_male, 1] = -2
        if name == "Y":
            calls[~is_male] = (_MISSING, -2)
    return calls


def _is_pseudoautosomal(name: str, position: int) -> bool:
    return any(start < position <= end for start, end in PSEUDOAUTOSOMAL[ASSEMBLY][name])


def write_vcf(
    path: Path, samples: Sequence[str], sites: Sequence[Site], calls: Iterator[np.ndarray]
) -> None:
    """Write a bgzipped VCF with genotypes only; `calls` come in the order of `sites`."""
    writer = Writer.from_string(str(path), _head(samples), mode="wz")
    for site, of_site in zip(sites, calls, strict=True):
        writer.write_record(writer.variant_from_string(_row(site, of_site)))
    writer.close()


def _head(samples: Sequence[str]) -> str:
    lines = [
        "##fileformat=VCFv4.3",
        "##source=beacon-node demonstration: synthetic genotypes of people who do not exist",
        '##FILTER=<ID=PASS,Description="All filters passed">',
        '##INFO=<ID=AC,Number=A,Type=Integer,Description="Allele count">',
        '##INFO=<ID=AN,Number=1,Type=Integer,Description="Alleles called">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        *contig_lines(),
        "\t".join([*"#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT".split(), *samples]),  # noqa: SIM905
    ]
    return "\n".join(lines) + "\n"


def contig_lines() -> Iterator[str]:
    """Yield the VCF head lines that declare the sequences of the assembly."""
    for sequence in SEQUENCES[ASSEMBLY].values():
        yield f"##contig=<ID={sequence.ucsc_name},length={sequence.length},assembly=GRCh38>"


def counts(calls: np.ndarray, alleles: int) -> tuple[list[int], int]:
    """Return (copies of each alternate allele, copies called)."""
    copies = [int((calls == number).sum()) for number in range(1, alleles + 1)]
    return copies, int((calls >= 0).sum())


def site_fields(site: Site) -> list[str]:
    """Return the first seven columns of a site's VCF row."""
    name = SEQUENCES[ASSEMBLY][REFERENCE_NAMES[site.reference]].ucsc_name
    return [name, str(site.position), site.id, site.ref, ",".join(site.alts), *_SCORES]


def _row(site: Site, calls: np.ndarray) -> str:
    copies, called = counts(calls, len(site.alts))
    info = f"AC={','.join(map(str, copies))};AN={called}"
    genotypes = (_genotype(first, second) for first, second in calls.tolist())
    return "\t".join([*site_fields(site), info, "GT", *genotypes])


def _genotype(first: int, second: int) -> str:
    one = "." if first < 0 else str(first)
    if second == -2:
        return one
    return f"{one}/{'.' if second < 0 else second}"

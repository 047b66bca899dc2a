"""A made-up cohort on disk: everything that a node can load, of people who do not exist."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import orjson

from beacon_node.demo.genotypes import Site, draw, make_sites, write_vcf
from beacon_node.demo.people import biosample_ids, make_records
from beacon_node.demo.references import (
    write_genes,
    write_interpretations,
    write_ontology,
    write_sites,
)
from beacon_node.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """The files of a synthetic cohort. Genotypes are on GRCh38; the VCF's samples are biosamples.

    `sites` serves for rsIDs, population frequencies and effects, `interpretations` has ClinVar's
    form, `ontology` is OBO.
    """

    vcf: Path
    individuals: Path
    biosamples: Path
    runs: Path
    analyses: Path
    cohorts: Path
    datasets: Path
    genes: Path
    sites: Path
    interpretations: Path
    ontology: Path

    @property
    def records(self) -> tuple[Path, ...]:
        """The BFF files, in the order in which one refers to another."""
        clinical = (self.individuals, self.biosamples, self.runs, self.analyses)
        return (*clinical, self.cohorts, self.datasets)


_NAMES = {
    "vcf": "cohort.vcf.gz",
    **dict.fromkeys(("sites", "interpretations"), "{}.vcf.gz"),
    **{"genes": "{}.tsv", "ontology": "{}.obo"},
}


def make_cohort(
    folder: Path,
    *,
    people: int = 400,
    variants: int = 4000,
    seed: int = 20300107,
    others: int | None = None,
    first: int = 1,
) -> DemoFiles:
    """Write a synthetic cohort into `folder` and return its files.

    The same numbers give the same cohort, byte for byte; another number in `others` gives other
    people of the same population, and `first` is the first person's number: two people of one
    hospital with the same number would be one. The first variants are the well-known ones of
    `demo.facts`; the rest are random, their reference bases too. Files of the same name are
    overwritten.
    """
    if people < 1 or variants < 1:
        raise InvalidRequest("a synthetic cohort needs at least one person and one variant")
    folder.mkdir(parents=True, exist_ok=True)
    files = _files(folder)
    random = np.random.default_rng(seed)
    is_male = random.random(people) < 0.5
    sites = make_sites(variants, people, random)
    if others is not None:
        random = np.random.default_rng([seed, others])
        is_male = random.random(people) < 0.5
    dosage: dict[str, np.ndarray] = {}
    calls = _calls(sites, is_male, dosage, random)
    write_vcf(files.vcf, biosample_ids(people, first), sites, calls)
    _write_records(files, make_records(is_male, dosage, random, first))
    write_genes(files.genes)
    write_sites(files.sites, sites)
    write_interpretations(files.interpretations, sites)
    write_ontology(files.ontology)
    return files


def _files(folder: Path) -> DemoFiles:
    names = [field.name for field in fields(DemoFiles)]
    return DemoFiles(*(folder / _NAMES.get(n, "{}.json").format(n) for n in names))


def _calls(
    sites: Sequence[Site],
    is_male: np.ndarray,
    dosage: dict[str, np.ndarray],
    random: np.random.Generator,
) -> Iterator[np.ndarray]:
    """Yield each site's genotypes, noting the copies of alleles that have an rsID in `dosage`."""
    for site in sites:
        calls = draw(site, is_male, random)
        if site.id != ".":
            dosage[site.id] = (calls == 1).sum(axis=1)
        yield calls


def _write_records(files: DemoFiles, records: object) -> None:
    for path in files.records:
        of_type = getattr(records, path.stem)
        path.write_bytes(orjson.dumps(of_type, option=orjson.OPT_INDENT_2))

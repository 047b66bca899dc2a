"""ClinVar's `variant_summary.txt`: transcript and protein names of its variations.

ClinVar's VCF has neither; this table of the same release has both, for both assemblies at once.
"""

import re
from collections.abc import Iterator

from beacon_node.ingest.knowledge.tables import Table
from beacon_node.ingest.knowledge.text import TextFile, first_lines
from beacon_node.model.calls import ReadReport
from beacon_node.model.genome import SEQUENCES, Assembly, find_reference
from beacon_node.model.hgvs import parse_hgvs
from beacon_node.model.knowledge import EffectRecord
from beacon_node.model.protein import canonical_change
from beacon_node.model.variation import Allele, Bases, normalize
from beacon_node.ports import Progress

COLUMNS = {
    "name": ("name",),
    "gene": ("genesymbol",),
    "rsid": ("rs# (dbsnp)",),
    "assembly": ("assembly",),
    "chrom": ("chromosome",),
    "position": ("positionvcf",),
    "ref": ("referenceallelevcf",),
    "alt": ("alternateallelevcf",),
}
_PROTEIN = re.compile(r"\((p\.[^)]*\)?)\)\s*$")


def is_summary(path: str) -> bool:
    """Say whether a file begins like ClinVar's summary of variations."""
    return any(line.startswith("#AlleleID\t") for line in first_lines(path, count=1))


def open_summary(path: str) -> Table:
    return Table(path, COLUMNS, required=tuple(COLUMNS))


def read_summary(
    table: Table,
    assembly: Assembly,
    bases: Bases | None,
    report: ReadReport,
    progress: Progress,
) -> Iterator[EffectRecord]:
    """Yield the rows of one assembly that have a place and a transcript name."""
    for text, row in table.rows(progress):
        report.records += 1
        if row["assembly"] != assembly:
            report.skip("on another assembly")
            continue
        name, allele = parse_hgvs(row["name"]), _allele(text, row, assembly)
        if name is None or name.is_genomic or allele is None:
            report.skip("without place or transcript name")
            continue
        yield EffectRecord(
            normalize(allele, bases),
            (_effect(row),),
            (int(row["rsid"]),) if row["rsid"].isdecimal() else (),
        )


def _allele(text: TextFile, row: dict[str, str], assembly: Assembly) -> Allele | None:
    """Return the allele of a row, None where ClinVar does not place it exactly."""
    reference, ref, alt = find_reference(row["chrom"]), row["ref"].upper(), row["alt"].upper()
    if reference is None or not row["position"].isdecimal() or (ref + alt).strip("ACGT"):
        return None
    start = int(row["position"]) - 1
    if start + len(ref) > SEQUENCES[assembly][reference[0]].length:
        raise text.wrong(f"{start + 1:,} is beyond the end of {reference[0]} on {assembly}")
    return Allele(reference[0], start, start + len(ref), ref, alt)


def _effect(row: dict[str, str]) -> dict:
    protein = _PROTEIN.search(row["name"])
    transcript, _, change = _PROTEIN.sub("", row["name"]).strip().partition(":")
    change_of_protein = canonical_change(protein[1]) if protein else None
    return {
        "gene": row["gene"].split(";")[0],
        "consequences": [],
        "aminoacid_change": change_of_protein or "",
        "transcript": transcript.partition("(")[0],
        "hgvs_c": change,
        "hgvs_p": protein[1] if protein else "",
        "source": "ClinVar",
    }

"""Star alleles: a named-allele table says what each has, the positions VCF what that means."""

import pytest

from beacon_node.ingest.knowledge import Reading, open_knowledge
from beacon_node.ingest.knowledge.pgx import alleles_of_base, star_records
from beacon_node.model.calls import ReadReport
from beacon_node.model.genome import Assembly
from beacon_node.model.knowledge import Kind, NamedBase, PgxRecord
from beacon_node.model.variation import Allele, trim
from beacon_node.ports import NO_PROGRESS
from tests.ingest.knowledge.test_tables import read
from tests.shared_data import shared


def there(*changes: tuple[str, str], position: int = 100) -> list[PgxRecord]:
    return [
        PgxRecord(
            trim(Allele("2", position - 1, position - 1 + len(ref), ref, alt)),
            "GENE",
            position,
            ref,
            alt,
        )
        for ref, alt in changes
    ]


@pytest.mark.parametrize(
    ("base", "changes", "meant"),
    [
        ("A", [("G", "A")], ["A"]),
        ("G", [("G", "A")], []),  # the reference
        ("T", [("G", "A"), ("G", "T")], ["T"]),
        ("R", [("G", "A")], []),  # A or G: free
        ("K", [("A", "G"), ("A", "T"), ("A", "C")], ["G", "T"]),
        ("delTCT", [("CTCT", "C")], ["C"]),
        ("delTC", [("CTCT", "C"), ("CTCT", "CT")], ["CT"]),
        ("insTA", [("C", "CTA"), ("C", "CT")], ["CTA"]),
        ("AA", [("T", "TA")], ["TA"]),  # the only alternative
        ("insCT", [("TC", "CT")], ["CT"]),
        ("CAT", [("C", "CAT"), ("C", "CATAT")], ["CAT"]),
    ],
)
def test_what_a_cell_means(base, changes, meant):
    assert [record.alt for record in alleles_of_base(base, there(*changes))] == meant


def rows(*cells: tuple[str, str], position: int = 100) -> list[NamedBase]:
    return [NamedBase("GENE", star, "2", position, base) for star, base in cells]


def test_repeat_counts_are_told_from_one_another():
    """UGT1A1's TA repeat: the reference has seven, which no cell says."""
    positions = {("2", 100): there(("CAT", "C"), ("CAT", "CATAT"), ("CAT", "CATATAT"))}
    cells = rows(("*36", "TA(6)"), ("*28", "TA(8)"), ("*37", "TA(9)"))
    found = star_records(cells, positions, ReadReport())
    assert {(r.star, r.allele.ref, r.allele.alt) for r in found} == {
        ("GENE*36", "AT", ""),
        ("GENE*28", "", "AT"),
        ("GENE*37", "", "ATAT"),
    }


def test_a_repeat_count_that_could_mean_several_alleles_means_none():
    positions = {("2", 100): there(("CAT", "C"), ("CAT", "CATAT"))}
    report = ReadReport()
    assert star_records(rows(("*28", "TA(8)")), positions, report) == []
    assert report.skipped == {"reference or ambiguous base": 1}


def test_what_the_first_star_allele_has_too_defines_no_other():
    positions = {("2", 100): there(("A", "G")), ("2", 200): there(("C", "T"), position=200)}
    cells = rows(("*1", "G"), ("*2", "G")) + rows(("*2", "T"), position=200)
    found = star_records(cells, positions, ReadReport())
    assert [(record.star, record.allele.start) for record in found] == [
        ("GENE*1", 99),
        ("GENE*2", 199),
    ]


def test_a_position_that_is_not_in_the_vcf_is_counted():
    report = ReadReport()
    assert star_records(rows(("*2", "T")), {}, report) == []
    assert report.skipped == {"position that the positions VCF lacks": 1}


def test_the_public_tables():
    opened, records, _ = read(Kind.PGX, shared("data/pgx/pharmcat_positions_GRCh38.vcf"))
    assert opened.assembly is Assembly.GRCH38 and len(records) == 1_261
    positions: dict = {}
    for record in records:
        positions.setdefault((record.allele.reference_name, record.position), []).append(record)
    table = str(shared("data/pgx/pgx_named_alleles_GRCh38.tsv.gz"))
    opened = open_knowledge(Kind.PGX, table, None, NO_PROGRESS)
    assert (opened.kind, opened.assembly) == (Kind.STAR_ALLELES, Assembly.GRCH38)
    report = ReadReport()
    stars = list(opened.read(Reading(report, NO_PROGRESS, positions=positions)))
    defined: dict = {}
    for record in stars:
        defined.setdefault(record.star, set()).add((record.allele.start + 1, record.allele.alt))
    assert defined["CYP2C19*2"] == {(94_775_367, "G"), (94_781_859, "A")}
    assert defined["CYP2C19*17"] == {(94_761_900, "T")}
    assert defined["UGT1A1*28"] == {(233_760_234, "AT")}
    assert defined["NUDT15*3"] == {(48_045_719, "T")}
    assert defined["TPMT*3B"] == {(18_138_997, "T")}
    assert report.records == 1_929 and report.skipped == {"reference or ambiguous base": 49}

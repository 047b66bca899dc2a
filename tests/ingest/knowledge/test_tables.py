"""Gene tables and gene names, in the formats people have; all count bases from 1."""

import gzip

import pytest

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.knowledge import Reading, open_knowledge
from beacon_node.model.calls import ReadReport
from beacon_node.model.genome import Assembly
from beacon_node.model.knowledge import GeneNames, GeneRecord, Kind
from beacon_node.ports import NO_PROGRESS
from tests.shared_data import shared

GRCH37, GRCH38 = Assembly.GRCH37, Assembly.GRCH38
BRAF = GeneRecord("BRAF", "HGNC:1097", "ENSG00000157764", "7", 140_719_326, 140_924_929)
PLACE = "140719327\t140924929"


def read(kind, path, assembly=None):
    """Return (opened file, its records, the report)."""
    opened = open_knowledge(kind, str(path), assembly, NO_PROGRESS)
    report = ReadReport()
    return opened, list(opened.read(Reading(report, NO_PROGRESS, opened.assembly))), report


def gene_file(tmp_path, text: str):
    path = tmp_path / "genes"
    path.write_text(text)
    return path


ENSEMBL_GTF = f"""#!genome-build GRCh38.p14
#!genebuild-last-updated 2024-01
7\tensembl\tgene\t{PLACE}\t.\t-\t.\tgene_id "ENSG00000157764"; gene_version "14"; gene_name "BRAF";
7\tensembl\texon\t{PLACE}\t.\t-\t.\tgene_id "ENSG00000157764"; gene_name "BRAF";
"""
GENCODE_GFF3 = f"""##gff-version 3
#description: evidence-based annotation of the human genome (GRCh38), version 44
chr7\tHAVANA\tgene\t{PLACE}\t.\t-\t.\tID=ENSG00000157764.14;gene_name=BRAF;hgnc_id=HGNC:1097
chr7\tHAVANA\ttranscript\t{PLACE}\t.\t-\t.\tID=ENST1;Parent=ENSG00000157764.14
"""
HGNC_SOURCE = "description=x [Source:HGNC Symbol%3BAcc:HGNC:1097]"
ENSEMBL_GFF3 = f"""##gff-version 3
#!genome-build  GRCh38.p14
7\thavana\tncRNA_gene\t{PLACE}\t.\t-\t.\tID=gene:ENSG00000157764;Name=BRAF;{HGNC_SOURCE}
"""
NCBI_GFF3 = f"""##gff-version 3
NC_000007.14\tBestRefSeq\tgene\t{PLACE}\t.\t-\t.\tID=gene-BRAF;Dbxref=GeneID:673,HGNC:HGNC:1097;Name=BRAF
NT_187562.1\tBestRefSeq\tgene\t1\t5\t.\t-\t.\tID=gene-X;Name=X
"""
TABLE = (
    "symbol\thgnc_id\tensembl_id\tchrom\tstart\tend\n"
    f"BRAF\tHGNC:1097\tENSG00000157764.14\tchr7\t{PLACE}\n"
)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (ENSEMBL_GTF, BRAF._replace(hgnc_id="")),
        (GENCODE_GFF3, BRAF),
        (ENSEMBL_GFF3, BRAF),
        (NCBI_GFF3, BRAF._replace(ensembl_id="")),
    ],
    ids=["Ensembl GTF", "GENCODE GFF3", "Ensembl GFF3", "NCBI GFF3"],
)
def test_a_gene_is_read_and_the_assembly_is_what_the_file_says(tmp_path, text, known):
    opened, genes, _ = read(Kind.GENES, gene_file(tmp_path, text))
    assert genes == [known]
    assert opened.assembly is GRCH38


def test_a_table_is_read_by_its_column_names(tmp_path):
    assert read(Kind.GENES, gene_file(tmp_path, TABLE), GRCH38)[1] == [BRAF]
    renamed = TABLE.replace("symbol", "gene_name").replace("chrom", "Chromosome")
    assert read(Kind.GENES, gene_file(tmp_path, renamed), GRCH38)[1] == [BRAF]


def test_genes_of_a_gtf_without_gene_rows_span_their_transcripts(tmp_path):
    rows = [("100", "200"), ("150", "300")]
    names = 'gene_id "BRAF"; transcript_id "t";'
    text = "".join(f"chr7\tx\ttranscript\t{a}\t{b}\t.\t-\t.\t{names}\n" for a, b in rows)
    _, genes, _ = read(Kind.GENES, gene_file(tmp_path, text), GRCH38)
    assert genes == [GeneRecord("BRAF", "", "", "7", 99, 300)]


def test_genes_on_other_sequences_are_counted_and_left_out(tmp_path):
    _, _, report = read(Kind.GENES, gene_file(tmp_path, NCBI_GFF3))
    assert report.records == 2
    assert report.skipped == {"on a sequence that is no chromosome": 1}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("a\tb\nc\td\n", "the head line lacks: symbol"),
        (TABLE + "X\t\t\t7\t5\n", "line 3: 5 columns where the head has 6"),
        (TABLE + "X\t\t\t7\t9\t5\n", "line 3: start '9' and end '5'"),
        (TABLE + "X\t\t\t7\t0\t5\n", "line 3: start '0'"),
        (TABLE + "X\t\t\t7\t1\t249000000\n", "line 3: 249,000,000 is beyond the end of 7"),
        (TABLE + "X\t\t\tNC_000007.13\t1\t2\n", "GRCh37"),
        (GENCODE_GFF3 + "chr7\tx\n", "line 5: 2 columns where GFF3 has 9"),
        (ENSEMBL_GTF.replace("GRCh38.p14", "T2T-CHM13v2.0"), "T2T-CHM13v2.0"),
        (GENCODE_GFF3.replace("\tgene\t", "\texon\t"), "there is no gene in it"),
        ("##gff-version 3\n\udcff", "not UTF-8"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(tmp_path, text, problem):
    path = tmp_path / "genes"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InvalidInput, match="(?s)" + problem.replace("(", r"\(")) as refused:
        read(Kind.GENES, path, GRCH38)
    assert str(path) in str(refused.value)


def test_a_table_of_the_other_assembly_is_recognised_by_its_ends(tmp_path):
    path = shared("data/reference/genes_GRCh38.tsv.gz")
    with pytest.raises(InvalidInput, match="beyond the end"):
        read(Kind.GENES, path, GRCH37)


def test_a_table_that_does_not_say_its_assembly_needs_to_be_told(tmp_path):
    with pytest.raises(InvalidRequest, match="--assembly"):
        read(Kind.GENES, gene_file(tmp_path, TABLE))


def test_a_contradiction_to_the_declared_assembly_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="GRCh38, but GRCh37 was declared"):
        read(Kind.GENES, gene_file(tmp_path, GENCODE_GFF3), GRCH37)


def test_a_truncated_gzip_is_refused(tmp_path):
    path = tmp_path / "genes.gz"
    path.write_bytes(gzip.compress((TABLE * 1_000).encode())[:-20])
    with pytest.raises(InvalidInput, match="damaged"):
        read(Kind.GENES, path, GRCH38)


@pytest.mark.parametrize(("assembly", "count"), [(GRCH37, 57_773), (GRCH38, 41_761)])
def test_the_whole_public_table(assembly, count):
    path = shared(f"data/reference/genes_{assembly}.tsv.gz")
    _, genes, report = read(Kind.GENES, path, assembly)
    assert len(genes) == report.records == count


HGNC = """hgnc_id\tsymbol\tstatus\talias_symbol\tprev_symbol\tensembl_gene_id
HGNC:1097\tBRAF\tApproved\t"BRAF1|B-RAF1"\t\tENSG00000157764
HGNC:2\tGONE\tEntry Withdrawn\t\t\t
"""


def test_names_in_hgncs_own_columns(tmp_path):
    opened, names, report = read(Kind.GENE_NAMES, gene_file(tmp_path, HGNC))
    assert opened.name == "HGNC"
    assert names == [GeneNames("HGNC:1097", "BRAF", "ENSG00000157764", (), ("BRAF1", "B-RAF1"))]
    assert report.skipped == {"withdrawn entry": 1}


def test_names_of_the_public_table():
    _, names, _ = read(Kind.GENE_NAMES, shared("data/reference/hgnc_symbols.tsv.gz"))
    assert len(names) == 43_837
    found = next(gene for gene in names if gene.symbol == "MVB12B")
    assert found.previous == ("C9orf28", "FAM125B")
    assert found.aliases == ("FLJ00001",)


@pytest.mark.parametrize("row", ["x\tBRAF\t\t\t\t", "HGNC:1\t\t\t\t\t"])
def test_a_name_without_id_or_symbol_is_refused(tmp_path, row):
    with pytest.raises(InvalidInput, match="line 4"):
        read(Kind.GENE_NAMES, gene_file(tmp_path, HGNC + row + "\n"))

"""What a demonstration node is told besides its cohort: genes, names of alleles, meanings, terms.

Places and names are facts; counts, interpretations' ids and review states are made up, and every
file says so in its head.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cyvcf2 import Writer

from beacon_node.demo.facts import GENES, NAMED, ONTOLOGY, NamedAllele
from beacon_node.demo.genotypes import Site, contig_lines, site_fields

_PANEL = 100_000  # allele copies in the made-up reference panel
_FIRST_VARIATION = 900_000_001  # beyond the ids that ClinVar has given out
_SYNTHETIC = "beacon-node demonstration: synthetic, for no other use"
_SO = {
    "missense_variant": "SO:0001583",
    "stop_gained": "SO:0001587",
    "frameshift_variant": "SO:0001589",
    "inframe_deletion": "SO:0001822",
    "intron_variant": "SO:0001627",
    "splice_donor_variant": "SO:0001575",
    "upstream_gene_variant": "SO:0001631",
}


def write_genes(path: Path) -> None:
    """Write the gene table: tab-separated, 1-based with both ends."""
    head = ("symbol", "hgnc_id", "ensembl_id", "chrom", "start", "end", "strand", "biotype")
    rows = [head, *((*gene, "protein_coding") for gene in GENES)]
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))


def write_ontology(path: Path) -> None:
    """Write the terms and their parents in OBO format."""
    lines = ["format-version: 1.2", "ontology: mondo", "data-version: 2022-09-06"]
    lines.append("remark: excerpt of names and simplified parents for a demonstration (CC BY 4.0)")
    for id, name, parents in ONTOLOGY:
        lines += ["", "[Term]", f"id: {id}", f"name: {name}", *(f"is_a: {p}" for p in parents)]
    path.write_text("\n".join(lines) + "\n")


def write_sites(path: Path, sites: Sequence[Site]) -> None:
    """Write the made-up panel: rsIDs, allele counts, named alleles' effects (SnpEff's ANN)."""
    known = {allele.rsid: allele for allele in NAMED}
    fields = (
        ("AC", "A", "Integer", "Allele count in the panel"),
        ("AN", "1", "Integer", "Alleles in the panel"),
        (
            "ANN",
            ".",
            "String",
            "Functional annotations: 'Allele | Annotation | Annotation_Impact | Gene_Name | Gene_ID"
            " | Feature_Type | Feature_ID | Transcript_BioType | Rank | HGVS.c | HGVS.p'",
        ),
    )
    rows = (_site_row(site, known) for site in sites)
    _write(path, "Synthetic panel", fields, rows)


def _site_row(site: Site, known: Mapping[str, NamedAllele]) -> str:
    counts = ",".join(str(max(1, round(f * _PANEL))) for f in site.frequencies)
    info = f"AC={counts};AN={_PANEL}"
    if site.id in known:
        info += f";ANN={_annotation(known[site.id])}"
    return "\t".join([*site_fields(site), info])


def _annotation(allele: NamedAllele) -> str:
    gene = allele.gene
    fields = [allele.alt, allele.consequence, "", gene, gene, "transcript", "", "protein_coding"]
    return "|".join([*fields, "", "", allele.protein])


def write_panel(path: Path, rows: Iterator[tuple[Site, list[int], int]]) -> None:
    """Write how often a panel of people has each allele: sites with AC of each and AN."""
    fields = (
        ("AC", "A", "Integer", "Allele count in the panel"),
        ("AN", "1", "Integer", "Alleles in the panel"),
    )
    lines = (
        "\t".join([*site_fields(site), f"AC={','.join(map(str, counts))};AN={number}"])
        for site, counts, number in rows
    )
    _write(path, "Synthetic panel", fields, lines)


def write_interpretations(path: Path, sites: Sequence[Site]) -> None:
    """Write what is said of the named alleles' clinical meaning, in the fields of ClinVar's VCF."""
    fields = (
        ("ALLELEID", "1", "Integer", "Allele id, made up"),
        ("CLNSIG", ".", "String", "Clinical significance"),
        ("CLNDN", ".", "String", "Name of the condition"),
        ("CLNDISDB", ".", "String", "Id of the condition"),
        ("CLNREVSTAT", ".", "String", "Review status"),
        ("GENEINFO", "1", "String", "Gene symbol and number"),
        ("MC", ".", "String", "Consequence"),
        ("RS", ".", "String", "rsID without rs"),
    )
    present = {site.id: site for site in sites}
    told = [allele for allele in NAMED if allele.significance and allele.rsid in present]
    rows = (
        _interpretation_row(present[allele.rsid], allele, number)
        for number, allele in enumerate(told, _FIRST_VARIATION)
    )
    _write(path, "Synthetic interpretations", fields, rows)


def _interpretation_row(site: Site, allele: NamedAllele, number: int) -> str:
    condition, name = allele.condition
    info = {
        "ALLELEID": number,
        "CLNSIG": allele.significance,
        "CLNDN": name.replace(" ", "_"),
        "CLNDISDB": f"MONDO:{condition}",
        "CLNREVSTAT": "no_assertion_criteria_provided",
        "GENEINFO": f"{allele.gene}:0",
        "MC": f"{_SO[allele.consequence]}|{allele.consequence}",
        "RS": allele.rsid.removeprefix("rs"),
    }
    fields = site_fields(site)
    fields[2] = str(number)
    return "\t".join([*fields, ";".join(f"{key}={value}" for key, value in info.items())])


def _write(
    path: Path, title: str, fields: Sequence[tuple[str, str, str, str]], rows: Iterator[str]
) -> None:
    declared = (
        f'##INFO=<ID={id},Number={number},Type={kind},Description="{text}">'
        for id, number, kind, text in fields
    )
    columns = "\t".join("#CHROM POS ID REF ALT QUAL FILTER INFO".split())  # noqa: SIM905
    head = ["##fileformat=VCFv4.3", f"##source={title} of the {_SYNTHETIC}", "##reference=GRCh38"]
    head += [*contig_lines(), *declared, columns]
    writer = Writer.from_string(str(path), "\n".join(head) + "\n", mode="wz")
    for row in rows:
        writer.write_record(writer.variant_from_string(row))
    writer.close()

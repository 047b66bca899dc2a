"""HGVS names that a table explains."""

import pytest

from beacon_node.model.hgvs import parse_gene_change, parse_hgvs


@pytest.mark.parametrize(
    ("written", "key", "version"),
    [
        ("NM_007294.4:c.5266dup", "NM_007294:c.5266dup", 4),
        ("NM_007294.4:c.5266dupC", "NM_007294:c.5266dup", 4),
        ("NM_007294.4(BRCA1):c.5266dup (p.Gln1756fs)", "NM_007294:c.5266dup", 4),
        ("nm_007294:c.68_69delAG", "NM_007294:c.68_69del", 0),
        ("NM_007294.4:c.68_69delAGinsTT", "NM_007294:c.68_69delinsTT", 4),
        ("NM_007294.4:c.68_69del2", "NM_007294:c.68_69del", 4),
        ("ENST00000357654.9:c.181t>g", "ENST00000357654:c.181T>G", 9),
        ("NR_148357.1:n.-1692_-1691insC", "NR_148357:n.-1692_-1691insC", 1),
        ("NP_009225.1:p.Gln1756fs", "NP_009225:p.Q1756fs", 1),
        ("NP_009225.1:p.(Cys61Gly)", "NP_009225:p.C61G", 1),
        ("NC_000017.11:g.43057063G>A", "NC_000017:g.43057063G>A", 11),
        ("NM_000059.4:c.316+5G>A", "NM_000059:c.316+5G>A", 4),
    ],
)
def test_a_name_is_found_however_it_is_spelled(written, key, version):
    name = parse_hgvs(written)
    assert (name.key, name.version) == (key, version)


@pytest.mark.parametrize("text", ["BRCA1", "c.5266dup", "NM_007294.4", "rs1", "NP_1.1:p.nonsense"])
def test_what_is_no_name_is_none(text):
    assert parse_hgvs(text) is None


def test_only_genomic_names_depend_on_their_version():
    assert parse_hgvs("NC_000017.11:g.1A>G").is_genomic
    assert not parse_hgvs("NM_007294.4:c.1A>G").is_genomic


def test_a_gene_with_a_protein_change():
    assert parse_gene_change("braf:p.Val600Glu") == ("BRAF", "V600E")
    assert parse_gene_change("BRAF:c.1799T>A") is None

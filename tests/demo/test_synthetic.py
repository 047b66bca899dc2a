"""The synthetic cohort is one that a node can load, ask and learn nothing real from."""

import gzip
from collections import Counter

import numpy as np
import pytest
from cyvcf2 import VCF

from beacon_node.demo.facts import GENES, NAMED, ONTOLOGY
from beacon_node.demo.synthetic import make_cohort
from beacon_node.errors import InvalidRequest
from beacon_node.ingest.bff import read_bff
from beacon_node.ingest.detect import Format, detect_format
from beacon_node.model.characteristics import characteristics
from beacon_node.model.entries import Measure, Term
from beacon_node.model.genome import PSEUDOAUTOSOMAL, SEQUENCES, Assembly
from tests.ingest.official_schemas import problems
from tests.shared_data import shared

PEOPLE, VARIANTS = 300, 1500


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return make_cohort(tmp_path_factory.mktemp("cohort"), people=PEOPLE, variants=VARIANTS, seed=7)


@pytest.fixture(scope="module")
def sites(files):
    """(chromosome, position, ref, alts, id, genotypes as lists of allele numbers) of each row."""
    return [
        (r.CHROM, r.POS, r.REF, tuple(r.ALT), r.ID, [g[:-1] for g in r.genotypes])
        for r in VCF(str(files.vcf))
    ]


@pytest.fixture(scope="module")
def people(files):
    return {d.id: d.body for d in read_bff(files.individuals)}


def test_the_same_seed_makes_the_same_bytes(tmp_path):
    def content(folder, seed):
        made = make_cohort(folder, people=20, variants=40, seed=seed)
        return [gzip.decompress(made.vcf.read_bytes()), *(p.read_bytes() for p in made.records)]

    assert content(tmp_path / "a", 1) == content(tmp_path / "b", 1)
    assert content(tmp_path / "a", 1) != content(tmp_path / "c", 2)


@pytest.mark.parametrize(("people", "variants"), [(0, 5), (5, 0)])
def test_an_empty_cohort_is_refused(tmp_path, people, variants):
    with pytest.raises(InvalidRequest, match="at least one"):
        make_cohort(tmp_path, people=people, variants=variants)


def test_the_smallest_cohort_is_made(tmp_path):
    made = make_cohort(tmp_path, people=1, variants=1)
    assert [(r.ID, len(r.genotypes)) for r in VCF(str(made.vcf))] == [(NAMED[0].rsid, 1)]


# ---- genotypes ---------------------------------------------------------------------------------


def test_the_vcf_is_bgzipped_sorted_and_on_grch38(files, sites):
    assert detect_format(files.vcf) is Format.VCF
    assert files.vcf.read_bytes()[12:14] == b"BC"  # the BGZF subfield
    reader = VCF(str(files.vcf))
    lengths = dict(zip(reader.seqnames, reader.seqlens, strict=True))
    known = SEQUENCES[Assembly.GRCH38].values()
    assert lengths == {s.ucsc_name: s.length for s in known}
    order = [(reader.seqnames.index(c), position) for c, position, *_ in sites]
    assert order == sorted(set(order))
    assert len(sites) == VARIANTS
    assert all(position + len(ref) - 1 <= lengths[c] for c, position, ref, *_ in sites)


def test_the_named_alleles_are_there(sites):
    found = {(id, c, position, ref, alts) for c, position, ref, alts, id, _ in sites if id}
    assert found == {(a.rsid, f"chr{a.reference_name}", a.position, a.ref, (a.alt,)) for a in NAMED}


def test_the_frequency_spectrum_leans_to_the_rare(sites):
    copies = np.array([sum(a > 0 for g in calls for a in g) for *_, calls in sites])
    assert 0.15 < (copies <= 3).mean() < 0.5
    assert (copies > PEOPLE // 5).sum() > 50
    assert copies.max() < 2 * PEOPLE


def test_there_are_indels_multiallelic_sites_and_missing_genotypes(sites):
    assert sum(len(ref) != len(alts[0]) for _, _, ref, alts, _, _ in sites) > 60
    assert sum(len(alts) == 2 for _, _, _, alts, _, _ in sites) > 10
    autosomal = [g for c, *_, calls in sites if c[3:].isdigit() for g in calls]
    missing = sum(-1 in g for g in autosomal) / len(autosomal)
    assert 0.001 < missing < 0.01


def in_par(name, position):
    regions = PSEUDOAUTOSOMAL[Assembly.GRCH38][name]
    return any(start < position <= end for start, end in regions)


def test_ploidy_follows_sex_and_sequence(files, sites, people):
    samples = VCF(str(files.vcf)).samples
    male = [people[s.removesuffix("-B1")]["sex"]["label"] == "male" for s in samples]
    ploidies = {"X": Counter(), "Y": Counter(), "MT": Counter(), "1": Counter()}
    for chrom, position, *_, calls in sites:
        name = {"chrM": "MT"}.get(chrom, chrom[3:])
        if name not in ploidies or (name in "XY" and in_par(name, position)):
            continue
        ploidies[name].update(zip(male, (len(g) for g in calls), strict=True))
        if name == "Y":
            assert {tuple(g) for g, m in zip(calls, male, strict=True) if not m} == {(-1,)}
    assert set(ploidies["X"]) == {(True, 1), (False, 2)}
    assert set(ploidies["Y"]) == {(True, 1), (False, 1)}
    assert set(ploidies["MT"]) == {(True, 1), (False, 1)}
    assert set(ploidies["1"]) == {(True, 2), (False, 2)}


# ---- records -----------------------------------------------------------------------------------


def test_records_belong_to_the_samples_of_the_vcf(files):
    read = {p.stem: list(read_bff(p)) for p in files.records}
    sizes = {name: len(documents) for name, documents in read.items()}
    four = dict.fromkeys(("individuals", "biosamples", "runs", "analyses"), PEOPLE)
    assert sizes == four | {"cohorts": 1, "datasets": 1}
    assert {name: documents[0].entry_type.path for name, documents in read.items()} == {
        name: name for name in read
    }
    for child, parent in (
        ("biosamples", "individuals"),
        ("runs", "biosamples"),
        ("analyses", "runs"),
    ):
        assert [d.parent_id for d in read[child]] == [d.id for d in read[parent]]
    assert [d.id for d in read["biosamples"]] == VCF(str(files.vcf)).samples


def test_every_record_says_that_it_is_synthetic(files):
    for path in files.records:
        assert all(document.body["info"]["synthetic"] is True for document in read_bff(path))
    for path in (files.vcf, files.sites, files.interpretations):
        assert "synthetic" in VCF(str(path)).raw_header.lower()


def test_the_official_schemas_accept_the_records(files):
    for path in files.records:
        for document in read_bff(path):
            assert problems(document) == []


def test_there_is_something_to_filter_by(files):
    facts = [fact for d in read_bff(files.individuals) for fact in characteristics(d)]
    terms = Counter(fact.id for fact in facts if isinstance(fact, Term))
    measured = Counter(fact.field for fact in facts if isinstance(fact, Measure))
    assert all(terms[id] > 5 for id in ("MONDO:0005148", "MONDO:0005044", "HP:0001513"))
    assert terms["HP:0002076"] < PEOPLE / 3  # migraine was asked of all; most do not have it
    for field in ("LOINC:39156-5", "LOINC:41950-7", "NCBITaxon:816"):
        assert measured[field] == PEOPLE
    assert measured["diseases.ageOfOnset.iso8601duration"] > 50


def test_characteristics_lean_on_genotypes(tmp_path):
    # Each difference is more than 5 standard errors at this size.
    made = make_cohort(tmp_path, people=2000, variants=len(NAMED), seed=1)
    carried = {r.ID: np.array(r.gt_types) for r in VCF(str(made.vcf), gts012=True)}
    ldl, cancer = [], []
    for person in read_bff(made.individuals):
        values = {
            m["assayCode"]["id"]: m["measurementValue"]["value"] for m in person.body["measures"]
        }
        ldl.append(values["LOINC:18262-6"])
        diseases = {d["diseaseCode"]["id"] for d in person.body.get("diseases", [])}
        cancer.append("MONDO:0007254" in diseases)
    carries = carried["rs429358"] > 0
    assert np.mean(np.array(ldl)[carries]) > np.mean(np.array(ldl)[~carries]) + 5
    at_risk = (carried["rs80357336"] > 0) | (carried["rs80357906"] > 0)
    assert np.mean(np.array(cancer)[at_risk]) > 3 * np.mean(np.array(cancer)[~at_risk])


# ---- what names mean ---------------------------------------------------------------------------


def test_sites_have_counts_for_every_variant_and_effects_for_the_named(files, sites):
    rows = list(VCF(str(files.sites)))
    assert [(r.CHROM, r.POS) for r in rows] == [(c, position) for c, position, *_ in sites]
    assert all(0 < np.max(r.INFO["AC"]) < r.INFO["AN"] for r in rows)
    effects = {r.ID: r.INFO.get("ANN").split("|") for r in rows if r.INFO.get("ANN")}
    assert {id: (e[3], e[1], e[10]) for id, e in effects.items()} == {
        a.rsid: (a.gene, a.consequence, a.protein) for a in NAMED
    }


def test_interpretations_name_conditions_of_the_ontology(files):
    rows = list(VCF(str(files.interpretations)))
    assert len(rows) == sum(bool(a.significance) for a in NAMED)
    terms = {id for id, *_ in ONTOLOGY}
    assert all(r.INFO["CLNDISDB"].removeprefix("MONDO:") in terms for r in rows)
    assert all(r.ID.isdecimal() for r in rows)


def test_the_ontology_hangs_together(files):
    ids = {id for id, *_ in ONTOLOGY}
    assert all(set(parents) <= ids for *_, parents in ONTOLOGY)
    text = files.ontology.read_text()
    assert text.count("[Term]") == len(ids)
    assert "is_a: MONDO:0005015" in text


def test_genes_are_where_the_public_table_says(files):
    rows = [line.split("\t") for line in files.genes.read_text().splitlines()]
    assert len(rows) == len(GENES) + 1
    with gzip.open(shared("data/reference/genes_GRCh38.tsv.gz"), "rt") as table:
        public = {tuple(line.rstrip("\n").split("\t")) for line in table}
    assert {tuple(row) for row in rows} <= public


def test_named_pharmacogenes_are_where_the_public_table_says():
    public = {
        (r.CHROM, r.POS, r.REF, alt, r.ID)
        for r in VCF(str(shared("data/pgx/pharmcat_positions_GRCh38.vcf")))
        for alt in r.ALT
    }
    ids = {row[4] for row in public}
    ours = [a for a in NAMED if a.rsid in ids]
    assert len(ours) >= 4
    for a in ours:
        assert (f"chr{a.reference_name}", a.position, a.ref, a.alt, a.rsid) in public


def test_names_of_diseases_are_mondos():
    names = {}
    with gzip.open(shared("data/ontologies/mondo_rare_2026-08.obo.gz"), "rt") as obo:
        id = ""
        for line in obo:
            if line.startswith("id: "):
                id = line[4:].strip()
            elif line.startswith("name: ") and not line.startswith("name: MONDO:"):
                names[id] = line[6:].strip()
    told = {id: name for id, name, _ in ONTOLOGY}
    assert {id: names.get(id, told[id]) for id in told} == told

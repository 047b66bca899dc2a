"""Loading makes a draft: whole files or nothing, each only once, never answering by itself."""

import io
import json
import random
import subprocess
from pathlib import Path

import pytest

from beacon_node.actions import genotype_files
from beacon_node.actions.annotate import annotate
from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.manage_datasets import remove_part
from beacon_node.actions.release_dataset import release
from beacon_node.errors import Conflict, InvalidInput, NotFound
from beacon_node.ingest.detect import Format
from beacon_node.model.calls import FilterPolicy, Interval
from beacon_node.model.genome import REFERENCE_NUMBER, Assembly
from beacon_node.model.knowledge import Kind
from tests.actions.homes import carriers, files_of, new_node, open_data, people, vcf
from tests.shared_data import shared
from tests.store.alleles import alleles_of, rows

RECORDS = ("22 100 rs1 A C . PASS . GT 0/1 1/1", "22 200 . G T . PASS . GT 0/0 ./1")
CHR22 = "data/vcf/grch37/1kg_p3_chr22_16.05-16.50Mb_cineca1900.vcf.gz"


@pytest.fixture
def node(tmp_path):
    return new_node(tmp_path / "home", open_data())


def test_a_file_becomes_a_part_of_the_draft(node, tmp_path):
    done = load(node, "d", vcf(tmp_path / "x.vcf", RECORDS))
    assert (done.format, done.records, done.alleles, done.samples) == (Format.VCF, 2, 2, 2)
    assert (done.assembly, done.references) == (Assembly.GRCH37, ("22",))
    (part,) = node.catalogue.parts("d")
    assert part.source == "x.vcf", "not where it lay: folder names may tell of people"
    assert node.catalogue.released_datasets() == ()


def test_loading_it_again_changes_nothing_and_says_so(node, tmp_path):
    file = vcf(tmp_path / "x.vcf", RECORDS)
    first, files = load(node, "d", file), files_of(node, "d")
    again = load(node, "d", file)
    assert (again.already_loaded, again.part, again.alleles) == (True, first.part, first.alleles)
    assert files_of(node, "d") == files


def test_a_copy_by_another_name_is_the_same_file(node, tmp_path):
    load(node, "d", vcf(tmp_path / "x.vcf", RECORDS))
    assert load(node, "d", vcf(tmp_path / "copy.vcf", RECORDS)).already_loaded


def test_other_options_replace_the_former_load_of_a_file(node, tmp_path):
    file = vcf(tmp_path / "x.vcf", RECORDS)
    load(node, "d", file)
    again = load(node, "d", file, LoadOptions(sample_table={"a": "bio-1"}))
    assert again.replaced and not again.already_loaded
    (part,) = node.catalogue.parts("d")
    assert part.sample_table == {"a": "bio-1"}
    assert len(files_of(node, "d")) == 1


def test_standard_input_is_a_file_like_any_other(node, tmp_path, monkeypatch):
    text = (tmp_path / "x.vcf", vcf(tmp_path / "x.vcf", RECORDS))[0].read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    done = load(node, "d", "-")
    assert (done.source, done.alleles) == ("standard input", 2)
    assert len(files_of(node, "d")) == 1, "what was kept meanwhile is gone"


def test_a_dataset_s_filter_policy_holds_unless_told_otherwise(tmp_path):
    policy = FilterPolicy(frozenset({"q10"}))
    node = new_node(tmp_path / "home", open_data(filters=policy))
    records = [f"22 {n} . A C . {word} . GT 0/1 0/0" for n, word in ((1, "q10"), (2, "bad"))]
    file = vcf(tmp_path / "x.vcf", records)
    assert load(node, "d", file).alleles == 1
    assert load(node, "d", file, LoadOptions(filters=FilterPolicy(None))).alleles == 2


def test_what_was_assayed_can_be_told_per_file(node, tmp_path):
    options = LoadOptions(assayed=[Interval(22, 0, 500)])
    load(node, "d", vcf(tmp_path / "x.vcf", RECORDS), options)
    assert release(node, "d").warnings == ()
    found = rows(node.catalogue.index_path("d"), "SELECT * FROM assay_region ORDER BY 1")
    assert found == [(0, 22, 0, 500), (1, 22, 0, 500)]


def test_clinical_records_are_loaded_by_their_own_format(node, tmp_path):
    done = load(node, "d", people(tmp_path / "individuals.json", "p", "q"))
    assert (done.format, done.documents) == (Format.BFF, {"individual": 2})


# ---- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"records": ["22 200 . A C . . . GT 0/1 0/0", RECORDS[0]]}, "not sorted|order"),
        ({"records": [RECORDS[0].removesuffix(" 1/1")]}, "column"),
        ({"samples": ("a", "a")}, "'a' stands twice"),
    ],
    ids=["unsorted", "a column too few", "a sample twice"],
)
def test_a_bad_file_changes_nothing(node, tmp_path, change, problem):
    file = vcf(tmp_path / "x.vcf", **{"records": RECORDS} | change)
    with pytest.raises(InvalidInput, match=problem):
        load(node, "d", file)
    assert node.catalogue.parts("d") == ()
    assert files_of(node, "d") == []


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02junk" * 100, b"hello\n"])
def test_what_is_no_known_file_changes_nothing(node, tmp_path, content):
    (tmp_path / "x.vcf").write_bytes(content)
    with pytest.raises(InvalidInput, match=r"x\.vcf"):
        load(node, "d", str(tmp_path / "x.vcf"))
    assert files_of(node, "d") == []


def test_a_truncated_file_changes_nothing(node, tmp_path):
    whole = vcf(tmp_path / "x.vcf.gz", [f"22 {n} . A C . . . GT 0/1 1/1" for n in range(1, 9_000)])
    cut = tmp_path / "cut.vcf.gz"
    cut.write_bytes(Path(whole).read_bytes()[:-2_000])
    with pytest.raises(InvalidInput, match="end in the middle|truncated"):
        load(node, "d", str(cut))
    assert files_of(node, "d") == []


def test_a_file_on_another_assembly_is_refused_by_name(tmp_path):
    node = new_node(tmp_path / "home", open_data(assembly=Assembly.GRCH38))
    with pytest.raises(InvalidInput, match="GRCh37.*GRCh38"):
        load(node, "d", vcf(tmp_path / "x.vcf", RECORDS))


def test_an_assembly_that_is_not_the_dataset_s_is_refused(node, tmp_path):
    with pytest.raises(InvalidInput, match="'d' is on GRCh37, not GRCh38"):
        load(node, "d", vcf(tmp_path / "x.vcf", RECORDS), LoadOptions(assembly=Assembly.GRCH38))


def test_sites_and_people_do_not_mix(node, tmp_path):
    load(node, "d", vcf(tmp_path / "x.vcf", RECORDS))
    sites = vcf(tmp_path / "sites.vcf", ["22 100 . A C . PASS AC=3;AN=20"], samples=())
    with pytest.raises(Conflict, match="has sites without samples, but dataset 'd' has samples"):
        load(node, "d", sites)


def test_a_table_of_other_samples_is_refused(node, tmp_path):
    options = LoadOptions(sample_table={"z": "bio-1"})
    with pytest.raises(InvalidInput, match="names none of the file's samples"):
        load(node, "d", vcf(tmp_path / "x.vcf", RECORDS), options)


def test_raw_genotypes_need_a_name(node):
    file = shared("data/dtc/as_23andme_v5_build37_HG00096.txt")
    with pytest.raises(InvalidInput, match="name the individual"):
        load(node, "d", str(file))


def test_there_must_be_such_a_file_and_such_a_dataset(node, tmp_path):
    with pytest.raises(InvalidInput, match="no such file"):
        load(node, "d", str(tmp_path / "missing.vcf"))
    with pytest.raises(NotFound, match="no dataset 'unknown'"):
        load(node, "unknown", str(tmp_path / "missing.vcf"))


def test_two_commands_do_not_work_on_one_dataset_at_once(node, tmp_path):
    with node.catalogue.only_me("d"), pytest.raises(Conflict, match="another command"):
        load(node, "d", vcf(tmp_path / "x.vcf", RECORDS))


# ---- real data ---------------------------------------------------------------------------------


def _expected(path, wanted: int) -> dict:
    """Return what bcftools says of some single-base alleles, chosen at random."""
    asked = ["bcftools", "query", "-f", "%POS\t%REF\t%ALT[\t%GT]\n"]
    select = ["-i", 'TYPE="snp" && N_ALT=1', str(path)]
    lines = subprocess.run([*asked, *select], capture_output=True, text=True, check=True).stdout
    asked = ["bcftools", "query", "-l", str(path)]
    samples = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    chosen = random.Random(22).sample(lines.splitlines(), wanted)
    kinds = {"0|1": "het", "1|0": "het", "1|1": "hom"}
    expected = {}
    for line in chosen:
        position, ref, alt, *genotypes = line.split("\t")
        sets: dict[str, set[str]] = {}
        for sample, genotype in zip(samples, genotypes, strict=True):
            if genotype in kinds:
                sets.setdefault(kinds[genotype], set()).add(sample)
        if sets:
            expected["22", int(position) - 1, ref, alt] = sets
    return expected


@pytest.mark.parametrize("pieces", [1, 5], ids=["here", "in other processes"])
def test_every_carrier_of_a_real_cohort_is_the_one_bcftools_names(node, monkeypatch, pieces):
    path = shared(CHR22)
    monkeypatch.setattr(genotype_files, "_PIECE_BYTES", path.stat().st_size // pieces)
    load(node, "d", str(path), LoadOptions(processes=min(2, pieces)))
    release(node, "d")
    found = carriers(node, "d")
    expected = _expected(path, 300)
    assert {allele: found[allele] for allele in expected} == expected


def test_pieces_read_apart_are_the_file_read_in_one(tmp_path, monkeypatch):
    path = shared("data/vcf/grch37/1kg_p3_subset1126_chr_odd_and_22.vcf.gz")
    node = new_node(tmp_path / "home", open_data("one"), open_data("pieces"))
    load(node, "one", str(path), LoadOptions(filters=FilterPolicy(None)))
    monkeypatch.setattr(genotype_files, "_PIECE_BYTES", path.stat().st_size // 6)
    load(node, "pieces", str(path), LoadOptions(filters=FilterPolicy(None), processes=2))
    one, pieces = (
        alleles_of(node.catalogue.folder(dataset_id) / "parts" / part.path)
        for dataset_id in ("one", "pieces")
        for part in node.catalogue.parts(dataset_id)
    )
    assert len(one) > 13_000
    assert one == pieces


def test_an_error_in_a_piece_read_apart_is_told_once_and_leaves_nothing(
    node, tmp_path, monkeypatch
):
    records = [f"22 {n} . A C . . . GT 0/1 1/1" for n in range(1, 20_000)]
    records[15_000] = "22 15001 . A C . . . GT 0/1"
    monkeypatch.setattr(genotype_files, "_PIECE_BYTES", 100_000)
    with pytest.raises(InvalidInput, match=r"x\.vcf, line 15004"):
        load(node, "d", vcf(tmp_path / "x.vcf", records), LoadOptions(processes=2))
    assert files_of(node, "d") == []


def test_phenopackets_come_as_a_folder(node):
    done = load(node, "d", str(shared("data/phenopackets")))
    assert done.format is Format.PHENOPACKETS
    assert done.documents["individual"] >= 120
    assert load(node, "d", str(shared("data/phenopackets"))).already_loaded


OTHER_ASSEMBLY = "vcfRecord on another assembly"


def test_variants_of_phenopackets_on_another_assembly_are_left_out_and_counted(node):
    done = load(node, "d", str(shared("data/phenopackets")))
    assert (done.alleles, done.skipped[OTHER_ASSEMBLY], done.assembly) == (0, 136, None)
    (part,) = node.catalogue.parts("d")
    assert part.is_clinical and len(files_of(node, "d")) == 1


@pytest.fixture
def packets(tmp_path):
    """A node whose dataset is on the assembly of the phenopackets, which are loaded."""
    node = new_node(tmp_path / "home38", open_data(assembly=Assembly.GRCH38))
    return node, load(node, "d", str(shared("data/phenopackets")))


def test_variants_of_phenopackets_answer_with_their_carriers(packets):
    node, done = packets
    assert (done.assembly, done.skipped) == (
        Assembly.GRCH38,
        {"interpretation without a vcfRecord": 4},
    )
    assert done.documents["individual"] >= 120
    release(node, "d")
    carried = carriers(node, "d")
    assert len(carried) == done.alleles
    calls = [
        who
        for sets in carried.values()
        for kind in ("het", "hom", "single")
        for who in sets.get(kind, ())
    ]
    assert len(calls) == 136
    index = node.catalogue.index_path("d")
    unattached = "SELECT count(*) FROM call_set WHERE individual IS NULL"
    assert rows(index, unattached) == [(0,)]


def test_only_the_places_of_the_variants_of_phenopackets_count_as_sequenced(packets):
    node, _ = packets
    assert release(node, "d").warnings == (), "no whole sequence is inferred"
    index = node.catalogue.index_path("d")
    places = rows(index, 'SELECT reference, start, "end" FROM assay_region WHERE assay = 0')
    assert 0 < sum(end - start for _, start, end in places) < 10_000
    for name, start, _, _ in carriers(node, "d"):
        number = REFERENCE_NUMBER[name]
        assert any(r == number and low <= start < high for r, low, high in places)


def test_phenopackets_with_variants_are_loaded_once_and_leave_together(packets):
    node, first = packets
    files = files_of(node, "d")
    assert len(files) == len(node.catalogue.parts("d")) == 2
    again = load(node, "d", str(shared("data/phenopackets")))
    assert again.already_loaded and again.part == first.part
    assert (again.alleles, again.documents) == (first.alleles, first.documents)
    assert files_of(node, "d") == files
    remove_part(node, "d", first.part)
    assert node.catalogue.parts("d") == () and files_of(node, "d") == []


def test_raw_genotypes_are_read_where_known_sites_tell_the_reference_base(node):
    """The truth: the same person in the VCF that the raw file was made from."""
    raw = str(shared("data/dtc/as_23andme_v5_build37_HG00096.txt"))
    vcf_file = str(shared("data/vcf/grch37/1kg_p3_subset1126_chr_odd_and_22.vcf.gz"))
    mine = LoadOptions(individual="HG00096")
    with pytest.raises(InvalidInput, match="reference base unknown"):
        load(node, "d", raw, mine)
    annotate(node, Kind.RSIDS, vcf_file)
    assert load(node, "d", raw, mine).alleles > 500
    release(node, "d")
    found = carriers(node, "d")
    asked = ["bcftools", "query", "-s", "HG00096", "-f", "%CHROM %POS %REF %ALT [%GT]\n"]
    asked += ["-i", 'TYPE="snp" && N_ALT=1', vcf_file]
    lines = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    truth = {}
    for line in lines:
        name, position, ref, alt, genotype = line.split()
        kind = {0: None, 1: "het", 2: "hom"}[genotype.count("1")]
        truth[name, int(position) - 1, ref, alt] = {kind: {"HG00096"}} if kind else None
    compared = {allele: sets for allele, sets in found.items() if allele in truth}
    assert len(compared) > 500
    assert compared == {allele: truth[allele] for allele in compared}


def test_a_cohort_of_real_records_meets_its_genotypes(node):
    load(node, "d", str(shared(CHR22)))
    for name in ("individuals", "biosamples", "runs", "analyses"):
        load(node, "d", str(shared(f"data/bff/cineca_uk1/{name}.json.gz")))
    done = release(node, "d")
    assert {size for kind, size in done.sizes.items() if kind != "genomicVariant"} == {1_900}
    sql = "SELECT count(*) FROM call_set WHERE individual = number AND analysis IS NOT NULL"
    assert rows(node.catalogue.index_path("d"), sql) == [(1_900,)]
    body = "SELECT body FROM entry WHERE entry_type = 'individual' AND id = 'HG00096'"
    ((text,),) = rows(node.catalogue.index_path("d"), body)
    assert json.loads(text)["ethnicity"]["id"] == "NCIT:C42331"

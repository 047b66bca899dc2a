"""An index is the union of its parts: same alleles, same people, nobody who was taken out."""

from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.errors import StoreUnavailable
from beacon_node.model.calls import Interval
from beacon_node.model.carriers import decode, encode
from beacon_node.model.entries import Document, EntryType, pseudonym
from beacon_node.model.genome import SEQUENCES, Assembly
from beacon_node.store.drafts import write_draft
from beacon_node.store.merge import GenotypePart, Plan, alleles, build_index, people_changed
from beacon_node.store.parts import PartWriter
from beacon_node.store.records import DatasetRecord
from tests.store.alleles import allele, alleles_of, carriers, part, rows

KEY = bytes(32)
DATASET = DatasetRecord("d", "D", Assembly.GRCH38)
INDIVIDUAL, BIOSAMPLE = EntryType.INDIVIDUAL, EntryType.BIOSAMPLE


def genotypes(path: Path, samples, found, **told) -> GenotypePart:
    part(path, samples, found)
    references = tuple(sorted({a.reference for a in found}))
    return GenotypePart(path, told.pop("table", {}), len(found), references, **told)


def build(path: Path, parts=(), drafts=(), removed=(), dataset=DATASET, number=1):
    return build_index(path, Plan(dataset, number, parts, drafts, frozenset(removed), KEY))


def by_name(path: Path) -> dict:
    """Return (reference, start, ref, alt) → {set: names of call sets}."""
    names = dict(rows(path, "SELECT number, name FROM call_set"))
    return {
        (a.reference, a.start, a.ref, a.alt): {
            key: {names[number] for number in numbers} for key, numbers in carriers(a).items()
        }
        for a in alleles_of(path)
    }


def test_one_part_is_copied_as_it_is_but_for_what_nobody_carries(tmp_path):
    found = [
        allele(1, het=(0,), ids=("rs1",)),
        allele(2, no_call=(1,), ids=("rs2",)),
        allele(3, ref="", alt="<DEL>", end=5_000, hom=(1,), single=(0,), haploid=(0,)),
    ]
    build(tmp_path / "i", [genotypes(tmp_path / "p", "ab", found)])
    assert alleles_of(tmp_path / "i") == [found[0], found[2]]
    assert rows(tmp_path / "i", "SELECT count(*) FROM annotation") == [(1,)]
    assert rows(tmp_path / "i", "SELECT count(*) FROM long_allele") == [(1,)]


def test_files_of_one_cohort_by_chromosome_stay_apart(tmp_path):
    parts = [
        genotypes(tmp_path / "x", "ab", [allele(5, reference=23, single=(1,), haploid=(1,))]),
        genotypes(tmp_path / "22", "ab", [allele(9, reference=22, het=(0,))]),
    ]
    build(tmp_path / "i", parts)
    assert by_name(tmp_path / "i") == {
        (22, 9, "A", "C"): {"het": {"a"}},
        (23, 5, "A", "C"): {"single": {"b"}, "haploid": {"b"}},
    }


def test_people_of_several_files_are_united_at_the_same_allele(tmp_path):
    parts = [
        genotypes(tmp_path / "1", "ab", [allele(5, het=(0,), no_call=(1,)), allele(8, hom=(1,))]),
        genotypes(tmp_path / "2", "c", [allele(5, hom=(0,), haploid=(0,)), allele(7, het=(0,))]),
    ]
    build(tmp_path / "i", parts)
    assert by_name(tmp_path / "i") == {
        (22, 5, "A", "C"): {"het": {"a"}, "no_call": {"b"}, "hom": {"c"}, "haploid": {"c"}},
        (22, 7, "A", "C"): {"het": {"c"}},
        (22, 8, "A", "C"): {"hom": {"b"}},
    }


def test_a_person_in_two_files_stands_in_one_set_of_an_allele(tmp_path):
    parts = [
        genotypes(tmp_path / "1", "ab", [allele(5, het=(0, 1))]),
        genotypes(tmp_path / "2", "b", [allele(5, hom=(0,))]),
    ]
    build(tmp_path / "i", parts)
    assert by_name(tmp_path / "i") == {(22, 5, "A", "C"): {"het": {"a"}, "hom": {"b"}}}


def test_nothing_of_a_removed_person_is_left_in_the_file(tmp_path):
    found = [allele(5, het=(0, 1)), allele(6, hom=(1,)), allele(7, het=(0,), no_call=(1,))]
    build(tmp_path / "i", [genotypes(tmp_path / "p", ["a", "secret"], found)], removed=["secret"])
    assert by_name(tmp_path / "i") == {
        (22, 5, "A", "C"): {"het": {"a"}},
        (22, 7, "A", "C"): {"het": {"a"}},
    }
    assert b"secret" not in (tmp_path / "i").read_bytes()


def test_sites_without_people_add_up_over_files_and_are_all_kept(tmp_path):
    parts = [
        genotypes(
            tmp_path / str(n),
            (),
            [allele(5, allele_count=n, allele_number=100), allele(n, allele_count=0)],
            is_sites_only=True,
        )
        for n in (1, 2)
    ]
    built = build(tmp_path / "i", parts)
    found = {a.start: (a.allele_count, a.allele_number) for a in alleles_of(tmp_path / "i")}
    assert found == {1: (0, None), 2: (0, None), 5: (3, 200)}
    assert not built.has_individuals


sets = st.frozensets(st.integers(0, 3), max_size=3)
calls = st.builds(
    lambda start, alt, het, hom: allele(start, alt=alt, hom=hom, het=het - hom),
    *(st.integers(0, 5), st.sampled_from("CG"), sets, sets),
)


@settings(max_examples=25, deadline=None)
@given(files=st.lists(st.lists(calls, max_size=6), min_size=1, max_size=5), most=st.integers(2, 6))
def test_merging_agrees_with_a_plain_union(tmp_path_factory, files, most):
    """Each file has four people, two of them shared with the next; more files than open at once."""
    folder = tmp_path_factory.mktemp("merge")
    parts, expected = [], {}
    for number, found in enumerate(files):
        names = [f"s{2 * number + n}" for n in range(4)]
        parts.append(genotypes(folder / f"p{number}", names, found))
        for one in found:
            entry = expected.setdefault((22, one.start, one.ref, one.alt), (set(), set()))
            for kind, into in zip(("hom", "het"), entry, strict=True):
                into |= {names[n] for n in carriers(one).get(kind, ())}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alleles, "_AT_ONCE", most)
        build(folder / "i", parts)
    assert by_name(folder / "i") == {
        name: {k: v for k, v in (("hom", hom), ("het", het - hom)) if v}
        for name, (hom, het) in expected.items()
        if hom | het
    }
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["i", *(f"p{number}" for number in range(len(files)))]
    )


# ---- records -----------------------------------------------------------------------------------


def draft(path: Path, *documents: Document) -> Path:
    write_draft(path, documents, path.name)
    return path


def person(id: str, **body) -> Document:
    sex = {"id": "NCIT:C16576", "label": "female"}
    return Document(INDIVIDUAL, id, {"id": id, "sex": sex} | body)


def test_records_get_public_ids_that_only_this_node_can_tell(tmp_path):
    build(tmp_path / "i", drafts=[draft(tmp_path / "1", person("p"))])
    (found,) = rows(tmp_path / "i", "SELECT id, public_id FROM entry")
    assert found == ("p", pseudonym(KEY, "d", INDIVIDUAL, "p"))


def test_open_data_may_keep_their_ids(tmp_path):
    dataset = DatasetRecord("d", "D", Assembly.GRCH38, is_open_data=True, keeps_ids=True)
    build(tmp_path / "i", drafts=[draft(tmp_path / "1", person("p"))], dataset=dataset)
    assert rows(tmp_path / "i", "SELECT id, public_id FROM entry") == [("p", "p")]


def test_terms_are_sets_over_the_numbers_of_people(tmp_path):
    asthma = {"diseases": [{"diseaseCode": {"id": "MONDO:0004979", "label": "asthma"}}]}
    people = [person("a"), person("b", **asthma), person("c", **asthma)]
    found = genotypes(tmp_path / "p", ["c"], [allele(5, het=(0,))])
    build(tmp_path / "i", [found], [draft(tmp_path / "1", *people)])
    numbers = dict(
        rows(tmp_path / "i", "SELECT id, number FROM entry WHERE entry_type='individual'")
    )
    assert numbers["c"] == 0, "who has a call set comes first"
    sql = "SELECT field, label, members FROM term WHERE term = 'MONDO:0004979'"
    ((field, label, members),) = rows(tmp_path / "i", sql)
    assert (field, label) == ("diseases.diseaseCode", "asthma")
    assert set(decode(members)) == {numbers["b"], numbers["c"]}


def test_measures_keep_amount_and_unit(tmp_path):
    measure = {
        "assayCode": {"id": "LOINC:3141-9", "label": "Weight"},
        "measurementValue": {"value": 70.5, "unit": {"id": "NCIT:C28252", "label": "Kilogram"}},
    }
    build(tmp_path / "i", drafts=[draft(tmp_path / "1", person("p", measures=[measure]))])
    sql = "SELECT number, amount, unit FROM measure WHERE field = 'LOINC:3141-9'"
    assert rows(tmp_path / "i", sql) == [(0, 70.5, "NCIT:C28252")]


def test_a_sample_without_records_gets_the_least_that_beacon_wants(tmp_path):
    build(tmp_path / "i", [genotypes(tmp_path / "p", ["x"], [allele(5, het=(0,))])])
    bodies = dict(rows(tmp_path / "i", "SELECT entry_type, body FROM entry"))
    individual, biosample = (orjson.loads(bodies[t]) for t in ("individual", "biosample"))
    assert individual["id"] == "x" and individual["sex"]["id"] == "NCIT:C17998"
    assert biosample["individualId"] == "x" and biosample["biosampleStatus"]["id"]
    assert individual["info"] == biosample["info"] == {"generated": True}


def test_the_file_says_what_it_is(tmp_path):
    found = [genotypes(tmp_path / "p", "ab", [allele(5, het=(0,))])]
    build(tmp_path / "i", found, [draft(tmp_path / "1", person("q"))], number=7)
    properties = dict(rows(tmp_path / "i", "SELECT name, value FROM property"))
    assert properties == {
        "format": "1",
        "dataset": "d",
        "assembly": "GRCh38",
        "release": "7",
        "call_sets": "2",
        "individuals": "3",
        "biosamples": "2",
        "runs": "0",
        "analyses": "0",
        "one_call_set_each": "1",
        "sites_only": "0",
    }


# ---- what was assayed --------------------------------------------------------------------------


def regions(path: Path) -> dict[int, list[tuple]]:
    found: dict[int, list[tuple]] = {}
    for assay, *row in rows(path, "SELECT * FROM assay_region ORDER BY 1, 2, 3"):
        found.setdefault(assay, []).append(tuple(row))
    return found


def assays_of(path: Path) -> dict[str, list[int]]:
    return {
        name: orjson.loads(told) for name, told in rows(path, "SELECT name, assays FROM call_set")
    }


def panel(path: Path, samples, *intervals: Interval) -> GenotypePart:
    with PartWriter(path, samples) as writer:
        writer.write([allele(5, het=(0,))])
        writer.declare({}, intervals)
    return GenotypePart(path, {}, 1, (22,), assay_digest=str(intervals))


def test_groups_of_samples_keep_what_their_files_say_and_the_dataset_all_of_it(tmp_path):
    parts = [
        panel(tmp_path / "1", "a", Interval(22, 0, 10)),
        panel(tmp_path / "2", "b", Interval(22, 8, 20), Interval(23, 0, 5)),
        panel(tmp_path / "3", "c", Interval(22, 0, 10)),
    ]
    built = build(tmp_path / "i", parts)
    assert regions(tmp_path / "i") == {
        0: [(22, 0, 20), (23, 0, 5)],
        1: [(22, 0, 10)],
        2: [(22, 8, 20), (23, 0, 5)],
    }
    assert assays_of(tmp_path / "i") == {"a": [1], "b": [2], "c": [1]}
    assert built.inferred_sequences == ()


def test_without_a_word_whole_sequences_with_records_count_as_assayed(tmp_path):
    built = build(tmp_path / "i", [genotypes(tmp_path / "p", "a", [allele(5, het=(0,))])])
    length = SEQUENCES[Assembly.GRCH38]["22"].length
    assert regions(tmp_path / "i") == {0: [(22, 0, length)], 1: [(22, 0, length)]}
    assert built.inferred_sequences == ("22",)


def test_what_a_dataset_declares_holds_for_all_who_say_nothing_else(tmp_path):
    dataset = DatasetRecord("d", "D", Assembly.GRCH38, assay=(Interval(22, 0, 50),))
    parts = [
        genotypes(tmp_path / "1", "a", [allele(5, het=(0,))]),
        panel(tmp_path / "2", "b", Interval(22, 0, 10)),
    ]
    build(tmp_path / "i", parts, dataset=dataset)
    assert regions(tmp_path / "i")[0] == [(22, 0, 50)]
    assert assays_of(tmp_path / "i") == {"a": [0], "b": [1]}


def test_clinical_records_alone_were_sequenced_nowhere(tmp_path):
    build(tmp_path / "i", drafts=[draft(tmp_path / "1", person("p"))])
    assert regions(tmp_path / "i") == {0: [(0, 0, 0)]}, "no rows at all would mean everywhere"


# ---- all or nothing ----------------------------------------------------------------------------


def test_a_broken_part_leaves_no_index(tmp_path):
    found = genotypes(tmp_path / "p", "a", [allele(5, het=(0,))])
    found.path.write_bytes(found.path.read_bytes()[:10_000])
    with pytest.raises(StoreUnavailable):
        build(tmp_path / "releases" / "i", [found])
    assert list((tmp_path / "releases").iterdir()) == []


def test_who_came_and_who_left_is_counted(tmp_path):
    for number, samples in enumerate((["a", "b"], ["b", "c", "d"])):
        found = [genotypes(tmp_path / f"p{number}", samples, [allele(5, het=(0,))])]
        build(tmp_path / str(number), found)
    assert people_changed(None, tmp_path / "0") == (2, 0)
    assert people_changed(tmp_path / "0", tmp_path / "1") == (2, 1)


def test_sets_beyond_65536_call_sets_change_their_form(tmp_path):
    """A small part's sets are lists of 16-bit numbers, which a large index cannot hold."""
    many = [f"m{number}" for number in range(66_000)]
    with PartWriter(tmp_path / "2", many) as writer:
        numbers = np.arange(0, 66_000, 7)
        writer.write([allele(5)._replace(het=encode(numbers, 66_000))])
    parts = [
        genotypes(tmp_path / "1", ["a"], [allele(5, hom=(0,))]),
        GenotypePart(tmp_path / "2", {}, 1, (22,)),
    ]
    build(tmp_path / "i", parts)
    (found,) = alleles_of(tmp_path / "i")
    assert decode(found.hom).tolist() == [0]
    assert decode(found.het).tolist() == (numbers + 1).tolist()

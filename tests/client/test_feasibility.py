"""Cohort questions in files: what they ask, and how a mistake in one is told."""

import json

import pytest

from beacon_node.client.feasibility import CriteriaSet, read_study, template
from beacon_node.errors import InvalidInput

STUDY = """\
title = "PARP inhibitor"
filters = ["NCIT:C16576"]

[[set]]
name = "BRCA1"
variation = "17-43045711-C-T"
assembly = "GRCh38"
filters = [{ id = "HP:0003002", label = "Breast carcinoma" }]

[[set]]
name = "older"
filters = [
  { id = "ageOfOnset", operator = ">=", value = "P40Y" },
]
"""


def test_a_set_is_one_question_with_the_filters_of_all():
    study = read_study(STUDY, "trial.toml")
    assert [
        (one.name, search.text, search.filters, search.granularity, search.entry)
        for one, search in study.searches()
    ] == [
        ("BRCA1", "17-43045711-C-T", ("NCIT:C16576", "HP:0003002"), "count", "individuals"),
        ("older", "", ("NCIT:C16576", "ageOfOnset>=P40Y"), "count", "individuals"),
    ]
    assert (
        study.sets[0].words == "17-43045711-C-T and NCIT:C16576 and HP:0003002 (Breast carcinoma)"
    )


def test_json_of_the_same_form_is_the_same_study():
    import tomllib

    assert read_study(json.dumps(tomllib.loads(STUDY), indent=1), "a.json") == read_study(
        STUDY, "a.toml"
    )


def test_the_file_to_begin_with_is_one_that_can_be_read():
    study = read_study(template('A "trial" 🧬', "BRCA1", ("HP:1", "age>60")), "new.toml")
    assert study.title == 'A "trial" 🧬'
    (found,) = study.sets
    assert isinstance(found, CriteriaSet) and found.variation == "BRCA1"
    assert [one.text for one in found.conditions] == ["HP:1", "age>60"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"GRCh38"', '"GRCh99"', "trial.toml, line 7, set 1, assembly: .*GRCh99"),
        ("43045711-C", "43045711-Z", "trial.toml, line 6, set 1, variation: .*not understood"),
        ('assembly = "GRCh38"', "", "trial.toml, line 6, set 1, variation: which assembly"),
        ('name = "older"', 'nom = "x"', "set 2, nom: not known here"),
        ('name = "older"', 'name = "BRCA1"', "set 2, name: the name 'BRCA1' stands there twice"),
        ("P40Y", "", "line 12, set 2, filters"),
        ('value = "P40Y"', "value = true", r"line 13, set 2, value: a text or number"),
        ('operator = ">="', 'operator = "=>"', r"set 2, filters: operator"),
        ('title = "PARP inhibitor"', 'title = ""', "trial.toml, line 1, title: it is missing"),
        ('title = "PARP inhibitor"', "title = 7", "title: a text"),
        ('title = "PARP', 'title = PARP"', "trial.toml, line 1: no TOML"),
        ('["NCIT:C16576"]', '[7]', "filters: each is a text"),
        ('["NCIT:C16576"]', '["a\\u0000b"]', "without control characters"),
        ('filters = ["NCIT', 'granularity = "record"\nfilters = ["NCIT', "granularity: one of"),
        ('filters = ["NCIT', 'set = 3\nfilters = ["NCIT', "no TOML|set"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_field(old, new, said):
    assert old in STUDY
    with pytest.raises(InvalidInput, match=said):
        read_study(STUDY.replace(old, new, 1), "trial.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "title: it is missing|set: 1 to 50"),
        ('{"title": ', "line 1"),
        ('{"title": "x", "set": [{}]}', "set 1, set: it has neither"),
        ('{"title": "x", "set": [3]}', "a table is expected"),
        ('{"title": "x", "set": []}', "1 to 50 sets"),
        ("{" + '"a":{' * 5_000, "."),
    ],
)
def test_what_is_no_study_is_told(text, said):
    with pytest.raises(InvalidInput, match=said):
        read_study(text, "x")

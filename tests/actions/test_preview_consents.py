"""What a committee may know of a dataset before it grants anything, in bands."""

import json

import pytest

from beacon_node.actions.load_dataset import load
from beacon_node.actions.manage_datasets import NewDataset, remove_people
from beacon_node.actions.preview_consents import preview_consents
from beacon_node.actions.purge import purge
from beacon_node.actions.release_dataset import release
from beacon_node.errors import Conflict, NotFound
from beacon_node.model.data_use import ConsentTerm, Use, read_purpose
from beacon_node.model.genome import Assembly
from tests.actions.homes import new_node, open_data, people
from tests.actions.said import consents, withdraws

HMB = Use.of(ConsentTerm("DUO:0000006"))
PURPOSE = read_purpose({"categories": ["biomedical"], "organisation": "not_for_profit"})
CROWD = [f"p{number:03}" for number in range(300)]
AGREED, SILENT, LEAVING = CROWD[:100], CROWD[100:200], CROWD[200:]
ALL, HUNDRED, FIFTY, FEW = "200–499", "100–199", "50–99", "<50"


@pytest.fixture
def node(tmp_path):
    """300 people are loaded, of whom 100 consented, and 100 did and withdrew."""
    node = new_node(tmp_path / "home", NewDataset("d", Assembly.GRCH37, use=HMB), open_data("open"))
    load(node, "d", people(tmp_path / "i.json", *CROWD))
    consents(node, *AGREED, *LEAVING)
    withdraws(node, *LEAVING)
    return node


def seen(node, **told):
    found = preview_consents(node, "d", PURPOSE, **told)
    return found.individuals, found.usable, {one.reason: one.individuals for one in found.reasons}


WHY_NOT = {
    "No consent is on record.": HUNDRED,
    "The individual withdrew.": HUNDRED,
    "Other reasons, each for fewer than 50 individuals.": FEW,
}


@pytest.mark.parametrize("is_released", [False, True], ids=["draft", "released"])
def test_of_everybody_loaded_it_is_told_why_not(node, is_released):
    if is_released:
        assert release(node, "d").people == len(AGREED)
    assert seen(node) == (ALL, HUNDRED, WHY_NOT)


def test_who_consents_after_the_release_is_usable_before_the_next(node):
    release(node, "d")
    consents(node, *SILENT)
    assert seen(node)[:2] == (ALL, ALL)


def test_who_was_taken_out_or_purged_is_not_among_them(node):
    remove_people(node, "d", SILENT)
    assert seen(node)[:2] == (ALL, HUNDRED)
    purge(node, "d")
    assert seen(node)[:2] == (HUNDRED, HUNDRED)


def test_terms_in_a_loaded_entry_of_the_dataset_hold_before_the_first_release(tmp_path):
    node = new_node(tmp_path / "home", NewDataset("d", Assembly.GRCH37))
    load(node, "d", people(tmp_path / "i.json", *CROWD))
    consents(node, *CROWD)
    with pytest.raises(Conflict, match="no data use terms"):
        seen(node)
    terms = {"duoDataUse": [{"id": "DUO:0000007", "modifiers": [{"id": "MONDO:0005105"}]}]}
    (tmp_path / "datasets.json").write_text(
        json.dumps([{"id": "d", "name": "D", "dataUseConditions": terms}])
    )
    load(node, "d", str(tmp_path / "datasets.json"))
    assert seen(node)[:2] == (ALL, FEW)
    assert seen(node, dataset_use=HMB)[:2] == (ALL, ALL)


def test_what_cannot_be_told_is_refused_in_one_sentence(node):
    with pytest.raises(Conflict, match="open is open data"):
        preview_consents(node, "open", PURPOSE)
    with pytest.raises(NotFound):
        preview_consents(node, "x", PURPOSE)
    with node.catalogue.only_me("d"), pytest.raises(Conflict):
        seen(node)


def test_nothing_can_be_told_where_nothing_is_loaded(tmp_path):
    node = new_node(tmp_path / "home", NewDataset("d", Assembly.GRCH37, use=HMB))
    with pytest.raises(Conflict, match="nothing is loaded"):
        seen(node)

"""What a dataset entry says of its use is read whole, or not at all."""

import pytest

from beacon_node.errors import InvalidInput
from beacon_node.model.data_use import ConsentTerm, Use
from beacon_node.model.data_use_documents import declared_use, united_use

HMB, NPU = ConsentTerm("DUO:0000006"), ConsentTerm("DUO:0000045")
DS = ConsentTerm("DUO:0000007", frozenset({"MONDO:0005148"}))


def entry(*terms: object) -> dict:
    return {"id": "d", "dataUseConditions": {"duoDataUse": list(terms)}}


@pytest.mark.parametrize("document", [{}, {"dataUseConditions": {}}, entry()])
def test_an_entry_that_declares_nothing_says_nothing(document):
    assert declared_use(document) is None
    assert united_use(None, [document, None]) is None


def test_modifiers_are_the_parameter_of_their_term():
    disease = {"id": "DUO:0000007", "modifiers": [{"id": "MONDO:0005148"}]}
    assert declared_use(entry(disease, {"id": "DUO:0000045"})) == Use.of(DS, NPU)


def test_what_was_declared_and_what_documents_state_hold_together():
    found = united_use(Use.of(HMB), [entry({"id": "DUO:0000045"}), {}])
    assert found == Use.of(HMB, NPU)


@pytest.mark.parametrize(
    "document",
    [
        {"dataUseConditions": ["GRU"]},
        {"dataUseConditions": {"duoDataUse": ["GRU"]}},
        entry({"label": "no id"}),
        entry({"id": "DUO:0000007", "modifiers": ["diabetes"]}),
        entry({"id": "DUO:0000022", "modifiers": [{"id": "Atlantis"}]}),
    ],
)
def test_what_cannot_be_read_is_refused(document):
    with pytest.raises(InvalidInput, match="dataUseConditions"):
        united_use(Use.of(HMB), [document])

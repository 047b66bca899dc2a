"""How `beacon-node query` shows numbers that carry noise."""

import pytest

from beacon_node.cli.output import Output
from beacon_node.cli.query_output import Asked, number, show_one
from beacon_node.model.answer import Answer, DatasetAnswer, Precision, Status
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity

NOISE = {"precision": Precision.IMPRECISE, "adjusted_to": 5}
BOOLEAN, COUNT, _ = Granularity
TOLD = DatasetAnswer("told", Status.ANSWERED, COUNT, True, 1_234, **NOISE, completeness=0.934)
BELOW = DatasetAnswer("below", Status.ANSWERED, BOOLEAN, False, reason="too few", **NOISE)
YES = DatasetAnswer("yes", Status.ANSWERED, BOOLEAN, True, **NOISE)
EXACT = DatasetAnswer("exact", Status.ANSWERED, COUNT, True, 7)
SPENT = DatasetAnswer("spent", Status.BUDGET_SPENT, reason="it is used up")


@pytest.mark.parametrize(
    ("part", "shown"),
    [(TOLD, "~1,234"), (BELOW, "<5"), (YES, None), (EXACT, 7), (SPENT, None)],
    ids=lambda part: getattr(part, "dataset_id", None),
)
def test_a_number_shows_what_it_is_worth(part, shown):
    assert number(part) == shown


def test_a_table_of_noisy_numbers_says_what_they_are(capsys):
    parts = (TOLD, BELOW, SPENT)
    answer = Answer(EntryType.INDIVIDUAL, BOOLEAN, True, None, parts)
    show_one(Output(as_json=False), Asked("x", "individuals with x", (answer,)))
    printed = " ".join(capsys.readouterr().out.split())
    assert "told yes ~1,234" in printed and "below no <5" in printed
    assert "spent privacy budget used up" in printed and "spent: it is used up" in printed
    assert "about 93% of the people asked about were really counted" in printed
    assert "below: too few" in printed

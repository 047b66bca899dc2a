"""What is said of a site is the same everywhere, and silence is never told as "no" or as zero."""

import pytest

from beacon_node.model.federation import Came, MemberRow, Told
from beacon_node.model.row_words import MEANINGS, answer_words, tally, tally_words


def row(name, **told):
    came = Came.ANSWERED if told.get("exists") is not None else told.pop("came", Came.OFFLINE)
    return MemberRow(name.lower(), name, came, **told)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"exists": True}, "yes"),
        ({"exists": False}, "no"),
        ({"exists": False, "count": 0, "precision": "exact"}, "no"),
        ({"exists": True, "count": 1_234, "precision": "exact"}, "1,234"),
        ({"exists": True, "count": 12, "precision": "imprecise"}, "about 12"),
        ({"exists": True, "count": 20, "precision": "rounded"}, "about 20"),
        ({"exists": False, "precision": "imprecise", "adjusted_to": ("<5",)}, "fewer than 5"),
        ({"exists": False, "adjusted_to": ("immediate ten",)}, "no"),
        ({"came": Came.TIMED_OUT}, "timed out"),
        ({"came": Came.NOT_ANSWERABLE}, "not answerable"),
    ],
)
def test_a_row_says(told, words):
    assert answer_words(row("North", **told)) == words


def test_a_dataset_says_its_own_status():
    assert answer_words(Told("d", "b", "not in this release")) == "not in this release"


def test_every_status_is_explained():
    assert MEANINGS.keys() == set(Came)


def test_a_total_names_the_sites_that_told_a_number_and_no_others():
    rows = [
        row("North", exists=True, count=20, precision="exact"),
        row("South", exists=True),
        row("East", exists=False, precision="imprecise", adjusted_to=("<5",), count=0),
        row("West"),
    ]
    found = tally(rows)
    assert (found.asked, found.answered, found.yes) == (4, 3, 2)
    assert (found.total, found.covered) == (20, ("North",))
    assert tally_words(found) == (
        "3 of 4 sites answered, 2 with yes. 20 individuals in all, at North alone."
    )


def test_without_a_number_there_is_no_total():
    assert tally([row("North", exists=True)]).total is None
    assert tally_words(tally([row("West")])) == "0 of 1 sites answered."


def test_one_noisy_number_makes_the_sum_an_about():
    rows = [
        row("North", exists=True, count=20, precision="exact"),
        row("South", exists=True, count=7, precision="imprecise"),
    ]
    told = tally_words(tally(rows))
    assert told == "2 of 2 sites answered, 2 with yes. About 27 individuals in all."

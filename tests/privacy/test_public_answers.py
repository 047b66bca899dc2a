import inspect

import pytest

from beacon_node.privacy.public import NotAnswerable, Offer, is_yes, why_not_answerable

CHEAP = Offer(cost=0.01, cost_if_all=0.01, dearest=0.05, is_open=True)
RARE = Offer(cost=0.9, cost_if_all=0.9, dearest=0.05, is_open=True)
ONLY_SOME = Offer(cost=0.9, cost_if_all=0.01, dearest=0.05, is_open=True)
CLOSED = Offer(cost=0.01, cost_if_all=0.01, dearest=0.05, is_open=False)


@pytest.mark.parametrize(
    ("offers", "allele_number", "why"),
    [
        ([CHEAP], 4_000, None),
        ([RARE, CHEAP], 4_000, None),
        ([CHEAP], None, NotAnswerable.NO_PANEL),
        ([], 4_000, NotAnswerable.TOO_FEW_PEOPLE),
        ([CLOSED], 4_000, NotAnswerable.TOO_FEW_PEOPLE),
        ([RARE], 1_999, NotAnswerable.THIN_PANEL),
        ([RARE], 0, NotAnswerable.THIN_PANEL),
        ([ONLY_SOME, CLOSED], 4_000, NotAnswerable.FEW_SEQUENCED),
        ([RARE, CLOSED], 4_000, NotAnswerable.TOO_RARE),
    ],
)
def test_why_a_variant_is_not_answerable(offers, allele_number, why):
    assert why_not_answerable(offers, allele_number=allele_number) is why


def test_who_carries_what_is_no_input_to_it():
    given = [*inspect.signature(why_not_answerable).parameters, *Offer.__dataclass_fields__]
    assert given == [
        *("offers", "allele_number"),
        *("cost", "cost_if_all", "dearest", "is_open"),
    ]


@pytest.mark.parametrize("why", NotAnswerable)
def test_every_reason_says_what_would_help(why):
    assert why.reason.endswith(".") and why.helps.endswith(".")


@pytest.mark.parametrize("why", NotAnswerable)
def test_nobody_is_sent_where_nothing_is_had(why):
    alone = why.words(accounts=False, contact="")
    assert alone == f"{why.reason} {why.helps}"
    assert "application" not in alone and "esearchers" not in alone
    assert ("application" in why.words(accounts=True, contact="")) is bool(why.beyond)
    asked = why.words(accounts=False, contact="https://h.example")
    assert ("https://h.example" in asked) is bool(why.beyond) and "application" not in asked


@pytest.mark.parametrize("why", [NotAnswerable.TOO_RARE, NotAnswerable.RARE_PLACE])
def test_too_rare_is_not_said_of_carriers(why):
    assert "whether or not anybody here has" in why.reason


@pytest.mark.parametrize(
    ("counted", "needed", "yes"),
    [([], 1, False), ([0, 0], 1, False), ([0, 1], 1, True), ([1, 1], 2, False), ([0, 2], 2, True)],
)
def test_carriers_of_different_batches_are_not_added_up(counted, needed, yes):
    assert is_yes(counted, carriers_needed=needed) is yes

"""What stands for a filter where no phenotypes are known."""

import numpy as np
import pytest

from beacon_node.privacy.registered.groups import expected_members


def test_the_reference_genomes_of_a_group_are_a_tenth_and_always_the_same():
    members = expected_members(5_000, "group")
    assert len(members) == pytest.approx(500, abs=5 * np.sqrt(450))
    assert members == expected_members(5_000, "group") != expected_members(5_000, "another")


def test_a_share_of_all_is_everybody():
    assert len(expected_members(50, "group", share=1.0)) == 50

"""model/coverage.py: a place is covered if all its bases are."""

from hypothesis import given
from hypothesis import strategies as st

from beacon_node.model.calls import Interval
from beacon_node.model.coverage import Coverage

stretches = st.lists(
    st.builds(
        lambda reference, start, length: Interval(reference, start, start + length),
        st.integers(0, 2),
        st.integers(0, 20),
        st.integers(1, 6),
    ),
    max_size=6,
)


@given(stretches, st.integers(1, 2), st.integers(0, 25), st.integers(0, 4))
def test_every_base_must_lie_in_a_stretch_and_both_beside_a_gap(told, reference, start, length):
    covered = {base for one in told if one.reference == reference for base in _bases(one)}
    needed = range(start, start + length) if length else range(start - 1 if start else 0, start + 1)
    expected = covered.issuperset(needed)
    coverage = Coverage(told)
    assert coverage.contains_one(reference, start, start + length) == expected
    assert coverage.contains([reference], [start], [start + length]).tolist() == [expected]


def _bases(one: Interval) -> range:
    return range(one.start, one.end)

"""How a request presents tokens; what they prove stands in tests/clearinghouse."""

import pytest

from beacon_node.errors import InvalidRequest, NotAuthenticated
from beacon_node.identity.prove import presented_tokens


@pytest.mark.parametrize(
    ("authorization", "passports", "tokens"),
    [
        (None, None, ()),
        ("Bearer a.b.c", None, ("a.b.c",)),
        ("bearer   a.b.c ", None, ("a.b.c",)),
        (None, ["a", "b"], ("a", "b")),
    ],
)
def test_tokens_are_presented_in_one_place(authorization, passports, tokens):
    assert presented_tokens(authorization, passports) == tokens


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic x", "Token x", "Bearerx"])
def test_another_header_is_not_taken_for_none(authorization):
    with pytest.raises(NotAuthenticated):
        presented_tokens(authorization, None)


@pytest.mark.parametrize("passports", [[], "a", [1], {"a": 1}, ["a"] * 5, 0, False])
def test_a_member_that_is_no_list_of_passports_is_not_taken_for_none(passports):
    with pytest.raises(InvalidRequest):
        presented_tokens(None, passports)

"""Key sets and signatures. What clearinghouses make of them: tests/clearinghouse/."""

import json

import pytest

from beacon_node.crypto.signatures import MAX_KEYS, is_signed, read_key_set
from beacon_node.errors import InvalidInput
from beacon_node.model.tokens import read_token
from tests.clearinghouse.issuers import algorithm, public_jwk, signed


def keys(*found: object) -> dict:
    return dict(read_key_set(json.dumps({"keys": found}).encode()))


def token(key: str, **header: object):
    return read_token(signed({"alg": algorithm(key), "kid": key, **header}, {"iss": "x"}, key))


@pytest.mark.parametrize("key", ["broker", "es-status"])
def test_a_signature_verifies_under_its_own_key_alone(key):
    name = (key, algorithm(key))
    own = keys(public_jwk(key))[name]
    other = keys(public_jwk("es-other" if key.startswith("es-") else "other", kid=key))[name]
    assert is_signed(token(key), own, name[1])
    assert not is_signed(token(key), other, name[1])


def test_a_key_is_of_one_algorithm_whatever_a_token_says():
    rsa = keys(public_jwk("broker"))[("broker", "RS256")]
    assert not is_signed(token("broker", alg="ES256"), rsa, "RS256")
    assert not is_signed(token("broker", alg="none"), rsa, "RS256")
    assert not is_signed(token("broker"), rsa, "ES256")


def test_one_id_may_name_a_key_of_each_kind():
    assert set(keys(public_jwk("broker", kid="k"), public_jwk("es-status", kid="k"))) == {
        ("k", "RS256"),
        ("k", "ES256"),
    }


def test_a_private_part_is_never_read():
    (key,) = keys(public_jwk("es-status", d="AAAA")).values()
    assert is_signed(token("es-status"), key, "ES256")


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"[]", b"7", b'{"keys": {}}', b'{"keys": [], "keys": []}', b"[" * 100_000, b"\xff"],
)
def test_what_is_no_key_set_is_refused(document):
    with pytest.raises(InvalidInput):
        read_key_set(document)


def test_a_key_set_has_a_size():
    crowd = [public_jwk("es-status", kid=str(number)) for number in range(MAX_KEYS)]
    assert len(keys(*crowd)) == MAX_KEYS
    with pytest.raises(InvalidInput):
        keys(*crowd, public_jwk("es-status"))

"""The signing key of a node: a file of its owner's, and a public half that anybody can use."""

import hashlib
import json
import os

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from beacon_node.crypto.checkpoints import (
    SIGNING_KEY,
    ensure_signing_key,
    read_signing_key,
)
from beacon_node.crypto.ed25519 import SigningKey, read_public_key
from beacon_node.errors import ConfigurationError, InvalidInput
from beacon_node.randomness import SystemRandomness

# RFC 8032, section 7.1, test 2; the thumbprint of RFC 8037, appendix A.3, is of test 1's key.
SECRET = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
FIRST_SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")


def test_signatures_are_those_of_rfc_8032():
    key = SigningKey(SECRET)
    assert key.sign(b"\x72") == SIGNATURE
    assert key.public.signed(b"\x72", SIGNATURE)
    assert not key.public.signed(b"\x73", SIGNATURE)
    assert not key.public.signed(b"\x72", SIGNATURE[::-1])
    assert not SigningKey(FIRST_SECRET).public.signed(b"\x72", SIGNATURE)


def test_the_id_of_a_key_is_its_thumbprint_of_rfc_8037():
    assert SigningKey(FIRST_SECRET).public.id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize("form", ["pem", "jwk"])
def test_the_public_key_is_read_as_it_was_written(form):
    key = SigningKey(SECRET).public
    text = key.pem() if form == "pem" else json.dumps(key.jwk())
    assert read_public_key(text.encode()).id == key.id


def test_others_can_use_the_jwk():
    token = jwt.PyJWK(SigningKey(SECRET).public.jwk())
    assert token.Algorithm.verify(b"\x72", token.key, SIGNATURE)


def _elliptic() -> bytes:
    key = generate_private_key(SECP256R1()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b"[1]", b'{"kty": "OKP", "crv": "Ed25519", "x": 1}', b"\xff", _elliptic()],
    ids=["nothing", "no members", "a list", "x is no text", "bytes", "another kind"],
)
def test_what_is_no_ed25519_key_is_refused(text):
    with pytest.raises(InvalidInput, match=r"^key.pem: it is no"):
        read_public_key(text, "key.pem")


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path):
    made = ensure_signing_key(tmp_path, SystemRandomness())
    assert ensure_signing_key(tmp_path, SystemRandomness()).public.id == made.public.id
    assert (tmp_path / SIGNING_KEY).stat().st_mode & 0o777 == 0o600
    (tmp_path / SIGNING_KEY).chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        read_signing_key(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_key_that_cannot_be_made_is_told_plainly(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigurationError, match="cannot be made"):
        ensure_signing_key(tmp_path, SystemRandomness())


def test_a_signing_key_does_not_show_its_secret():
    shown = repr(SigningKey(SECRET)) + str(SigningKey(SECRET))
    assert SECRET.hex() not in shown and hashlib.sha256(SECRET).hexdigest() not in shown

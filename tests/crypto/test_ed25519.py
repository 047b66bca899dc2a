"""Ed25519 keys as messages and files name them."""

import pytest

from beacon_node.crypto.ed25519 import PublicKey, SigningKey
from beacon_node.errors import InvalidInput

KEY = SigningKey(b"k" * 32)


def test_a_key_is_read_as_it_was_written():
    assert PublicKey.from_x(KEY.public.x).id == KEY.public.id


@pytest.mark.parametrize(
    "text",
    [
        "",
        KEY.public.x[:-1],
        KEY.public.x + "=",
        "é" * 43,
        "+" * 43,
        KEY.public.x[:-1] + chr(ord(KEY.public.x[-1]) + 1),  # the same 32 bytes
    ],
    ids=["nothing", "short", "padded", "other letters", "plain base64", "another last character"],
)
def test_a_key_has_one_text(text):
    with pytest.raises(InvalidInput):
        PublicKey.from_x(text)


def test_a_token_is_signed_by_its_key_alone():
    token = KEY.sign_token("beacon-question+jwt", {"iss": "org.network"})
    assert KEY.public.signed_token(token)
    assert not SigningKey(b"o" * 32).public.signed_token(token)
    assert not KEY.public.signed_token(token[:-4])
    assert not KEY.public.signed_token("")

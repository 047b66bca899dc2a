"""Ed25519 keys as messages and files name them."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from beacon_node.crypto.ed25519 import _FIELD, _SMALL_ORDER, PublicKey, SigningKey
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


IDENTITY = bytes([1] + [0] * 31)  # the point of order one


def test_a_key_under_which_anybody_can_sign_is_none():
    anything, forged = b"anything at all", IDENTITY + bytes(32)
    weak = PublicKey(Ed25519PublicKey.from_public_bytes(IDENTITY))
    assert weak.signed(anything, forged)
    with pytest.raises(InvalidInput, match="weak"):
        PublicKey.from_x(weak.x)


@pytest.mark.parametrize("sign", [0, 1 << 255], ids=["as it is", "with a sign"])
@pytest.mark.parametrize("y", sorted(_SMALL_ORDER))
def test_all_points_of_small_order_are_refused(y, sign):
    raw = (y | sign).to_bytes(32, "little")
    with pytest.raises(InvalidInput):
        PublicKey.from_x(base64.urlsafe_b64encode(raw).rstrip(b"=").decode())


def test_the_heights_of_order_eight_are_those_of_the_curve():
    """Doubled, such a point has the height nought: d y⁴ + 2 y² − 1 = 0, for x² is −y² there."""
    d = -121665 * pow(121666, -1, _FIELD) % _FIELD
    for y in _SMALL_ORDER - {0, 1, _FIELD - 1, _FIELD, _FIELD + 1}:
        assert (d * pow(y, 4, _FIELD) + 2 * y * y - 1) % _FIELD == 0


def test_a_token_is_signed_by_its_key_alone():
    token = KEY.sign_token("beacon-question+jwt", {"iss": "org.network"})
    assert KEY.public.signed_token(token)
    assert not SigningKey(b"o" * 32).public.signed_token(token)
    assert not KEY.public.signed_token(token[:-4])
    assert not KEY.public.signed_token("")

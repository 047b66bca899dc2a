import pytest

from beacon_node.crypto.keys import create_key, read_key
from beacon_node.errors import ConfigurationError, Conflict


def test_a_key_is_written_for_its_owner_only_and_read_back(tmp_path):
    create_key(tmp_path / "keys", "k", b"x" * 32)
    assert (tmp_path / "keys" / "k").stat().st_mode & 0o777 == 0o600
    assert read_key(tmp_path / "keys", "k") == b"x" * 32


def test_a_key_is_never_replaced(tmp_path):
    create_key(tmp_path, "k", b"x" * 32)
    with pytest.raises(Conflict):
        create_key(tmp_path, "k", b"y" * 32)
    assert read_key(tmp_path, "k") == b"x" * 32


def test_a_key_others_can_read_is_refused(tmp_path):
    create_key(tmp_path, "k", b"x" * 32)
    (tmp_path / "k").chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        read_key(tmp_path, "k")


@pytest.mark.parametrize("secret", [b"", b"short"])
def test_a_damaged_key_is_refused(tmp_path, secret):
    create_key(tmp_path, "k", secret)
    with pytest.raises(ConfigurationError, match="damaged"):
        read_key(tmp_path, "k")


def test_a_missing_key_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="no-such"):
        read_key(tmp_path, "no-such")

"""`login_providers.toml`: what is not known or not exact stops the start and is named."""

import pytest

from beacon_node.errors import ConfigurationError
from beacon_node.identity.provider_file import read_providers

GOOD = '[[provider]]\nid = "a"\nissuer = "https://a.example"\nclient_id = "c"\n'


def read(folder, text):
    (folder / "login_providers.toml").write_text(text)
    return read_providers(folder / "login_providers.toml", folder)


def test_a_public_client_needs_little(tmp_path):
    (found,) = read(tmp_path, GOOD)
    assert (found.id, found.name, found.secret) == ("a", "a", "")
    assert found.scopes == ("openid", "profile")
    assert read_providers(None, tmp_path) == ()


def test_a_secret_is_a_file_that_nobody_else_reads(tmp_path):
    told = GOOD + 'client_secret = "a.secret"\n'
    with pytest.raises(ConfigurationError, match=r"a\.secret cannot be read"):
        read(tmp_path, told)
    secret = tmp_path / "a.secret"
    secret.write_text("correct-horse\n")
    secret.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        read(tmp_path, told)
    secret.chmod(0o600)
    (found,) = read(tmp_path, told)
    assert found.secret == "correct-horse" and "correct-horse" not in repr(found)
    secret.write_text("")
    with pytest.raises(ConfigurationError, match="one line"):
        read(tmp_path, told)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "provider"),
        (GOOD + "\n" + GOOD, "same id"),
        (GOOD + "\n" + GOOD.replace('"a"', '"b"'), "same issuer"),
        (GOOD.replace('"a"', '"local"'), r"provider\[1\]\.id"),
        (GOOD.replace('"a"', '"A b"'), r"provider\[1\]\.id"),
        (GOOD.replace("https", "http"), r"provider\[1\]\.issuer"),
        (GOOD.replace('client_id = "c"', ""), "client_id"),
        (GOOD + 'client_secret = "../pseudonym.key"\n', "client_secret"),
        (GOOD + 'scopes = ["profile"]\n', "scopes"),
        (GOOD + 'scopes = "openid"\n', "scopes"),
        (GOOD + "secret = 1\n", "secret: not known"),
        ("provider = 1", "provider"),
        ("[[provider", "not valid TOML"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, text, named):
    with pytest.raises(ConfigurationError, match=named):
        read(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"gone\.toml cannot be read"):
        read_providers(tmp_path / "gone.toml", tmp_path)

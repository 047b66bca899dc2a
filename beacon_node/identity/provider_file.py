"""`login_providers.toml`: where people may log in, read at start."""

import re
from dataclasses import dataclass
from pathlib import Path

from beacon_node.crypto.keys import read_password
from beacon_node.errors import ConfigurationError
from beacon_node.identity.toml_table import Table, read_table

MAX_PROVIDERS = 20
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)
_LOCAL = "local"  # accounts of the node itself, which no provider may call itself


@dataclass(frozen=True, slots=True, repr=False)
class ProviderSettings:
    """One OpenID provider: everything else is in the discovery document of its `issuer`.

    `secret` is empty for a public client, which has PKCE alone.
    """

    id: str
    name: str
    issuer: str
    client_id: str
    secret: str = ""
    scopes: tuple[str, ...] = ("openid", "profile")


def read_providers(path: Path | None, keys: Path) -> tuple[ProviderSettings, ...]:
    """Return the providers of a file in their order, none for no file; secrets are files in `keys`.

    Raises ConfigurationError naming file and key.
    """
    if path is None:
        return ()
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    table = read_table(raw, str(path))
    found = tuple(_provider(one, keys) for one in table.tables("provider"))
    table.finish()
    if not 0 < len(found) <= MAX_PROVIDERS:
        table.refuse("provider", f"1 to {MAX_PROVIDERS} tables [[provider]] are expected")
    for field in ("id", "issuer"):
        if len({getattr(one, field) for one in found}) != len(found):
            table.refuse("provider", f"the same {field} stands there twice")
    return found


def _provider(table: Table, keys: Path) -> ProviderSettings:
    id = table.text("id")
    if not _ID.fullmatch(id) or id == _LOCAL:
        table.refuse("id", f"small letters, digits and hyphens are expected, and not {_LOCAL!r}")
    secret = table.text("client_secret", "")
    if "/" in secret or secret.startswith("."):
        table.refuse("client_secret", "the name of a file in keys/ is expected")
    found = ProviderSettings(
        id=id,
        name=table.text("name", id),
        issuer=table.address("issuer"),
        client_id=table.text("client_id"),
        secret=read_password(keys, secret) if secret else "",
        scopes=_scopes(table),
    )
    table.finish()
    return found


def _scopes(table: Table) -> tuple[str, ...]:
    found = table.take("scopes", ["openid", "profile"])
    is_list = isinstance(found, list) and all(isinstance(one, str) for one in found)
    if not is_list or "openid" not in found or any(" " in one or not one for one in found):
        table.refuse("scopes", "a list of words with openid among them is expected")
    return tuple(found)

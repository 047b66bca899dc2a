"""Changed settings in the audit: noticed when the node starts."""

import hashlib
from dataclasses import fields

from beacon_node.model.consent_documents import canonical_json
from beacon_node.model.dac import Actor
from beacon_node.model.staff import Configured
from beacon_node.node import Node
from beacon_node.settings import Settings


def note_configuration(node: Node, by: Actor) -> Configured | None:
    """Record how the settings differ from those on record, and return that; None if they do not.

    What is compared are the settings that hold, of `node.toml` with the environment's overrides.
    """
    told, usual = _told(node.settings), _told(Settings())
    own = {key: value for key, value in told.items() if value != usual[key]}
    with node.ledger.deciding(now=node.clock.now()) as deciding:
        known = deciding.configured()
        before = known.settings if known else {}
        changed = {
            key: [before.get(key), own.get(key)]
            for key in sorted(before.keys() | own.keys())
            if before.get(key) != own.get(key)
        }
        if known is not None and not changed:
            return None
        digest = hashlib.sha256(canonical_json(told).encode()).hexdigest()
        found = Configured(own, changed, digest)
        deciding.add(found, by)
    return found


def _told(settings: Settings) -> dict[str, object]:
    """Return every setting by its name, `table.key`, with nothing in it that is secret."""
    return {
        f"{table.name}.{key.name}": _shown(getattr(getattr(settings, table.name), key.name))
        for table in fields(settings)
        for key in fields(getattr(settings, table.name))
    }


def _shown(value: object) -> object:
    """Return a value as the ledger may hold it: a password in an address is left out, and what
    stands for it tells only whether it changed."""
    if isinstance(value, tuple):
        return [_shown(one) for one in value]
    if not isinstance(value, str) or "@" not in value or "://" not in value:
        return value
    scheme, _, rest = value.partition("://")
    digest = hashlib.sha256(value.encode()).hexdigest()[:12]
    return f"{scheme}://…@{rest.rpartition('@')[2]} ({digest})"

"""What became looser between two settings of the registered tier: what was promised holds on."""

from collections.abc import Mapping
from dataclasses import fields

from beacon_node.privacy.registered.bounds import Bounds

_HIGHER = frozenset({"beta", "epsilon", "rho", "pool"})  # is looser
_LOWER = frozenset({"threshold", "completeness", "smallest_group", "near", "share"})
_NAMES = {
    "alpha": "false_positives",
    "beta": "power",
    "rho": "worst_case",
    "pool": "accounts_in_collusion",
}


def document(bounds: Bounds) -> dict[str, float]:
    """Return the settings as a ledger keeps them."""
    return {one.name: getattr(bounds, one.name) for one in fields(bounds)}


def loosened(before: Mapping[str, float], now: Mapping[str, float]) -> tuple[str, ...]:
    """Return which settings of `now` are looser, in words: name, old and new value.

    Of those that neither direction makes stricter (`alpha`, `order`, …) every change counts. A
    setting that did not exist before cannot have been loosened.

    >>> loosened({"beta": 0.15, "threshold": 5}, {"beta": 0.2, "threshold": 9})
    ('power from 0.15 to 0.2',)
    """
    changed = [name for name in now if name in before and now[name] != before[name]]
    return tuple(
        f"{_NAMES.get(name, name)} from {before[name]} to {now[name]}"
        for name in changed
        if not _is_stricter(name, before[name], now[name])
    )


def in_words(settings: Mapping[str, float]) -> str:
    """Return settings in one line."""
    return ", ".join(f"{_NAMES.get(name, name)} {value}" for name, value in settings.items())


def _is_stricter(name: str, before: float, now: float) -> bool:
    return (name in _HIGHER and now < before) or (name in _LOWER and now > before)

"""Whether a member's checkpoint goes on from those that it left before."""

from collections.abc import Sequence
from datetime import datetime

from beacon_node.model.checkpoint import Checkpoint


def contradiction(earlier: Sequence[Checkpoint], newest: Checkpoint) -> str:
    """Return why `newest` cannot be of the ledger that the earlier ones are of; empty if it can.

    Two checkpoints alone do not prove that one ledger grew into the other; but a ledger whose end
    was cut off goes back, and one that was written anew has another hash at a number it once had.
    """
    for kept in earlier:
        if problem := _between(kept, newest):
            return problem
    return ""


def _between(kept: Checkpoint, newest: Checkpoint) -> str:
    if kept.key != newest.key:
        return f"it is signed by another key than the one of {_day(kept.at)}"
    if kept.head.sequence == newest.head.sequence:
        if kept.head.hash == newest.head.hash:
            return ""
        return f"entry {newest.head.sequence:,} is another one than on {_day(kept.at)}"
    older, newer = sorted((kept, newest), key=lambda one: one.head.sequence)
    if newer.at < older.at:
        return (
            f"the ledger went back from {newer.head.sequence:,} entries on {_day(newer.at)} to "
            f"{older.head.sequence:,} on {_day(older.at)}"
        )
    fewer = [kind for kind, count in older.counts.items() if newer.counts.get(kind, 0) < count]
    if fewer:
        return f"it has fewer entries of {', '.join(sorted(fewer))} than on {_day(older.at)}"
    return ""


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"

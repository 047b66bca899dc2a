"""Finds the hospital's ids of people and samples in the words that describe a dataset."""

import re
from collections.abc import Iterable, Iterator

import orjson

from beacon_node.model.entries import LINEAGE
from beacon_node.store.variants.index import Index

SHORTEST_NAME = 3  # characters; shorter ids stand in too many words to be looked for

_ENDS = re.compile(r"(?<![^\W_])|(?![^\W_])")  # wherever a run of letters and digits may end
_LENGTHS = "SELECT DISTINCT length(id) FROM entry WHERE entry_type = ?"
_NAMES = """
    SELECT DISTINCT part.value FROM json_each(?) AS part CROSS JOIN entry
    ON entry.entry_type = ? AND entry.id = part.value WHERE entry.public_id <> entry.id
"""


class Names:
    """The ids of a release's records that are not public, to be looked up in texts.

    An id is found where it stands as a word or words of its own, between any signs or spaces; a
    piece of a word is none, or the digits of every ontology term would hold somebody's number. One
    that is shorter than `SHORTEST_NAME` is found where it is all of the text.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        rows = (row for kind in LINEAGE for row in index.execute(_LENGTHS, (kind.value,)))
        self._lengths = frozenset(length for (length,) in rows)

    def telling(self, texts: Iterable[str]) -> frozenset[str]:
        """Return the texts that contain an id."""
        parts = {text: frozenset(self._parts(text)) for text in set(texts)}
        wanted = orjson.dumps(sorted({part for some in parts.values() for part in some}))
        names = {
            name
            for kind in LINEAGE
            for (name,) in self._index.execute(_NAMES, (wanted.decode(), kind.value))
        }
        return frozenset(text for text, some in parts.items() if not names.isdisjoint(some))

    def _parts(self, text: str) -> Iterator[str]:
        """Yield the parts of a text that are as long as an id and no piece of a word."""
        ends = {match.start() for match in _ENDS.finditer(text)}
        for start in ends:
            for length in self._lengths:
                is_looked_for = length >= SHORTEST_NAME or length == len(text)
                if is_looked_for and start + length in ends:
                    yield text[start : start + length]

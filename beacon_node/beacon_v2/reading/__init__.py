"""Any Beacon v2 answer → one member's row. Pure; never raises, whatever bytes came.

Servers speak 2.0, 2.1 or 2.2, in dialects: counts as texts, errors with status 200, no
`returnedGranularity`, totals that are the length of a page. A number that was not told stays None,
and what is not clearly an answer is not one: `came` and `reason` say what it was.
"""

from beacon_node.beacon_v2.reading.answers import read_answer

__all__ = ["read_answer"]

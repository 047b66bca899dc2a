"""The public tier's answer table: its costs, its walk, where it stops, what it says."""

from beacon_node.privacy.public.answers import NotAnswerable, Offer, is_yes, why_not_answerable
from beacon_node.privacy.public.copies import (
    AssayGroup,
    Place,
    callable_copies,
    certain_copies,
    least_remaining,
    may_leave,
    place_of,
)
from beacon_node.privacy.public.threshold import dearest_answerable
from beacon_node.privacy.public.walks import Block, Step, charged_to_all, public_order, walk

__all__ = [
    "AssayGroup",
    "Block",
    "NotAnswerable",
    "Offer",
    "Place",
    "Step",
    "callable_copies",
    "certain_copies",
    "charged_to_all",
    "dearest_answerable",
    "is_yes",
    "least_remaining",
    "may_leave",
    "place_of",
    "public_order",
    "walk",
    "why_not_answerable",
]

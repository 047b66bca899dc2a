"""The answer tables of the public tier: made once at a release, sealed, read ever after."""

from beacon_node.store.public.people import Carriers, SequencedPeople, sequenced_people
from beacon_node.store.public.records import (
    NOBODY_OPENED,
    AssayedPeople,
    Batch,
    Choice,
    ChoiceKind,
    Member,
    Opened,
    OpenedCarriers,
    Opener,
    TableFacts,
)
from beacon_node.store.public.table import PanelLimits, PublicTable
from beacon_node.store.public.work import Ordered, Work
from beacon_node.store.public.write import write_table

__all__ = [
    "AssayedPeople",
    "Batch",
    "Carriers",
    "Choice",
    "ChoiceKind",
    "Member",
    "NOBODY_OPENED",
    "Opened",
    "OpenedCarriers",
    "Opener",
    "Ordered",
    "PanelLimits",
    "PublicTable",
    "SequencedPeople",
    "TableFacts",
    "Work",
    "sequenced_people",
    "write_table",
]

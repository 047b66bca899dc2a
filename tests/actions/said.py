"""What people of a node said, recorded in few words."""

from datetime import UTC, datetime, timedelta
from itertools import count

from beacon_node.model.consent import ConsentVersion, DataType, Scope, Source, Status, UseKind
from beacon_node.model.data_use import ConsentTerm, Use
from beacon_node.node import Node

GRU = Use.of(ConsentTerm("DUO:0000042"))
EVERY_USE = frozenset(UseKind)
_forms = count(1)


def says(node: Node, status: Status, *individuals: str, dataset: str = "d", **facts) -> None:
    """Record one statement of each individual, signed now; it begins at once unless told."""
    now = datetime.now(UTC)
    scope = Scope(dataset, frozenset(DataType), facts.pop("uses", EVERY_USE))
    versions = [
        ConsentVersion(
            number=0,
            individual=individual,
            status=status,
            scope=scope,
            signed_on=now,
            recorded_at=now,
            recorded_by="test",
            source=Source(f"form {next(_forms)}", ""),
            **{"effective_from": now - timedelta(seconds=1), **facts},
        )
        for individual in individuals
    ]
    node.ledger.record(versions, by="test", now=now)


def consents(node: Node, *individuals: str, **facts) -> None:
    says(node, Status.GIVEN, *individuals, **{"use": GRU, **facts})


def withdraws(node: Node, *individuals: str, **facts) -> None:
    says(node, Status.WITHDRAWN, *individuals, **facts)

"""Who a researcher is at an address, as its `/whoami` says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beacon_node.errors import Unreachable
from beacon_node.model.federation_documents import text


@dataclass(frozen=True, slots=True)
class Whoami:
    """`tier` is `public`, `registered` or `controlled`; `visas` say of each why it counts or not.

    `document` is all that was told.
    """

    tier: str
    account: str
    organisation: str
    purpose: Mapping[str, Any] | None
    grants: tuple[Mapping[str, Any], ...]
    visas: tuple[Mapping[str, Any], ...]
    until: datetime | None
    document: Mapping[str, Any]

    @property
    def is_registered(self) -> bool:
        """Say whether questions are answered, and charged, at the registered tier."""
        return self.tier != "public" and self.purpose is not None


def read_whoami(document: object) -> Whoami:
    if not isinstance(document, dict) or not text(document.get("tier")):
        raise Unreachable("the address does not say who one is there")
    purpose = document.get("purpose")
    return Whoami(
        tier=text(document["tier"]),
        account=text(document.get("account")),
        organisation=text(document.get("organisation")),
        purpose=purpose if isinstance(purpose, dict) else None,
        grants=_objects(document.get("grants")),
        visas=_objects(document.get("visas")),
        until=_moment(document.get("until")),
        document=document,
    )


def _objects(value: object) -> tuple[Mapping[str, Any], ...]:
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None

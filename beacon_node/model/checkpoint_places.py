"""Where a node leaves its checkpoints: a folder that others keep, a mail address, a broker."""

from dataclasses import dataclass
from enum import StrEnum

from beacon_node.errors import ConfigurationError, InvalidRequest
from beacon_node.model.mail import check_address


class PlaceKind(StrEnum):
    FOLDER = "folder"
    MAIL = "mail"
    BROKER = "broker"


@dataclass(frozen=True, slots=True)
class Place:
    """One of them. `where` is an absolute path, an address, or the id of a pinned broker; `label`
    names it in logs, which hold no mail addresses."""

    kind: PlaceKind
    where: str
    label: str


def read_places(told: tuple[str, ...]) -> tuple[Place, ...]:
    """Return the places that a setting lists. Raises ConfigurationError naming the one.

    >>> [place.label for place in read_places(("/mnt/audit", "mailto:dac@h.example"))]
    ['folder /mnt/audit', 'mail address 2']
    """
    if len(set(told)) != len(told):
        raise ConfigurationError(
            "node.toml: audit.checkpoints_to: the same place stands there twice"
        )
    return tuple(_place(number, text) for number, text in enumerate(told, 1))


def _place(number: int, text: str) -> Place:
    scheme, _, rest = text.partition(":")
    if text.startswith("/"):
        return Place(PlaceKind.FOLDER, text, f"folder {text}")
    if scheme == "broker" and rest:
        return Place(PlaceKind.BROKER, rest, f"broker {rest}")
    try:
        if scheme == "mailto":
            return Place(PlaceKind.MAIL, check_address(rest), f"mail address {number}")
    except InvalidRequest:
        pass
    raise ConfigurationError(
        f"node.toml: audit.checkpoints_to: {text!r} is none of /FOLDER, mailto:ADDRESS and "
        "broker:ID"
    )

"""Mail to a person: an address, and a plain text that says no more than they may see."""

import re
from dataclasses import dataclass

from beacon_node.errors import InvalidRequest

LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1.3
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True, slots=True, repr=False)
class Mail:
    """One mail. `id` is the same each time that it is tried, so that a mail system which got it
    twice can tell; `attachment` is a file's name and its text, if there is one."""

    to: str
    subject: str
    body: str
    id: str
    attachment: tuple[str, str] | None = None


class MailFailed(Exception):
    """A mail was not taken. `is_final`: trying again would not help; `reason` says why in words
    that name no address."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.reason, self.is_final = reason, is_final


def check_address(text: str, place: str = "mail") -> str:
    """Return a mail address. Raises InvalidRequest for what is none, or could stand for several.

    >>> check_address("ann@uni.example")
    'ann@uni.example'
    """
    if len(text) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(text):
        raise InvalidRequest(
            f"{place}: one plain mail address is expected, such as ann@uni.example"
        )
    return text

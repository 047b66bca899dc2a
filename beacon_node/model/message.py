"""Why a signed message of the network is refused, in words that help nobody to forge one."""

from enum import Enum, unique

from beacon_node.errors import NotAuthenticated

MAX_MESSAGE_CHARACTERS = 8_000  # of a header; common proxies pass on no longer ones


@unique
class Fault(Enum):
    """What is wrong with a message.

    Unknown sender, unknown key and wrong signature are one: whoever has no key learns nothing. All
    after SIGNER is told only of a message whose signature holds.
    """

    SIZE = f"it is longer than {MAX_MESSAGE_CHARACTERS:,} characters"
    SHAPE = "it is no compact JWS of two JSON objects"
    DUPLICATE = "a name stands in it twice"
    TYPE = "it is of another type"
    ALGORITHM = "only EdDSA is understood here"
    CRITICAL = "it asks for extensions that are not known here"
    SIGNER = "nobody who is known here signed it"
    CLAIMS = "its claims are not those of such a message"
    AUDIENCE = "it is meant for somebody else"
    LIFE = "it is meant to hold for too long"
    LATE = "it is too old"
    EARLY = "it is from the future"
    METHOD = "it is about a request with another method"
    PATH = "it is about another path"
    BODY = "it is about another body"
    USED = "it was used before"
    FORGOTTEN = "it is older than the memory of which messages were used"
    NUMBER = "it answers another question"
    STATUS = "it is about an answer with another status"


class MessageRefused(NotAuthenticated):
    """A message fails a check; `fault` says which. Quotes nothing of the message.

    `more` is told too, `aside` only to the log of whoever refuses it.
    """

    def __init__(self, fault: Fault, more: str = "", *, aside: str = "") -> None:
        self.fault, self.aside = fault, aside
        super().__init__(f"the message is refused: {fault.value}{more and f' ({more})'}")

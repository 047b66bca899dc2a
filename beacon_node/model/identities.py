"""Who is behind an account, as long as a node keeps it: outside the chain, to be emptied."""

from dataclasses import dataclass
from datetime import datetime

LONGEST = 200  # characters of a name or an affiliation


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """An identity as it was proved last.

    `name` is what its provider calls the person, `affiliation` what an AffiliationAndRole visa says
    (`faculty@uni.example`); empty: nobody said.
    """

    iss: str
    sub: str
    name: str = ""
    affiliation: str = ""

    @property
    def words(self) -> str:
        """Return who it is, in words, without what moves a terminal's cursor.

        >>> Identity("https://aai.example", "anna", "Anna Example", "faculty@uni.example").words
        'Anna Example, faculty@uni.example'
        >>> Identity("https://aai.example", "anna").words
        'anna at https://aai.example'
        """
        named = self.name or f"{self.sub} at {self.iss}"
        said = ", ".join(filter(None, (named, self.affiliation)))
        return "".join(character if character.isprintable() else "?" for character in said)


@dataclass(frozen=True, slots=True, repr=False)
class KnownIdentity:
    """The identity of an account, the entry of the ledger that commits to it, and when it was
    proved last."""

    account: str
    entry: int
    identity: Identity
    seen_at: datetime


def identity_document(identity: Identity) -> dict:
    """Return an identity as JSON, which `read_identity` reads."""
    told = {"iss": identity.iss, "sub": identity.sub}
    more = {"name": identity.name, "affiliation": identity.affiliation}
    return told | {name: value for name, value in more.items() if value}


def read_identity(document: dict) -> Identity:
    return Identity(**document)


def short(text: object) -> str:
    """Return what somebody said of a person, empty for what is no text of a bearable length."""
    return text.strip() if isinstance(text, str) and len(text) <= LONGEST else ""

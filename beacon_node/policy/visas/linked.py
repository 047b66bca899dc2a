"""Which identities are one person? Those that LinkedIdentities visas of trusted issuers join."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from beacon_node.model.passport import Rule, Subject, TokenRefused, Visa, VisaType

MAX_IDENTITIES = 100  # in one visa


@dataclass(frozen=True, slots=True, repr=False)
class Link:
    """Identities that one visa says are the same person, until it ends."""

    number: int
    subjects: frozenset[Subject]
    until: datetime


def read_link(visa: Visa) -> Link | None:
    """Return what a LinkedIdentities visa joins; None for one of another type.

    Raises TokenRefused: a value that is no list of `sub,iss` pairs, each percent-encoded; or
    conditions, which here could depend on the very link that they guard.
    """
    if visa.type is not VisaType.LINK:
        return None
    if visa.conditions:
        raise TokenRefused(Rule.CONDITIONS)
    named = visa.value.split(";")
    if len(named) > MAX_IDENTITIES:
        raise TokenRefused(Rule.LINK_VALUE)
    subjects = {visa.subject, *map(_subject, named)}
    return Link(visa.number, frozenset(subjects), visa.until)


def _subject(pair: str) -> Subject:
    """Return one identity.

    >>> found = _subject("a%2Cb,https%3A%2F%2Fx.example")
    >>> found.sub, found.iss
    ('a,b', 'https://x.example')
    """
    parts = pair.split(",")
    if len(parts) != 2 or not all(parts):
        raise TokenRefused(Rule.LINK_VALUE)
    try:
        sub, iss = (unquote(part, errors="strict") for part in parts)
    except UnicodeDecodeError as error:
        raise TokenRefused(Rule.LINK_VALUE) from error
    return Subject(iss, sub)


def same_person(
    holder: Subject, until: datetime, links: Iterable[Link]
) -> Mapping[Subject, datetime]:
    """Return all identities of a passport's holder, each with the end of the links to it.

    Links join transitively; where several ways lead to an identity, the one that holds longest
    counts, and a way holds as long as the first of its links to end.
    """
    links, found = tuple(links), {holder: until}
    is_growing = True
    while is_growing:
        is_growing = False
        for link in links:
            known = [found[subject] for subject in link.subjects if subject in found]
            end = min(max(known), link.until) if known else None
            for subject in link.subjects if end else ():
                if subject not in found or end > found[subject]:
                    found[subject] = end
                    is_growing = True
    return found

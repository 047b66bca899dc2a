"""Permitted use and purpose: what a consent allows, and what research says it is for.

Documents are plain JSON: `{"terms": [{"id": "DUO:0000007", "params": {"diseases": ["MONDO:…"]}}]}`
for a permitted use, one object of attributes for a purpose. Readers are strict: what they do not
know they refuse by name, because a condition that was overlooked would be a condition ignored.
"""

import datetime as dt
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import lru_cache

from beacon_node.errors import InvalidRequest
from beacon_node.model.duo_terms import (
    COUNTRIES,
    COUNTRY_GROUPS,
    DUO_TERMS,
    DuoKind,
    canonical_term,
)


class Category(StrEnum):
    """The kinds of purpose that rules exist for."""

    GENERAL = "general"
    BIOMEDICAL = "biomedical"
    DISEASE = "disease"
    ANCESTRY = "ancestry"
    METHODS = "methods"
    CLINICAL_CARE = "clinical_care"
    CONTROL_SET = "control_set"


class Organisation(StrEnum):
    """Who does the research."""

    NOT_FOR_PROFIT = "not_for_profit"
    FOR_PROFIT = "for_profit"


@dataclass(frozen=True, slots=True)
class ConsentTerm:
    """A DUO term with its parameters, which are empty where the term takes or has none.

    `unread` are the parameters of a term that the vocabulary cannot interpret, as JSON text: kept
    for the person who has to look at them.
    """

    id: str
    diseases: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    institutions: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    investigators: frozenset[str] = frozenset()
    research_types: frozenset[str] = frozenset()
    date: dt.date | None = None
    months: int | None = None
    unread: str = ""

    @property
    def name(self) -> str:
        """How a committee knows the term: `HMB (health or …)`, or its id alone if unknown."""
        return DUO_TERMS[self.id].name if self.id in DUO_TERMS else self.id


@dataclass(frozen=True, slots=True)
class Use:
    """A permitted use: all these terms together. Hashable, for people share few distinct ones."""

    terms: frozenset[ConsentTerm] = frozenset()

    @classmethod
    def of(cls, *terms: ConsentTerm) -> "Use":
        return cls(frozenset(terms))


@dataclass(frozen=True, slots=True)
class ResearchPurpose:
    """What research is for, as its applicant states it. Empty or None: not stated.

    `categories` and `sensitive` may hold words that no rule knows; a person decides on those.
    `countries` are ISO 3166-1 alpha-2 codes, EU or EEA.
    """

    categories: frozenset[str] = frozenset()
    diseases: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()
    organisation: Organisation | None = None
    commercial: bool | None = None
    genetic: bool | None = None
    ethics_approval: bool | None = None
    will_publish: bool | None = None
    will_collaborate: bool | None = None
    will_return_data: bool | None = None
    publish_not_before: dt.date | None = None
    duration_months: int | None = None
    countries: frozenset[str] = frozenset()
    institution: str = ""
    project: str = ""
    user: str = ""


def read_purpose(document: Mapping) -> ResearchPurpose:
    """Return the purpose a document states; an attribute that is absent or null is not stated.

    Raises InvalidRequest, naming the attribute, for one that is unknown or not of its form.
    """
    return ResearchPurpose(**_read_fields(document, _PURPOSE_READERS, "purpose"))


def purpose_document(purpose: ResearchPurpose) -> dict:
    """Return the document that `read_purpose` reads as `purpose`, lists sorted."""
    return _written(purpose)


def read_terms(document: Mapping) -> Use:
    """Return the permitted use a document states.

    A term that is not a current permission or modifier is kept, so that matching can send it to a
    person. Raises InvalidRequest, naming the place, for anything else that is not understood.
    """
    found = _object(document, {"terms"}, "consent")
    terms = found.get("terms")
    if not isinstance(terms, list | tuple):
        raise InvalidRequest("consent.terms: a list of terms is expected")
    return Use(frozenset(_read_term(term, f"consent.terms[{i}]") for i, term in enumerate(terms)))


def terms_document(use: Use) -> dict:
    """Return the document that `read_terms` reads as `use`, in an order that depends on it only."""
    return {"terms": [_term_document(term) for term in sorted(use.terms, key=term_text)]}


@lru_cache(maxsize=4_096)  # people share few distinct terms
def term_text(term: ConsentTerm) -> str:
    """Return one term with its parameters as canonical JSON text: equal terms, equal texts."""
    return json.dumps(_term_document(term), sort_keys=True, ensure_ascii=False)


def _read_term(document: object, place: str) -> ConsentTerm:
    found = _object(document, {"id", "params"}, place)
    term_id = canonical_term(_text(found.get("id"), f"{place}.id"))
    params = found.get("params")
    known = DUO_TERMS.get(term_id)
    if known is None or known.kind not in (DuoKind.PERMISSION, DuoKind.MODIFIER):
        return ConsentTerm(term_id, unread=_unread(params, f"{place}.params"))
    readers = {known.parameter: _PARAMETER_READERS[known.parameter]} if known.parameter else {}
    stated = {} if params is None else params
    return ConsentTerm(term_id, **_read_fields(stated, readers, f"{place}.params"))


def _unread(params: object, place: str) -> str:
    if params is None:
        return ""
    _object(params, None, place)
    return json.dumps(params, sort_keys=True, ensure_ascii=False, default=str) if params else ""


def _term_document(term: ConsentTerm) -> dict:
    params = _written(term)
    del params["id"]
    unread = params.pop("unread", "")
    params = json.loads(unread) if unread else params
    return {"id": term.id, "params": params} if params else {"id": term.id}


def _object(value: object, keys: Collection[str] | None, place: str) -> Mapping:
    """Return `value` if it is an object that has no key outside `keys` (None: any)."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidRequest(f"{place}: an object is expected")
    unknown = sorted(set(value) - set(keys)) if keys is not None else []
    if unknown:
        expected = ", ".join(sorted(keys or ())) or "none"
        raise InvalidRequest(f"{place}.{unknown[0]}: not known here; expected are: {expected}")
    return value


def _read_fields(document: object, readers: Mapping[str, Callable], place: str) -> dict:
    found = _object(document, readers.keys(), place)
    stated = {key: value for key, value in found.items() if value is not None}
    return {key: readers[key](value, f"{place}.{key}") for key, value in stated.items()}


def _written(value: ConsentTerm | ResearchPurpose) -> dict:
    pairs = ((one.name, getattr(value, one.name)) for one in fields(value))
    return {name: _plain(found) for name, found in pairs if found is not None and found not in _NIL}


_NIL = ("", frozenset())


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, dt.date) else value


_LONGEST_TEXT = 500  # ids, URLs and short phrases; nobody reads more in a reason


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or not value or len(value) > _LONGEST_TEXT:
        raise InvalidRequest(f"{place}: a text of 1 to {_LONGEST_TEXT} characters is expected")
    if not value.isprintable() or value != value.strip():
        raise InvalidRequest(f"{place}: a text on one line without spaces around it is expected")
    return value


def _texts(value: object, place: str) -> frozenset[str]:
    if not isinstance(value, list | tuple):
        raise InvalidRequest(f"{place}: a list of texts is expected")
    return frozenset(_text(one, f"{place}[{index}]") for index, one in enumerate(value))


def _countries(value: object, place: str) -> frozenset[str]:
    codes = _texts(value, place)
    unknown = sorted(codes - COUNTRIES - COUNTRY_GROUPS.keys())
    if unknown:
        raise InvalidRequest(
            f"{place}: {unknown[0]} is neither a country's ISO 3166-1 code (FI, GB) nor EU or EEA"
        )
    return codes


def _organisation(value: object, place: str) -> Organisation:
    if value not in tuple(Organisation):
        words = " or ".join(Organisation)
        raise InvalidRequest(f"{place}: {words} is expected")
    return Organisation(value)


def _claim(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidRequest(f"{place}: true or false is expected")
    return value


def _day(value: object, place: str) -> dt.date:
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidRequest(f"{place}: a date like 2026-01-31 is expected")


def _months(value: object, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidRequest(f"{place}: a whole number of months, at least 1, is expected")
    return value


_PARAMETER_READERS = {
    "diseases": _texts,
    "countries": _countries,
    "institutions": _texts,
    "projects": _texts,
    "users": _texts,
    "investigators": _texts,
    "research_types": _texts,
    "date": _day,
    "months": _months,
}
_PURPOSE_READERS = {
    "categories": _texts,
    "diseases": _texts,
    "sensitive": _texts,
    "organisation": _organisation,
    "commercial": _claim,
    "genetic": _claim,
    "ethics_approval": _claim,
    "will_publish": _claim,
    "will_collaborate": _claim,
    "will_return_data": _claim,
    "publish_not_before": _day,
    "duration_months": _months,
    "countries": _countries,
    "institution": _text,
    "project": _text,
    "user": _text,
}

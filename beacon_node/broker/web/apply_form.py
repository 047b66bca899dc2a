"""The form in which access is applied for at several sites: what was typed, and what it says."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Protocol

from beacon_node.broker.web.row_view import sentence
from beacon_node.errors import InvalidRequest
from beacon_node.model.application_documents import LONGEST_TEXT
from beacon_node.model.data_use import Category, Organisation

CATEGORIES: Mapping[str, str] = {
    Category.BIOMEDICAL: "Health, medical or biomedical research",
    Category.DISEASE: "Research on particular diseases (name them below)",
    Category.ANCESTRY: "Research on population origins or ancestry",
    Category.METHODS: "Development of methods, software or statistics",
    Category.CONTROL_SET: "Comparison: these people as controls",
    Category.CLINICAL_CARE: "Care of patients",
    Category.GENERAL: "Research of any other kind",
}
ORGANISATIONS: Mapping[str, str] = {
    Organisation.NOT_FOR_PROFIT: "One that is not for profit: a university, a public hospital",
    Organisation.FOR_PROFIT: "One that is for profit: a company",
}
COMMERCIAL: Mapping[str, str] = {"no": "No", "yes": "Yes"}
WANTED: Mapping[str, str] = {
    "boolean": "Yes or no: whether anybody carries a variation",
    "count": "Counts: how many people do",
    "record": "Records: what is known of each of them, without names",
}
_CHOICES = {"organisation": ORGANISATIONS, "commercial": COMMERCIAL, "granularity": WANTED}
_MISSING = {
    "organisation": "Say what kind of organisation does the research.",
    "commercial": "Say whether the research is for commercial use.",
    "granularity": "Say what you want to be told.",
}
Chosen = tuple[tuple[str, str], ...]  # sites, each with one of its datasets


class Fields(Protocol):
    """A form as the framework reads it."""

    def get(self, name: str, default: str) -> str: ...

    def getlist(self, name: str) -> list[str]: ...


@dataclass(frozen=True, slots=True, repr=False)
class TypedForm:
    """What stands in the form, right or wrong."""

    title: str = ""
    description: str = ""
    categories: frozenset[str] = frozenset()
    organisation: str = ""
    commercial: str = ""
    diseases: str = ""
    granularity: str = "count"
    until: str = ""
    chosen: Chosen = ()


@dataclass(frozen=True, slots=True, repr=False)
class Filled:
    """What a form says to each committee and which datasets of which sites it names; with
    `problems`, a sentence by the name of its field, it says nothing."""

    form: Mapping = field(default_factory=dict)
    sites: Mapping[str, list[str]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


def typed_form(fields: Fields) -> TypedForm:
    """Return what a browser sent; lines end as everywhere but in forms."""

    def text(name: str) -> str:
        return fields.get(name, "").replace("\r\n", "\n").strip()

    return TypedForm(
        title=text("title"),
        description=text("description"),
        categories=frozenset(fields.getlist("category")),
        organisation=text("organisation"),
        commercial=text("commercial"),
        diseases=text("diseases"),
        granularity=text("granularity"),
        until=text("until"),
        chosen=read_chosen(fields.getlist("dataset")),
    )


def read_chosen(values: Iterable[str]) -> Chosen:
    """Return which dataset of which site each `SITE/DATASET` names; what names none is left out."""
    pairs = (value.partition("/") for value in values)
    return tuple(dict.fromkeys((site, dataset) for site, _, dataset in pairs if site and dataset))


def filled(typed: TypedForm, zone: tzinfo, now: datetime) -> Filled:
    """Return what a form says, or what is missing or wrong in it."""
    problems, until = _missing(typed), None
    try:
        until = _end(typed.until, zone, now)
    except InvalidRequest as error:
        problems["until"] = str(error)
    if problems:
        return Filled(problems=problems)
    return Filled(_document(typed, until), _sites(typed.chosen))


def problem_of(error: InvalidRequest) -> dict[str, str]:
    """Return what was found wrong with a form's document, by the name of its field.

    >>> problem_of(InvalidRequest("form.purpose.diseases[0]: a text is expected"))
    {'diseases': 'A text is expected.'}
    """
    place, separator, words = str(error).partition(": ")
    if not separator:
        return {"sites": sentence(place)}
    name = re.split(r"[.\[]", place.removeprefix("form.").removeprefix("purpose."))[0]
    return {name: sentence(words)}


def end_words(until: datetime, zone: tzinfo) -> str:
    """Return the last day that an end, exclusive, lets through."""
    return f"{(until - timedelta(microseconds=1)).astimezone(zone):%Y-%m-%d}"


# ---- inside --------------------------------------------------------------------------------------


def _missing(typed: TypedForm) -> dict[str, str]:
    found = {}
    if not typed.title or "\n" in typed.title:
        found["title"] = "Give your research a title, on one line."
    if not typed.description:
        found["description"] = "Describe what you want to find out, and how."
    for name in ("title", "description"):
        if len(getattr(typed, name)) > LONGEST_TEXT:
            found[name] = f"At most {LONGEST_TEXT:,} characters are read."
    if not typed.categories or typed.categories - CATEGORIES.keys():
        found["categories"] = "Choose at least one purpose."
    for name, choices in _CHOICES.items():
        if getattr(typed, name) not in choices:
            found[name] = _MISSING[name]
    if not typed.chosen:
        found["sites"] = "Choose at least one dataset of a site."
    return found


def _end(typed: str, zone: tzinfo, now: datetime) -> datetime | None:
    """Return the end of a day, exclusive; None for no day. Raises InvalidRequest."""
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise InvalidRequest("Write a date like 2031-01-31.") from error
    until = datetime.combine(day, time(), zone)
    if until.timestamp() <= now.timestamp():
        raise InvalidRequest("This day is over: access can only be granted from now on.")
    return until


def _document(typed: TypedForm, until: datetime | None) -> dict:
    purpose: dict[str, object] = {
        "categories": sorted(typed.categories),
        "organisation": typed.organisation,
        "commercial": typed.commercial == "yes",
    }
    if diseases := sorted(set(re.split(r"[,;\s]+", typed.diseases)) - {""}):
        purpose["diseases"] = diseases
    told = {
        "title": typed.title,
        "description": typed.description,
        "purpose": purpose,
        "granularity": typed.granularity,
    }
    return told | ({"until": until.isoformat()} if until else {})


def _sites(chosen: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for site, dataset in chosen:
        found.setdefault(site, []).append(dataset)
    return found

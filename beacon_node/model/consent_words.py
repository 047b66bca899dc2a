"""Data use terms in words that the people who are asked for consent understand."""

from collections.abc import Callable, Sequence
from datetime import date
from types import MappingProxyType

from beacon_node.model.consent import DataType, UseKind
from beacon_node.model.data_use import ConsentTerm, Use
from beacon_node.model.duo_terms import (
    CC,
    COL,
    DS,
    GRU,
    GS,
    GSO,
    HMB,
    IRB,
    IS,
    MOR,
    NCU,
    NMDS,
    NPOA,
    NPU,
    NPUNCU,
    NRES,
    PERMISSION_CHAIN,
    POA,
    PS,
    PUB,
    RS,
    RTN,
    TS,
    US,
)

DATA_TYPES = MappingProxyType(
    {
        DataType.VARIANTS: "your genetic variants",
        DataType.PHENOTYPES: "your diagnoses and symptoms",
        DataType.BIOSAMPLES: "facts about your samples",
        DataType.RUNS: "facts about how your samples were sequenced",
    }
)
USES = MappingProxyType(
    {
        UseKind.PUBLIC_DISCOVERY: "Counting you when anybody asks whether a variant was seen here",
        UseKind.RESEARCH_DISCOVERY: "Counting you when registered researchers ask how many people "
        "have something",
        UseKind.RECORD_LEVEL: "Showing your record, without your name, to researchers whom a "
        "committee approved",
    }
)


def permitted_use_in_words(use: Use, label: Callable[[str], str] = str) -> list[str]:
    """Return one sentence per term of a permitted use, what it is for before its conditions.

    `label` names a disease by its term. Of nested permissions the narrowest
    holds; a term this program does not know is said to need a person.
    """
    ids = {term.id for term in use.terms}
    narrowest = max(ids & set(PERMISSION_CHAIN), key=PERMISSION_CHAIN.index, default=None)
    wider = set(PERMISSION_CHAIN) - {narrowest}
    nothing = [] if narrowest or POA in ids else [_NOTHING]
    return (
        nothing
        + [
            sentence
            for id, (with_parameter, without) in _WORDS.items()
            if id not in wider
            for sentence in sorted(
                _sentence(term, label, with_parameter, without)
                for term in use.terms
                if term.id == id
            )
        ]
        + sorted(_UNKNOWN.format(id) for id in ids - set(_WORDS))
    )


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence lists them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


_NOTHING = "It does not say what your data may be used for, so they are not used."
_UNKNOWN = "There is a condition {!r} that a person has to look at before your data are used."

# What a term means; {} is its parameter, the second text the sentence without one.
_WORDS = MappingProxyType(
    {
        NRES: ("Your data may be used for any purpose.", ""),
        GRU: ("Your data may be used for research of any kind.", ""),
        HMB: ("Your data may be used for research into health and medicine.", ""),
        DS: (
            "Your data may be used for research into {}, and into no other disease.",
            "Your data may be used for research into certain diseases, but none is named: they are "
            "not used.",
        ),
        POA: ("Your data may be used for research into ancestry and origins.", ""),
        CC: ("Your data may also be used to care for other patients.", ""),
        RS: (
            "Only this kind of research is allowed: {}.",
            "Only certain kinds of research are allowed; a committee looks at each.",
        ),
        GSO: ("Only research in genetics is allowed.", ""),
        NMDS: ("Your data may not be used just to develop or test methods.", ""),
        NPOA: ("Your data may not be used for research into ancestry and origins.", ""),
        NPUNCU: (
            "Only organisations that do not work for profit may use your data, and not for "
            "commercial purposes.",
            "",
        ),
        NPU: ("Only organisations that do not work for profit may use your data.", ""),
        NCU: ("Your data may not be used for commercial purposes.", ""),
        IRB: ("An ethics committee must have approved the research.", ""),
        GS: (
            "Only researchers in these countries may use your data: {}.",
            "Only researchers in certain countries may use your data, but none is named: they are "
            "not used.",
        ),
        IS: (
            "Only these institutions may use your data: {}.",
            "Only certain institutions may use your data, but none is named: they are not used.",
        ),
        PS: (
            "Only these projects may use your data: {}.",
            "Only certain projects may use your data, but none is named: they are not used.",
        ),
        US: (
            "Only these people may use your data: {}.",
            "Only certain people may use your data, but none is named: they are not used.",
        ),
        COL: (
            "Researchers must work together with: {}.",
            "Researchers must work together with those who collected the data.",
        ),
        PUB: ("Researchers must make their results public.", ""),
        MOR: (
            "Results may not be published before {}.",
            "Results may not be published for some time, but no date is named: your data are not "
            "used.",
        ),
        TS: (
            "Each project may use your data for at most {} months.",
            "Each project may use your data for a limited time, but none is named: they are not "
            "used.",
        ),
        RTN: ("Researchers must give the results back, so that they are stored with the data.", ""),
    }
)


def _sentence(
    term: ConsentTerm, label: Callable[[str], str], with_parameter: str, without: str
) -> str:
    named = _parameter(term, label)
    return with_parameter.format(named) if named or not without else without


def _parameter(term: ConsentTerm, label: Callable[[str], str]) -> str:
    if term.date is not None:
        return _day(term.date)
    if term.months is not None:
        return str(term.months)
    names = [_disease(disease, label) for disease in sorted(term.diseases)]
    for texts in (
        term.countries,
        term.institutions,
        term.projects,
        term.users,
        term.investigators,
        term.research_types,
    ):
        names += sorted(texts)
    return listed(names) if names else ""


def _disease(term: str, label: Callable[[str], str]) -> str:
    name = label(term)
    return f"{name} ({term})" if name and name != term else term


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"

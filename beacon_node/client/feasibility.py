"""A cohort question for a trial, kept in a file: who could take part, at every site.

A Beacon question has one variation, and filters that must all hold. So a set of criteria with two
variations is two questions, and nobody is told who carries both: sets are counted beside each
other, and numbers of different sets are never added or taken from each other.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from beacon_node.beacon_v2.filters import parse_filters
from beacon_node.client.answers import Search
from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import parse_assembly
from beacon_node.model.notation import understand
from beacon_node.model.query import Granularity

MOST_SETS = 50
LONGEST_FILE = 1024 * 1024  # characters
_COUNTED = {kind.path for kind in (EntryType.INDIVIDUAL, EntryType.BIOSAMPLE)}
_TOP = ("title", "note", "granularity", "entry", "filters", "set")
_SET = ("name", "variation", "assembly", "filters")
_FILTER = ("id", "operator", "value", "label")


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter as `/ask` takes it, and what it means to whoever wrote it."""

    text: str
    label: str = ""

    @property
    def words(self) -> str:
        return f"{self.text} ({self.label})" if self.label else self.text


@dataclass(frozen=True, slots=True)
class CriteriaSet:
    """One question: all of it must hold for a person to count."""

    name: str
    variation: str = ""
    assembly: str = ""
    conditions: tuple[Condition, ...] = ()

    @property
    def words(self) -> str:
        told = [self.variation] if self.variation else []
        return " and ".join([*told, *(one.words for one in self.conditions)])


@dataclass(frozen=True, slots=True)
class Study:
    title: str
    sets: tuple[CriteriaSet, ...]
    note: str = ""
    granularity: str = Granularity.COUNT.word
    entry: str = EntryType.INDIVIDUAL.path

    def searches(self) -> Iterator[tuple[CriteriaSet, Search]]:
        for one in self.sets:
            filters = tuple(condition.text for condition in one.conditions)
            yield (
                one,
                Search(one.variation, one.assembly, filters, self.granularity, self.entry),
            )


def read_study(text: str, file: str) -> Study:
    """Return the study that a TOML file, or JSON of the same form, states.

    Raises InvalidInput, naming file, line and field, for what is unknown, missing or not of its
    form.
    """
    if len(text) > LONGEST_FILE:
        raise InvalidInput(f"there are more than {LONGEST_FILE:,} characters in it", file=file)
    return _Reader(text, file).study()


class _Reader:
    """Reads one file; knows where in its text a field stands."""

    def __init__(self, text: str, file: str) -> None:
        self._text, self._file = text, file
        self._is_json = text.lstrip().startswith("{")

    def study(self) -> Study:
        found = self._parsed()
        self._check_names(found, _TOP, "")
        shared = self._conditions(found, "filters", 0)
        listed = found.get("set")
        if not isinstance(listed, list) or not 0 < len(listed) <= MOST_SETS:
            self._refuse("set", f"1 to {MOST_SETS} sets of criteria are expected: [[set]]")
        sets = tuple(self._set(one, n, shared) for n, one in enumerate(listed, 1))
        for n, one in enumerate(sets, 1):
            if one.name in [other.name for other in sets[: n - 1]]:
                self._refuse("name", f"the name {one.name!r} stands there twice", n)
        return Study(
            title=self._string(found, "title", 0, is_needed=True),
            sets=sets,
            note=self._string(found, "note", 0),
            granularity=self._word(found, "granularity", {"boolean", "count"}, "count"),
            entry=self._word(found, "entry", _COUNTED, EntryType.INDIVIDUAL.path),
        )

    def _parsed(self) -> Mapping[str, Any]:
        try:
            found = json.loads(self._text) if self._is_json else tomllib.loads(self._text)
        except json.JSONDecodeError as error:
            raise InvalidInput(error.msg, file=self._file, line=error.lineno) from error
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            line = re.search(r"at line (\d+)", str(error))
            problem = re.sub(r" \(at .*\)", "", str(error))
            raise InvalidInput(
                f"no TOML: {problem}", file=self._file, line=int(line[1]) if line else 0
            ) from error
        return found

    def _set(self, found: object, number: int, shared: tuple[Condition, ...]) -> CriteriaSet:
        if not isinstance(found, dict):
            self._refuse("set", "a table is expected", number)
        self._check_names(found, _SET, "set", number)
        told = CriteriaSet(
            name=self._string(found, "name", number) or f"set {number}",
            variation=self._string(found, "variation", number),
            assembly=self._string(found, "assembly", number),
            conditions=shared + self._conditions(found, "filters", number),
        )
        if not told.variation and not told.conditions:
            self._refuse("set", "it has neither a variation nor filters", number)
        self._check_variation(told, number)
        return told

    def _check_variation(self, told: CriteriaSet, number: int) -> None:
        field = "assembly"
        try:
            assembly = parse_assembly(told.assembly) if told.assembly else None
            field = "variation"
            if told.variation:
                understand(told.variation, assembly)
        except InvalidRequest as error:
            self._refuse(field, str(error), number)

    def _conditions(self, found: Mapping, name: str, number: int) -> tuple[Condition, ...]:
        listed = found.get(name, [])
        if not isinstance(listed, list):
            self._refuse(name, "a list of filters is expected", number)
        return tuple(self._condition(one, number) for one in listed)

    def _condition(self, found: object, number: int) -> Condition:
        if isinstance(found, str):
            found = {"id": found}
        if not isinstance(found, dict):
            self._refuse("filters", "each is a text, or a table with id and label", number)
        self._check_names(found, _FILTER, "filters", number)
        id = self._string(found, "id", number, is_needed=True)
        label = self._string(found, "label", number)
        text = id
        if "operator" in found or "value" in found:
            operator, value = found.get("operator", "="), found.get("value")
            if not isinstance(value, str | int | float) or isinstance(value, bool):
                self._refuse("value", "a text or number is expected", number)
            text = f"{id}{operator}{value}"
        try:
            parse_filters([text])
        except InvalidRequest as error:
            self._refuse("filters", str(error).removeprefix("filters: "), number)
        return Condition(text, label)

    # ---- fields ------------------------------------------------------------------------------

    def _string(self, found: Mapping, name: str, number: int, *, is_needed: bool = False) -> str:
        value = found.get(name, "")
        if not isinstance(value, str) or not value.replace("\n", " ").isprintable():
            self._refuse(name, "a text without control characters is expected", number)
        if is_needed and not value.strip():
            self._refuse(name, "it is missing", number)
        return value.strip()

    def _word(self, found: Mapping, name: str, words: set[str], usual: str) -> str:
        value = found.get(name, usual)
        if value not in words:
            self._refuse(name, f"one of {', '.join(sorted(words))} is expected")
        return value

    def _check_names(self, found: Mapping, known: tuple, place: str, number: int = 0) -> None:
        for name in found:
            if name not in known:
                self._refuse(name, f"not known here; known are {', '.join(known)}", number)

    def _refuse(self, field: str, problem: str, number: int = 0) -> NoReturn:
        """Raise InvalidInput; `number` counts sets from 1, 0 is what stands before them."""
        place = f"set {number}, {field}" if number else field
        raise InvalidInput(problem, file=self._file, line=self._line(field, number), field=place)

    def _line(self, field: str, number: int) -> int:
        """Return the line where a field of a set stands, else where the set begins; 0: unknown."""
        lines = self._text.splitlines()
        begin = '"name"' if self._is_json else "[[set]]"
        heads = [n for n, line in enumerate(lines) if begin in line.split("#")[0]]
        start = heads[number - 1] if 0 < number <= len(heads) else 0
        end = heads[number] if number < len(heads) else len(lines)
        written = re.compile(rf'(^|[\s{{,"]){re.escape(field)}"?\s*[=:]')
        for place in range(start, end):
            if written.search(lines[place]):
                return place + 1
        return start + 1 if number and heads else 0


TEMPLATE = """\
# Who could take part? A set of criteria is one question: its variation and all its filters must
# hold for a person to count. Two variations are two sets; nobody is told who carries both.
title = {title}
note = ""
granularity = "count"   # or boolean
entry = "individuals"   # or biosamples

# Filters that every set has, too.
filters = []

[[set]]
name = "carriers"
variation = {variation}   # as you would type it; "" for none
assembly = "GRCh38"
filters = [
{filters}]
"""


def template(title: str, variation: str, filters: tuple[str, ...]) -> str:
    """Return a file to begin with. JSON's texts are TOML's, too."""
    rows = "".join(f'  {{ id = {_quoted(one)}, label = "" }},\n' for one in filters)
    return TEMPLATE.format(title=_quoted(title), variation=_quoted(variation), filters=rows)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

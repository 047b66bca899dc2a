"""What individuals consented to: dated statements that are added and never edited.

All moments are aware and in UTC. Paper forms and spreadsheets give days: `first_moment`,
`end_moment` and `signature_moment` say which moment a day of the site stands for.
"""

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum

from beacon_node.errors import InvalidRequest
from beacon_node.model.data_use import Use

EVERY_DATASET = "*"


class Status(StrEnum):
    """What a statement says."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENTERED_IN_ERROR = "entered-in-error"

    @property
    def is_no(self) -> bool:
        return self in (Status.REFUSED, Status.WITHDRAWN)


class DataType(StrEnum):
    """What data a statement is about."""

    VARIANTS = "variants"
    PHENOTYPES = "phenotypes"
    BIOSAMPLES = "biosamples"
    RUNS = "runs"


class UseKind(StrEnum):
    """How the data may be used in answers. None implies another."""

    PUBLIC_DISCOVERY = "public_discovery"
    RESEARCH_DISCOVERY = "research_discovery"
    RECORD_LEVEL = "record_level"


@dataclass(frozen=True, slots=True)
class Asked:
    """The one thing a question needs of a person: this dataset, this data, used so."""

    dataset: str
    data_type: DataType
    use: UseKind


@dataclass(frozen=True, slots=True)
class Scope:
    """What a statement is about. `dataset` is an id or `*` for all."""

    dataset: str
    data_types: frozenset[DataType]
    uses: frozenset[UseKind]

    def is_about(self, dataset: str) -> bool:
        return self.dataset in (EVERY_DATASET, dataset)

    def names(self, asked: Asked) -> bool:
        """Whether dataset, data type and use are all within the scope."""
        return (
            self.is_about(asked.dataset)
            and asked.data_type in self.data_types
            and asked.use in self.uses
        )


EVERYTHING = Scope(EVERY_DATASET, frozenset(DataType), frozenset(UseKind))


@dataclass(frozen=True, slots=True, repr=False)
class OpenChoice:
    """Genes (symbols) and variants (canonical names) of which a person lets be told exactly.

    Nothing is the default: protected everywhere. What was told cannot be taken back.
    """

    genes: frozenset[str] = frozenset()
    variants: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return "OpenChoice(…)"

    def __bool__(self) -> bool:
        return bool(self.genes or self.variants)

    def __and__(self, other: "OpenChoice") -> "OpenChoice":
        return OpenChoice(self.genes & other.genes, self.variants & other.variants)


PROTECTED = OpenChoice()


@dataclass(frozen=True, slots=True)
class Source:
    """The document a statement was taken from: its id at the site, digest and form version."""

    document: str
    sha256: str
    form_version: str = ""


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class ConsentVersion:
    """One dated statement by (or on behalf of) one individual. Private: does not print itself.

    `number` orders the node's statements as they were recorded. `effective_from` is inclusive,
    `effective_until` exclusive, None for no end; it only ends what was given. `use`, `scope.uses`
    and `open` are what is permitted; of a refusal or withdrawal only the scope is looked at.
    `cancels` is the number of the version that an entered-in-error one takes back.
    Raises InvalidRequest, naming the field, where these contradict each other.
    """

    number: int
    individual: str
    status: Status
    scope: Scope
    signed_on: dt.datetime
    effective_from: dt.datetime
    recorded_at: dt.datetime
    recorded_by: str
    source: Source
    effective_until: dt.datetime | None = None
    use: Use = Use()
    open: OpenChoice = PROTECTED
    cancels: int | None = None

    def __repr__(self) -> str:
        return "ConsentVersion(…)"

    def __post_init__(self) -> None:
        for moment in (self.signed_on, self.effective_from, self.recorded_at, self.effective_until):
            if moment is not None and moment.utcoffset() != dt.timedelta():
                raise ValueError("moments of a consent are aware and in UTC")
        _check(bool(self.individual), "individual: an id is expected")
        _check(
            (self.status is Status.ENTERED_IN_ERROR) == (self.cancels is not None),
            "cancels: an entered-in-error version, and no other, names the version it cancels",
        )
        _check(
            not self.status.is_no or bool(self.scope.data_types and self.scope.uses),
            f"scope: a {self.status} consent must name the data types and uses it ends",
        )
        _check(
            self.status is not Status.GIVEN
            or self.effective_until is None
            or self.effective_until > self.effective_from,
            "effective_until: must be later than effective_from",
        )


def _check(is_fine: bool, problem: str) -> None:
    if not is_fine:
        raise InvalidRequest(problem)


class State(StrEnum):
    """How a person stands to something asked."""

    SILENT = "silent"  # no statement about it has begun
    PERMITTED = "permitted"
    NOT_NAMED = "not_named"  # the consent in force does not name this data or this use
    EXPIRED = "expired"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, repr=False)
class Standing:
    """A person's state, and the version that makes it so (None if silent)."""

    state: State
    version: ConsentVersion | None = None

    def __repr__(self) -> str:
        return "Standing(…)"


@dataclass(frozen=True, slots=True, repr=False)
class Permission:
    """What counts a person in if the purpose fits: *each* of `all_of` must approve it.

    Names nobody; people with equal permissions are decided on together. `open` is what may be told
    of exactly.
    """

    all_of: frozenset[Use]
    open: OpenChoice = PROTECTED

    def __repr__(self) -> str:
        return "Permission(…)"

    def __and__(self, other: "Permission") -> "Permission":
        return Permission(self.all_of | other.all_of, self.open & other.open)


When = dt.date | dt.datetime  # a day of the site, a local time of the site, or an aware moment

_EARLIEST_YEAR = 1900  # no statement is older; an earlier year is a slip of the pen
_NEVER = 9999  # the year that stands for "no end" in exports
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)


def read_when(text: str, field: str) -> When:
    """Return the day or moment an ISO 8601 text names, as precise as it is written.

    Raises InvalidRequest naming `field`.

    >>> read_when("2030-01-07", "signed_on"), read_when("2030-01-07T10:31Z", "signed_on").hour
    (datetime.date(2030, 1, 7), 10)
    """
    try:
        if _ISO.fullmatch(text):
            return dt.date.fromisoformat(text) if len(text) == 10 else _read_moment(text)
    except ValueError:
        pass
    raise InvalidRequest(f"{field}: a date (2026-01-31) or a date and time is expected")


def _read_moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.replace(" ", "T"))


def first_moment(when: When, zone: dt.tzinfo, field: str) -> dt.datetime:
    """Return the moment something dated `when` begins: a day at local midnight of `zone`, UTC.

    A local time that occurs twice is the first of the two; where a clock change skips midnight the
    day begins with the change. Raises InvalidRequest for a year that cannot be meant.
    """
    _check_year(when, field)
    return _moment(when, zone)


def end_moment(when: When, zone: dt.tzinfo, field: str) -> dt.datetime | None:
    """Return the first moment something that lasts until `when` is over: a day lasts to its end.

    None for the year 9999, in which exports write what has no end.
    """
    if when.year == _NEVER:
        return None
    _check_year(when, field)
    return _moment(when if isinstance(when, dt.datetime) else when + _DAY, zone)


def signature_moment(when: When, status: Status, zone: dt.tzinfo, field: str) -> dt.datetime:
    """Return the moment of a signature.

    A day without a time is its first moment for what is given and its last for what is refused
    or withdrawn: whoever gave and withdrew on one day, with one of the two times unknown, withdrew.
    """
    _check_year(when, field)
    if isinstance(when, dt.datetime) or not status.is_no:
        return _moment(when, zone)
    return _moment(when + _DAY, zone) - dt.timedelta.resolution


_DAY = dt.timedelta(days=1)


def _check_year(when: When, field: str) -> None:
    is_meant = _EARLIEST_YEAR <= when.year < _NEVER
    _check(is_meant, f"{field}: the year {when.year} cannot be meant")


def _moment(when: When, zone: dt.tzinfo) -> dt.datetime:
    if not isinstance(when, dt.datetime):
        when = dt.datetime(when.year, when.month, when.day)
    local = when.replace(tzinfo=zone) if when.tzinfo is None else when
    return local.astimezone(dt.UTC)

"""What the pages about applications show: sites to choose from, and what became of each part."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from beacon_node.beacon_v2 import foreign
from beacon_node.broker.applying import Bundle, Part, takes_applications
from beacon_node.broker.web.apply_form import CATEGORIES, WANTED, Chosen, end_words
from beacon_node.broker.web.row_view import other_name, sentence
from beacon_node.model.application import State
from beacon_node.model.application_documents import LONGEST_TEXT
from beacon_node.model.federation import Came, Member
from beacon_node.model.row_words import MEANINGS

Datasets = Callable[[Member], frozenset[str] | None]
"""What a member told of its datasets; None for one of whom that is not known."""

_LONGEST_TERMS = 100_000
_STATES = {
    State.DRAFT: "draft",
    State.SUBMITTED: "handed in",
    State.RETURNED: "sent back to you",
    State.APPROVED: "approved",
    State.REJECTED: "rejected",
    State.CLOSED: "closed",
    State.REVOKED: "revoked",
}
_MEANINGS = {
    State.DRAFT: "Not handed in: its committee does not see it yet.",
    State.SUBMITTED: "Its committee decides, in its own time.",
    State.RETURNED: "Its committee wants it changed: withdraw it and apply anew with that.",
}
_STYLES = {State.APPROVED: "yes", State.DRAFT: "withheld", State.RETURNED: "withheld"}
_STALE_VISAS = "visas:"  # the field that a site names when these do not say who somebody is
_ITS_OWN_WORDS = frozenset({Came.NOT_PERMITTED, Came.NOT_UNDERSTOOD})  # it says what is wrong
_LOG_IN = "It needs visas of the last hour, by an issuer that it trusts, to know who you are."


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a site did not do what was asked of it; `is_login`: logging in again would help."""

    words: str
    is_login: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A site that can be applied to: each of its datasets, and whether it is chosen."""

    id: str
    name: str
    organization: str
    datasets: tuple[tuple[str, bool], ...]
    problem: Problem | None = None


def offers(
    members: Sequence[Member],
    datasets: Datasets,
    chosen: Chosen,
    problems: Mapping[str, Problem] | None = None,
) -> tuple[Offer, ...]:
    """Return the sites that can be applied to, in the members' order.

    Of a site that told nothing of its datasets those that are `chosen` can be.
    """
    wrong, found = problems or {}, []
    for member in filter(takes_applications, members):
        picked = {dataset for site, dataset in chosen if site == member.id}
        told = datasets(member)
        listed = sorted(picked if told is None else told)
        found.append(
            Offer(
                member.id,
                member.name,
                other_name(member.organization, member.name),
                tuple((one, one in picked) for one in listed),
                wrong.get(member.id),
            )
        )
    return tuple(found)


def preselected(
    members: Sequence[Member], datasets: Datasets, sites: Sequence[str], chosen: Chosen
) -> Chosen:
    """Return what an address chooses: of a site that it names alone, all datasets."""
    narrowed = {site for site, _ in chosen}
    known = {one.id: datasets(one) for one in members if one.id in sites}
    whole = (site for site in dict.fromkeys(sites) if site not in narrowed)
    return (*chosen, *((site, one) for site in whole for one in sorted(known.get(site) or ())))


def problem_of_part(part: Part) -> Problem | None:
    """Return why a member did not do what was asked, None if it did."""
    if part.came is Came.ANSWERED:
        return None
    if part.came is Came.NOT_PERMITTED and part.reason.startswith(_STALE_VISAS):
        return Problem(f"{_LOG_IN} Log in again, then repeat this.", is_login=True)
    words = [] if part.came in _ITS_OWN_WORDS and part.reason else [MEANINGS[part.came]]
    return Problem(" ".join([*words, *([sentence(part.reason)] if part.reason else ())]))


def status_of(parts: Sequence[Part]) -> int:
    """Return the status for parts of which some failed: the members' own, else that they are away.

    >>> status_of([Part(Member("a", "A", ""), Came.OFFLINE)])
    502
    """
    came = {part.came for part in parts} - {Came.ANSWERED}
    if came <= {Came.NOT_PERMITTED, Came.NOT_UNDERSTOOD}:
        return 403 if Came.NOT_PERMITTED in came else 400
    return 502


# ---- an application ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One site's part. `terms` (version, text) are to be accepted before it can be handed in."""

    id: str
    name: str
    application: str
    style: str
    state: str
    notes: tuple[str, ...]
    datasets: tuple[str, ...]
    terms: tuple[str, str] | None
    can_submit: bool
    can_withdraw: bool
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class BundleView:
    """`told` is what the form says, by its labels; all sites were told the same."""

    id: str
    title: str
    told: tuple[tuple[str, str], ...]
    rows: tuple[SiteRow, ...]

    @property
    def to_submit(self) -> tuple[str, ...]:
        return tuple(row.id for row in self.rows if row.can_submit)


def bundle_view(
    bundle: Bundle, zone: tzinfo, problems: Mapping[str, Problem] | None = None
) -> BundleView:
    """Return how a bundle is shown; `problems` are of what was just tried at its sites."""
    wrong = problems or {}
    rows = tuple(_row(one, zone, wrong.get(one.member.id)) for one in bundle.parts)
    view = next((part.view for part in bundle.parts if part.view), {})
    form = foreign.mapping(view.get("form")) or view  # a list shows the title alone
    title = foreign.text(form.get("title")) or "Application"
    return BundleView(bundle.id, title, _told(form, zone), rows)


def _told(form: Mapping, zone: tzinfo) -> tuple[tuple[str, str], ...]:
    purpose = foreign.mapping(form.get("purpose"))
    wanted = foreign.text(form.get("granularity")) or "record"
    categories = foreign.texts(purpose.get("categories") or [])
    told = (
        ("Description", foreign.text(form.get("description"), LONGEST_TEXT)),
        ("Purpose", "; ".join(CATEGORIES.get(one, one) for one in categories)),
        ("Diseases", ", ".join(foreign.texts(purpose.get("diseases") or []))),
        ("Wanted", WANTED.get(wanted, wanted) if purpose else ""),
        ("Until", _day(form.get("until"), zone)),
    )
    return tuple((label, words) for label, words in told if words)


def _row(part: Part, zone: tzinfo, problem: Problem | None) -> SiteRow:
    view, state = part.view or {}, _state(part)
    may, terms = frozenset(foreign.texts(view.get("may") or [])), _terms(view)
    is_shown = part.came is Came.ANSWERED
    return SiteRow(
        id=part.member.id,
        name=part.member.name,
        application=part.application,
        style=_STYLES.get(state, "no") if is_shown else "away",
        state=_STATES.get(state, "unknown") if is_shown else str(part.came),
        notes=_notes(view, state, zone),
        datasets=foreign.texts(foreign.mapping(view.get("form")).get("datasets") or []),
        terms=terms if "accept-terms" in may else None,
        can_submit="submit" in may and terms is None,
        can_withdraw="withdraw" in may,
        problem=problem or problem_of_part(part),
    )


def _state(part: Part) -> State | None:
    told = foreign.text((part.view or {}).get("state"))
    return State(told) if told in tuple(State) else None


def _terms(view: Mapping) -> tuple[str, str] | None:
    """Return the version and text of terms that the applicant has not accepted yet."""
    terms = foreign.mapping(foreign.mapping(view.get("committee")).get("terms"))
    version = foreign.text(terms.get("version"))
    accepted = foreign.mapping(view.get("termsAccepted"))
    if not version or accepted.get(foreign.text(view.get("applicant"))) == version:
        return None
    return version, foreign.text(terms.get("text"), _LONGEST_TERMS)


def _notes(view: Mapping, state: State | None, zone: tzinfo) -> tuple[str, ...]:
    found = [_MEANINGS.get(state, ""), _awarded(foreign.mapping(view.get("award")), zone)]
    found.append(_said_last(view))
    found += [foreign.text(one.get("text")) for one in foreign.mappings(view.get("notices"))]
    return tuple(sentence(one) for one in dict.fromkeys(found) if one)


def _awarded(award: Mapping, zone: tzinfo) -> str:
    if not award:
        return ""
    datasets = ", ".join(foreign.texts(award.get("datasets") or []))
    wanted, until = foreign.text(award.get("granularity")), _day(award.get("until"), zone)
    conditions = foreign.text(award.get("conditions"), LONGEST_TEXT)
    granted = f"Granted: {wanted} of {datasets}, until the end of {until}"
    return f"{granted}, on condition: {conditions}" if conditions else granted


def _said_last(view: Mapping) -> str:
    """Return what the committee wrote with the last thing that it did."""
    applicant = view.get("applicant")
    said = [one for one in foreign.mappings(view.get("events")) if one.get("by") != applicant]
    comment = foreign.text(said[-1].get("comment"), LONGEST_TEXT) if said else ""
    return f"The committee wrote: {comment}" if comment else ""


def _day(value: object, zone: tzinfo) -> str:
    try:
        return end_words(datetime.fromisoformat(foreign.text(value)), zone)
    except (ValueError, OverflowError):
        return ""

"""What a person's visas prove together: registered researcher, grants, and why each counted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from beacon_node.errors import NotPermitted
from beacon_node.model.identities import short
from beacon_node.model.passport import (
    By,
    Passport,
    Rule,
    Subject,
    TokenRefused,
    Visa,
    VisaFinding,
    VisaType,
)
from beacon_node.model.requester import Grant
from beacon_node.model.trust import DatasetVisa, Trust
from beacon_node.policy.visas.conditions import supporting
from beacon_node.policy.visas.linked import Link, read_link, same_person

NO_ORGANISATION = "https://no.organization"  # of a source that is none
REGISTERED = "registered access"
BLOCKED = "this researcher is blocked at this node"


@dataclass(frozen=True, slots=True, repr=False)
class Standing:
    """What is proved about the holder of a passport, until the first thing used for it ends.

    `identities` are all that trusted visas join to the holder's, that one among them; `shown` the
    identities of the passports as they were sent. `vouched_by` is the organisation that vouches for
    the researcher, empty unless registered; `name` and `affiliation` are told to people, nothing
    is decided by them. Until `steady_until` time alone changes nothing of all
    this; None: it may at any moment.
    """

    subject: Subject
    identities: frozenset[Subject]
    is_registered: bool
    grants: tuple[Grant, ...]
    until: datetime
    findings: tuple[VisaFinding, ...]
    vouched_by: str = ""
    shown: tuple[Subject, ...] = ()
    name: str = ""
    affiliation: str = ""
    steady_until: datetime | None = None


class Findings:
    """Collects, while a request is judged, what becomes of each visa."""

    def __init__(self, found: Iterable[VisaFinding] = ()) -> None:
        self._found = {finding.number: finding for finding in found}

    def refuse(self, number: int, rule: Rule, visa: Visa | None = None) -> None:
        """Say why a visa was not used; of no weight once it was used for something."""
        if number in self._found and self._found[number].serves:
            return
        told = VisaFinding(number, rule)
        self._found[number] = _about(told, visa) if visa else told

    def serve(self, visa: Visa, purpose: str) -> None:
        before = self._found.get(visa.number, VisaFinding(visa.number))
        serves = tuple(dict.fromkeys((*before.serves, purpose)))
        self._found[visa.number] = _about(VisaFinding(visa.number, None, serves), visa)

    def rest(self, visas: Iterable[Visa]) -> None:
        """Say of every visa that nothing was said of that nothing needed it."""
        for visa in visas:
            if visa.number not in self._found:
                self.refuse(visa.number, Rule.NOT_NEEDED, visa)

    def all(self) -> tuple[VisaFinding, ...]:
        return tuple(self._found[number] for number in sorted(self._found))


def _about(finding: VisaFinding, visa: Visa) -> VisaFinding:
    return replace(finding, type=visa.type.value, issuer=visa.issuer)


def standing(
    passports: Sequence[Passport], visas: Sequence[Visa], trust: Trust, findings: Findings
) -> Standing:
    """Return what good passports prove whose good visas are `visas` (each on its own).

    The first passport says who asks; visas about others count only if LinkedIdentities visas join
    them to that identity. Raises NotPermitted if any identity of the person is blocked.
    """
    holder = passports[0]
    links = _links(visas, findings)
    ends = same_person(holder.subject, holder.until, links.values())
    if not trust.blocked.subjects.isdisjoint(ends):
        raise NotPermitted(BLOCKED)
    own = _of_one_person(visas, links, ends, findings)
    good = _with_conditions_met(own, findings)
    registered = _registered(good, trust, findings)
    grants = _grants(good, trust.datasets, findings)
    findings.rest(good)
    used = [visa.until for visa in registered] + [grant.until for grant in grants]
    return Standing(
        subject=holder.subject,
        identities=frozenset(ends),
        is_registered=bool(registered),
        grants=grants,
        until=min([holder.until, *used]),
        findings=findings.all(),
        vouched_by=_vouching(registered),
        shown=tuple(passport.subject for passport in passports),
        name=holder.name,
        affiliation=_affiliation(good),
        steady_until=_steady_until(passports, visas, findings),
    )


def _steady_until(
    passports: Sequence[Passport], visas: Sequence[Visa], findings: Findings
) -> datetime | None:
    """Return when the first thing ends that is good now; None while anything has yet to begin."""
    if any(finding.rule in (Rule.NOT_YET, Rule.ASSERTED) for finding in findings.all()):
        return None
    return min(one.until for one in (*passports, *visas))


# ---- whose visas ---------------------------------------------------------------------------------


def _of_one_person(
    visas: Sequence[Visa],
    links: Mapping[int, Link],
    ends: Mapping[Subject, datetime],
    findings: Findings,
) -> list[Visa]:
    """Return the visas about the holder, each ending no later than what links it to them."""
    whole = [v for v in visas if v.type is not VisaType.LINK or v.number in links]
    for visa in whole:
        if visa.subject not in ends:
            findings.refuse(visa.number, Rule.OTHER_PERSON, visa)
    own = [_ending(visa, ends[visa.subject]) for visa in whole if visa.subject in ends]
    for visa in own:
        if visa.number in links and len(links[visa.number].subjects) > 1:
            findings.serve(visa, "linking identities")
    return own


def _links(visas: Iterable[Visa], findings: Findings) -> Mapping[int, Link]:
    """Return what the LinkedIdentities visas join, by number; broken ones are left out, and what
    the researcher alone says: with the identity of another their grants would come too."""
    found = {}
    for visa in visas:
        if visa.type is VisaType.LINK and visa.by is By.SELF:
            findings.refuse(visa.number, Rule.BY, visa)
            continue
        try:
            link = read_link(visa)
        except TokenRefused as refused:
            findings.refuse(visa.number, refused.rule, visa)
            continue
        if link:
            found[visa.number] = link
    return found


def _ending(visa: Visa, until: datetime) -> Visa:
    return replace(visa, until=min(visa.until, until))


# ---- conditions ----------------------------------------------------------------------------------


def _with_conditions_met(visas: Sequence[Visa], findings: Findings) -> list[Visa]:
    plain = [visa for visa in visas if not visa.conditions]
    met = (_conditional(visa, plain, findings) for visa in visas if visa.conditions)
    return plain + [visa for visa in met if visa]


def _conditional(visa: Visa, plain: Sequence[Visa], findings: Findings) -> Visa | None:
    """Return a visa with conditions that are met, ending with what meets them; None if not."""
    try:
        support = supporting(visa.conditions or [], plain)
    except TokenRefused as refused:
        findings.refuse(visa.number, refused.rule, visa)
        return None
    if not support:
        findings.refuse(visa.number, Rule.CONDITIONS, visa)
        return None
    for other in support:
        findings.serve(other, f"the conditions of visa {visa.number}")
    return _ending(visa, min(other.until for other in support))


# ---- what they give ------------------------------------------------------------------------------


def _registered(visas: Sequence[Visa], trust: Trust, findings: Findings) -> tuple[Visa, ...]:
    """Return the two visas that make a registered researcher, none unless both are there."""
    policy = trust.registered
    wanted: Mapping[VisaType, frozenset[By]] = {
        VisaType.STATUS: policy.status_by,
        VisaType.TERMS: policy.terms_by,
    }
    found = []
    for kind, by in wanted.items():
        fitting = [v for v in visas if v.type is kind and v.value == policy.value]
        good = _said_by(fitting, lambda visa, by=by: visa.by in by, findings)
        found += [max(good, key=lambda visa: visa.until)] if good else []
    if len(found) == len(wanted):
        for visa in found:
            findings.serve(visa, REGISTERED)
        return tuple(found)
    for visa in found:
        findings.refuse(visa.number, Rule.HALF, visa)
    return ()


def _grants(
    visas: Sequence[Visa], datasets: Sequence[DatasetVisa], findings: Findings
) -> tuple[Grant, ...]:
    """Return the grants of committees for the datasets that are configured to be theirs."""
    given = [visa for visa in visas if visa.type is VisaType.GRANT]
    grants = []
    for visa in _said_by(given, lambda visa: visa.by is By.DAC, findings):
        fitting = [d for d in datasets if (d.value, d.source) == (visa.value, visa.source)]
        for opened in fitting:
            findings.serve(visa, f"a grant for dataset {opened.dataset_id}")
            grants.append(_grant(opened, visa))
        if not fitting:
            findings.refuse(visa.number, Rule.NO_DATASET, visa)
    return tuple(grants)


def _grant(opened: DatasetVisa, visa: Visa) -> Grant:
    """A purpose that the visa states is the one it was granted for; a ceiling only lowers ours."""
    return Grant(
        dataset_id=opened.dataset_id,
        purpose=visa.purpose or opened.purpose,
        until=visa.until,
        reference=f"visa {opened.value} of {opened.source}",
        ceiling=opened.ceiling if visa.ceiling is None else min(opened.ceiling, visa.ceiling),
    )


def _said_by(
    visas: Iterable[Visa], is_enough: Callable[[Visa], bool], findings: Findings
) -> list[Visa]:
    """Return the visas of those whose word counts; the finding of others is BY."""
    good = []
    for visa in visas:
        if is_enough(visa):
            good.append(visa)
        else:
            findings.refuse(visa.number, Rule.BY, visa)
    return good


def _affiliation(visas: Sequence[Visa]) -> str:
    """Return the affiliation that holds for longest, empty for none."""
    found = [visa for visa in visas if visa.type is VisaType.AFFILIATION]
    return short(max(found, key=lambda visa: visa.until).value) if found else ""


def _vouching(registered: Sequence[Visa]) -> str:
    """Return the source that vouches for a registered researcher's status."""
    sources = [v.source for v in registered if v.type is VisaType.STATUS]
    return next((source for source in sources if source != NO_ORGANISATION), "")

"""The node's part of a record of processing activities (GDPR, art. 30 (1)), as Markdown.

Facts are those of the settings, the catalogue and the ledger; what no node can know is left to be
filled in, and says so.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from beacon_node.actions.applications.exports import grants_table
from beacon_node.actions.applications.views import ADMINISTRATOR
from beacon_node.actions.audit_report import Report
from beacon_node.actions.manage_datasets import DatasetSummary, list_datasets
from beacon_node.configuration import Organization
from beacon_node.crypto.checkpoints import read_signing_key
from beacon_node.model.entries import EntryType
from beacon_node.node import Node

BLANK = "**[to be filled in by the site]**"


def processing_record(node: Node, report: Report, dataset: str = "") -> str:
    """Return the record, about one dataset or all."""
    datasets = [one for one in list_datasets(node) if dataset in ("", one.id)]
    parts = (
        ("Record of processing activities (GDPR art. 30 (1))", _head(node, report), "#"),
        ("(a) Controller", _controller(node), "##"),
        ("(b) Purposes", _purposes(node, datasets), "##"),
        ("(c) Categories of data subjects and of personal data", _categories(datasets), "##"),
        ("(d) Categories of recipients", _recipients(report), "##"),
        ("(e) Transfers to third countries", _transfers(datasets), "##"),
        ("(f) Erasure", _erasure(), "##"),
        ("(g) Security measures", _measures(node, datasets), "##"),
    )
    return "\n".join(_section(*part) for part in parts)


def _section(title: str, lines: Iterable[str], marks: str) -> str:
    return f"{marks} {title}\n\n" + "".join(f"{line}\n" for line in lines)


def _items(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"- {name}: {_plain(value) or BLANK}" for name, value in pairs)


def _plain(text: str) -> str:
    """Return a text of the settings on one line, its marks of Markdown and HTML taken literally."""
    line = " ".join(text.split())
    if line == BLANK:
        return line
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>|#" else mark for mark in line)


def _head(node: Node, report: Report) -> Iterator[str]:
    identity = node.settings.node
    yield f"Beacon node {_plain(identity.name)} ({_plain(identity.id)}),"
    yield f"as of {node.clock.now():%Y-%m-%d}, from the ledger up to entry {report.until_entry}."


def _controller(node: Node) -> Iterator[str]:
    found, unset = node.settings.organization, Organization()
    named = "" if found.name == unset.name else f"{found.name} ({found.id})"
    contact = "" if found.url == unset.url else found.contact_url or found.url
    pairs = (("controller", named), ("contact", contact), ("joint controllers", ""))
    return _items((*pairs, ("representative", ""), ("data protection officer", "")))


def _purposes(node: Node, datasets: Sequence[DatasetSummary]) -> Iterator[str]:
    grants = Counter(row[1] for row in grants_table(node, ADMINISTRATOR))
    for one in datasets:
        terms = ", ".join(one.terms or one.next_terms) or "none are stated: nobody is answered"
        terms = f"licence of open data; terms: {terms}" if one.is_open_data else f"terms: {terms}"
        yield (
            f"- dataset {one.id} ({_plain(one.name) or 'no name'}): answering questions about "
            f"genomic variations for research, under {terms}; grants in force: {grants[one.id]}"
        )
    yield f"- legal basis (art. 6 and 9): {BLANK}"


def _categories(datasets: Sequence[DatasetSummary]) -> Iterator[str]:
    for one in datasets:
        sizes = ((kind, one.sizes.get(kind, 0)) for kind in EntryType)
        held = ", ".join(f"{kind.counts}: {size:,}" for kind, size in sizes if size)
        yield f"- individuals of dataset {one.id}: genetic and health data (art. 9)"
        yield f"  (in its release: {held or 'nothing is released'})"
    yield "- the same individuals: their statements of consent, and what answers about them cost"
    yield "- researchers: account, organisation, purpose, questions, applications"
    yield "- committee members: account, votes, decisions, notes"
    yield "- applicants, committee, staff: identity, name, affiliation, as long as they are kept"


def _recipients(report: Report) -> Iterator[str]:
    """Yield who was answered, by class; accounts by months, for who comes again counts again."""
    told: Counter[tuple[str, str, str]] = Counter()
    accounts: Counter[tuple[str, str]] = Counter()
    for line, number in report.lines:
        if line.what == "questions" and line.basis:
            told[line.dataset, line.tier, line.basis] += number
        elif line.what == "accounts":
            accounts[line.dataset, line.tier] += number
    for (dataset, tier, basis), number in sorted(told.items()):
        yield f"- {tier} requesters, of {dataset} ({basis}): {number:,} questions answered"
    for (dataset, tier), number in sorted(accounts.items()):
        yield f"- {tier} accounts that asked about {dataset}: {number:,}, counted anew each month"
    for organisation, number in report.organisations:
        yield f"- vouched for by {_plain(organisation)}: {number:,} questions"
    if not told:
        yield "- nobody was answered in this time"
    yield f"- processors, and who else receives data outside this node: {BLANK}"


def _transfers(datasets: Sequence[DatasetSummary]) -> Iterator[str]:
    yield "The node does not know in which country a recipient is."
    public = [one.id for one in datasets if one.is_open_data or "anybody" in one.answers]
    if public:
        yield f"Anybody, anywhere, is answered about: {', '.join(public)}."
    yield f"Transfers, and their safeguards: {BLANK}"


def _erasure() -> Iterator[str]:
    yield "- genotypes and records: until purge, or removal from the dataset, and the next release"
    yield "- statements of consent, audit, applications, charges: for good; a hash binds each entry"
    yield "  of the ledger to the one before, so that nothing in it is erased"
    yield f"- time limits that the controller sets, also for backups: {BLANK}"


def _measures(node: Node, datasets: Sequence[DatasetSummary]) -> Iterator[str]:
    settings, key = node.settings, read_signing_key(node.home / "keys")
    yield "- every question is on record before it is answered; nobody is answered without record"
    yield "- the ledger is chained by hashes (SHA-256); this record was made after following it all"
    signed = f"signed with key {key.public.id}" if key else "none was signed yet"
    yield f"- checkpoints of the ledger to be left with others: {signed}"
    yield "- consent is enforced in every count; a withdrawal holds from the next question on"
    if any(not one.is_open_data for one in datasets):
        limits = settings.privacy.public_power, settings.registered.power
        yield (
            "- what protected datasets give away is bounded, as docs/security.md says: a test "
            f"finds at most {limits[0]:.0%} of the members from public answers, {limits[1]:.0%} "
            "from those to one registered account"
        )
    trusts = "named issuers" if settings.access.trusts_somebody else "nobody"
    yield f"- passports are taken from {trusts}; the server listens on {settings.server.host}"
    yield "- keys and data are files that their owner alone can read (mode 0600)"
    yield f"- encryption of disks and backups, staff, physical measures: {BLANK}"

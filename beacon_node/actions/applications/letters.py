"""Letters about applications: found in the ledger, queued once, sent until they are taken.

Whoever does something at the committee's desk neither waits for a mail server nor is stopped by
one: letters are made afterwards from what is on record, also if a process died in between.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import takewhile

from beacon_node.actions.applications.exports import reminders
from beacon_node.actions.applications.work import NOTHING, Work, advanced, present_work
from beacon_node.actions.link_identity import one_account
from beacon_node.actions.mail import OUTBOX_FILE, open_outbox
from beacon_node.errors import StoreUnavailable
from beacon_node.model.consent_documents import moment_text, read_moment
from beacon_node.model.dac import DacEntry, Done
from beacon_node.model.mail import Mail, MailFailed
from beacon_node.node import Node
from beacon_node.policy.applications.attention import WAITING_DAYS
from beacon_node.policy.applications.letters import (
    Kind,
    Letter,
    Sender,
    letter_text,
    letters_of,
    reminder_letter,
)
from beacon_node.ports import Mailer
from beacon_node.store.outbox import Notice, Outbox, Waiting

LATE = timedelta(days=3)  # what happened earlier is no news: mail was off for long
LEASE = timedelta(minutes=10)  # longer than any mail server takes
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
_MOST_TRIES = 28  # with these pauses, about five days (RFC 5321 4.5.4.1)
_READ = "letters: read"  # the job whose progress is the last entry that was looked at
_NO_ADDRESS = "no address is known"


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of letters: newly queued, sent, still waiting after a failed try, given up."""

    queued: int = 0
    sent: int = 0
    waiting: int = 0
    given_up: int = 0


def post_letters(node: Node, mailer: Mailer, *, waiting_days: int = WAITING_DAYS) -> Posted:
    """Queue what happened and what is to be reminded of, and send all that is due."""
    queued = queue_letters(node) + queue_reminders(node, waiting_days=waiting_days)
    return replace(send_letters(node, mailer), queued=queued)


def queue_letters(node: Node) -> int:
    """Queue letters about what was done since the last time; return how many.

    Where letters were never queued before, they begin with what is done from now on.
    """
    outbox, now = open_outbox(node), node.clock.now()
    read, newest = outbox.job(_READ).progress, node.ledger.dac_version()
    if read is None or read > newest:  # never, or an older ledger was put back
        return outbox.queue([], now=now, job=_READ, progress=newest)
    if read == newest:
        return 0
    letters = _letters_between(node, read, newest, now - LATE)
    return outbox.queue(list(_notices(letters)), now=now, job=_READ, progress=newest)


def _letters_between(node: Node, read: int, newest: int, since: datetime) -> Iterator[Letter]:
    """Follow the committee's work from its beginning: who is to be told depends on how each
    application, and the committee, were just then."""
    entries = takewhile(lambda entry: entry.number <= newest, node.ledger.dac_entries())
    before, new = [], []
    for entry in entries:
        (before if entry.number <= read else new).append(entry)
    linked = node.ledger.linked()
    work = advanced(NOTHING, before, linked)
    for entry in new:
        work = advanced(work, [entry], linked)
        if isinstance(entry.said, Done) and entry.at > since:
            yield from _letters_of(entry, work)


def _letters_of(entry: DacEntry, work: Work) -> Iterable[Letter]:
    held = work.applications[entry.said.application]
    was_submitted = held.submitted_at is not None
    event, application = entry.event, held.application
    event = replace(event, by=work.person(event.by))  # whoever did it knows, under any account
    return letters_of(event, application, work.committee, was_submitted=was_submitted)


def queue_reminders(node: Node, *, waiting_days: int = WAITING_DAYS) -> int:
    """Queue reminders that nobody got yet; return how many."""
    work, now = present_work(node), node.clock.now()
    found = (
        reminder_letter(
            one.notice,
            work.applications[one.application].application,
            work.committee,
            at=now,
            every=max(waiting_days, 1),
        )
        for one in reminders(node, waiting_days=waiting_days)
    )
    letters = [letter for letter in found if letter is not None]
    return open_outbox(node).queue(list(_notices(letters)), now=now)


def _notices(letters: Iterable[Letter]) -> Iterator[Notice]:
    for letter in letters:
        said = {"kind": letter.kind.value, "application": letter.application}
        said |= {"at": moment_text(letter.at), "once": letter.once, "days": letter.days}
        said |= {"until": moment_text(letter.until) if letter.until else None}
        for account in sorted(letter.to):
            key = " ".join((letter.application, letter.kind.value, letter.once, account))
            yield Notice(key, account, said)


# ---- sending -------------------------------------------------------------------------------------


def send_letters(node: Node, mailer: Mailer) -> Posted:
    """Send every letter that is due. One that the mail server did not take is tried again later,
    after ever longer pauses, for about five days; one that it refuses for good is given up.

    A letter is sent once. Only if the process dies between the server's word and our writing it
    down is it sent again, as the same message (Message-ID).
    """
    outbox, tally = open_outbox(node), {"sent": 0, "waiting": 0, "given_up": 0}
    while (taken := outbox.take(now=node.clock.now(), lease=LEASE)) is not None:
        tally[_send(node, mailer, taken)] += 1
    return Posted(**tally)


def _send(node: Node, mailer: Mailer, taken: Waiting) -> str:
    outbox, key = open_outbox(node), taken.notice.key
    address = _address(node, outbox, taken.notice.account)
    if not address:
        outbox.give_up(key, _NO_ADDRESS, now=node.clock.now())
        return "given_up"
    try:
        mailer.send(_mail(node, taken.notice, address))
    except MailFailed as failed:
        now = node.clock.now()
        if failed.is_final or taken.tries >= _MOST_TRIES:
            outbox.give_up(key, failed.reason, now=now)
            return "given_up"
        outbox.retry(key, failed.reason, now=now, due=now + pause(taken.tries))
        return "waiting"
    outbox.sent(key, now=node.clock.now())
    return "sent"


def _address(node: Node, outbox: Outbox, account: str) -> str:
    """Who has several accounts that were found to be one person's may have said it for another."""
    return outbox.address(account) or outbox.address(one_account(node, account))


def pause(tries: int) -> timedelta:
    """Return how long to wait after the n-th try (from 1) that failed."""
    return min(_FIRST_PAUSE * 2 ** min(tries - 1, 16), _LONGEST_PAUSE)


def _mail(node: Node, notice: Notice, address: str) -> Mail:
    subject, body = letter_text(_letter(notice), _sender(node))
    digest = sha256(f"{node.settings.node.id} {notice.key}".encode()).hexdigest()
    return Mail(address, f"[{node.settings.node.name}] {subject}", body, digest[:32])


def _letter(notice: Notice) -> Letter:
    said = notice.said
    return Letter(
        Kind(said["kind"]),
        said["application"],
        frozenset({notice.account}),
        read_moment(said["at"]),
        said["once"],
        read_moment(said["until"]) if said["until"] else None,
        said["days"],
    )


def _sender(node: Node) -> Sender:
    told = node.settings
    return Sender(told.node.name, told.public_url, told.organization.contact_url)


def mail_problems(node: Node) -> Iterator[str]:
    """Yield in sentences what mail did not arrive, for the operator."""
    if not (node.data / OUTBOX_FILE).exists():
        return
    try:
        found = open_outbox(node).undelivered()
    except StoreUnavailable as error:
        yield str(error)
        return
    for problem, number in found.items():
        if problem != _NO_ADDRESS:
            yield f"{number:,} letters about applications were not taken: {problem}"

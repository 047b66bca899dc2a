"""Letters about applications: to whom, once, whatever the mail server does, and no more."""

import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from beacon_node.actions.applications.desk import act, open_application, set_terms
from beacon_node.actions.applications.letters import (
    LATE,
    LEASE,
    Posted,
    mail_problems,
    pause,
    post_letters,
    queue_letters,
    queue_reminders,
    send_letters,
)
from beacon_node.actions.mail import mailer_of, open_outbox, remove_address, set_address
from beacon_node.errors import ConfigurationError
from beacon_node.model.application import (
    AddMember,
    Approve,
    Close,
    Extend,
    Opinion,
    Reject,
    Remark,
    RequestReview,
    Return,
    Review,
    Revoke,
    Vote,
    Withdraw,
)
from beacon_node.model.dac import Terms
from beacon_node.model.linked import How
from beacon_node.model.mail import MailFailed
from beacon_node.settings import MailServer
from tests.actions.applications.office import (
    ADMIN,
    ANN,
    AWARD,
    AYE,
    BOB,
    EVE,
    FAY,
    FORM,
    GUS,
    SAM,
    UNTIL,
    applied,
    does,
    granted,
)
from tests.notify.post_office import Office, free_port, opened, until

NAMES = {one: f"{one[4:]}@mail.example" for one in (ANN, BOB, SAM, EVE, FAY, GUS)}


class Box:
    """Takes every mail; `fails` are what it raises first, one after the other."""

    def __init__(self, *fails: MailFailed) -> None:
        self.mails, self.fails = [], list(fails)

    def send(self, mail) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.mails.append(mail)

    def taken(self) -> dict[str, list[str]]:
        """Return the subjects of each receiver, and forget them."""
        found: dict[str, list[str]] = {}
        for mail in self.mails:
            subject = mail.subject.partition("] ")[2]
            found.setdefault(mail.to.partition("@")[0], []).append(subject)
        self.mails = []
        return found


LATER = MailFailed("the mail server cannot be reached: refused", is_final=False)
NEVER = MailFailed("the mail server refuses the recipient", is_final=True)


@pytest.fixture
def known(node):
    """A node where everybody said where they want mail, and letters begin now."""
    for account, mail in NAMES.items():
        set_address(node, account, mail)
    queue_letters(node)
    return node


def mailed(node, box: Box | None = None) -> dict[str, list[str]]:
    box = box or Box()
    post_letters(node, box)
    return box.taken()


# ---- who is told what ----------------------------------------------------------------------------


def test_what_was_done_before_letters_began_is_no_news(node):
    applied(node)
    for account, mail in NAMES.items():
        set_address(node, account, mail)
    assert mailed(node) == {}
    id = applied(node, BOB)
    assert mailed(node)["eve"] == [f"Application {id} waits for the committee"]


def test_from_the_application_to_its_end_everybody_concerned_is_told_once(known):
    id = applied(known)
    news = f"Application {id}"
    assert mailed(known) == {
        one: [f"{news} waits for the committee"] for one in ("eve", "fay", "gus")
    }
    does(known, id, EVE, RequestReview(frozenset({SAM})), AYE, Remark("hm"))
    assert mailed(known) == {"sam": [f"Your advice on application {id}"]}
    does(known, id, SAM, Review(Opinion.REJECT, "too broad"))
    does(known, id, FAY, Approve(AWARD))
    assert mailed(known) == {"ann": [f"{news} was approved"]}
    does(known, id, EVE, AddMember(BOB))
    assert mailed(known)["bob"][0] == f"You were added to application {id}"
    does(known, id, EVE, AYE)
    longer = [f"A longer grant for application {id}"]
    assert mailed(known) == {"fay": longer, "gus": longer}
    does(known, id, FAY, Extend(UNTIL + timedelta(days=9)))
    assert mailed(known) == {
        one: [f"The grant of application {id} was extended"] for one in ("ann", "bob")
    }
    does(known, id, GUS, Revoke("handed on"))
    assert mailed(known) == {one: [f"{news} was revoked"] for one in ("ann", "bob")}
    assert mailed(known) == {}


@pytest.mark.parametrize(
    ("by", "command", "told"),
    [
        (EVE, Return("the end is missing"), {"ann": ["Application {} came back to you"]}),
        (EVE, Reject("too broad"), {"ann": ["Application {} was not approved"]}),
        (EVE, Close("by agreement"), {"ann": ["Application {} was closed"]}),
        (ANN, Withdraw(), dict.fromkeys(("eve", "fay", "gus"), ["Application {} was withdrawn"])),
        (EVE, Vote(Opinion.REJECT), {}),
        (EVE, Remark("never"), {}),
    ],
)
def test_what_becomes_of_an_application(known, by, command, told):
    id = applied(known)
    mailed(known)
    does(known, id, by, command)
    assert mailed(known) == {who: [one.format(id) for one in what] for who, what in told.items()}


def test_the_committee_is_told_nothing_of_a_draft(known):
    id = open_application(known, FORM, ANN).application.id
    does(known, id, ANN, Withdraw())
    assert mailed(known) == {}


def test_whoever_is_of_an_application_is_no_judge_of_it(known):
    id = applied(known, EVE)
    assert set(mailed(known)) == {"fay", "gus"}
    assert id


def test_who_has_two_accounts_is_one_person(known):
    """Whoever did it knows, and a judge who is also of the application is none of it."""
    known.ledger.link((ANN, EVE), How.VISAS, now=known.clock.at)
    applied(known)
    assert set(mailed(known)) == {"fay", "gus"}


def test_a_letter_to_applicants_names_nobody_and_tells_no_vote(known):
    id = applied(known)
    does(known, id, EVE, AYE)
    does(known, id, GUS, Vote(Opinion.REJECT, "secret words"))
    does(known, id, FAY, Approve(AWARD, "good luck"))
    box = Box()
    post_letters(known, box)
    (mail,) = [one for one in box.mails if one.to == NAMES[ANN]]
    whole = mail.subject + mail.body
    for secret in (*NAMES, *NAMES.values(), "secret words", "good luck", FORM.title, "vote"):
        assert secret not in whole
    assert (
        "holds until 2030-04-01 00:00 UTC" in mail.body and f"/dac/applications/{id}" in mail.body
    )


# ---- reminders -----------------------------------------------------------------------------------


def test_reminders_come_once_each(known):
    id = granted(known)
    mailed(known)
    for days, word in ((31, None), (29, "30"), (20, None), (7, "7"), (3, None)):
        known.clock.at = UNTIL - timedelta(days=days)
        wanted = {"ann": [f"The grant of application {id} ends within {word} days"]}
        assert mailed(known) == (wanted if word else {})
    set_terms(known, Terms("v2", "Stricter."), ADMIN)
    assert mailed(known) == {"ann": [f"Terms of use of application {id}"]}
    assert mailed(known) == {}


def test_who_has_not_voted_is_reminded_after_each_fortnight(known):
    id = applied(known)
    does(known, id, EVE, AYE)
    mailed(known)
    begun = known.clock.at
    for days, told in ((14, 0), (15, 2), (20, 0), (29, 2)):
        known.clock.at = begun + timedelta(days=days)
        assert sum(map(len, mailed(known).values())) == told


# ---- when mail does not work ---------------------------------------------------------------------


def test_a_letter_is_tried_again_after_longer_and_longer_pauses(known):
    applied(known)
    queue_letters(known)
    box = Box(*[LATER] * 9)
    for minutes in (0, 1, 2):
        known.clock.at += timedelta(minutes=minutes)
        assert send_letters(known, box).waiting == 3
    assert send_letters(known, box) == Posted(), "not yet"
    assert list(mail_problems(known)) == [
        f"3 letters about applications were not taken: {LATER.reason}"
    ]
    known.clock.at += timedelta(minutes=4)
    assert send_letters(known, box).sent == 3 and not list(mail_problems(known))


def test_after_about_five_days_a_letter_is_given_up(known):
    applied(known)
    queue_letters(known)
    begun, tries = known.clock.at, 0
    while not send_letters(known, Box(*[LATER] * 3)).given_up:
        tries += 1
        known.clock.at += pause(tries)
    assert timedelta(days=4) < known.clock.at - begun < timedelta(days=6)


def test_a_recipient_that_is_refused_for_good_is_given_up_alone(known):
    applied(known)
    posted = post_letters(known, Box(NEVER))
    assert (posted.sent, posted.given_up) == (2, 1)
    assert NEVER.reason in " ".join(mail_problems(known))


def test_who_gave_no_address_or_took_it_back_gets_nothing(known):
    applied(known)
    queue_letters(known)
    assert remove_address(known, GUS) and not remove_address(known, GUS)
    box = Box()
    assert send_letters(known, box).given_up == 1
    assert set(box.taken()) == {"eve", "fay"} and not list(mail_problems(known))


def test_an_address_is_in_no_file_once_it_was_taken_back(known):
    remove_address(known, GUS)
    written = b"".join(file.read_bytes() for file in known.data.iterdir() if file.is_file())
    assert b"gus@mail.example" not in written and b"fay@mail.example" in written
    ledger = b"".join(file.read_bytes() for file in known.data.glob("ledger*"))
    assert b"mail.example" not in ledger


def test_what_happened_long_ago_is_not_told_when_mail_is_mended(known):
    applied(known)
    known.clock.at += LATE + timedelta(minutes=1)
    assert mailed(known) == {}


def test_a_process_that_dies_while_it_sends_leaves_the_letter_for_the_next(known):
    applied(known)
    queue_letters(known)
    first = open_outbox(known).take(now=known.clock.at, lease=LEASE)
    box = Box()
    assert send_letters(known, box).sent == 2, "the third is still being sent, for all one knows"
    known.clock.at += LEASE
    assert send_letters(known, box).sent == 1
    assert len({mail.id for mail in box.mails}) == 3
    assert first is not None


def test_a_process_that_dies_between_a_deed_and_its_letter_costs_no_letter(known):
    """The letter is made from what is on record: nothing of the deed's own process is needed."""
    code = (
        "import os, sys; from pathlib import Path\n"
        "from tests.actions.applications.office import applied, ANN\n"
        "from tests.consent.clinic import with_clock\n"
        "from beacon_node.node import open_node\n"
        "applied(with_clock(open_node(Path(sys.argv[1]), {})), ANN); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(known.home)], check=False)
    assert done.returncode == 9
    known.clock.at += timedelta(minutes=5)
    assert set(mailed(known)) == {"eve", "fay", "gus"}


# ---- over a real server --------------------------------------------------------------------------


def with_mail(node, account, **more):
    told = MailServer(account.host, account.port, "none", "beacon@hospital.example", **more)
    return replace(node, settings=replace(node.settings, mail=told))


def test_letters_arrive_once_over_a_server_that_refuses_one_and_is_busy_for_another(known):
    office = Office()
    office.refused, office.busy = {NAMES[EVE]}, {NAMES[FAY]}
    applied(known)
    with opened(office) as account:
        node = with_mail(known, account)
        posted = post_letters(node, mailer_of(node))
        assert (posted.sent, posted.waiting, posted.given_up) == (1, 1, 1)
        office.busy.clear()
        node.clock.at += timedelta(minutes=1)
        post_letters(node, mailer_of(node))
        post_letters(node, mailer_of(node))
    assert sorted(office.recipients) == [NAMES[FAY], NAMES[GUS]]


def test_a_committees_act_neither_waits_for_the_mail_server_nor_fails_by_it(known):
    office = Office()
    office.pause_s = 30
    with opened(office) as account:
        node = with_mail(known, account, timeout_s=20.0)
        id = applied(node)
        thread = threading.Thread(target=post_letters, args=(node, mailer_of(node)))
        thread.start()
        until(lambda: open_outbox(node).take(now=node.clock.at, lease=timedelta()) is not None)
        assert act(node, id, AYE, EVE).application.votes == ((EVE, Opinion.APPROVE),)
        assert thread.is_alive(), "the mail server still thinks"
        office.awake.set()
        thread.join(20)
    down = with_mail(known, replace(account, port=free_port()))
    does(down, id, FAY, Approve(AWARD))
    assert post_letters(down, mailer_of(down)).waiting


def test_a_sender_that_is_killed_costs_no_letter_and_doubles_none_that_can_be_told(known):
    office = Office()
    office.pause_s = 30
    applied(known)
    queue_letters(known)
    with opened(office) as account:
        node = with_mail(known, account)
        code = (
            "import sys; from datetime import datetime; from pathlib import Path\n"
            "from beacon_node.actions.applications.letters import send_letters\n"
            "from beacon_node.actions.mail import mailer_of\n"
            "from beacon_node.node import open_node\n"
            "from tests.consent.clinic import with_clock\n"
            "node = open_node(Path(sys.argv[1]))\n"
            "node = with_clock(node, datetime.fromisoformat(sys.argv[2]))\n"
            "send_letters(node, mailer_of(node))"
        )
        own = {"HOST": account.host, "PORT": str(account.port), "SECURITY": "none"}
        own["SENDER"] = "beacon@hospital.example"
        environment = os.environ | {f"BEACON_NODE_MAIL_{key}": one for key, one in own.items()}
        told = [str(node.home), node.clock.at.isoformat()]
        sender = subprocess.Popen([sys.executable, "-c", code, *told], env=environment)
        until(lambda: office.busy_with)
        sender.kill()
        sender.wait(10)
        office.awake.set()
        assert send_letters(node, mailer_of(node)).sent == 2, "the third may be on its way"
        node.clock.at += LEASE
        assert send_letters(node, mailer_of(node)).sent == 1
    assert {letter["To"] for letter in office.letters} == {NAMES[who] for who in (EVE, FAY, GUS)}
    assert len({letter["Message-ID"] for letter in office.letters}) == 3


def test_a_password_that_others_can_read_is_not_used(known):
    file = known.home / "keys" / "smtp.password"
    file.write_text("s3cret\n")
    file.chmod(0o644)
    told = MailServer("h", 25, "tls", "a@b", "beacon", "keys/smtp.password")
    node = replace(known, settings=replace(known.settings, mail=told))
    with pytest.raises(ConfigurationError, match="chmod 600"):
        mailer_of(node)
    file.chmod(0o600)
    assert "s3cret" not in repr(vars(mailer_of(node)))


def test_an_older_ledger_that_was_put_back_sends_nothing_again(known):
    applied(known)
    assert mailed(known)
    outbox = open_outbox(known)
    outbox.queue([], now=known.clock.at, job="letters: read", progress=10**6)
    assert mailed(known) == {} and queue_reminders(known) == 0

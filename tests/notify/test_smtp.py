"""Mail over a real server on this machine: encrypted, logged in, refused, slow, and not there."""

import socket
import time
from dataclasses import replace

import pytest

from beacon_node.errors import InvalidRequest
from beacon_node.model.mail import Mail, MailFailed, check_address
from beacon_node.notify.smtp import SmtpAccount, SmtpMailer
from tests.clearinghouse.world import SetClock
from tests.notify.post_office import SENDER, Office, certificate, free_port, login, opened

MAIL = Mail("ann@uni.example", "Application A-1 was approved", "Good day,\nÄäkköset.\n", "m-1")


def send(account, mail: Mail = MAIL) -> None:
    SmtpMailer(account, SetClock()).send(mail)


def test_a_mail_arrives_as_it_was_written():
    office = Office()
    with opened(office) as account:
        send(account)
    (letter,) = office.letters
    assert office.recipients == ["ann@uni.example"]
    assert letter["From"] == SENDER and letter["Subject"] == MAIL.subject
    assert letter["Message-ID"] == "<m-1@hospital.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().splitlines() == MAIL.body.splitlines()


def test_an_attachment_is_the_text_it_was():
    office = Office()
    with opened(office) as account:
        send(account, replace(MAIL, attachment=("checkpoint.json", '{"a": 1}\n')))
    (part,) = office.letters[0].iter_attachments()
    assert part.get_filename() == "checkpoint.json" and part.get_content().rstrip() == '{"a": 1}'


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_nobody_on_the_way_reads_it_or_the_password(tmp_path, monkeypatch, security):
    file, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    office = Office()
    own = {"ssl_context": context} if security == "tls" else {"tls_context": context}
    strict = {"auth_required": True, "authenticator": login}
    strict |= {"auth_require_tls": security == "starttls"}
    with opened(office, **own, **strict) as account:
        send(replace(account, security=security, user="beacon", password="s3cret"))
        with pytest.raises(MailFailed, match="answered 535") as failed:
            send(replace(account, security=security, user="beacon", password="wrong"))
    assert not failed.value.is_final, "the operator can mend it"
    assert len(office.letters) == 1


def test_a_server_that_others_vouch_for_is_not_ours(tmp_path):
    _, context = certificate(tmp_path)
    office = Office()
    refused = pytest.raises(MailFailed, match="no secure connection")
    with opened(office, tls_context=context) as account, refused:
        send(replace(account, security="starttls"))
    assert office.letters == []


def test_without_starttls_nothing_is_sent_in_the_open():
    office = Office()
    with opened(office) as account, pytest.raises(MailFailed, match="STARTTLS"):
        send(replace(account, security="starttls"))
    assert office.letters == []


@pytest.mark.parametrize(
    ("fault", "is_final"),
    [({"refused": {MAIL.to}}, True), ({"busy": {MAIL.to}}, False), ({"spam": True}, True)],
    ids=["no such mailbox", "try again later", "taken for spam"],
)
def test_a_refusal_says_whether_to_try_again_and_names_nobody(fault, is_final):
    office = Office()
    vars(office).update(fault)
    with opened(office) as account, pytest.raises(MailFailed) as failed:
        send(account)
    assert failed.value.is_final is is_final
    assert "ann" not in failed.value.reason


def test_a_server_that_does_not_answer_is_not_waited_for():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        account = replace(_account(deaf.getsockname()[1]), timeout_s=0.2)
        begun = time.monotonic()
        with pytest.raises(MailFailed, match="does not answer in time") as failed:
            send(account)
    assert time.monotonic() - begun < 3 and not failed.value.is_final


def test_a_server_that_is_down_may_be_up_later():
    with pytest.raises(MailFailed, match="cannot be reached") as failed:
        send(_account(free_port()))
    assert not failed.value.is_final


def _account(port: int) -> SmtpAccount:
    return SmtpAccount("127.0.0.1", port, SENDER, security="none", timeout_s=2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "ann@",
        "@uni.example",
        "ann@uni.example, bob@uni.example",
        "ann@uni.example\nBcc: all@uni.example",
        "Ann <ann@uni.example>",
        "ann@uni.example>",
        "änn@uni.example",
        "ann@uni..example",
        f"{'a' * 65}@uni.example",
        f"ann@{'u' * 255}.example",
    ],
)
def test_what_is_not_one_plain_address_is_refused(text):
    with pytest.raises(InvalidRequest, match="one plain mail address"):
        check_address(text)

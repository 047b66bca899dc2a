"""Mail over SMTP, by the standard library: STARTTLS or TLS, a login if the server wants one."""

import smtplib
import ssl
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from beacon_node.model.mail import Mail, MailFailed
from beacon_node.ports import Clock

STARTTLS, TLS, PLAIN = "starttls", "tls", "none"
SECURITIES = (STARTTLS, TLS, PLAIN)


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """The server that takes our mail, and as whom. `security` is one of `SECURITIES`."""

    host: str
    port: int
    sender: str
    security: str = STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 10.0


class SmtpMailer:
    """Sends one mail at a time. Raises MailFailed; whoever calls decides whether to try again."""

    def __init__(self, account: SmtpAccount, clock: Clock) -> None:
        self._account, self._clock = account, clock

    def send(self, mail: Mail) -> None:
        message = _message(mail, self._account, self._clock.now())
        try:
            with self._connected() as server:
                server.send_message(message, self._account.sender, [mail.to])
        except smtplib.SMTPResponseException as error:
            reason = f"the mail server answered {error.smtp_code}"
            raise MailFailed(reason, is_final=_is_final(error)) from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            reason = "the mail server refuses the recipient"
            raise MailFailed(reason, is_final=min(codes) >= _FINAL) from None
        except smtplib.SMTPNotSupportedError:
            reason = "the mail server offers no STARTTLS, or no login"
            raise MailFailed(reason, is_final=False) from None
        except ssl.SSLError as error:
            reason = f"no secure connection to the mail server: {error.reason or 'refused'}"
            raise MailFailed(reason, is_final=False) from None
        except (OSError, smtplib.SMTPException) as error:
            reason = f"the mail server cannot be reached: {_kind(error)}"
            raise MailFailed(reason, is_final=False) from None

    def _connected(self) -> smtplib.SMTP:
        """Return a session with the server; `with` ends it."""
        own = self._account
        if own.security == TLS:
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(own.host, own.port, timeout=own.timeout_s, context=context)
        else:
            server = smtplib.SMTP(own.host, own.port, timeout=own.timeout_s)
        with ExitStack() as undo:
            undo.callback(server.close)
            if own.security == STARTTLS:
                server.starttls(context=ssl.create_default_context())
            if own.user:
                server.login(own.user, own.password)
            undo.pop_all()
        return server


_FINAL = 500  # RFC 5321 4.2.1: 5yz is permanent


def _is_final(error: smtplib.SMTPResponseException) -> bool:
    """A login or a greeting that is refused is for the operator to mend, not the mail's fault."""
    of_mail = (smtplib.SMTPDataError, smtplib.SMTPSenderRefused)
    return isinstance(error, of_mail) and error.smtp_code >= _FINAL


def _kind(error: Exception) -> str:
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "it ended the connection"
    return getattr(error, "strerror", None) or type(error).__name__


def _message(mail: Mail, account: SmtpAccount, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = account.sender, mail.to, mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail.id}@{account.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies
    message.set_content(mail.body)
    if mail.attachment:
        name, text = mail.attachment
        message.add_attachment(text, subtype="plain", filename=name)
    return message

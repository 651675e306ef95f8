"""The e-mail that brings a link to its recipient. It holds the link, never the secret."""

from __future__ import annotations

import logging
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from .settings import Smtp

logger = logging.getLogger(__name__)

_TEXT = """\
{sender} has a secret for you.
This link shows it once, and only once:

{link}

Open it when you are ready to keep what it shows. If somebody has opened it
before you, tell {sender}.
"""


class Mailer:
    """Sends in the background; a failure is in the log and nowhere else (contract §3, `recipient`)."""

    def __init__(self, smtp: Smtp | None) -> None:
        self._smtp = smtp
        self._outbox = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")

    def send(self, sender: str, recipient: str, link: str) -> None:
        """Queue one e-mail to `recipient` that names `sender`, the account's address."""
        if self._smtp is None:
            logger.warning("E-mail not sent: no SMTP host is set (--smtp-host).")
            return
        self._outbox.submit(_deliver, self._smtp, _message(self._smtp, sender, recipient, link))

    def close(self) -> None:
        """Finish sending."""
        self._outbox.shutdown(wait=True)


def _message(smtp: Smtp, sender: str, recipient: str, link: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = smtp.sender
    message["Reply-To"] = sender
    message["To"] = recipient
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=smtp.domain)
    message["Subject"] = f"{sender} sent you a secret"
    # 7bit leaves the link in one piece, however long it is.
    message.set_content(_TEXT.format(sender=sender, link=link), cte="7bit")
    return message


def _deliver(smtp: Smtp, message: EmailMessage) -> None:
    try:
        with smtplib.SMTP(smtp.host, smtp.port, smtp.domain, smtp.timeout) as connection:
            if smtp.starttls:
                connection.starttls(context=ssl.create_default_context())
            if smtp.user is not None:
                connection.login(smtp.user, smtp.password or "")
            connection.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        # Not the error's own text: a mail server's answer may quote the e-mail, and so the link.
        code = getattr(error, "smtp_code", "")
        reason = f"{type(error).__name__} {code}".rstrip()
        logger.error("E-mail not sent: %s at %s:%d.", reason, smtp.host, smtp.port)  # noqa: TRY400

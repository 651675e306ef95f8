"""Sends what brings a link to its recipient."""

from __future__ import annotations

import logging
import smtplib
import sqlite3
import ssl
import threading
from dataclasses import dataclass
from typing import Any

from .notice import Notice, compose
from .outbox import Outbox, Waiting
from .settings import Smtp

logger = logging.getLogger(__name__)

_LOOK_EVERY = 5
_YES = 250
_PERMANENT = 500  # from here on a mail server's codes mean that it will never take this (RFC 5321 §4.2.1)


class Mailer:
    """Sends in the background, from the outbox; a failure is in the log and in `onetime-server mail list`."""

    def __init__(self, smtp: Smtp | None, outbox: Outbox) -> None:
        self._smtp = smtp
        self._outbox = outbox
        self._wake = threading.Event()
        self.is_closing = self._has_failed_while_closing = False
        self._thread = threading.Thread(target=self._work, name="mail", daemon=True)
        if smtp is not None:
            self._thread.start()

    def send(self, notice: Notice) -> None:
        """Queue one e-mail. It takes no longer than a write to the database."""
        if self._smtp is None:
            logger.warning("E-mail not sent: no SMTP host is set (--smtp-host).")
            return
        self._outbox.add(notice)
        self._wake.set()

    def close(self) -> None:
        """Finish sending what is due, up to the first that fails; the rest stays in the outbox."""
        self.is_closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        goes_on = True
        while goes_on:
            goes_on = not self.is_closing
            try:
                self._send_what_is_due()
            except sqlite3.Error as error:  # such as a full disk: the next round may do better
                logger.warning("The outbox cannot be used: %s.", error)
            except Exception as error:  # noqa: BLE001 - one e-mail must not hold up the others; its lease makes it unknown
                logger.error("An e-mail was not sent: %s.", type(error).__name__)  # noqa: TRY400 - its text may hold a link
                self._wake.set()
            if goes_on:
                self._wake.wait(_LOOK_EVERY)
                self._wake.clear()

    def _send_what_is_due(self) -> None:
        while not self._has_failed_while_closing and (mail := self._outbox.take()):
            was_sent = self._deliver(mail)
            self._has_failed_while_closing = self.is_closing and not was_sent

    def _deliver(self, mail: Waiting) -> bool:
        assert self._smtp is not None  # noqa: S101 - without it no thread runs
        progress = _Progress()
        try:
            _send(self._smtp, mail.notice, progress)
        except (OSError, ValueError, smtplib.SMTPException) as error:
            if not progress.is_accepted:  # else only the goodbye failed
                self._failed(mail, self._smtp, error, progress)
                return False
        self._outbox.sent(mail)
        return True

    def _failed(self, mail: Waiting, smtp: Smtp, error: Exception, progress: _Progress) -> None:
        # Not the error's own text: a mail server's answer may quote the e-mail, and so the link.
        code = _code(error)
        problem = f"{type(error).__name__} {code or ''}".rstrip()
        if progress.has_begun and not code:
            self._outbox.give_up(mail, "unknown", problem)
            outcome = "It may have been sent, so it is not sent again"
        elif code >= _PERMANENT and isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError):
            self._outbox.give_up(mail, "failed", problem)
            outcome = "Refused for good"
        else:
            self._outbox.postpone(mail, problem)
            outcome = "Tried again later"
        logger.error("E-mail %d not sent: %s at %s:%d. %s.", mail.id, problem, smtp.host, smtp.port, outcome)


@dataclass
class _Progress:
    """How far an e-mail came: handed to the mail server, and confirmed by it."""

    has_begun: bool = False
    is_accepted: bool = False


class _Connection(smtplib.SMTP):
    """Notes how far an e-mail came."""

    def __init__(self, smtp: Smtp, progress: _Progress) -> None:
        self._progress = progress
        super().__init__(smtp.host, smtp.port, smtp.domain, smtp.timeout)

    def data(self, msg: Any) -> tuple[int, bytes]:
        self._progress.has_begun = True
        code, answer = super().data(msg)
        self._progress.is_accepted = code == _YES
        return code, answer


def _send(smtp: Smtp, notice: Notice, progress: _Progress) -> None:
    with _Connection(smtp, progress) as connection:
        _begin(connection, smtp)
        connection.send_message(compose(smtp, notice))


def _begin(connection: smtplib.SMTP, smtp: Smtp) -> None:
    if smtp.starttls:
        connection.starttls(context=ssl.create_default_context())
    if smtp.user is not None:
        connection.login(smtp.user, smtp.password or "")


def problem_of(smtp: Smtp) -> str | None:
    """Why the mail server cannot be used, None if it can. Nothing is sent."""
    try:
        with _Connection(smtp, _Progress()) as connection:
            _begin(connection, smtp)
            connection.noop()
    except (OSError, ValueError, smtplib.SMTPException) as error:
        return f"{type(error).__name__} {_code(error) or ''}".rstrip()
    return None


def _code(error: Exception) -> int:
    """The mail server's answer, 0 where it gave none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _text in error.recipients.values())
    return int(getattr(error, "smtp_code", 0))

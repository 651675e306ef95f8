# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail by SMTP, over TLS but to this very machine."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import is_loopback
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.checks import check_ca_bundle, check_recipient
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.trust import distrust
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.wire import Call, DetourError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import DeliveryError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.plain import one_line
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.smtp import Smtp
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import MAIL

PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class Mail:
    """Sends to one address through one SMTP server. timeout: seconds for the whole of it."""

    channel: ClassVar = MAIL
    service: ClassVar = MAIL
    is_verified: ClassVar = True
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "to": {"type": "str"},
        "smtp_host": {"type": "str"},
        "smtp_port": {"type": "int"},
        "smtp_security": {"type": "str", "choices": list(PORTS), "default": "starttls"},
        "smtp_username": {"type": "str"},
        "smtp_password": {"type": "str", "no_log": True},
        "smtp_sender": {"type": "str"},
    }

    destination: str
    sender: str
    host: str
    port: int
    security: str
    username: str | None
    password: str | None = field(repr=False)
    ca_bundle: str | None
    timeout: float

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Mail:
        """Return what the options name. Raises InvalidInput."""
        for option in ("to", "smtp_host", "smtp_sender"):
            if not options[option]:
                raise InvalidInput("is missing; channel mail needs it", field=option)
        if bool(options["smtp_username"]) != bool(options["smtp_password"]):
            raise InvalidInput(
                "needs smtp_password and the other way round; give both or neither", field="smtp_username"
            )
        for option in ("smtp_host", "smtp_username", "smtp_password"):
            if not (options[option] or "").isascii():
                raise InvalidInput("has characters beyond ASCII, which cannot be sent; use ASCII", field=option)
        security = options["smtp_security"]
        if security == "none" and not is_loopback(options["smtp_host"]):
            raise InvalidInput(
                "is none, which is allowed only for a server on this machine; use starttls or tls",
                field="smtp_security",
            )
        return cls(
            _address(options["to"], "to"),
            _address(options["smtp_sender"], "smtp_sender"),
            options["smtp_host"],
            options["smtp_port"] or PORTS[security],
            security,
            options["smtp_username"] or None,
            options["smtp_password"] or None,
            check_ca_bundle(options["ca_bundle"]) if options["ca_bundle"] else None,
            options["timeout"],
        )

    @staticmethod
    def quoted(value: str) -> str:
        """Return the value as it stands: a mail is plain text."""
        return value

    def send(self, subject: str, text: str) -> None:
        message = self._message(subject, text)
        trust = _trust(self.ca_bundle)
        domain = self.sender.rpartition("@")[2]
        us = domain if domain.isascii() else "localhost"  # without it smtplib would ask the name service who we are
        call = Call()
        call.stays_here = self.security == "none"
        call.begin(self.timeout)
        server, failure = None, None
        try:
            server = Smtp(self.host, self.port, us, call, trust if self.security == "tls" else None)
            if self.security == "starttls":
                _start_tls(server, trust)
            self._log_in(server)
            server.send_message(message)
        except (smtplib.SMTPException, OSError, DetourError) as error:
            failure = self._failure(error, call, handed_over=server is not None and server.handed_over)
        finally:
            if server is not None:
                server.leave()
        if failure:
            raise failure  # out here, so that the server's own words are not chained to it

    def _log_in(self, server: Smtp) -> None:
        if not self.username or not self.password:
            return
        server.ehlo_or_helo_if_needed()
        if not server.has_extn("auth"):
            raise _NotOfferedError("offers no authentication; check smtp_port, or leave out smtp_username")
        server.login(self.username, self.password)

    def _message(self, subject: str, text: str) -> EmailMessage:
        message = EmailMessage(_WholeSubject())
        message["From"], message["To"], message["Subject"] = self.sender, self.destination, one_line(subject, "subject")
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=self.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        return message

    def _failure(self, error: Exception, call: Call, *, handed_over: bool) -> DeliveryError:
        reason = _reason(error)
        if not reason:
            how = "did not answer in time" if call.is_over else "broke off"
            reason = (
                f"{how}; whether the mail was sent is not known; the next run sends the same again"
                if handed_over
                else f"{how}; nothing was sent"
            )
        return DeliveryError(f"the mail server {self.host}:{self.port} {reason}", may_have_taken_effect=handed_over)


class _NotOfferedError(smtplib.SMTPException):
    """The server lacks what the options ask for; the text says what."""


class _WholeSubject(EmailPolicy):
    """Python's own folding loses blanks between words beyond ASCII; its older one does not."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name != "Subject" or self.utf8:
            return super().fold_binary(name, value)
        folded = Header(str(value), "us-ascii" if value.isascii() else "utf-8", header_name=name).encode(
            linesep=self.linesep
        )
        return f"{name}: {folded}{self.linesep}".encode("ascii")


def _trust(ca_bundle: str | None) -> ssl.SSLContext:
    """By what to trust a server: the authorities of a file or folder, or the usual ones."""
    is_folder = ca_bundle is not None and Path(ca_bundle).is_dir()
    try:
        return ssl.create_default_context(
            cafile=None if is_folder else ca_bundle, capath=ca_bundle if is_folder else None
        )
    except OSError:
        raise InvalidInput(
            "does not contain certificates; give a file in PEM format, or a folder of them", field="ca_bundle"
        ) from None


def _start_tls(server: Smtp, trust: ssl.SSLContext) -> None:
    server.ehlo_or_helo_if_needed()
    if not server.has_extn("starttls"):
        raise _NotOfferedError("offers no STARTTLS; check smtp_security and smtp_port")
    server.starttls(context=trust)


def _address(text: object, option: str) -> str:
    try:
        return one_line(check_recipient(text), option)
    except InvalidInput as error:
        raise InvalidInput(str(error.args[0]), field=option) from None


def _reason(error: Exception) -> str:
    """What went wrong, without the server's own words: they may repeat what it was sent. Empty where it broke off."""
    if isinstance(error, _NotOfferedError):
        return str(error)
    if isinstance(error, DetourError):
        return "is another machine, and smtp_security is none; use starttls or tls"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "refused the credentials; check smtp_username and smtp_password"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "does not support addresses with characters beyond ASCII; check smtp_sender and to"
    if isinstance(error, smtplib.SMTPSenderRefused):
        return f"refused the sender with code {error.smtp_code}; check smtp_sender"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"refused the mail with code {error.smtp_code}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "refused the recipient; check to"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"has a certificate that cannot be verified: {distrust([error])}"
    if isinstance(error, ssl.SSLError):
        return f"and this machine cannot agree on TLS ({error.reason}); check smtp_security and smtp_port"
    if isinstance(error, OSError) and error.strerror and not isinstance(error, TimeoutError):
        return f"cannot be reached: {error.strerror}"
    return ""

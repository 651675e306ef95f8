# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail by SMTP, over TLS but to this very machine."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from ipaddress import ip_address
from typing import Any, ClassVar

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.checks import check_recipient
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivering import DeliveryError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Channel

PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class Mail:
    """Sends to one address through one SMTP server. timeout: seconds for each step."""

    channel: ClassVar = Channel.MAIL
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
                raise InvalidInput("is missing; mail needs it", field=option)
        if bool(options["smtp_username"]) != bool(options["smtp_password"]):
            raise InvalidInput("comes with smtp_password, or neither is given", field="smtp_username")
        security = options["smtp_security"]
        if security == "none" and not _is_this_machine(options["smtp_host"]):
            raise InvalidInput("none is for a server on this very machine; use starttls or tls", field="smtp_security")
        return cls(
            check_recipient(options["to"]),
            check_recipient(options["smtp_sender"]),
            options["smtp_host"],
            options["smtp_port"] or PORTS[security],
            security,
            options["smtp_username"] or None,
            options["smtp_password"] or None,
            options["ca_bundle"] or None,
            options["timeout"],
        )

    def send(self, subject: str, text: str) -> None:
        try:
            with self._connected() as server:
                if self.username and self.password:
                    server.login(self.username, self.password)
                server.send_message(self._message(subject, text))
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(f"the mail server {self.host}:{self.port} {_reason(error)}") from None

    def _connected(self) -> smtplib.SMTP:
        trust = ssl.create_default_context(cafile=self.ca_bundle)
        us = self.sender.rpartition("@")[2]  # without it smtplib would ask the name service who we are
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, us, timeout=self.timeout, context=trust)
        server = smtplib.SMTP(self.host, self.port, us, timeout=self.timeout)
        if self.security == "starttls":
            server.starttls(context=trust)
        return server

    def _message(self, subject: str, text: str) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, self.destination, subject
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=self.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        return message


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reason(error: Exception) -> str:
    """What went wrong, without the server's own words: they may repeat what it was sent."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "refused the credentials; check smtp_username and smtp_password"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "offers no STARTTLS, or no authentication; check smtp_security and smtp_port"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"refused the mail with code {error.smtp_code}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "refused the recipient"
    if isinstance(error, ssl.SSLError):
        return f"cannot be trusted ({error.reason}); give the CA bundle that it needs"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be reached: {error.strerror}"
    return "broke off; whether the mail was sent is not known"

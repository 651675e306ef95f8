# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to a mail server that keeps one deadline, and takes no more words than a mail can need."""

from __future__ import annotations

import io
import smtplib
import socket
from contextlib import suppress
from ssl import SSLContext
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.wire import (
    Call,
    TimedReader,
    TimedSocket,
    dial,
)

_REPLIES_LIMIT = 65_536  # bytes


class Smtp(smtplib.SMTP):
    """A connection that heeds `call`. handed_over: whether the mail itself may have begun to leave.

    tls: by what to trust the server where TLS comes first; without it the connection begins in the clear.
    """

    def __init__(self, host: str, port: int, us: str, call: Call, tls: SSLContext | None) -> None:
        self._call = call
        self._tls = tls
        self.handed_over = False
        super().__init__(host, port, us)

    def starttls(self, *arguments: Any, **options: Any) -> tuple[int, bytes]:
        self.ehlo_or_helo_if_needed()
        if self.sock:
            self.sock.settimeout(self._call.seconds_left())  # for the handshake, which keeps it as a whole
        return super().starttls(*arguments, **options)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock:
            self.file = io.BufferedReader(_LimitedReader(self.sock, self._call))
        return super().getreply()

    def send(self, s: Any) -> None:
        if not self.sock:
            raise smtplib.SMTPServerDisconnected
        TimedSocket(self.sock, self._call).sendall(s.encode(self.command_encoding) if isinstance(s, str) else s)

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.handed_over = True
        return super().data(msg)

    def leave(self) -> None:
        """Say goodbye. However the server takes it, what it accepted is accepted."""
        with suppress(smtplib.SMTPException, OSError):
            self.quit()
        self.close()

    def _get_socket(self, host: str, port: int, _timeout: float) -> socket.socket:
        plain = dial(host, port, self._call)
        if self._tls is None:
            return plain
        try:
            plain.settimeout(self._call.seconds_left())
            return self._tls.wrap_socket(plain, server_hostname=host)
        except OSError:
            plain.close()
            raise


class _LimitedReader(TimedReader):
    """What a server says, up to the limit."""

    _read = 0

    def readinto(self, buffer: Any) -> int | None:
        count = super().readinto(buffer)
        self._read += count or 0
        if self._read > _REPLIES_LIMIT:
            raise OSError
        return count

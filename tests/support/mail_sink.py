"""A mail server on loopback that keeps what it gets."""

from __future__ import annotations

import ssl
import threading
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from local_stack import AnyPortController
from onetime_server.settings import Smtp


class Sink:
    """A mail server that keeps what it gets, and may hold every e-mail back until told."""

    def __init__(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.envelopes: list[Envelope] = []
        self.logins: list[LoginPassword] = []
        self.refusal = ""
        self.open = threading.Event()
        self.hangs_up = False
        self.asked, self.arrived = threading.Event(), threading.Event()
        self.open.set()
        self._controller = AnyPortController(
            self,
            hostname="127.0.0.1",
            port=port,
            auth_require_tls=False,
            tls_context=tls,
            authenticator=self._authenticate,
        )

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.asked.set()
        await server.loop.run_in_executor(None, self.open.wait)
        if self.hangs_up:
            server.transport.abort()
            return "250 nobody hears this"
        if self.refusal:
            return f"554 {self.refusal} {envelope.original_content!r}"
        self.envelopes.append(envelope)
        self.arrived.set()
        return "250 kept"

    def _authenticate(self, *arguments: Any) -> AuthResult:
        self.logins.append(arguments[-1])
        return AuthResult(success=True)

    @property
    def port(self) -> int:
        return int(self._controller.port)

    @property
    def smtp(self) -> Smtp:
        return Smtp("127.0.0.1", self.port, "secrets@example.com")

    def __enter__(self) -> Sink:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

"""An SMTP server that wants STARTTLS and a password, and keeps its mails."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from certificates import make_certificate
from local_stack import AnyPortController, Mailbox

LOGIN = ("ops", "s3cret-smtp")


class DemandingMailbox(Mailbox):
    """A mailbox behind STARTTLS and authentication."""

    def __init__(self, folder: Path, certificate: Path) -> None:
        super().__init__(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._controller = AnyPortController(
            self,
            hostname="127.0.0.1",
            port=0,
            ready_timeout=30,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=_authenticate,
        )


def _authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: LoginPassword
) -> AuthResult:
    return AuthResult(success=(login.login.decode(), login.password.decode()) == LOGIN, handled=True)


@contextmanager
def demanding_mailbox(folder: Path) -> Iterator[tuple[Mailbox, Path]]:
    """Run one that keeps its mails in `folder`/mail; yields it and the certificate to trust it by."""
    certificate = make_certificate(folder, "127.0.0.1")
    mailbox = DemandingMailbox(folder / "mail", certificate)
    mailbox.start()
    try:
        yield mailbox, certificate
    finally:
        mailbox.stop()

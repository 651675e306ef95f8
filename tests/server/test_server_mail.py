"""A link is sent to its recipient by e-mail, and only the link."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import requests
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from process import serving

from local_stack import AnyPortController
from onetime_server.cli import main
from onetime_server.settings import Smtp
from support.live_server import live_server

RECIPIENT = "bob@example.org"


class Sink:
    """A mail server that keeps what it gets, and may hold every e-mail back until told."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.logins: list[LoginPassword] = []
        self.refusal = ""
        self.open = threading.Event()
        self.open.set()
        self._controller = AnyPortController(
            self,
            hostname="127.0.0.1",
            port=0,
            auth_require_tls=False,
            authenticator=self._authenticate,
        )

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        await server.loop.run_in_executor(None, self.open.wait)
        if self.refusal:
            return f"554 {self.refusal} {envelope.original_content!r}"
        self.envelopes.append(envelope)
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


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


def test_the_recipient_gets_the_link_and_not_the_secret(tmp_path: Path, sink: Sink) -> None:
    with live_server(tmp_path / "data", smtp=sink.smtp) as server:
        alice = server.account()
        created = server.share("the plain text", alice, recipient=RECIPIENT, passphrase="correct-horse")

    [envelope] = sink.envelopes
    content = envelope.original_content or b""
    mail = message_from_bytes(content, policy=policy.default)
    assert envelope.rcpt_tos == [RECIPIENT]
    assert (mail["From"], mail["To"], mail["Reply-To"]) == ("secrets@example.com", RECIPIENT, "alice@example.com")
    assert f"{server.url}/secret/{created['secret_key']}" in mail.get_content().splitlines()
    assert not any(hidden.encode() in content for hidden in ("plain text", "correct-horse", created["metadata_key"]))
    assert created["recipient"] == ["bo***@e***.org"]


def test_a_generated_secret_and_a_custom_domain_are_sent_as_well(tmp_path: Path, sink: Sink) -> None:
    with live_server(tmp_path / "data", smtp=sink.smtp) as server:
        alice = server.account()
        server.services.accounts.add_domain("secrets.example.net", "alice@example.com")
        created = server.post("generate", alice, recipient=RECIPIENT, share_domain="secrets.example.net").json

    [envelope] = sink.envelopes
    content = envelope.original_content or b""
    assert f"http://secrets.example.net/secret/{created['secret_key']}".encode() in content
    assert created["value"].encode() not in content


def test_only_one_of_several_recipients_gets_an_email(tmp_path: Path, sink: Sink) -> None:
    body = b"secret=x&recipient[]=bob%40example.org&recipient[]=carol%40example.org"
    with live_server(tmp_path / "data", smtp=sink.smtp) as server:
        alice = server.account()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        assert server.request("POST", "/api/v1/share", auth=alice, headers=headers, body=body).status == 200

    assert [envelope.rcpt_tos for envelope in sink.envelopes] == [[RECIPIENT]]


def test_a_slow_mail_server_delays_nobody_and_stopping_waits_for_it(tmp_path: Path, sink: Sink) -> None:
    sink.open.clear()
    with live_server(tmp_path / "data", smtp=sink.smtp) as server:
        alice = server.account()
        for _ in range(3):
            server.share("x", alice, recipient=RECIPIENT)
        assert sink.envelopes == []
        sink.open.set()

    assert len(sink.envelopes) == 3


@pytest.mark.parametrize("fault", ["refuses", "is not there", "has no certificate", "is not set"])
def test_an_email_that_cannot_be_sent_is_logged_and_not_reported(
    tmp_path: Path, sink: Sink, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    sink.refusal = "refused, because of"
    smtp = {
        "refuses": sink.smtp,
        "is not there": Smtp("127.0.0.1", 1, "secrets@example.com"),
        "has no certificate": Smtp("127.0.0.1", sink.port, "secrets@example.com", starttls=True),
        "is not set": None,
    }[fault]

    with live_server(tmp_path / "data", smtp=smtp) as server:
        alice = server.account()
        created = server.share("x", alice, recipient=RECIPIENT)

    assert "E-mail not sent" in caplog.text
    assert created["secret_key"] not in caplog.text
    assert RECIPIENT not in caplog.text
    assert sink.envelopes == []


def test_the_mail_servers_password_comes_from_a_file(tmp_path: Path, sink: Sink) -> None:
    data, token, password = tmp_path / "data", tmp_path / "token", tmp_path / "password"
    token.write_text("a-token-of-our-own-choice")
    password.write_text("mail-password\n")
    main(["account", "add", "alice@example.com", "--data", str(data), "--token-file", str(token)])
    options = ["--smtp-host", "127.0.0.1", "--smtp-port", str(sink.port), "--smtp-user", "postman"]

    with serving(data, *options, "--smtp-password-file", str(password)) as running:
        requests.post(
            f"{running.url}/api/v1/share",
            data={"secret": "x", "recipient": RECIPIENT},
            auth=("alice@example.com", "a-token-of-our-own-choice"),
            timeout=30,
        )
        code, _, _ = running.stop()

    assert code == 0
    assert sink.logins == [LoginPassword(b"postman", b"mail-password")]
    assert len(sink.envelopes) == 1, "SIGTERM loses no e-mail"

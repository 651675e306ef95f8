"""A link is sent to its recipient by e-mail, and only the link."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests
from aiosmtpd.smtp import LoginPassword

from certificates import make_certificate
from onetime_server.cli import main
from onetime_server.languages import ENGLISH, LANGUAGES, translations
from onetime_server.moments import moment
from onetime_server.notice import Notice, compose
from onetime_server.settings import Smtp
from tests.support.live_server import live_server
from tests.support.mail_sink import Sink
from tests.support.server_command import serving

RECIPIENT = "bob@example.org"


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
    assert f"{server.url}/secret/{created['secret_key']}" in part(mail, "plain").splitlines()
    assert not any(hidden.encode() in content for hidden in ("plain text", "correct-horse", created["metadata_key"]))
    assert created["recipient"] == ["bo***@e***.org"]


def part(mail: EmailMessage, kind: str) -> str:
    """The text of the part of this kind."""
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_the_recipient_learns_all_there_is_to_know_but_the_secret(tmp_path: Path, sink: Sink) -> None:
    with live_server(tmp_path / "data", smtp=sink.smtp) as server:
        alice = server.account()
        guarded = server.share("the plain text", alice, recipient=RECIPIENT, passphrase="correct-horse", ttl="86400")
        server.share("x", alice, recipient=RECIPIENT)

    mail, open_one = (message_from_bytes(one.original_content or b"", policy=policy.default) for one in sink.envelopes)
    link = f"{server.url}/secret/{guarded['secret_key']}"
    for text in (part(mail, "plain"), part(mail, "html")):
        assert link in text
        assert "alice@example.com has a secret for you." in text
        assert "The link works until 16 January 2027, 08:00 UTC (in 1 day)." in text
        assert "A passphrase is needed. The sender gives it to you in another way, not by e-mail." in text
        assert "the plain text" not in text
        assert "correct-horse" not in text
    assert "No passphrase is needed." in part(open_one, "plain")
    assert f'<a href="{link}">' in part(mail, "html")
    assert "src=" not in part(mail, "html"), "nothing tells that it was opened"
    assert mail["Subject"] == "alice@example.com sent you a secret"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@example.com>")
    assert abs(mail["Date"].datetime.timestamp() - time.time()) < 600


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "alice@example.com sent you a secret"),
        ("de", "alice@example.com hat Ihnen ein Geheimnis geschickt"),
        ("sv", "alice@example.com har skickat en hemlighet till dig"),
        ("uk", "Вам надіслано секрет від alice@example.com"),
        ("ja", "alice@example.com さんから秘密情報が届いています"),
        ("zh", "alice@example.com 向您发送了一条机密信息"),
        ("nosuch", "alice@example.com sent you a secret"),
    ],
)
def test_an_email_is_in_the_language_of_the_account(language: str, subject: str) -> None:
    link = f"https://secrets.example.com/secret/{'k' * 62}"
    notice = Notice("alice@example.com", RECIPIENT, link, 1_800_000_000, 1_800_086_400, True, language)

    sent = compose(Smtp("127.0.0.1", 25, "secrets@example.com"), notice).as_bytes(policy=policy.SMTP)

    mail = message_from_bytes(sent, policy=policy.default)
    expected = LANGUAGES.get(language, ENGLISH)
    says = translations(expected).gettext("No passphrase is needed.")
    assert mail["Subject"] == subject
    assert mail["Content-Language"] == expected.tag
    assert f'<html lang="{expected.tag}">' in part(mail, "html")
    assert says not in part(mail, "plain")
    assert link in part(mail, "plain").splitlines()
    assert moment(notice.expires, expected) in part(mail, "plain")
    assert all(len(line) < 998 for line in sent.splitlines())
    assert sent.isascii(), "every mail server takes it"
    assert "k" * 62 not in repr(notice)


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

    assert re.search(r"E-mail (\d )?not sent", caplog.text)
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


@pytest.mark.parametrize(("trusted", "sent"), [(True, 1), (False, 0)])
def test_an_encrypted_connection_is_made_to_a_server_of_a_valid_certificate_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trusted: bool, sent: int
) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    with Sink(context) as sink:
        smtp = Smtp("127.0.0.1", sink.port, "secrets@example.com", starttls=True)
        with live_server(tmp_path / "data", smtp=smtp) as server:
            server.share("x", server.account(), recipient=RECIPIENT)

    assert len(sink.envelopes) == sent
    assert ("not sent: SSLCertVerificationError" in caplog.text) is not trusted


def test_an_address_that_the_mail_server_cannot_take_is_logged(
    tmp_path: Path, sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    with live_server(tmp_path / "data", smtp=sink.smtp) as server:
        server.share("x", server.account(), recipient="älice@example.com")

    assert len(sink.envelopes) + caplog.text.count("E-mail not sent") == 1

"""Mail: what arrives, and what is said where it does not."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import DeliveryError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.mail import Mail
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.plain import one_line
from certificates import make_certificate
from demanding_mailbox import LOGIN, demanding_mailbox
from local_stack import Mailbox
from tests.support.smtp import scripted

Make = Callable[..., Mail]
OFFERS = "250-here\r\n250 AUTH PLAIN LOGIN"


def tls_of(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(make_certificate(folder, "127.0.0.1"))
    return context


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.sampled_from("ab cdéüß漢字🎉-:,;\"'()<>=?_ @.\n"), max_size=200))
@example("Ihr Zugang für die Datenbank »prod«, gültig bis Freitag: bitte nur einmal öffnen, Frau Müller 🎉 öö\n")
@example("first line\nsecond line, für alle\n\n")
def test_a_subject_arrives_intact(subject: str) -> None:
    message = Mail("a@example.com", "o@example.com", "h", 25, "none", None, None, None, 1)._message(subject, "text")
    raw = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
    assert message_from_bytes(raw, policy=policy.default)["Subject"] == " ".join(subject.split())
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("subject", ["Zugang für Frau Müller\n", "eine Zeile\nund noch öne,\n\nlang " + "ä b " * 60])
def test_a_subject_of_several_lines_arrives_as_one(mail: Make, mailbox: Mailbox, subject: str) -> None:
    mail(mailbox.port).send(subject, "Grüße\n.\nende")
    (arrived,) = mailbox.mails()
    assert arrived["Subject"] == " ".join(subject.split())
    assert arrived.get_content().splitlines() == ["Grüße", ".", "ende"]
    assert (arrived["To"], arrived["From"]) == ("alice@example.com", "ops@example.com")


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\x9b", "\u202e", "\u2066", "\u200f"])
@pytest.mark.parametrize("option", ["to", "smtp_sender"])
def test_an_address_with_hidden_characters_is_refused(mail: Make, option: str, character: str) -> None:
    with pytest.raises(InvalidInput, match=f"{option}: ") as error:
        mail(25, **{option: f"ali{character}ce@example.com"})
    assert character not in str(error.value)
    with pytest.raises(InvalidInput, match="subject: "):
        one_line(f"a{character}b", "subject")


@pytest.mark.parametrize("option", ["to", "smtp_sender"])
def test_a_wrong_address_is_told_by_its_own_option(mail: Make, option: str) -> None:
    with pytest.raises(InvalidInput) as error:
        mail(25, **{option: "nobody"})
    assert error.value.field == option


def test_an_address_beyond_ascii_is_used_where_the_server_takes_it(mail: Make, mailbox: Mailbox) -> None:
    mail(mailbox.port, smtp_sender="öps@example.com", to="älice@example.com").send("s", "t")
    (arrived,) = mailbox.mails()
    assert (arrived["To"], arrived["From"]) == ("älice@example.com", "öps@example.com")


def test_a_server_that_does_not_take_such_an_address_is_not_blamed_for_its_tls(mail: Make) -> None:
    with scripted({}) as server, pytest.raises(DeliveryError, match="beyond ASCII; check smtp_sender and to"):
        mail(server.port, smtp_sender="öps@example.com").send("s", "t")


def test_a_password_beyond_ascii_is_told_without_a_character_of_it(mail: Make) -> None:
    with pytest.raises(InvalidInput, match="smtp_password: ") as error:
        mail(25, smtp_username="ops", smtp_password="geheimnisvöll")
    assert not [part for part in ("geheim", "ö", "voll") if part in str(error.value)]


@pytest.mark.parametrize("goodbye", ["421 too many", "500 what", "hello"])
def test_a_mail_that_was_accepted_is_sent_however_the_server_leaves(mail: Make, goodbye: str) -> None:
    with scripted({"QUIT": goodbye}) as server:
        mail(server.port).send("s", "t")
    assert server.heard[-2:] == ["DATA", "QUIT"]


@pytest.mark.parametrize(
    ("replies", "options", "problem"),
    [
        ({}, {"smtp_security": "starttls"}, "offers no STARTTLS; check"),
        ({}, {"smtp_username": "ops", "smtp_password": "s3cret"}, "offers no authentication; check"),
        (
            {"EHLO": OFFERS, "AUTH": "535 s3cret is wrong"},
            {"smtp_username": "ops", "smtp_password": "s3cret"},
            "refused the credentials",
        ),
        ({"MAIL": "550 s3cret"}, {}, "refused the sender with code 550; check smtp_sender"),
        ({"RCPT": "550 s3cret"}, {}, "refused the recipient"),
        ({"DATA": "554 s3cret"}, {}, "refused the mail with code 554"),
        ({"EHLO": "250-here\r\n250 STARTTLS", "STARTTLS": "454 s3cret"}, {"smtp_security": "starttls"}, "code 454"),
    ],
)
def test_what_the_server_refuses_is_told_in_our_words(
    mail: Make, replies: dict[str, str], options: dict[str, str], problem: str
) -> None:
    with scripted(replies) as server, pytest.raises(DeliveryError, match=problem) as error:
        mail(server.port, **options).send("s", "t")
    assert "s3cret" not in str(error.value)
    assert error.value.__context__ is None


def test_a_server_that_hangs_up_took_nothing_before_the_mail(mail: Make) -> None:
    with (
        scripted({}, first=lambda connection: connection.sendall(b"220 here\r\n")) as server,
        pytest.raises(DeliveryError, match="broke off; nothing was sent"),
    ):
        mail(server.port).send("s", "t")


def for_ever(piece: bytes, pause: float) -> Callable[[socket.socket], None]:
    def drip(connection: socket.socket) -> None:
        while piece or connection.recv(1):
            connection.sendall(piece)
            time.sleep(pause)

    return drip


@pytest.mark.parametrize(
    "piece", [b"", b"2", b"220-again\r\n"], ids=["says nothing", "drips bytes", "never ends its greeting"]
)
def test_a_mail_is_over_at_its_deadline(mail: Make, piece: bytes) -> None:
    begin = time.monotonic()
    with (
        scripted({}, first=for_ever(piece, 0.05)) as server,
        pytest.raises(DeliveryError, match="did not answer in time; nothing was sent"),
    ):
        mail(server.port, timeout=0.5).send("s", "t")
    assert time.monotonic() - begin < 3


def test_a_flood_of_words_is_not_read(mail: Make) -> None:
    begin = time.monotonic()
    with scripted({}, first=for_ever(b"220-" + b"x" * 500 + b"\r\n", 0)) as server, pytest.raises(DeliveryError):
        mail(server.port, timeout=60).send("s", "t")
    assert time.monotonic() - begin < 20, "it has an end of its own, before that of the time"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(mail: Make, tmp_path: Path, security: str) -> None:
    context = tls_of(tmp_path)

    def handshake(connection: socket.socket) -> None:
        context.wrap_socket(connection, server_side=True).recv(1)

    replies = {"EHLO": "250-here\r\n250 STARTTLS", "STARTTLS": "220 go on"}
    with (
        scripted(replies, first=handshake if security == "tls" else None, tls=context) as server,
        pytest.raises(
            DeliveryError, match="has a certificate that cannot be verified: self-signed certificate; set ca_bundle"
        ),
    ):
        mail(server.port, smtp_security=security).send("s", "t")
    assert "MAIL" not in server.heard


def test_a_certificate_of_the_bundle_is_trusted(mail: Make, tmp_path: Path) -> None:
    with demanding_mailbox(tmp_path) as (mailbox, certificate):
        mail(
            mailbox.port,
            smtp_security="starttls",
            ca_bundle=str(certificate),
            smtp_username=LOGIN[0],
            smtp_password=LOGIN[1],
        ).send("s", "t")
        assert len(mailbox.mails()) == 1


@contextmanager
def behind_tls(folder: Path, certificate: Path) -> Iterator[Mailbox]:
    """A real SMTP server that begins with TLS."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    mailbox = Mailbox(folder)
    mailbox._controller.ssl_context = tls
    mailbox.start()
    try:
        yield mailbox
    finally:
        mailbox.stop()


@pytest.mark.parametrize("bundle", ["a file", "a folder"])
def test_a_server_that_begins_with_tls_is_trusted_by_the_bundle(mail: Make, tmp_path: Path, bundle: str) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.1")
    folder = tmp_path / "authorities"
    folder.mkdir()
    (folder / f"{subject_hash(certificate)}.0").write_bytes(certificate.read_bytes())
    trusted = certificate if bundle == "a file" else folder
    with behind_tls(tmp_path / "mail", certificate) as mailbox:
        mail(mailbox.port, smtp_security="tls", ca_bundle=str(trusted)).send("s", "t")
        assert len(mailbox.mails()) == 1
        with pytest.raises(DeliveryError, match=r"broke off|did not answer|TLS"):
            mail(mailbox.port, smtp_security="none", timeout=2).send("s", "t")
        assert len(mailbox.mails()) == 1


def subject_hash(certificate: Path) -> str:
    """Under which name OpenSSL looks for an authority in a folder: of its subject without the header of the outer sequence."""
    subject = x509.load_pem_x509_certificate(certificate.read_bytes()).subject.public_bytes()
    return f"{int.from_bytes(hashlib.sha1(subject[2:]).digest()[:4], 'little'):08x}"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_another_host_s_certificate_is_refused(mail: Make, tmp_path: Path, security: str) -> None:
    other = make_certificate(tmp_path, "127.0.0.2")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(other)

    def handshake(connection: socket.socket) -> None:
        tls.wrap_socket(connection, server_side=True).recv(1)

    replies = {"EHLO": "250-here\r\n250 STARTTLS", "STARTTLS": "220 go on"}
    with (
        scripted(replies, first=handshake if security == "tls" else None, tls=tls) as server,
        pytest.raises(DeliveryError, match="give the host name that the certificate is for"),
    ):
        mail(server.port, smtp_security=security, ca_bundle=str(other)).send("s", "t")
    assert "MAIL" not in server.heard


def test_a_bundle_that_cannot_be_used_is_told(mail: Make, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"^ca_bundle: does not exist"):
        mail(25, ca_bundle="/no/such/file")
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate\n")
    with scripted({}) as server, pytest.raises(InvalidInput, match=r"^ca_bundle: does not contain certificates"):
        mail(server.port, ca_bundle=str(empty)).send("s", "t")
    assert server.heard == []


def test_without_tls_it_does_not_go_to_another_machine_by_a_name_that_is_ours(
    mail: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 25))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: elsewhere)
    with pytest.raises(DeliveryError) as caught:
        mail(25, smtp_host="mail.localhost", smtp_username="ops", smtp_password="s3cret").send("a subject", "the link")
    assert str(caught.value) == (
        "the mail server mail.localhost:25 is another machine, and smtp_security is none; use starttls or tls"
    )

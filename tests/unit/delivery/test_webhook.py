"""Webhooks: what arrives, and what counts as a delivery."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import DeliveryError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.webhook import Webhook
from certificates import make_certificate
from tests.support.proxies import socks_proxy
from tests.support.replay import Answer, flood, misbehaving, replaying

Make = Callable[..., Webhook]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def test_a_socks_proxy_is_used_or_told_that_it_cannot_be(webhook: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    with replaying(Answer(200)) as chat, socks_proxy(("127.0.0.1", int(chat.url.rpartition(":")[2]))) as proxy:
        webhook(f"{chat.url}/hooks/T0ken", proxy=proxy.url).send("s", "t")
        assert chat.received[0].path == "/hooks/T0ken"

        def missing(*_arguments: object, **_options: object) -> None:
            raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")

        monkeypatch.setattr(requests.adapters, "SOCKSProxyManager", missing)
        with pytest.raises(DeliveryError, match="PySocks is missing; install it for this Python") as caught:
            webhook(f"{chat.url}/hooks/T0ken", proxy=proxy.url).send("s", "t")
    assert "T0ken" not in str(caught.value)


@pytest.mark.usefixtures("netrc")
def test_a_netrc_adds_no_credentials(webhook: Make) -> None:
    with replaying(Answer(200)) as chat:
        webhook(f"{chat.url}/hooks/T0ken?thread=7").send("s", "t")
    (message,) = chat.received
    assert "authorization" not in message.headers
    assert message.headers["accept-encoding"] == "identity"
    assert message.path == "/hooks/T0ken?thread=7"


def test_plain_http_to_this_machine_does_not_leave_it_by_a_proxy(webhook: Make) -> None:
    problem = "the webhook at 127.0.0.1:1 is plain HTTP to this machine, and would be sent to another one"
    with pytest.raises(DeliveryError, match=problem) as caught:
        webhook("http://127.0.0.1:1/T0ken", proxy="http://proxy.example.com:3128").send("s", "t")
    assert "T0ken" not in str(caught.value)


@pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 308, 400, 403, 500])
def test_only_a_status_of_success_is_a_delivery(webhook: Make, status: int) -> None:
    with replaying(Answer(status)) as chat, pytest.raises(DeliveryError, match=f"HTTP status {status}"):
        webhook(f"{chat.url}/hooks/T0ken").send("s", "t")
    assert len(chat.received) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_status_of_success_is_a_delivery(webhook: Make, status: int) -> None:
    with replaying(Answer(status)) as chat:
        webhook(f"{chat.url}/x").send("s", "t")


def test_a_reply_is_neither_unpacked_nor_read_without_end(webhook: Make) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    with replaying(Answer(200, body=bomb, headers={"Content-Encoding": "gzip"})) as chat:
        webhook(f"{chat.url}/x").send("s", "t")

    begin = time.monotonic()
    with misbehaving(flood) as chat:
        webhook(f"{chat.url}/x", timeout=60).send("s", "t")
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize("begin", [b"", HEAD, HEAD + b"\r\n"], ids=["no reply", "in its head", "in its body"])
def test_a_message_is_over_at_its_deadline(webhook: Make, begin: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(begin)
        while True:
            time.sleep(0.05)
            connection.sendall(b"x" if begin else b"")
            if not begin and not connection.recv(1):
                return

    with misbehaving(drip) as chat:
        started = time.monotonic()
        with pytest.raises(DeliveryError, match="did not answer in time; whether the message was taken is not known"):
            webhook(f"{chat.url}/T0ken", timeout=0.5).send("s", "t")
        assert time.monotonic() - started < 3


def test_no_logger_says_anything(webhook: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    with replaying(Answer(200)) as chat:
        webhook(f"{chat.url}/hooks/T0ken").send("s", "t")
    assert caplog.text == ""


def test_a_failure_shows_nothing_of_the_url(webhook: Make) -> None:
    with pytest.raises(DeliveryError, match=r"the webhook at 127\.0\.0\.1:1 cannot be reached") as error:
        webhook("http://127.0.0.1:1/hooks/T0ken").send("s", "t")
    assert error.value.__context__ is None


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path, "127.0.0.1")


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused(
    webhook: Make, tls: ssl.SSLContext, certificate: Path
) -> None:
    with replaying(Answer(200), tls=tls) as chat:
        with pytest.raises(DeliveryError, match="cannot be verified: self-signed certificate; set ca_bundle"):
            webhook(f"{chat.url}/x").send("s", "t")
        assert chat.received == []
        webhook(f"{chat.url}/x", ca_bundle=str(certificate)).send("s", "t")
    assert len(chat.received) == 1


@pytest.mark.parametrize("ca_bundle", [False, True])
def test_a_certificate_goes_unverified_only_where_that_is_said(
    webhook: Make, tls: ssl.SSLContext, certificate: Path, *, ca_bundle: bool
) -> None:
    with replaying(Answer(200), tls=tls) as chat:
        bundle = str(certificate) if ca_bundle else None
        webhook(f"{chat.url}/x", validate_certs=False, ca_bundle=bundle).send("s", "t")
    assert len(chat.received) == 1


def test_another_host_s_certificate_is_refused(webhook: Make, tmp_path: Path) -> None:
    other = make_certificate(tmp_path, "127.0.0.2")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(other)
    with (
        replaying(Answer(200), tls=tls) as chat,
        pytest.raises(DeliveryError, match="give the host name that the certificate is for"),
    ):
        webhook(f"{chat.url}/x", ca_bundle=str(other)).send("s", "t")
    assert chat.received == []


def test_a_bundle_that_is_not_there_is_told(webhook: Make) -> None:
    with pytest.raises(InvalidInput, match=r"^ca_bundle: does not exist"):
        webhook("https://127.0.0.1:1/x", ca_bundle="/no/such/file")


@pytest.mark.parametrize(
    ("shape", "value", "shown"),
    [
        ("slack", "<!channel> & <https://evil.example|x>", "&lt;!channel&gt; &amp; &lt;https://evil.example|x&gt;"),
        ("mattermost", "@channel *a* :)", "`@channel *a* :)`"),
        ("mattermost", "a`b``", "``` a`b`` ```"),
        ("teams", "*a* [b](c) `d`", r"\*a\* \[b\]\(c\) \`d\`"),
    ],
)
def test_a_value_is_shown_as_it_stands(webhook: Make, shape: str, value: str, shown: str) -> None:
    with replaying(Answer(200)) as chat:
        hook = webhook(f"{chat.url}/x", webhook_shape=shape)
        hook.send("subject", f"It is {hook.quoted(value)}: https://ots.example.com/secret/a_b-c")
    body = json.loads(chat.received[0].body)
    text = body["attachments"][0]["content"]["body"][0]["text"] if shape == "teams" else body["text"]
    assert text == f"subject\n\nIt is {shown}: https://ots.example.com/secret/a_b-c"

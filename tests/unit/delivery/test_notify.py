"""Notifications by Apprise: what arrives at its services, and what counts as a delivery. Apprise says what; sending is ours."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import socket
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput, MissingLibrary
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import DeliveryError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.notify import Notify
from certificates import make_certificate
from tests.support.replay import Answer, Received, flood, misbehaving, replaying

Make = Callable[..., Notify]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
SECRET = "T0kenT0kenT0k"
NASTY = "a*b_c `d` <e>&amp; @all :)"
LINK = "https://ots.example.com/secret/a_b-c"


@pytest.fixture
def notify() -> Make:
    """Make what notifies, with options of ots_deliver."""

    def made(url: str, **options: object) -> Notify:
        usual = {"notify_url": url, "validate_certs": True, "ca_bundle": None, "proxy": None, "timeout": 10}
        return Notify.of({**usual, **options})

    return made


def place(url: str) -> str:
    return url.partition("://")[2]


def message_of(name: str, request: Received) -> str:
    """The text that a service's own server would show."""
    body = request.body.decode()
    if name in ("ntfy", "gotify", "json", "nctalk", "signal"):
        return str(json.loads(body)["message"])
    if name == "mmost":
        return str(json.loads(body)["text"])
    if name == "bark":
        return str(json.loads(body)["body"])
    if name == "form":
        return request.form["message"]
    found = ET.fromstring(body).find(".//{*}Message")
    assert found is not None
    return str(found.text)


# Each with its URL for a host, the path that it posts to, and what proves who sends.
SERVICES: dict[str, tuple[str, str, tuple[str, str]]] = {
    "ntfy": (f"ntfy://tk_{SECRET}@HOST/alice", "/", ("authorization", f"Bearer tk_{SECRET}")),
    "gotify": (f"gotify://HOST/A{SECRET}0", "/message", ("x-gotify-key", f"A{SECRET}0")),
    "mmost": (f"mmost://HOST/{SECRET}", f"/hooks/{SECRET}", ("content-type", "application/json")),
    "nctalk": (
        f"nctalk://bot:{SECRET}@HOST/room",
        "/ocs/v2.php/apps/spreed/api/v1/chat/room",
        ("authorization", "Basic " + base64.b64encode(f"bot:{SECRET}".encode()).decode()),
    ),
    "signal": ("signal://HOST/15550100999/15550100998", "/v2/send", ("content-type", "application/json")),
    "bark": (f"bark://HOST/{SECRET}", "/push", ("accept-encoding", "identity")),
    "json": (f"json://HOST/in/{SECRET}", f"/in/{SECRET}", ("content-type", "application/json")),
    "form": ("form://HOST/in", "/in", ("content-type", "application/x-www-form-urlencoded")),
    "xml": ("xml://HOST/in", "/in", ("content-type", "application/xml")),
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_text_arrives_as_it_stands_and_once(notify: Make, name: str) -> None:
    url, path, (header, value) = SERVICES[name]
    with replaying(Answer(200, json={})) as server:
        sender = notify(url.replace("HOST", place(server.url)))
        sender.send("A credential", f"It is: {sender.quoted(NASTY)}\n\n{LINK}")
    (request,) = server.received
    assert (request.method, request.path, request.headers[header]) == ("POST", path, value)
    in_code = f"`` {NASTY} ``" if name in ("mmost", "nctalk") else NASTY
    assert f"It is: {in_code.replace('`` ', '``').replace(' ``', '``')}\n\n{LINK}" in message_of(name, request)
    assert "A credential" in unquote_plus(request.body.decode())
    assert (sender.channel, sender.destination) == ("notify", place(server.url))
    assert sender.service == ("webhook" if name == "mmost" else name)


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("status", [300, 302, 307, 403, 429, 500])
def test_a_refusal_is_one_post_and_no_delivery(notify: Make, name: str, status: int) -> None:
    with replaying(Answer(200)) as other:
        answer = Answer(status, headers={"Location": f"{other.url}/elsewhere", "Retry-After": "0"})
        with (
            replaying(answer) as server,
            pytest.raises(DeliveryError, match=rf"^{name} at 127\.0\.0\.1:\d+ answered with HTTP status {status}$"),
        ):
            notify(SERVICES[name][0].replace("HOST", place(server.url))).send("s", LINK)
    assert (len(server.received), len(other.received)) == (1, 0)


def test_a_refusal_with_a_status_of_success_is_not_a_delivery(notify: Make) -> None:
    refused = {"jsonrpc": "2.0", "error": {"code": 35, "message": f"no credit for {SECRET}"}}
    for answer in (Answer(200, json=refused), Answer(200, body=b"<html>")):
        with (
            replaying(answer) as server,
            pytest.raises(DeliveryError, match=r"^smseagle at .* HTTP status 200, but not as it does") as error,
        ):
            notify(f"smseagle://{SECRET}@{place(server.url)}/15550100999").send("s", LINK)
        assert len(server.received) == 1
        assert SECRET not in str(error.value)


RESTLESS = "retry=5&wait=0&redirect=yes&rto=60&cto=60&overflow=split&optional=yes&store=yes&emojis=yes"


def test_what_the_url_says_of_the_way_has_no_effect(notify: Make) -> None:
    answer = Answer(302, headers={"Location": "/elsewhere"})
    with replaying(answer) as server, pytest.raises(DeliveryError, match="HTTP status 302"):
        notify(f"mmost://{place(server.url)}/{SECRET}?{RESTLESS}").send("s", f"{LINK} :smile: {'x' * 5000}")
    (request,) = server.received
    assert f"{LINK} :smile: {'x' * 5000}" in json.loads(request.body)["text"]


def for_ever(piece: bytes) -> Callable[[socket.socket], None]:
    def drip(connection: socket.socket) -> None:
        while True:
            time.sleep(0.02)
            connection.sendall(piece)
            if not piece and not connection.recv(1):
                return

    return drip


@pytest.mark.parametrize("name", ["ntfy", "gotify", "mmost", "nctalk", "json"])
@pytest.mark.parametrize(
    ("begin", "piece"),
    [(b"", b""), (b"", b"HTTP/1.1 100 Continue\r\n\r\n"), (HEAD, b"x"), (HEAD + b"\r\n", b"x")],
    ids=["says nothing", "says to go on", "never ends its head", "never ends its body"],
)
def test_a_notification_is_over_at_its_deadline(notify: Make, name: str, begin: bytes, piece: bytes) -> None:
    def behave(connection: socket.socket) -> None:
        connection.sendall(begin)
        for_ever(piece)(connection)

    with misbehaving(behave) as server:
        sender = notify(SERVICES[name][0].replace("HOST", place(server.url)), timeout=0.5)
        started = time.monotonic()
        with pytest.raises(DeliveryError, match="did not answer in time; whether the message was taken is not known"):
            sender.send("s", LINK)
        assert time.monotonic() - started < 3
    assert len(server.received) == 1


@pytest.mark.parametrize("name", ["ntfy", "gotify", "mmost", "nctalk", "json"])
def test_a_connection_that_breaks_is_not_tried_again(notify: Make, name: str) -> None:
    with (
        misbehaving(lambda _connection: None) as server,
        pytest.raises(DeliveryError, match="broke off; whether the message was taken is not known"),
    ):
        notify(SERVICES[name][0].replace("HOST", place(server.url))).send("s", LINK)
    assert len(server.received) == 1


def test_a_reply_is_neither_unpacked_nor_read_without_end(notify: Make) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    with replaying(Answer(200, body=bomb, headers={"Content-Encoding": "gzip"})) as server:
        notify(f"ntfy://{place(server.url)}/alice").send("s", LINK)

    begin = time.monotonic()
    with misbehaving(flood) as server:
        notify(f"ntfy://{place(server.url)}/alice", timeout=60).send("s", LINK)
    assert time.monotonic() - begin < 20


@pytest.mark.usefixtures("netrc")
def test_a_netrc_adds_no_credentials(notify: Make) -> None:
    with replaying(Answer(200)) as server:
        notify(f"json://{place(server.url)}/in").send("s", LINK)
    assert "authorization" not in server.received[0].headers


def test_plain_http_to_this_machine_does_not_leave_it_by_a_proxy(notify: Make) -> None:
    problem = "ntfy at 127.0.0.1:1 is plain HTTP to this machine, and would be sent to another one"
    with pytest.raises(DeliveryError, match=problem):
        notify("ntfy://127.0.0.1:1/alice", proxy="http://proxy.example.com:3128").send("s", LINK)


def test_a_proxy_is_the_one_that_is_named(notify: Make) -> None:
    with replaying(Answer(200)) as proxy:
        notify("ntfy://127.0.0.1:1/alice", proxy=proxy.url).send("s", LINK)
    (request,) = proxy.received
    assert request.path == "http://127.0.0.1:1/"


def test_a_certificate_is_verified_whatever_the_url_says(notify: Make, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with replaying(Answer(200), tls=tls) as server:
        url = f"ntfys://{place(server.url)}/alice"
        with pytest.raises(DeliveryError, match="cannot be verified: self-signed certificate; set ca_bundle"):
            notify(url).send("s", LINK)
        with pytest.raises(InvalidInput, match=r"^notify_url: has verify=no; give ca_bundle"):
            notify(f"{url}?verify=no")
        assert server.received == []
        notify(url, ca_bundle=str(certificate)).send("s", LINK)
        unverified = notify(f"{url}?verify=no", validate_certs=False)
        unverified.send("s", LINK)
    assert len(server.received) == 2
    assert not unverified.is_verified


@pytest.mark.parametrize("name", SERVICES)
def test_no_logger_says_anything(
    notify: Make, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(1)
    url = SERVICES[name][0]
    with replaying(Answer(200), Answer(302, headers={"Location": "/x"}), Answer(500, body=SECRET.encode())) as server:
        sender = notify(url.replace("HOST", place(server.url)))
        sender.send("s", LINK)
        for _ in range(2):
            with pytest.raises(DeliveryError) as error:
                sender.send("s", LINK)
            assert error.value.__context__ is None
            assert SECRET not in str(error.value) + repr(error.value) + repr(sender)
    with pytest.raises(
        DeliveryError, match=rf"^{name} at 127\.0\.0\.1:1 cannot be reached; check notify_url and proxy$"
    ):
        notify(url.replace("HOST", "127.0.0.1:1")).send("s", LINK)
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")
    assert not logging.getLogger("apprise").disabled


def test_a_missing_library_is_named_with_the_way_to_get_it(notify: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "apprise"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(MissingLibrary, match=r"package apprise is missing.* pip install 'apprise>=2\.3'"):
        notify(f"ntfys://ntfy.example.com/{SECRET}")


def test_a_version_that_sends_in_another_way_is_not_used(notify: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    notify(f"ntfys://ntfy.example.com/{SECRET}")
    monkeypatch.delattr("apprise.plugins.ntfy.requests")
    with pytest.raises(MissingLibrary, match="of a version that this collection cannot use"):
        notify(f"ntfys://ntfy.example.com/{SECRET}")


def test_a_url_is_needed(notify: Make) -> None:
    with pytest.raises(InvalidInput, match=r"^notify_url: is missing; channel notify needs it"):
        notify("")

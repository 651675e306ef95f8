"""Faults, really produced on sockets: each one says whether the request may have taken effect, and is repeated only if not."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import errors
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import GenerateRequest, ShareRequest
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.wire import Call, WatchedAdapter
from certificates import make_certificate
from tests.support.replay import Answer, Replay, misbehaving, replaying

NOMINAL = Answer(json={"status": "nominal", "locale": "en"})
ACCOUNT = Credentials.of("me@example.com", "t0ken")

READS: list[Callable[[Client], object]] = [Client.status, lambda client: client.metadata("abc"), Client.recent]
CHANGES: list[Callable[[Client], object]] = [
    lambda client: client.share(ShareRequest(secret="s3cret")),
    lambda client: client.generate(GenerateRequest()),
    lambda client: client.reveal("abc"),
    lambda client: client.burn("abc"),
]


def failure(url: str, call: Callable[[Client], object] = Client.status, **options: object) -> errors.OnetimeError:
    """The error of one call, its retries done without waiting."""
    with (
        Client(Address.of(url), ACCOUNT, sleep=lambda _: None, **options) as client,  # type: ignore[arg-type]
        pytest.raises(errors.OnetimeError) as caught,
    ):
        call(client)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None, "a chained exception would hold the URL and its key"
    return error


def raw(text: str) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(text.encode("latin-1"))


def reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_in_the_middle(connection: socket.socket) -> None:
    raw('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"status": ')(connection)
    reset(connection)


@contextlib.contextmanager
def full() -> Iterator[int]:
    """A port that takes no more connections, and refuses none."""
    with contextlib.ExitStack() as held:
        listening = held.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port: int = listening.getsockname()[1]
        for _ in range(8):
            one = held.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield port


def wait_for_the_client_to_give_up(connection: socket.socket) -> None:
    connection.settimeout(10)
    connection.recv(1)


LOST: list[Callable[[socket.socket], None]] = [
    lambda _: None,
    reset,
    reset_in_the_middle,
    raw('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"status": "nom'),
    raw('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"status": "nom'),
    raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}"),
    raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
    raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1, 2\r\n\r\n{"),
    raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
    raw("HTTP/1.1 OK\r\n\r\n"),
    raw("SSH-2.0-OpenSSH_9.2\r\n"),
    raw("HTTP/1.1 200 OK\r\nX: " + "x" * 100_000),
]


@pytest.mark.parametrize("behave", LOST)
@pytest.mark.parametrize("call", READS)
def test_a_read_whose_reply_is_lost_is_repeated(
    behave: Callable[[socket.socket], None], call: Callable[[Client], object]
) -> None:
    with misbehaving(behave) as server:
        error = failure(server.url, call)
        assert type(error) is errors.ReplyLost
        assert error.retry_safe
        assert len(server.received) == 3


@pytest.mark.parametrize("behave", LOST)
@pytest.mark.parametrize("call", CHANGES)
def test_a_change_whose_reply_is_lost_is_never_repeated(
    behave: Callable[[socket.socket], None], call: Callable[[Client], object]
) -> None:
    with misbehaving(behave) as server:
        error = failure(server.url, call)
        assert type(error) is errors.ReplyLost
        assert not error.retry_safe
        assert len(server.received) == 1


@pytest.mark.parametrize("call", [*READS, *CHANGES])
def test_a_refused_connection_is_tried_again_with_growing_pauses(call: Callable[[Client], object]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    pauses: list[float] = []
    with Client(Address.of(url), sleep=pauses.append) as client, pytest.raises(errors.Unreachable) as caught:
        call(client)
    assert caught.value.retry_safe
    assert str(caught.value).startswith(f"no connection to {url}: ")
    assert pauses == [0.5, 1.0]


def test_a_host_that_does_not_resolve_is_unreachable() -> None:
    error = failure("http://nosuch.invalid")
    assert type(error) is errors.Unreachable
    assert "nosuch.invalid" in str(error)


def test_a_proxy_that_is_down_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        proxy = f"http://me:marker@127.0.0.1:{taken.getsockname()[1]}"
    for scheme in ("http", "https"):
        error = failure(f"{scheme}://ots.invalid", proxy=proxy)
        assert type(error) is errors.Unreachable
        assert "proxy" in str(error)
        assert "marker" not in str(error)


@pytest.mark.parametrize("call", CHANGES)
@pytest.mark.parametrize("behave", [lambda _: None, reset])
def test_a_proxy_that_hangs_up_may_have_passed_the_call_on(
    call: Callable[[Client], object], behave: Callable[[socket.socket], None]
) -> None:
    with misbehaving(behave) as proxy:
        error = failure("http://ots.invalid", call, proxy=proxy.url)
    assert type(error) is errors.ReplyLost
    assert not error.retry_safe
    assert len(proxy.received) == 1


def test_a_proxy_that_refuses_the_tunnel_is_unreachable() -> None:
    with replaying(Answer(407)) as proxy:
        error = failure("https://ots.invalid", CHANGES[0], proxy=proxy.url)
        assert type(error) is errors.Unreachable
        assert {request.method for request in proxy.received} == {"CONNECT"}


def test_a_connection_that_does_not_come_about_in_time_is_unreachable() -> None:
    with full() as port:
        error = failure(f"http://127.0.0.1:{port}", CHANGES[0], timeout=0.5)
    assert type(error) is errors.Unreachable
    assert "within the timeout" in str(error)


@pytest.mark.parametrize(("call", "requests"), [(READS[0], 3), (CHANGES[0], 1)])
def test_a_reply_that_does_not_come_in_time_is_lost(call: Callable[[Client], object], requests: int) -> None:
    with misbehaving(wait_for_the_client_to_give_up) as server:
        error = failure(server.url, call, timeout=0.5)
        assert type(error) is errors.ReplyLost
        assert "within the timeout" in str(error)
        assert len(server.received) == requests


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_a_passing_fault_is_waited_for_by_reads_only(status: int) -> None:
    fault = Answer(status, body=b"<html>marker</html>", headers={"Content-Type": "text/html", "Retry-After": "7"})
    pauses: list[float] = []
    with replaying(fault, fault, NOMINAL) as server, Client(Address.of(server.url), sleep=pauses.append) as client:
        assert client.status().status == "nominal"
        assert pauses == [7, 7]
    for call in CHANGES:
        with replaying(fault) as server:
            error = failure(server.url, call)
            assert isinstance(error, errors.Refused)
            assert (error.status, error.retry_after, error.retry_safe) == (status, 7, False)
            assert "marker" not in str(error)
            assert len(server.received) == 1


def test_a_pause_of_half_a_minute_is_waited_for() -> None:
    pauses: list[float] = []
    busy = Answer(429, headers={"Retry-After": "30"})
    with replaying(busy, NOMINAL) as server, Client(Address.of(server.url), sleep=pauses.append) as client:
        assert client.status().status == "nominal"
    assert pauses == [30]


@pytest.mark.parametrize("seconds", [31, 3600])
def test_a_pause_beyond_reason_is_not_waited_for(seconds: int) -> None:
    with replaying(Answer(429, headers={"Retry-After": str(seconds)})) as server:
        error = failure(server.url)
        assert isinstance(error, errors.RateLimited)
        assert error.retry_after == seconds
        assert len(server.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", [*READS, *CHANGES])
def test_a_redirect_is_not_followed(status: int, call: Callable[[Client], object]) -> None:
    with replaying(NOMINAL) as other:
        answer = Answer(status, body=b"x" * 100, headers={"Location": f"{other.url}/secret/marker?marker"})
        with replaying(answer) as server:
            error = failure(server.url, call)
        assert type(error) is errors.WrongAddress
        assert "redirects to another place on its host" in str(error)
        assert error.may_have_taken_effect
        assert "marker" not in str(error)
        assert other.received == [], "credentials stay where they were meant to go"


@pytest.mark.parametrize("location", ["http://[::1", "https://\x00", "//", "http://a:b:c/", "\xff\xfe"])
def test_a_redirect_to_nonsense_is_just_a_wrong_address(location: str) -> None:
    with misbehaving(raw(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")) as server:
        assert type(failure(server.url)) is errors.WrongAddress


def test_a_login_page_is_a_wrong_address() -> None:
    page = Answer(200, body=b"<html>Log in</html>", headers={"Content-Type": "text/html"})
    with replaying(page) as server:
        for call in (*READS, *CHANGES):
            assert type(failure(server.url, call)) is errors.WrongAddress


def test_another_service_is_not_taken_for_this_one() -> None:
    with replaying(Answer(json={"hello": "world"})) as server:
        for call in (*READS, *CHANGES[:3]):
            assert type(failure(server.url, call)) is errors.ReplyLost


@pytest.mark.parametrize("call", [*READS, *CHANGES])
def test_a_reply_without_end_is_cut(call: Callable[[Client], object]) -> None:
    def flood(connection: socket.socket) -> None:
        raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")(connection)
        while True:
            connection.sendall(b" " * 1_000_000)

    with misbehaving(flood) as server:
        error = failure(server.url, call)
        assert type(error) is errors.ReplyLost
        assert "bytes" in str(error)
        assert len(server.received) == 1


@pytest.mark.parametrize(
    ("call", "limit"), [(lambda client: client.status(), 1_048_576), (lambda client: client.recent(), 16_777_216)]
)
def test_a_reply_has_at_most_so_many_bytes(call: Callable[[Client], object], limit: int) -> None:
    for size in (limit, limit + 1):
        with replaying(Answer(body=b" " * size, headers={"Content-Type": "application/json"})) as server:
            error = str(failure(server.url, call))
            assert (f"a reply of more than {limit} bytes" in error) is (size > limit)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "GZIP", "identity, gzip", "x"])
@pytest.mark.parametrize("status", [200, 404])
def test_a_compressed_reply_is_not_unpacked(encoding: str, status: int) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    with replaying(Answer(status, body=bomb, headers=headers)) as server:
        error = failure(server.url, CHANGES[0])
        assert type(error) is errors.ReplyLost
        assert "compressed" in str(error)
        assert server.received[0].headers["accept-encoding"] == "identity"


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n"]),
    st.binary(max_size=200) | st.text("Content-LengthTrsfrEodig:chukd 0123456789\r\n", max_size=200).map(str.encode),
)
def test_no_bytes_at_all_raise_anything_but_our_errors(start: str, rest: bytes) -> None:
    with misbehaving(lambda connection: connection.sendall(start.encode() + rest)) as server:
        failure(server.url, CHANGES[0], timeout=2)


# One deadline over all: each peer below goes on for ever, with something new before any single read could time out.

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def dripping(start: bytes, drip: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(drip)
            threading.Event().wait(0.02)

    return behave


ENDLESS = {
    "a status line": dripping(b"HTTP/1.1 200 ", b"O"),
    "continue": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a header": dripping(HEAD + b"X-Pad: ", b"x"),
    "a body": dripping(HEAD + b"\r\n", b" "),
    "a body of known length": dripping(HEAD + b"Content-Length: 999999\r\n\r\n", b" "),
    "chunks": dripping(CHUNKED, b"1\r\n \r\n"),
    "a chunk's size": dripping(CHUNKED, b"0"),
    "trailers": dripping(CHUNKED + b"2\r\n[]\r\n0\r\n", b"X-More: x\r\n"),
    "a page's body": dripping(b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n", b" "),
}


def seconds_of(url: str, call: Callable[[Client], object], **options: object) -> tuple[errors.OnetimeError, float]:
    begun = time.monotonic()
    error = failure(url, call, timeout=0.6, **options)
    return error, time.monotonic() - begun


@pytest.mark.parametrize("with_tls", [False, True])
@pytest.mark.parametrize("what", ENDLESS)
def test_a_reply_without_end_ends_in_time(what: str, certificate: Path, *, with_tls: bool) -> None:
    tls = _context(certificate) if with_tls else None
    with misbehaving(ENDLESS[what], tls=tls) as server:
        error, seconds = seconds_of(server.url, CHANGES[0], verify=str(certificate))
    assert type(error) is errors.ReplyLost
    assert "no reply came within the timeout; the request may have taken effect" in str(error)
    assert 0.5 < seconds < 10


def test_a_proxy_s_endless_consent_ends_in_time() -> None:
    with misbehaving(dripping(b"HTTP/1.1 200 OK\r\n", b"X-Pad: x\r\n")) as proxy:
        begun = time.monotonic()
        with Client(Address.of("https://ots.invalid"), timeout=0.4, proxy=proxy.url, sleep=lambda _: None) as client:
            with pytest.raises(errors.Unreachable):
                client.share(ShareRequest(secret="s3cret"))
        assert {request.method for request in proxy.received} == {"CONNECT"}
    assert time.monotonic() - begun < 3 * 10


def test_a_request_that_is_read_too_slowly_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        call = Call()
        adapter = WatchedAdapter(call)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        request = requests.Request("POST", url, data=b"x" * 50_000_000).prepare()
        call.begin(1)
        with pytest.raises(requests.exceptions.ConnectionError):
            adapter.send(request)
        assert call.handed_over


def test_all_addresses_of_a_host_share_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with full() as port:
        place = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [place] * 20)
        error, seconds = seconds_of(f"http://many.invalid:{port}", Client.status)
    assert type(error) is errors.Unreachable
    assert seconds < 3 * 1


# TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path, "127.0.0.1")


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[Replay]:
    with replaying(NOMINAL, tls=_context(certificate)) as server:
        yield server


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_an_untrusted_certificate_is_told_with_the_reason_and_the_fix(tls_server: Replay, certificate: Path) -> None:
    by_name = tls_server.url.replace("127.0.0.1", "localhost")
    for url, verify, reason in (
        (tls_server.url, True, "self-signed certificate; set ca_bundle to a PEM file of the authority that signed it"),
        (by_name, str(certificate), "'localhost'; give the host name that the certificate is for"),
    ):
        with Client(Address.of(url), ACCOUNT, verify=verify) as client, pytest.raises(errors.UntrustedServer) as caught:
            client.status()
        assert str(caught.value).startswith(f"the certificate of {url} cannot be verified: ")
        assert str(caught.value).endswith(reason)


def test_a_server_is_trusted_by_its_ca_bundle(tls_server: Replay, certificate: Path) -> None:
    with Client(Address.of(tls_server.url), ACCOUNT, verify=str(certificate)) as client:
        assert client.status().status == "nominal"


def test_the_option_wins_over_the_environment_s_bundle(
    tls_server: Replay, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file")
    with Client(Address.of(tls_server.url), verify=str(certificate)) as client:
        assert client.status().status == "nominal"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with Client(Address.of(tls_server.url)) as client:
        assert client.status().status == "nominal"


@pytest.mark.filterwarnings("error")
def test_verification_can_be_switched_off_and_is_told_by_whom_offers_it(tls_server: Replay) -> None:
    with Client(Address.of(tls_server.url), verify=False) as client:
        assert client.status().status == "nominal"


@pytest.mark.parametrize("call", [*READS, *CHANGES])
def test_an_unknown_certificate_is_not_trusted(tls_server: Replay, call: Callable[[Client], object]) -> None:
    error = failure(tls_server.url, call)
    assert type(error) is errors.UntrustedServer
    assert not error.retry_safe
    assert "certificate" in str(error)
    assert tls_server.received == []


def test_another_host_s_certificate_is_not_trusted(tmp_path: Path) -> None:
    other = make_certificate(tmp_path, "127.0.0.2")
    with replaying(NOMINAL, tls=_context(other)) as server:
        assert type(failure(server.url, verify=str(other))) is errors.UntrustedServer
        assert server.received == []


def test_a_server_that_speaks_no_tls_is_not_trusted() -> None:
    with replaying(NOMINAL) as server:
        error = failure(server.url.replace("http://", "https://"), CHANGES[0])
        assert type(error) is errors.UntrustedServer
        assert server.received == []


def test_a_bundle_that_is_none_is_reported(tls_server: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate\n")
    assert type(failure(tls_server.url, verify=str(empty))) is errors.UntrustedServer
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file")
    error = failure(tls_server.url)
    assert type(error) is errors.UntrustedServer
    assert "CA bundle" in str(error)


def test_a_reply_that_tls_cuts_off_may_have_taken_effect(certificate: Path) -> None:
    """The connection ends without the farewell that TLS demands: after the request, so this is no question of trust."""
    begun = json.dumps({"status": "nominal"})[:10]
    for behave in (
        lambda _: None,
        raw(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{begun}"),
        reset,
    ):
        with misbehaving(behave, tls=_context(certificate)) as server:
            error = failure(server.url, CHANGES[0], verify=str(certificate))
            assert type(error) is errors.ReplyLost
            assert len(server.received) == 1


def after_a_handshake(behave: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    """BEHAVE on the bare socket under an established TLS connection whose request was read."""

    def bare(connection: socket.socket) -> None:
        with socket.socket(fileno=os.dup(connection.fileno())) as plain:
            behave(plain)

    return bare


@pytest.mark.parametrize(
    "text",
    [
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        "\x15\x03\x03\x00\x02\x02\x28",  # an alert: handshake failure
        "\x15\x03\x03\x00\x02\x02\x46",  # an alert: protocol version
        "\x15\x03\x01\x00\x02\x02\x70",  # an alert: unrecognised name
        "\x16\x03\x01\x00\x02\x00\x00",
        "\x00" * 16,
    ],
)
@pytest.mark.parametrize("call", CHANGES)
def test_plain_bytes_after_the_handshake_come_after_the_request(
    text: str, call: Callable[[Client], object], certificate: Path
) -> None:
    """OpenSSL says the same words of them as of a server without TLS."""
    with misbehaving(after_a_handshake(raw(text)), tls=_context(certificate)) as server:
        error = failure(server.url, call, verify=str(certificate))
        assert type(error) is errors.ReplyLost
        assert error.may_have_taken_effect
        assert len(server.received) == 1


@pytest.mark.parametrize("behave", [reset, raw("\x15\x03\x03\x00\x02\x02\x28"), raw("SSH-2.0-x\r\n"), raw("")])
@pytest.mark.parametrize("call", CHANGES)
def test_a_handshake_that_fails_comes_before_the_request(
    behave: Callable[[socket.socket], None], call: Callable[[Client], object]
) -> None:
    with answering_hello(behave) as port:
        error = failure(f"https://127.0.0.1:{port}", call)
    assert isinstance(error, errors.UntrustedServer | errors.Unreachable)
    assert not error.may_have_taken_effect


def test_a_handshake_that_does_not_end_comes_before_the_request() -> None:
    with answering_hello(dripping(b"\x16\x03\x03\x3f\xff", b"\x00")) as port:
        error, seconds = seconds_of(f"https://127.0.0.1:{port}", CHANGES[0])
    assert type(error) is errors.Unreachable
    assert not error.may_have_taken_effect
    assert seconds < 3 * 1


@contextlib.contextmanager
def answering_hello(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does BEHAVE to whoever has sent anything at all."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            with contextlib.suppress(OSError):
                behave(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()

"""Faults, really produced on sockets: each one says whether the call may have taken effect, and is repeated only if not."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import errors
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import GenerateRequest, ShareRequest
from certificates import make_certificate
from support.replay import Answer, Replay, misbehaving, replaying

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
    raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
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
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        held = [socket.socket() for _ in range(8)]
        for one in held:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        error = failure(f"http://127.0.0.1:{port}", CHANGES[0], timeout=0.2)
        for one in held:
            one.close()
    assert type(error) is errors.Unreachable
    assert "in time" in str(error)


@pytest.mark.parametrize(("call", "requests"), [(READS[0], 3), (CHANGES[0], 1)])
def test_a_reply_that_does_not_come_in_time_is_lost(call: Callable[[Client], object], requests: int) -> None:
    with misbehaving(wait_for_the_client_to_give_up) as server:
        error = failure(server.url, call, timeout=0.2)
        assert type(error) is errors.ReplyLost
        assert "in time" in str(error)
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


def test_a_pause_beyond_reason_is_not_waited_for() -> None:
    with replaying(Answer(429, headers={"Retry-After": "3600"})) as server:
        error = failure(server.url)
        assert isinstance(error, errors.RateLimited)
        assert error.retry_after == 3600
        assert len(server.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", [*READS, *CHANGES])
def test_a_redirect_is_not_followed(status: int, call: Callable[[Client], object]) -> None:
    with replaying(NOMINAL) as other:
        answer = Answer(status, body=b"x" * 100, headers={"Location": f"{other.url}/secret/marker?marker"})
        with replaying(answer) as server:
            error = failure(server.url, call)
        assert type(error) is errors.WrongAddress
        assert other.url in str(error)
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


def test_a_small_reply_that_unpacks_to_a_huge_one_is_cut() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    with replaying(Answer(body=bomb, headers=headers)) as server:
        assert "bytes" in str(failure(server.url))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n"]),
    st.binary(max_size=200) | st.text("Content-LengthTrsfrEodig:chukd 0123456789\r\n", max_size=200).map(str.encode),
)
def test_no_bytes_at_all_raise_anything_but_our_errors(start: str, rest: bytes) -> None:
    with misbehaving(lambda connection: connection.sendall(start.encode() + rest)) as server:
        failure(server.url, CHANGES[0], timeout=2)


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


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_verification_can_be_switched_off(tls_server: Replay) -> None:
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

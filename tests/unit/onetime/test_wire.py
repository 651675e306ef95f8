"""The way to the other end: which address is dialled, and what a proxy that speaks SOCKS makes of it."""

from __future__ import annotations

import math
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import errors, wire
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import ShareRequest
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.wire import Call, DetourError, TimedSocket, dial
from certificates import make_certificate
from tests.support.proxies import connect_proxy, socks_proxy
from tests.support.replay import Answer, misbehaving, replaying

NOMINAL = Answer(json={"status": "nominal", "locale": "en"})
ACCOUNT = Credentials.of("me@example.com", "t0ken")
STREAM = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
NOBODY = ("127.0.0.1", 1)


def resolving(monkeypatch: pytest.MonkeyPatch, *places: tuple[int, tuple[str, int]]) -> None:
    """Have every name stand for these addresses, given with their families."""
    found = [(family, *STREAM, place) for family, place in places]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: found)


def call(seconds: float = 10, *, stays_here: bool = False) -> Call:
    begun = Call()
    begun.stays_here = stays_here
    begun.begin(seconds)
    return begun


def test_a_call_has_no_end_until_it_begins() -> None:
    idle = Call()
    assert (idle.is_over, idle.handed_over, idle.stays_here, idle.seconds_left()) == (False, False, False, math.inf)


def test_a_call_is_over_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    begun = call(10)
    begun.handed_over = True
    now = 1_009.5
    assert (begun.is_over, begun.seconds_left()) == (False, 0.5)
    now = 1_010.0
    assert begun.is_over
    with pytest.raises(TimeoutError):
        begun.seconds_left()
    begun.begin(5)
    assert (begun.is_over, begun.handed_over, begun.seconds_left()) == (False, False, 5)


def test_what_is_sent_and_received_ends_with_the_call() -> None:
    near, far = socket.socketpair()
    with near, far:
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            TimedSocket(near, call(0.05)).sendall(b"x" * 50_000_000)
        with pytest.raises(TimeoutError):
            TimedSocket(near, call(0.05)).makefile("rb").read(1)
        assert time.monotonic() - start < 5


def test_the_next_address_is_tried_where_one_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = server.getsockname()
        resolving(monkeypatch, (999, ("?", 1)), (socket.AF_INET, NOBODY), (socket.AF_INET, here))
        with dial("ots.example.com", 1, call(), [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]) as connected:
            assert connected.getpeername() == here
            assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("places", "problem"),
    [
        ([], "the host has no address"),
        ([(999, ("?", 1))], "Address family not supported"),
        ([(999, ("?", 1)), (socket.AF_INET, NOBODY)], "Connection refused"),
    ],
)
def test_where_none_can_be_used_the_last_one_says_why(
    monkeypatch: pytest.MonkeyPatch, places: list[tuple[int, tuple[str, int]]], problem: str
) -> None:
    resolving(monkeypatch, *places)
    with pytest.raises(OSError, match=problem):
        dial("ots.example.com", 1, call())


def test_an_address_that_is_not_reached_leaves_no_socket_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []

    class Kept(socket.socket):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    resolving(monkeypatch, (socket.AF_INET, NOBODY))
    monkeypatch.setattr(socket, "socket", Kept)
    with pytest.raises(ConnectionRefusedError):
        dial("ots.example.com", 1, call())
    assert [each.fileno() for each in made] == [-1]
    assert made[0].proto == socket.IPPROTO_TCP


def test_it_is_dialled_within_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _each in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            dial(*full.getsockname(), call(0.05))
        assert time.monotonic() - start < 5
        for each in waiting:
            each.close()
    with pytest.raises(TimeoutError):
        dial("127.0.0.1", 1, call(-1))


@pytest.mark.parametrize("host", ["[::1]", "127.0.0.1", "ots.localhost"])
def test_a_call_that_stays_here_is_not_dialled_elsewhere(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    resolving(monkeypatch, (socket.AF_INET, ("192.0.2.1", 1)))
    with pytest.raises(DetourError):
        dial(host, 1, call(stays_here=True))
    resolving(monkeypatch, (socket.AF_INET, NOBODY))
    with pytest.raises(ConnectionRefusedError):
        dial(host, 1, call(stays_here=True))
    with pytest.raises(DetourError):
        dial("ots.example.com", 1, call(stays_here=True))


def test_brackets_are_no_part_of_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def resolved(host: object, *_arguments: object, **_options: object) -> list[object]:
        asked.append(host)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with pytest.raises(OSError, match="no address"):
        dial("[2001:db8::1]", 443, call())
    assert asked == ["2001:db8::1"]


@pytest.mark.parametrize("login", ["", "me:marker@"])
def test_a_socks_proxy_leads_to_the_server_by_its_name(login: str) -> None:
    with replaying(NOMINAL) as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socks_proxy((host, int(port))) as proxy:
            by = proxy.url.replace("//", f"//{login}")
            with Client(Address.of("http://ots.invalid:7143"), ACCOUNT, proxy=by) as client:
                assert client.status().status == "nominal"
            assert proxy.asked == [("ots.invalid", 7143)]
            assert proxy.logins == ([("me", "marker")] if login else [])
        assert server.received[0].path == "/api/v1/status"


@pytest.mark.parametrize("leading", [socks_proxy, connect_proxy])
def test_tls_goes_through_a_proxy_to_the_server_itself(tmp_path: Path, leading: Callable[..., Any]) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with replaying(NOMINAL, NOMINAL, tls=context) as server:
        host, port = server.url.removeprefix("https://").split(":")
        with leading((host, int(port))) as proxy:
            with Client(Address.of(server.url), ACCOUNT, proxy=proxy.url, verify=str(certificate)) as client:
                assert client.status().status == "nominal"
            assert proxy.asked == [(host, int(port))]
            with (
                Client(Address.of("https://ots.invalid"), ACCOUNT, proxy=proxy.url, verify=str(certificate)) as client,
                pytest.raises(errors.UntrustedServer),
            ):
                client.status()


@contextmanager
def saying_nothing() -> Iterator[str]:
    """Host and port that take every connection and never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def failure(proxy: str, url: str = "http://ots.invalid") -> errors.OnetimeError:
    with (
        Client(Address.of(url), ACCOUNT, proxy=proxy or None, timeout=0.2, sleep=lambda _seconds: None) as client,
        pytest.raises(errors.OnetimeError) as caught,
    ):
        client.share(ShareRequest(secret="marker"))
    assert "marker" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("leading", "url"), [(socks_proxy, "http://ots.invalid"), (connect_proxy, "https://ots.invalid")]
)
def test_what_a_proxy_refuses_was_not_sent(leading: Callable[..., Any], url: str) -> None:
    with leading(None) as proxy:
        error = failure(proxy.url.replace("//", "//me:marker@"), url)
    assert isinstance(error, errors.Unreachable)
    assert not error.may_have_taken_effect


def test_what_a_socks_proxy_passes_on_may_have_arrived() -> None:
    with misbehaving(lambda connection: connection.close()) as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socks_proxy((host, int(port))) as proxy:
            error = failure(proxy.url)
    assert isinstance(error, errors.ReplyLost)
    assert error.may_have_taken_effect


def test_a_socks_proxy_that_says_nothing_ends_with_the_timeout() -> None:
    start = time.monotonic()
    with saying_nothing() as silent:
        error = failure(f"socks5h://{silent}")
    assert isinstance(error, errors.Unreachable)
    assert not error.may_have_taken_effect
    assert time.monotonic() - start < 8


@pytest.mark.parametrize("url", ["https://ots.invalid", "http://ots.invalid"])
def test_a_server_that_says_nothing_through_a_proxy_ends_with_the_timeout(url: str) -> None:
    start = time.monotonic()
    with saying_nothing() as silent:
        host, port = silent.split(":")
        with (connect_proxy if url.startswith("https") else socks_proxy)((host, int(port))) as proxy:
            error = failure(proxy.url, url)
    assert error.may_have_taken_effect is url.startswith("http:")  # no byte of a request precedes TLS
    assert time.monotonic() - start < 8


def test_a_server_that_never_shakes_hands_ends_with_the_timeout() -> None:
    start = time.monotonic()
    with saying_nothing() as silent:
        error = failure("", f"https://{silent}")
    assert isinstance(error, errors.Unreachable)
    assert time.monotonic() - start < 8


@pytest.mark.parametrize("proxy", ["socks5h://192.0.2.1:1080", "http://192.0.2.1:3128"])
def test_plain_http_to_this_machine_does_not_leave_it_and_nothing_else_stays(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    refused = "is plain HTTP to this machine, and would be sent to another one"
    assert refused in str(failure(proxy, "http://127.0.0.1:1"))
    assert refused not in str(failure(proxy, "https://127.0.0.1:1"))
    assert refused not in str(failure(proxy, "http://ots.invalid"))
    with replaying(NOMINAL) as server:
        port = int(server.url.rpartition(":")[2])
        resolving(monkeypatch, (socket.AF_INET, ("127.0.0.1", port)))
        with Client(Address.of(f"http://ots.example.com:{port}")) as client:
            assert client.status().status == "nominal"


def test_small_requests_do_not_wait_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []

    def dialled(host: str, port: int, begun: Call, options: Any) -> socket.socket:
        given.extend(options)
        return dial(host, port, begun, options)

    monkeypatch.setattr(wire, "dial", dialled)
    with replaying(NOMINAL) as server, Client(Address.of(server.url)) as client:
        client.status()
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in given


def test_without_its_package_a_socks_proxy_is_told_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    def missing(*_arguments: object, **_options: object) -> None:
        raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")

    monkeypatch.setattr(requests.adapters, "SOCKSProxyManager", missing)
    error = failure("socks5://me:marker@127.0.0.1:1080", "https://ots.example.com")
    assert str(error) == (
        "https://ots.example.com is reached by a proxy that speaks SOCKS, for which the Python package PySocks is missing; "
        "install it for this Python, or name a proxy that speaks HTTP"
    )
    assert not error.may_have_taken_effect

"""The way to the other end: which address is dialled, and what a proxy that speaks SOCKS makes of it."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import errors
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import ShareRequest
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.wire import Call, DetourError, dial
from certificates import make_certificate
from tests.support.replay import Answer, misbehaving, replaying
from tests.support.socks import socks_proxy

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
            dial(*full.getsockname(), call(0.3))
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


def test_tls_goes_through_a_socks_proxy_to_the_server_itself(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with replaying(NOMINAL, NOMINAL, tls=context) as server:
        host, port = server.url.removeprefix("https://").split(":")
        with socks_proxy((host, int(port))) as proxy:
            with Client(Address.of(server.url), ACCOUNT, proxy=proxy.url, verify=str(certificate)) as client:
                assert client.status().status == "nominal"
            with (
                Client(Address.of("https://ots.invalid"), ACCOUNT, proxy=proxy.url, verify=str(certificate)) as client,
                pytest.raises(errors.UntrustedServer),
            ):
                client.status()


def failure(proxy: str, url: str = "http://ots.invalid") -> errors.OnetimeError:
    with (
        Client(Address.of(url), ACCOUNT, proxy=proxy, timeout=0.5, sleep=lambda _seconds: None) as client,
        pytest.raises(errors.OnetimeError) as caught,
    ):
        client.share(ShareRequest(secret="marker"))
    assert "marker" not in str(caught.value)
    return caught.value


def test_what_a_socks_proxy_refuses_was_not_sent() -> None:
    with socks_proxy(None) as proxy:
        error = failure(proxy.url.replace("//", "//me:marker@"))
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
    with misbehaving(lambda _connection: time.sleep(2)) as silent:
        error = failure(silent.url.replace("http", "socks5h"))
    assert isinstance(error, errors.Unreachable)
    assert not error.may_have_taken_effect
    assert time.monotonic() - start < 8


def test_plain_http_to_this_machine_does_not_leave_it_by_a_socks_proxy() -> None:
    error = failure("socks5h://192.0.2.1:1080", "http://127.0.0.1:1")
    assert "is plain HTTP to this machine, and would be sent to another one" in str(error)


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

"""Who sends slowly, or nothing, or takes nothing, loses the connection; others are served meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.server_command import Running, serving

PATIENCE = 30
"""Seconds that a test waits for what should take one or two."""


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    limits = ("--header-timeout", "1", "--request-timeout", "2", "--idle-timeout", "1")
    with serving(tmp_path_factory.mktemp("limits") / "data", *limits) as running:
        yield running


def connected(impatient: Running) -> socket.socket:
    address = urlsplit(impatient.url)
    return socket.create_connection((address.hostname, address.port), timeout=PATIENCE)


def is_closed_by_the_server(connection: socket.socket) -> bool:
    try:
        while connection.recv(65_536):
            pass
    except ConnectionResetError:
        pass
    return True  # a timeout raises


HEAD = b"POST /api/v1/share HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"POST",
        HEAD,
        HEAD + b"Content-Length: 9\r\n\r\n",
        HEAD + b"Content-Length: 9\r\n\r\nsecret",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\nsecr",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /",
        b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx",
    ],
)
def test_a_connection_that_leads_nowhere_is_closed(impatient: Running, sent: bytes) -> None:
    with connected(impatient) as connection:
        connection.sendall(sent)
        assert is_closed_by_the_server(connection)


@pytest.mark.parametrize("begin", [b"GET / HTTP/1.1\r\nX: ", HEAD + b"Content-Length: 100000\r\n\r\n"])
def test_bytes_that_trickle_in_prolong_nothing(impatient: Running, begin: bytes) -> None:
    with connected(impatient) as connection:
        connection.sendall(begin)
        connection.settimeout(0.1)
        assert is_closed_while_sending(connection)


def is_closed_while_sending(connection: socket.socket) -> bool:
    for _ in range(10 * PATIENCE):
        try:
            connection.sendall(b"a")
            if not connection.recv(1000):
                return True
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            return True
    return False


def test_others_are_served_meanwhile(impatient: Running) -> None:
    slow = [connected(impatient) for _ in range(50)]
    try:
        for connection in slow:
            connection.sendall(b"POST /api/v1/sha")
        assert requests.get(f"{impatient.url}/healthz", timeout=PATIENCE).json() == {"status": "ok"}
    finally:
        for connection in slow:
            connection.close()


def test_a_head_without_end_is_refused(impatient: Running) -> None:
    with connected(impatient) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000)
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_who_takes_no_answer_loses_the_connection(impatient: Running) -> None:
    """Answers that fill both sides' buffers: the server would wait for ever to write the next one."""
    requests_at_once = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 1000
    with connected(impatient) as connection, pytest.raises((ConnectionResetError, BrokenPipeError)):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        while True:
            connection.sendall(requests_at_once)

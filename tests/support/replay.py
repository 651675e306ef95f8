"""Servers on loopback that say exactly what a test wants: proper HTTP replies, or anything at all on a socket.

with replaying(Answer(200, json={"status": "nominal", "locale": "en"})) as server:
    Client(Address.of(server.url)).status()
    assert server.received[0].path == "/api/v1/status"
"""

from __future__ import annotations

import contextlib
import json as json_module
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Answer:
    """A reply to give: `json` or the bytes of `body`."""

    status: int = 200
    json: Any = None
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Received:
    """A request as it arrived: header names in lower case, `path` with its query, `port` of the client's connection."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    port: int

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form-encoded body."""
        fields = parse_qs(self.body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(self.body))
        return {name: value for name, [value] in fields.items()}


class Replay:
    """A running server. Give `answers` one after another, the last one for ever; see what was `received`."""

    def __init__(self, url: str, answers: list[Answer]) -> None:
        self.url = url
        self.answers = answers
        self.received: list[Received] = []

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextlib.contextmanager
def replaying(*answers: Answer, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Replay]:
    """Run a server on HOST that gives ANSWERS to whatever it is asked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            replay.received.append(Received(self.command, self.path, headers, body, self.client_address[1]))
            answer = replay.next_answer()
            content = answer.body if answer.json is None else json_module.dumps(answer.json).encode()
            self.send_response(answer.status)
            if answer.json is not None:
                self.send_header("Content-Type", "application/json; charset=utf-8")
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_CONNECT = reply  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is part of the tests."""

    with Server((host, 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        replay = Replay(_url(server, host, tls), list(answers))
        with _running(server):
            yield replay


@contextlib.contextmanager
def misbehaving(behave: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[Replay]:
    """Run a server that takes one whole request per connection, then does BEHAVE to the socket and closes it."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            reader = self.request.makefile("rb")
            method, path, _ = reader.readline().decode().split()
            headers = {}
            while line := reader.readline().decode().strip():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            body = reader.read(int(headers.get("content-length", 0)))
            replay.received.append(Received(method, path, headers, body, self.client_address[1]))
            behave(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is part of the tests."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        replay = Replay(_url(server, "127.0.0.1", tls), [])
        with _running(server):
            yield replay


def flood(connection: socket.socket) -> None:
    """Reply with success and a body that never ends, for `misbehaving`."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


@contextlib.contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def _url(server: socketserver.TCPServer, host: str, tls: ssl.SSLContext | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{name}:{server.server_address[1]}"

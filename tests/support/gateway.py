"""What may stand between a client and the server: it passes requests on, loses replies, or answers in the server's place."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Mishap:
    """What befalls a request: whether the server gets it, and the bytes that come back in place of its reply."""

    kind: str
    reply: bytes
    is_passed_on: bool

    def __str__(self) -> str:
        return f"{self.kind}, {'passed on' if self.is_passed_on else 'not passed on'}"


def _reply(head: str, body: str = "", kind: str = "text/html") -> bytes:
    # It says that it closes the connection, as it does: else chance would decide whether the next request finds that out.
    headers = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close"
    return f"HTTP/1.1 {head}\r\n{headers}\r\n\r\n{body}".encode()


FRAMING = ("content-length", "transfer-encoding", "connection")  # headers of one connection, not of the reply
PAGE = "<!doctype html><html><body><h1>Please sign in</h1></body></html>"
JSON = "application/json"
FOREIGN = {
    "302 to a login page": _reply("302 Found\r\nLocation: https://login.example.com/"),
    "403 HTML": _reply("403 Forbidden", PAGE),
    "404 of words that nobody knows": _reply("404 Not Found", '{"message": "No upstream"}', JSON),
    "502 HTML": _reply("502 Bad Gateway", PAGE),
    "200 HTML": _reply("200 OK", PAGE),
    "cut reply": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"custid": "',
    "404 HTML": _reply("404 Not Found", PAGE),
    "408 without words": _reply("408 Request Timeout"),
    "422 JSON": _reply("422 Unprocessable Content", '{"detail": [{"msg": "field required"}]}', JSON),
    "499 without words": _reply("499 Client Closed Request"),
    "503 HTML": _reply("503 Service Unavailable\r\nRetry-After: 1", PAGE),
    "200 JSON of another service": _reply("200 OK", '{"status": "ok", "items": []}', JSON),
    "200 plain text": _reply("200 OK", "ok", "text/plain"),
    "cut JSON": _reply("200 OK", '{"custid": "', JSON),
}
REPLY_LOST = Mishap("reply lost", b"", is_passed_on=True)
UNKNOWN_SECRET = Mishap("wrong Unknown secret", _reply("404 Not Found", '{"message": "Unknown secret"}', JSON), False)
EMPTY_LIST = Mishap("wrong empty list", _reply("200 OK", "[]", JSON), False)
FOREIGN_REPLIES = [Mishap(kind, reply, passed) for kind, reply in FOREIGN.items() for passed in (True, False)]
MISHAPS = [REPLY_LOST, *FOREIGN_REPLIES, UNKNOWN_SECRET, EMPTY_LIST]


class Gateway:
    """A running gateway: its `url`, and what befalls every request that arrives from now on."""

    def __init__(self, url: str, server: str) -> None:
        self.url = url
        self.server = server
        self.mishap: Mishap | None = None

    @contextmanager
    def befallen_by(self, mishap: Mishap) -> Iterator[None]:
        """Have the mishap befall the requests of the block, repeated ones as well."""
        self.mishap = mishap
        try:
            yield
        finally:
            self.mishap = None


@contextmanager
def gateway(server: str, *, when_passed_on: Callable[[], object] = lambda: None) -> Iterator[Gateway]:
    """Run a gateway on loopback before the server at this URL. `when_passed_on` is called as the server's reply comes back."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def relay(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            mishap = running.mishap
            if mishap is None:
                self.wfile.write(self.passed_on(body))
                return
            if mishap.is_passed_on:
                self.passed_on(body)
            self.wfile.write(mishap.reply)
            self.close_connection = True

        def passed_on(self, body: bytes) -> bytes:
            connection = http.client.HTTPConnection(running.server.removeprefix("http://"), timeout=30)
            try:
                connection.request(self.command, self.path, body, dict(self.headers))
                reply = connection.getresponse()
                content = reply.read()
            finally:
                connection.close()
            when_passed_on()
            named = ((name.lower(), value) for name, value in reply.getheaders())
            head = "".join(f"{name}: {value}\r\n" for name, value in named if name not in FRAMING)
            status = f"HTTP/1.1 {reply.status} {reply.reason}\r\n"
            return f"{status}{head}content-length: {len(content)}\r\n\r\n".encode("latin-1") + content

        do_GET = do_POST = relay  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that hangs up is part of the tests."""

    with Server(("127.0.0.1", 0), Handler) as listening:
        running = Gateway(f"http://127.0.0.1:{listening.server_address[1]}", server)
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            listening.shutdown()
            thread.join()

"""A client that costs as little as it can: one connection, no library, so that a measure is the server's."""

from __future__ import annotations

import base64
import json
import socket
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT = 60


class Caller:
    """Keeps one connection to the API. Raises OSError where an answer does not come."""

    def __init__(self, url: str, auth: tuple[str, str] | None = None) -> None:
        address = urlsplit(url)
        self._connection = socket.create_connection((address.hostname, address.port), timeout=TIMEOUT)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        credentials = base64.b64encode(":".join(auth).encode()).decode() if auth else ""
        self._headers = f"Host: x\r\n{f'Authorization: Basic {credentials}' if auth else 'X-None: x'}\r\n"
        self._buffer = b""

    def close(self) -> None:
        self._connection.close()

    def share(self, secret: str, passphrase: str = "") -> Any:
        form = {"secret": secret, "ttl": "3600"} | ({"passphrase": passphrase} if passphrase else {})
        return self.post("/api/v1/share", form)

    def metadata(self, metadata_key: str) -> Any:
        return self.post(f"/api/v1/private/{metadata_key}", {})

    def reveal(self, secret_key: str, passphrase: str = "") -> Any:
        return self.post(f"/api/v1/secret/{secret_key}", {"passphrase": passphrase} if passphrase else {})

    def post(self, path: str, form: dict[str, str]) -> Any:
        body = urlencode(form)
        head = f"POST {path} HTTP/1.1\r\n{self._headers}Content-Type: application/x-www-form-urlencoded\r\n"
        self._connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        return json.loads(self._body())

    def _body(self) -> bytes:
        while b"\r\n\r\n" not in self._buffer:
            self._receive()
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = int(lengths[0].partition(b":")[2])
        self._buffer = rest
        while len(self._buffer) < length:
            self._receive()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return body

    def _receive(self) -> None:
        received = self._connection.recv(65_536)
        if not received:
            raise ConnectionResetError
        self._buffer += received

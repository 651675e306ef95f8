"""The server that the fuzzers work on, raw requests to it, and what must hold after each of them."""

from __future__ import annotations

import base64
import http.client
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onetime_server import log
from onetime_server.profile import IDENTITY, V0_26, Profile
from tests.support.live_server import LiveServer, live_server

MARKER = "pl41n-m4rk3r"
"""In every value, passphrase, token and credential that is sent; never in the log."""
PASSPHRASE = f"passphrase-{MARKER}"
TOKEN = f"token-{MARKER}-{'a' * 20}"
REPLY_LIMIT = 10
"""Seconds. A reply takes milliseconds; what takes longer than this hangs."""
_WINDOW = 20 * 60


@dataclass(frozen=True)
class Answer:
    """One reply: status, header names in lower case, whole body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Target:
    """A running server, its log, and an open and a guarded secret that should survive."""

    server: LiveServer
    log: Path
    account: tuple[str, str]
    open: dict[str, Any] = field(default_factory=dict)
    guarded: dict[str, Any] = field(default_factory=dict)

    @property
    def profile(self) -> Profile:
        return self.server.services.profile

    @property
    def authorization(self) -> bytes:
        return b"Basic " + base64.b64encode(":".join(self.account).encode())

    @property
    def secrets_kept(self) -> int:
        """How many secrets the database holds that could still be read."""
        with self.server.services.database.reading() as connection:
            unexpired = connection.execute("SELECT COUNT(*) FROM secret WHERE expires > ?", (self.server.clock(),))
            return int(unexpired.fetchone()[0])

    def replenish(self) -> None:
        """See to it that both secrets are there, and that no limit of requests was reached."""
        self.server.clock.advance(_WINDOW)
        if not self.is_unread(self.open):
            self.open = self.server.share(MARKER, self.account)
        if not self.is_unread(self.guarded):
            self.guarded = self.server.share(MARKER, self.account, passphrase=PASSPHRASE)

    def is_unread(self, secret: dict[str, Any]) -> bool:
        try:
            return self.server.services.store.find(secret["metadata_key"]).unread
        except Exception:  # noqa: BLE001 - no such secret, or none yet
            return False

    def send(self, request: bytes) -> Answer:
        """One whole request and its whole reply; status 0 where the server hung up before it had read everything.

        A reply that is late raises TimeoutError.
        """
        try:
            with self.connect() as connection:
                connection.sendall(request)
                return read_answer(connection, method=request.split(b" ", 1)[0].decode())
        except ConnectionError:
            return Answer(0, {}, b"")

    def connect(self) -> socket.socket:
        host, _, port = self.server.url.removeprefix("http://").partition(":")
        return socket.create_connection((host, int(port)), timeout=REPLY_LIMIT)

    def check(self, answer: Answer) -> None:
        """No fault of the server's own; older releases answer one kind of malformed request as if it were."""
        status, body = self.profile.undecodable_body
        faithful = self.profile is not V0_26 and answer.status == status and answer.body in (body, b"")  # HEAD has none
        assert answer.status < 500 or faithful, (answer.status, answer.body)
        self.check_log()

    def check_log(self) -> None:
        written = self.log.read_text()
        assert "Crash" not in written, written[-2000:]
        assert "Traceback" not in written, written[-2000:]
        for secret in (
            MARKER,
            *(one[key] for one in (self.open, self.guarded) if one for key in ("secret_key", "metadata_key")),
        ):
            assert secret not in written
        os.truncate(self.log, 0)

    def check_alive(self) -> None:
        """Somebody else is served as ever."""
        assert self.server.get("status").json == {"status": "nominal", "locale": "en"}


def read_answer(connection: socket.socket, method: str = "GET") -> Answer:
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


@contextmanager
def logged_to(file: Path) -> Iterator[None]:
    """The server's log as `onetime-server serve` sets it up, in `file`."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    log.set_up(file)
    added = [handler for handler in root.handlers if handler not in before]
    try:
        yield
    finally:
        root.setLevel(level)
        for handler in added:
            root.removeHandler(handler)
            handler.close()


@contextmanager
def serving(directory: Path, profile: Profile) -> Iterator[Target]:
    with live_server(directory / "data", profile=profile) as server:
        yield Target(server, directory / "server.log", server.account("alice@example.com", IDENTITY, TOKEN))

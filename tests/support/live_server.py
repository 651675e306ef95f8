"""A real server on loopback for tests: uvicorn in a thread, real HTTP, and a clock that the test moves."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn

from onetime_server.accounts import Account
from onetime_server.app import create_app
from onetime_server.profile import FREE, V0_26, Profile
from onetime_server.serve import bind, local_url
from onetime_server.services import Services
from onetime_server.settings import Settings, Smtp, data_directory, server_key

TOKEN = "a" * 40


class Clock:
    """Unix time that stands still until told."""

    def __init__(self, now: float = 1_800_000_000) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class LiveServer:
    url: str
    clock: Clock
    services: Services
    data: Path
    stop: Callable[[], None]
    """Finish what has begun, and end."""

    def account(self, email: str = "alice@example.com", plan: str = FREE, token: str = TOKEN) -> tuple[str, str]:
        """Add an account; returns what HTTP Basic needs."""
        self.services.accounts.add(email, plan, token)
        return email, token

    def account_of(self, email: str) -> Account:
        return next(account for account, _ in self.services.accounts.all() if account.email == email)

    def request(
        self,
        method: str,
        target: str,
        *,
        auth: tuple[str, str] | None = None,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        form: dict[str, str] | None = None,
    ) -> Answer:
        """Send exactly this; `target` is the path, with the query if there is one."""
        sent = dict(headers or {})
        if auth is not None:
            sent["authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        if form is not None:
            sent["content-type"], body = "application/x-www-form-urlencoded", urlencode(form).encode()
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)
        try:
            connection.request(method, target, body, sent)
            response = connection.getresponse()
            return Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        finally:
            connection.close()

    def post(self, path: str, auth: tuple[str, str] | None = None, **form: str) -> Answer:
        """POST a form to the API."""
        return self.request("POST", f"/api/v1/{path}", auth=auth, form=form)

    def get(self, path: str, auth: tuple[str, str] | None = None) -> Answer:
        """GET from the API."""
        return self.request("GET", f"/api/v1/{path}", auth=auth)

    def share(self, secret: str = "x", auth: tuple[str, str] | None = None, **form: str) -> Any:
        """Share a secret; returns the reply."""
        answer = self.post("share", auth, secret=secret, **form)
        assert answer.status == 200, answer.body
        return answer.json


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listens.set()


_ending: list[threading.Thread] = []
"""Servers of tests that are over: uvicorn takes a fifth of a second for its end, in which the next test can run."""


@contextmanager
def live_server(
    directory: Path,
    *,
    profile: Profile = V0_26,
    clock: Clock | None = None,
    auth_enabled: bool = True,
    smtp: Smtp | None = None,
    link_domains: frozenset[str] = frozenset(),
) -> Iterator[LiveServer]:
    clock = clock or Clock()
    bound = bind("127.0.0.1", 0)
    url = local_url(bound, "127.0.0.1")
    data = data_directory(directory)
    settings = Settings(data, server_key(data, None), url, profile, auth_enabled, smtp, link_domains)
    app = create_app(settings, clock)
    server = _Uvicorn(uvicorn.Config(app, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join()

    try:
        assert server.listens.wait(30)
        yield LiveServer(url, clock, app.state.services, data, stop)
    finally:
        server.should_exit = True
        for earlier in _ending:
            earlier.join()
        _ending[:] = [thread]
        if smtp:
            thread.join()  # it ends when its mails are sent

"""What a test of the engine works with: a real local server, a real ledger, a client, and one clock for all."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from onetime_server.profile import PROFILES
from tests.support.live_server import LiveServer

KEY = base64.b64encode(bytes(range(32))).decode()  # of the ledger


@dataclass
class World:
    """What a test works with. `client` is the recipient's as well as the engine's."""

    server: LiveServer
    open_ledger: Callable[..., SqlLedger]
    client: Client
    credentials: Credentials
    release: str
    anonymous: bool = False
    controller_clock: Callable[[], float] | None = None
    connections: list[Client] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger = self.open_ledger()

    @property
    def server_login(self) -> tuple[str, str]:
        """What HTTP Basic needs for the engine's account."""
        return self.credentials.username, self.credentials.api_token.get_secret_value()

    @property
    def lists_recent_links(self) -> bool:
        """Whether this release can tell what was made lately (contract §8)."""
        return PROFILES[self.release].recent_works

    def engine(self, ledger: SqlLedger | None = None, client: Client | None = None) -> Engine:
        def connect() -> Client:
            self.connections.append(client or self.client)
            return self.connections[-1]

        return Engine(
            ledger or self.ledger, connect, anonymous=self.anonymous, clock=self.controller_clock or self.server.clock
        )

    def read(self, secret_key: str, passphrase: str | None = None) -> str:
        """Read a link as its recipient."""
        return self.client.reveal(secret_key, passphrase).value.get_secret_value()

    def live_links(self) -> int:
        """How many links can be read at the server now."""
        with sqlite3.connect(self.server.data / "onetime.sqlite3") as db:
            return int(db.execute("SELECT count(*) FROM secret WHERE expires > ?", [self.server.clock()]).fetchone()[0])

    def links_ever(self) -> int:
        """How many links were ever made at the server."""
        with sqlite3.connect(self.server.data / "onetime.sqlite3") as db:
            return int(db.execute("SELECT coalesce(max(id), 0) FROM receipt").fetchone()[0])

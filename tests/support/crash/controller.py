"""Who runs Ansible in a cell of the crash matrix, with what ledger, and from where its run can be watched and disturbed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import uuid4

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Entry
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from onetime_server.store import Receipt
from tests.support.back_ends import new_ledger
from tests.support.live_server import TOKEN, LiveServer
from tests.support.postgresql import Postgresql
from tests.support.trail import disagreements
from tests.support.world import KEY

Result = TypeVar("Result")


class Watch(Protocol):
    """Sees the steps of a run, and may end or disturb it at one of them."""

    def ledger(self, ledger: SqlLedger) -> Ledger:
        """Return the ledger with its transactions watched."""

    def client(self, client: Client) -> Client:
        """Return the client with its calls watched."""

    def step(self, name: str, act: Callable[[], Result]) -> Result:
        """Do a step that is neither a call of the server nor a transaction."""


@dataclass(frozen=True)
class Place:
    """A server and a ledger that exists, and how to come by the URL of one that does not."""

    server: LiveServer
    back_end: str
    ledger_url: str
    new_ledger: Callable[[], str]
    client_url: str  # of the server, or of a gateway before it

    @classmethod
    def of(cls, server: LiveServer, back_end: str, folder: Path, postgresql: Postgresql, client_url: str = "") -> Place:
        """Make a place with a ledger in a folder, or in a database server, as the back end's name says."""
        new = partial(new_ledger, back_end, folder, lambda: postgresql)
        place = cls(server, back_end, new(), new, client_url or server.url)
        with place.controller().ledger() as ledger:
            ledger.fingerprint()  # which makes it
        return place

    def controller(self, *, new_ledger: bool = False) -> Controller:
        """Somebody with an account of its own, so that cells do not meet at the server or in the ledger."""
        username, _ = self.server.account(f"{uuid4().hex}@example.com")
        return Controller(self.server, self.new_ledger() if new_ledger else self.ledger_url, username, self.client_url)


@dataclass(frozen=True)
class Controller:
    """Who runs Ansible."""

    server: LiveServer
    ledger_url: str
    username: str
    client_url: str

    @contextmanager
    def client(self) -> Iterator[Client]:
        credentials = Credentials.of(self.username, TOKEN)
        with Client(Address.of(self.client_url), credentials, sleep=lambda _seconds: None) as client:
            yield client

    @contextmanager
    def ledger(self) -> Iterator[SqlLedger]:
        settings = {"ledger": self.ledger_url, "ledger_key": KEY, "ledger_key_file": None, "ledger_wait": 10}
        with open_ledger(settings, f"{self.server.url} {self.username}") as ledger:
            yield ledger

    @contextmanager
    def tools(self, watch: Watch | None) -> Iterator[tuple[Ledger, Client]]:
        """Open the ledger and the client of a process that begins and ends with the block, with its steps watched."""
        with self.ledger() as ledger, self.client() as client:
            yield (watch.ledger(ledger), watch.client(client)) if watch else (ledger, client)

    def run(self, act: Callable[[Engine], Result], watch: Watch | None = None) -> Result:
        """Run the engine as such a process does."""
        with self.tools(watch) as (ledger, client):
            return act(Engine(ledger, lambda: client, anonymous=False, clock=self.server.clock))

    def entry(self, name: str) -> Entry:
        with self.ledger() as ledger:
            return ledger.read(name)

    def disagreements(self, name: str) -> list[str]:
        """Where the audit trail and the ledger's records do not agree."""
        with self.ledger() as ledger:
            return list(disagreements(ledger, name))

    def links_ever(self) -> dict[str, Receipt]:
        """All that the server knows of the account, by metadata key."""
        recent = self.server.services.store.recent(self.server.account_of(self.username))
        return {one.metadata_key: one for one in recent}

    def links(self) -> dict[str, Receipt]:
        """Those that can be read."""
        return {key: one for key, one in self.links_ever().items() if one.unread}

    def share_like(self, desired: Desired) -> str:
        """Share, as somebody else with the same account, what looks like it; return the metadata key."""
        options = {
            "ttl": str(desired.ttl),
            "passphrase": desired.options.get("passphrase"),
            "recipient": desired.recipient,
        }
        form = {option: value for option, value in options.items() if value}
        return str(self.server.share("theirs", (self.username, TOKEN), **form)["metadata_key"])

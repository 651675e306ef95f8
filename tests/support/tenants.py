"""One local server for many tests: each has an account, a ledger, a log and a mailbox of its own on it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

from local_stack import LocalStack, Mailbox
from onetime_server.accounts import Accounts
from onetime_server.database import DATABASE_FILE, Database
from onetime_server.profile import FREE
from onetime_server.settings import data_directory, server_key
from onetime_server.vault import Vault


@dataclass(frozen=True)
class TenantsMailbox:
    """The mails that came since the tenant moved in."""

    mailbox: Mailbox
    earlier: int

    @property
    def port(self) -> int:
        return self.mailbox.port

    @property
    def folder(self) -> Path:
        return self.mailbox.folder

    def mails(self) -> list[EmailMessage]:
        """Return what was received so far, in order."""
        return self.mailbox.mails()[self.earlier :]


class Tenant:
    """What a test sees of the server, under the names that a `LocalStack` has. `folder` is the tenant's alone."""

    def __init__(self, server: LocalStack, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.server = server
        self.folder = folder
        self.url = server.url
        self.log = server.log
        self.username = f"{uuid4().hex}@example.com"
        self.api_token = secrets.token_hex(20)
        self.mailbox = TenantsMailbox(server.mailbox, len(server.mailbox.mails()))
        self._earlier = len(self.log.read_text().splitlines()) if self.log.exists() else 0
        with self._accounts() as accounts:
            accounts.add(self.username, FREE, self.api_token)

    def new_domain(self) -> str:
        """Register a custom domain of the account's own, and return it."""
        domain = f"d{uuid4().hex}.example.com"
        with self._accounts() as accounts:
            accounts.add_domain(domain, self.username)
        return domain

    @contextmanager
    def _accounts(self) -> Iterator[Accounts]:
        data = data_directory(self.server.folder / "server")
        vault = Vault(server_key(data, None))
        with closing(Database(data / DATABASE_FILE, vault)) as database:
            yield Accounts(database, vault)

    @property
    def database(self) -> Path:
        """The server's database."""
        return self.server.folder / "server" / DATABASE_FILE

    @property
    def environment(self) -> dict[str, str]:
        """What the collection needs to know, as environment variables."""
        return {
            "OTS_URL": self.url,
            "OTS_USERNAME": self.username,
            "OTS_API_TOKEN": self.api_token,
            "OTS_LEDGER": f"sqlite://{self.folder / 'ledger.sqlite3'}",
        }

    def requests(self, method_and_route: str = "") -> int:
        """Return how many requests the server has logged since, of one method and route or of all."""
        lines = self.log.read_text().splitlines()[self._earlier :]
        return sum(f" {method_and_route} " in line or not method_and_route for line in lines)

    def links_sent(self) -> int:
        """Return how many requests to make a link have reached the server since."""
        return self.requests("POST /api/v1/share") + self.requests("POST /api/v1/generate")

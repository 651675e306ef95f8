"""The parts of one running server, and how a request handler gets at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from .accounts import Accounts
from .database import Database
from .mail import Mailer
from .profile import Profile
from .replies import Replies
from .settings import Settings
from .store import Clock, Store
from .throttle import Throttle
from .vault import Vault

DATABASE_FILE = "onetime.sqlite3"


@dataclass(frozen=True)
class Services:
    """Everything that outlives a request."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    accounts: Accounts
    store: Store
    replies: Replies
    throttle: Throttle
    mailer: Mailer

    @property
    def profile(self) -> Profile:
        """The release to answer as."""
        return self.settings.profile


def open_services(settings: Settings, clock: Clock) -> Services:
    """Open the database and put everything together. Raises DatabaseError."""
    vault = Vault(settings.server_key)
    database = Database(settings.data / DATABASE_FILE, vault)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        vault=vault,
        accounts=Accounts(database, vault),
        store=Store(database, vault, settings.profile, clock),
        replies=Replies(settings.profile, settings.public_url),
        throttle=Throttle(clock),
        mailer=Mailer(settings.smtp),
    )


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Server = Annotated[Services, Depends(_services)]

"""The parts of one running server, and how a request handler gets at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request

from .accounts import Accounts
from .database import DATABASE_FILE, Database
from .documents import Documents
from .lease import Lease
from .mail import Mailer
from .outbox import Outbox
from .profile import Profile
from .settings import Settings
from .store import Clock, Store
from .throttle import Throttle
from .vault import Vault

_LARGE_BODIES_AT_ONCE = 2


@dataclass(frozen=True)
class Services:
    """Everything that outlives a request."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    accounts: Accounts
    store: Store
    documents: Documents
    throttle: Throttle
    mailer: Mailer
    lease: Lease
    large_bodies: CapacityLimiter
    """Few are read at once: reading takes several times their size in memory."""

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
        documents=Documents(settings.profile, settings.public_url),
        throttle=Throttle(clock, settings.shared / "limits.sqlite3" if settings.shared else None),
        mailer=Mailer(settings.smtp, Outbox(database, vault, clock)),
        lease=Lease(settings.data, settings.public_url),
        large_bodies=CapacityLimiter(_LARGE_BODIES_AT_ONCE),
    )


async def services_of(request: Request) -> Services:
    """What answers this request."""
    services: Services = request.app.state.services
    return services


Server = Annotated[Services, Depends(services_of)]

"""The web application."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders

from . import api, health, metrics, pages, responses
from .accounts import random_base36
from .log import AccessLog
from .services import Services, open_services
from .settings import Settings
from .store import Clock

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

_SWEEP_EVERY = 60
_REQUEST_ID_LENGTH = 13


def create_app(settings: Settings, clock: Clock = time.time) -> FastAPI:
    """The application over the settings' data directory; `clock` tells unix seconds. Raises DatabaseError."""
    services = open_services(settings, clock)
    app = FastAPI(
        routes=[*api.routes(settings.profile), *pages.routes(), *health.routes()],
        lifespan=_lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Its traces would carry paths and queries, and so keys.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.state.services = services
    responses.install(app, settings.profile)
    if settings.profile.request_id:
        app.add_middleware(RequestId)
    app.add_middleware(TrailingSlash, kept="" if settings.profile.reveal_takes_slash else f"{api.PREFIX}/secret/")
    app.add_middleware(AccessLog, observe=metrics.observe if settings.measured else None)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    sweeper = asyncio.create_task(_sweep(services))
    yield
    sweeper.cancel()
    with suppress(asyncio.CancelledError):
        await sweeper
    services.lease.close()
    await run_in_threadpool(services.mailer.close)
    services.throttle.close()
    services.database.close()


async def _sweep(services: Services) -> None:
    while True:
        try:
            if services.lease.take():
                await run_in_threadpool(services.store.sweep)
        except (OSError, sqlite3.Error) as error:  # such as a full disk: the next round may do better
            logger.warning("What has expired was not deleted: %s.", error)
        await asyncio.sleep(_SWEEP_EVERY)


class TrailingSlash:
    """Take `/status/` for `/status`, but for what begins with `kept`, if that is anything."""

    def __init__(self, app: ASGIApp, kept: str) -> None:
        self._app = app
        self._kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not (self._kept and scope["path"].startswith(self._kept)):
            scope["path"] = scope["path"].removesuffix("/") or "/"
        await self._app(scope, receive, send)


class RequestId:
    """Number every reply at random."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = random_base36(_REQUEST_ID_LENGTH)
            await send(message)

        await self._app(scope, receive, numbered)

"""The server's log, and one line in it for each request: method, route template, status, duration. No keys, no queries."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Callable
from http import HTTPMethod
from io import TextIOWrapper
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from .pages import faults
from .settings import LOG_FORMATS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

UNKNOWN = "-"
Observer = Callable[[str, str, int, float], None]
"""Is told of each request: method, route template, status, seconds."""
_METHODS = frozenset(HTTPMethod)

_TIME = "%Y-%m-%dT%H:%M:%SZ"

logger = logging.getLogger(__name__)
access = logging.getLogger("onetime_server.access")


def set_up(file: Path | None, format: str = LOG_FORMATS[0]) -> None:  # noqa: A002
    """Send everything to `file` (mode 0600), or else to standard error."""
    handler = _File(file) if file else logging.StreamHandler(sys.stderr)
    formatter = _Json() if format == "json" else logging.Formatter("%(asctime)s %(message)s", _TIME)
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("onetime_server").setLevel(logging.INFO)
    # It quotes the request's body where that is malformed.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


class _File(WatchedFileHandler):
    """Closed to others, and made again where it was moved away, as programs do that rotate logs."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).touch(mode=0o600)
        return super()._open()


class _Json(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"time": self.formatTime(record, _TIME), "level": record.levelname.lower()}
        fields: dict[str, object] = getattr(record, "fields", {}) or {"message": record.getMessage()}
        return json.dumps(line | fields, ensure_ascii=False)


class AccessLog:
    """Log each request, and answer a crash with 500: a page for browsers, else an empty body, as the real server (contract §1).

    Status 0 is a caller who hung up before the answer.
    """

    def __init__(self, app: ASGIApp, observe: Observer | None = None) -> None:
        self._app = app
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0
        started = time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            pass
        except Exception as error:  # noqa: BLE001 - the last resort of every request
            # Where it happened, but not the error's text: that may quote a secret.
            place = "".join(traceback.format_tb(error.__traceback__))
            logger.error("Crash: %s\n%s", type(error).__name__, place)  # noqa: TRY400
            if not status:
                await _crashed(scope)(scope, receive, watch)
        finally:
            route = getattr(scope.get("route"), "path", UNKNOWN)
            # Where a body is longer than announced, its rest is taken for a request: its first word is no method.
            method = scope["method"] if scope["method"] in _METHODS else UNKNOWN
            seconds = time.perf_counter() - started
            milliseconds = round(seconds * 1000)
            fields = {"method": method, "route": route, "status": status, "duration_ms": milliseconds}
            access.info("%s %s %d %dms", *fields.values(), extra={"fields": fields})
            if self._observe is not None:
                self._observe(method, route, status, seconds)


def _crashed(scope: Scope) -> Response:
    try:
        page = faults.for_browser(Request(scope), 500)
    except Exception:  # noqa: BLE001 - perhaps it is the pages that crash
        page = None
    return page or Response(status_code=500)

"""HTTP with time limits: who sends or takes his bytes too slowly, or none at all, loses the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass(frozen=True)
class TimeLimits:
    """In seconds: for a request's head, for its body and for taking the answer, and between requests."""

    header: int
    request: int
    idle: int


class Config(uvicorn.Config):
    """uvicorn's, with our limits."""

    def __init__(self, app: Callable[..., Any], limits: TimeLimits, **settings: Any) -> None:
        super().__init__(app, http=Protocol, timeout_keep_alive=limits.idle, **settings)
        self.limits = limits


class Protocol(H11Protocol):
    """uvicorn's, which by itself limits the time between requests alone."""

    config: Config
    _phase = ""
    _timer: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._enter("lost", None)
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(self.config.limits.request, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _watch(self) -> None:
        """A limit runs from the begin of its phase; bytes that come meanwhile do not prolong it."""
        if self.cycle is None or self.cycle.response_complete:
            self._enter("head", self.config.limits.header)
        elif self.cycle.more_body:
            self._enter("body", self.config.limits.request)
        else:
            self._enter("answer", None)

    def _enter(self, phase: str, limit: int | None) -> None:
        if phase == self._phase:
            return
        self._phase = phase
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if limit is None else self.loop.call_later(limit, self.transport.abort)

"""Bind, announce, serve, and stop cleanly on SIGTERM or SIGINT."""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import signal
import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from .settings import SettingsError

logger = logging.getLogger(__name__)

_GRACE = 30
# A client that keeps its connection should not lose a POST to our closing it just then: few pause this long.
_KEEP_ALIVE = 75


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to a host name or address; port 0 takes a free one. Raises SettingsError."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        raise SettingsError(
            f"Cannot listen on {host} port {port}: {error}. Choose others by --host and --port."
        ) from None
    return bound


def local_url(bound: socket.socket, host: str) -> str:
    """The URL that reaches a bound socket from this machine."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{bound.getsockname()[1]}"


def is_exposed(address: str) -> bool:
    """Whether others than this machine reach an address."""
    return not ipaddress.ip_address(address).is_loopback


def serve(app: FastAPI, bound: socket.socket, url: str, ready_file: Path | None, proxies: str | None) -> None:
    """Serve until a signal comes; requests that have begun, and e-mails, are finished before this returns.

    `proxies` are the addresses whose X-Forwarded-For is believed, after commas; None believes nobody.
    """
    if is_exposed(bound.getsockname()[0]):
        logger.warning("Listening beyond this machine, without TLS: put a reverse proxy with TLS in front.")
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=proxies is not None,
        forwarded_allow_ips=proxies,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
    )
    # uvicorn raises the signal once more when it has stopped: that is no reason to die of it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    _AnnouncingServer(config, url, ready_file).run(sockets=[bound])


class _AnnouncingServer(uvicorn.Server):
    """Says where it listens, as long as it does."""

    def __init__(self, config: uvicorn.Config, url: str, ready_file: Path | None) -> None:
        super().__init__(config)
        self._url = url
        self._ready_file = ready_file

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(f"onetime-server listens at {self._url}\n")
        sys.stdout.flush()
        if self._ready_file is not None:
            unfinished = self._ready_file.with_name(f".{self._ready_file.name}.{os.getpid()}")
            unfinished.write_text(json.dumps({"url": self._url}))
            unfinished.replace(self._ready_file)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._ready_file is not None:
            self._ready_file.unlink(missing_ok=True)
        await super().shutdown(sockets)

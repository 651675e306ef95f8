# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Connections that keep one deadline over a whole call, and know whether anything of it was handed to a socket.

requests and urllib3 bound each single read, so that a peer which drips bytes holds a call for ever; and they do not say
whether a failure came before the request or after it.
"""

from __future__ import annotations

import io
import math
import socket
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from ._thirdparty import HTTPAdapter, requests
from .address import is_loopback


class Call:
    """What becomes of the call that is under way.

    handed_over: whether any byte of its request was handed to a socket; not so a proxy's CONNECT or a handshake's bytes.
    stays_here: whether it may not leave this machine, by whatever proxy.
    """

    def __init__(self) -> None:
        self._end = math.inf
        self.handed_over = False
        self.stays_here = False

    def begin(self, seconds: float) -> None:
        """Begin another call, to be over in SECONDS."""
        self._end = time.monotonic() + seconds
        self.handed_over = False

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self._end

    def check_way(self, host: str) -> None:
        """Raise DetourError where the call may not connect to this host."""
        if self.stays_here and not is_loopback(host):
            raise DetourError

    def seconds_left(self) -> float:
        """Return the time until the deadline. Past it raises TimeoutError."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class WayError(ValueError):
    """A call that cannot be begun on the way that it would take. problem: the rest of a sentence about its other end."""

    problem: str


class DetourError(WayError):
    """Plain HTTP to this machine, which a proxy on another one would read, or whoever has the address of a name that is ours."""

    problem = (
        "is plain HTTP to this machine, and would be sent to another one, unencrypted; name the host in NO_PROXY, leave proxy out,"
        " or give 127.0.0.1"
    )


class NoSocksError(WayError):
    """A proxy that speaks SOCKS, which requests leaves to another package."""

    problem = (
        "is reached by a proxy that speaks SOCKS, for which the Python package PySocks is missing; install it for this Python, or"
        " name a proxy that speaks HTTP"
    )


def dial(host: str, port: int, call: Call, options: Iterable[tuple[Any, ...]] = ()) -> socket.socket:
    """Connect to the first address of the host that answers. Others would wait for each of them anew."""
    failure = OSError("the host has no address")
    call.check_way(host.strip("[]"))
    for family, kind, protocol, _name, place in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM):
        call.check_way(str(place[0]))
        try:
            dialling = socket.socket(family, kind, protocol)
        except OSError as error:  # a family that this machine does not speak
            failure = error
            continue
        try:
            for option in options:
                dialling.setsockopt(*option)
            dialling.settimeout(call.seconds_left())
            dialling.connect(place)
        except OSError as error:
            dialling.close()
            failure = error
        else:
            return dialling
    raise failure


class WatchedAdapter(HTTPAdapter):
    """An adapter of requests whose connections, through any proxy, heed CALL."""

    def __init__(self, call: Call) -> None:
        self._call = call
        super().__init__()

    def init_poolmanager(self, *sizes: Any, **options: Any) -> None:
        """Make the pools of connections without a proxy."""
        super().init_poolmanager(*sizes, **options)
        self._watch(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return the pools of connections through PROXY. Raises NoSocksError."""
        is_new = proxy not in self.proxy_manager
        try:
            manager = super().proxy_manager_for(proxy, **options)
        except requests.exceptions.InvalidSchema:
            raise NoSocksError from None
        if is_new:
            self._watch(manager)
        return manager

    def send(self, request: Any, *arguments: Any, **options: Any) -> Any:
        """Send a request. Raises DetourError before a byte of it is sent: plain HTTP is allowed where it stays on this machine."""
        parts = urlsplit(request.url)
        self._call.stays_here = parts.scheme == "http" and is_loopback(parts.hostname or "")
        return super().send(request, *arguments, **options)

    def _watch(self, manager: Any) -> None:
        pools = manager.pool_classes_by_scheme
        manager.pool_classes_by_scheme = {scheme: _watched(pool, self._call) for scheme, pool in pools.items()}


def _watched(pool: Any, call: Call) -> type:
    """Return a pool like POOL, whatever kind it is, with connections that heed CALL."""
    connection = type("WatchedConnection", (_Watched, pool.ConnectionCls), {"call": call})
    return type("WatchedPool", (pool,), {"ConnectionCls": connection})


class _Watched:
    """What a connection of urllib3 needs to heed a call."""

    call: Call
    sock: Any
    timeout: Any
    port: int
    socket_options: Iterable[tuple[Any, ...]] | None
    _dns_host: str
    _socks_options: dict[str, Any]
    _is_opening = False

    def connect(self) -> None:
        self._is_opening = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._is_opening = False
        self.sock = TimedSocket(self.sock, self.call)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if not self._is_opening:
            self.call.handed_over = True
        super().send(data)  # type: ignore[misc]

    def _new_conn(self) -> socket.socket:
        self.timeout = self.call.seconds_left()
        is_through_socks = hasattr(self, "_socks_options")
        if is_through_socks:
            self.call.check_way(self._socks_options["proxy_host"])
        connected: socket.socket = (
            super()._new_conn()  # type: ignore[misc]
            if is_through_socks
            else dial(self._dns_host, self.port, self.call, self.socket_options or ())
        )
        connected.settimeout(self.call.seconds_left())  # for the handshake, which keeps it as a whole
        return connected

    def _tunnel(self) -> None:
        plain = self.sock
        self.sock = TimedSocket(plain, self.call)
        super()._tunnel()  # type: ignore[misc]
        self.sock = plain
        plain.settimeout(self.call.seconds_left())


class TimedSocket:
    """A socket, with TLS or without, each operation of which ends at the call's deadline."""

    def __init__(self, plain: Any, call: Call) -> None:
        self._plain = plain
        self._call = call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)

    def settimeout(self, _seconds: float | None) -> None:
        """Leave it at the deadline."""

    def sendall(self, data: Any) -> None:
        with memoryview(data) as view, view.cast("B") as rest:
            sent = 0
            while sent < len(rest):
                self._plain.settimeout(self._call.seconds_left())
                sent += self._plain.send(rest[sent:])

    def makefile(self, _mode: str, *_options: Any, **_more: Any) -> io.BufferedReader:
        return io.BufferedReader(TimedReader(self._plain, self._call))


class TimedReader(io.RawIOBase):
    """What arrives on a socket, until the call's deadline."""

    def __init__(self, plain: Any, call: Call) -> None:
        self._plain = plain
        self._call = call
        self._raw = plain.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._plain.settimeout(self._call.seconds_left())
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()

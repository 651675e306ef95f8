"""Bind, announce, serve, load a renewed certificate on SIGHUP, and stop cleanly on SIGTERM or SIGINT."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import socket
import ssl
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from . import log, metrics
from .addresses import is_loopback
from .app import create_app
from .database import DATABASE_FILE, Database
from .protocol import Config, TimeLimits
from .settings import LOG_FORMATS, Settings, SettingsError
from .vault import Vault

logger = logging.getLogger(__name__)

_GRACE = 30
_START_LIMIT = 60


@dataclass(frozen=True)
class Manner:
    """How to serve. `url` reaches the server from this machine; `proxies` are believed what they say of the caller."""

    url: str
    limits: TimeLimits
    workers: int = 1
    ready_file: Path | None = None
    proxies: str | None = None
    certificate: Path | None = None
    private_key: Path | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    log_file: Path | None = None
    log_format: str = LOG_FORMATS[0]


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to a host name or address; port 0 takes a free one. Raises SettingsError."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen()  # until somebody listens, others may bind the port as well
    except OSError as error:
        raise SettingsError(
            f"Cannot listen on {host} port {port}: {error}. Choose others by --host and --port."
        ) from None
    return bound


def local_url(bound: socket.socket, host: str, scheme: str = "http") -> str:
    """The URL that reaches a bound socket from this machine."""
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}:{bound.getsockname()[1]}"


def serve(settings: Settings, bound: socket.socket, manner: Manner) -> None:
    """Serve until a signal comes; requests that have begun, and e-mails, are finished before this returns.

    Raises DatabaseError and SettingsError.
    """
    _check_certificate(manner)
    log.set_up(manner.log_file, manner.log_format)
    if not is_loopback(bound.getsockname()[0]) and manner.certificate is None:
        logger.warning("Listening beyond this machine, without TLS: put a reverse proxy with TLS in front.")
    # Whom we have answered, and who takes nothing of it, is gone after this time.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, manner.limits.request * 1000)
    settings = replace(settings, measured=manner.metrics_port is not None)
    if manner.workers == 1:
        _serve_alone(settings, bound, manner)
    else:
        _serve_together(settings, bound, manner)


def _serve_alone(settings: Settings, bound: socket.socket, manner: Manner) -> None:
    app = create_app(settings)
    _publish_metrics(manner, app.state.services.database)
    # uvicorn raises the signal once more when it has stopped: that is no reason to die of it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    config = _config(lambda: app, manner)
    config.load()
    signal.signal(signal.SIGHUP, lambda *_: _renew(manner, config.ssl))
    _AnnouncingServer(config, manner).run(sockets=[bound])


def _serve_together(settings: Settings, bound: socket.socket, manner: Manner) -> None:
    # Here, where a problem is told in one line, and once.
    database = Database(settings.data / DATABASE_FILE, Vault(settings.server_key))
    with tempfile.TemporaryDirectory(prefix="onetime-server-") as shared:
        os.environ[metrics.SHARED] = shared
        _publish_metrics(manner, database, Path(shared))
        worker = _Worker(replace(settings, shared=Path(shared)), manner)
        supervisor = _Supervisor(_config(worker, manner), manner, [bound])
        supervisor.run()
    database.close()
    if not supervisor.has_begun:
        raise SettingsError("The processes did not start; the log says why.")


def _publish_metrics(manner: Manner, database: Database, shared: Path | None = None) -> None:
    if manner.metrics_port is not None:
        metrics.publish(manner.metrics_host, manner.metrics_port, database, shared)


def _config(app: Callable[[], FastAPI], manner: Manner) -> Config:
    return Config(
        app,
        manner.limits,
        factory=True,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=manner.proxies is not None,
        forwarded_allow_ips=manner.proxies,
        timeout_graceful_shutdown=_GRACE,
        ssl_certfile=manner.certificate,
        ssl_keyfile=manner.private_key,
        workers=manner.workers,
        timeout_worker_healthcheck=_START_LIMIT,
    )


def _check_certificate(manner: Manner) -> None:
    if (manner.certificate is None) != (manner.private_key is None):
        raise SettingsError("--tls-certificate and --tls-key belong together.")
    if manner.certificate is not None:
        _load_certificate(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), manner.certificate, manner.private_key)


def _load_certificate(context: ssl.SSLContext, certificate: Path, private_key: Path | None) -> None:
    try:
        context.load_cert_chain(certificate, private_key, password=_no_password)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise SettingsError(
            f"Cannot use {certificate} with {private_key} (--tls-certificate, --tls-key): {reason}."
        ) from None


def _renew(manner: Manner, used: ssl.SSLContext | None = None) -> bool:
    """Whether the certificate could be loaded again, for new connections of `used`; the log says so, or why not."""
    if manner.certificate is None:
        logger.info("SIGHUP changes nothing: no certificate is given.")
        return False
    try:
        _check_certificate(manner)  # first by itself: what is damaged would spoil the context that is used
        if used is not None:
            _load_certificate(used, manner.certificate, manner.private_key)
    except SettingsError as error:
        logger.warning("SIGHUP changes nothing: %s", error)
        return False
    logger.info("SIGHUP: the certificate is loaded again.")
    return True


def _no_password() -> str:
    raise ValueError("the key wants a password")


def _announce(manner: Manner) -> None:
    sys.stdout.write(f"onetime-server listens at {manner.url}\n")
    sys.stdout.flush()
    if manner.ready_file is not None:
        unfinished = manner.ready_file.with_name(f".{manner.ready_file.name}.{os.getpid()}")
        unfinished.write_text(json.dumps({"url": manner.url}))
        unfinished.replace(manner.ready_file)


def _withdraw(manner: Manner) -> None:
    if manner.ready_file is not None:
        manner.ready_file.unlink(missing_ok=True)


class _AnnouncingServer(uvicorn.Server):
    """Says where it listens, as long as it does."""

    def __init__(self, config: Config, manner: Manner) -> None:
        super().__init__(config)
        self._manner = manner

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _announce(self._manner)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        _withdraw(self._manner)
        await super().shutdown(sockets)


class _Supervisor(Multiprocess):
    """Starts the processes, again where one ends, and says where they listen as long as all do."""

    def __init__(self, config: Config, manner: Manner, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self._manner = manner
        self.has_begun = False

    def init_processes(self) -> None:
        super().init_processes()
        if all(process.wait_until_ready(_START_LIMIT, self.should_exit) for process in self.processes):
            self.has_begun = True
            _announce(self._manner)
        else:  # it would fail again, for ever
            self.should_exit.set()

    def handle_hup(self) -> None:
        """Each process is replaced by one that has the renewed certificate, and finishes what it does."""
        if _renew(self._manner):
            super().handle_hup()

    def terminate_all(self) -> None:
        _withdraw(self._manner)
        super().terminate_all()


@dataclass(frozen=True)
class _Worker:
    """Makes the application in a process of its own."""

    settings: Settings
    manner: Manner

    def __call__(self) -> FastAPI:
        log.set_up(self.manner.log_file, self.manner.log_format)
        threading.Thread(target=_end_with_parent, daemon=True).start()
        return create_app(self.settings)


def _end_with_parent() -> None:
    """A supervisor that was killed would leave its processes to nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

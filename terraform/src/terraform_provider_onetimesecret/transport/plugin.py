"""The process that Terraform starts: a handshake on standard output, then gRPC until Terraform leaves or dies."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .grpc import listen
from .tls import mutual_tls

# Both are go-plugin's and Terraform's: they keep people from starting a plugin by hand.
COOKIE = ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
PROTOCOL = "6"


# Bytes; what macOS takes, which is the least.
LONGEST_SOCKET = 103
SOCKET = "socket"


class NotStartedByTerraformError(Exception):
    """Somebody else started this process."""


class NoSocketError(Exception):
    """There is no place for the socket. The text says where, why and what to do."""


def run(servicer: object) -> None:
    """Serve SERVICER to the Terraform that started this process. Raises NotStartedByTerraformError or NoSocketError."""
    name, value = COOKIE
    if os.environ.get(name) != value:
        raise NotStartedByTerraformError
    # Ctrl+C reaches every process of the terminal; Terraform tells us by StopProvider what to do about it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with _private_folder() as folder:
        asyncio.run(_serve(servicer, folder))


@contextmanager
def _private_folder() -> Iterator[Path]:
    """A temporary folder that nobody else can enter. (The library for it would take 8 ms to load, at each start.)"""
    parent, name = os.environ.get("TMPDIR", ""), f"onetimesecret-{os.urandom(8).hex()}"
    if not parent or len(os.fsencode(Path(parent, name, SOCKET).absolute())) > LONGEST_SOCKET:
        parent = "/tmp"  # noqa: S108 - the folder in it is new and private
    folder = Path(parent, name).absolute()
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise NoSocketError(
            f"no folder for the socket can be made in {parent}: {error.strerror}; set TMPDIR to one that is yours"
        ) from None
    try:
        yield folder
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


async def _serve(servicer: object, folder: Path) -> None:
    """Serve until Terraform says goodbye, or is gone without a word: nobody would learn what is done afterwards."""
    left = asyncio.Event()
    client_certificate = os.environ.get("PLUGIN_CLIENT_CERT")
    tls = mutual_tls(client_certificate, folder) if client_certificate else None
    socket = folder / SOCKET
    server = await listen(servicer, socket, tls=tls.context if tls else None, shut_down=left.set)
    handshake = ["1", PROTOCOL, "unix", str(socket), "grpc", tls.certificate if tls else ""]
    transport, _ = await asyncio.get_running_loop().connect_write_pipe(lambda: _Watch(left), sys.stdout)
    transport.write(("|".join(handshake) + "\n").encode())
    await left.wait()
    server.close()


class _Watch(asyncio.BaseProtocol):
    """Notices when the reader of standard output, Terraform, is gone."""

    def __init__(self, left: asyncio.Event) -> None:
        self._left = left

    def connection_lost(self, _error: Exception | None) -> None:
        self._left.set()

"""One process of those that serve a data directory: the one that sweeps. Its lease ends with it, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

FILE = "serving"


class Lease:
    """A locked file, which says where the server is reached."""

    def __init__(self, data: Path, url: str) -> None:
        self._file = data / FILE
        self._url = url
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Whether it is ours, now or already."""
        if self._descriptor is None:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
            if not _locks(descriptor):
                os.close(descriptor)
                return False
            os.truncate(descriptor, 0)
            os.write(descriptor, self._url.encode())
            self._descriptor = descriptor
        return True

    def close(self) -> None:
        """Leave it to others."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def served_at(data: Path) -> str | None:
    """Where links of the running server begin; None where none runs."""
    try:
        descriptor = os.open(data / FILE, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        return None if _locks(descriptor) else os.read(descriptor, 10_000).decode()
    finally:
        os.close(descriptor)


def _locks(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks by name between the forks, processes and threads of one machine."""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError

FLOCK = "hhqqi"  # struct flock: l_type, l_whence, l_start, l_len, l_pid
SHORTEST_PAUSE, LONGEST_PAUSE = 0.002, 0.05  # seconds


class LockFile:
    """A file in which each name is one byte, locked by POSIX record locks.

    The kernel takes them back from a dead process, a forked child does not inherit them, and no file per name is left
    behind. Closing a file gives up all locks that its process has on it (fcntl(2)), so a process has it open once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._gate = threading.Lock()
        self._file: int | None = None
        self._holders: dict[int, int] = {}  # thread by offset

    @contextmanager
    def locked(self, key: str, *, shown: str, wait: float) -> Iterator[None]:
        """Hold the lock of one key; raise LedgerError, with the key as `shown`, where it is not free within `wait` seconds."""
        offset = _offset(key)
        self._acquire(offset, shown, wait)
        try:
            yield
        finally:
            self._release(offset)

    def check_held(self, key: str, shown: str) -> None:
        """Raise LedgerError unless this process holds the key, in the file that is at the path now."""
        with self._gate:
            if self._file is None or _offset(key) not in self._holders or not _is_at(self._file, self._path):
                raise LedgerError(
                    f"the lock of {shown!r} was lost: the lock file {self._path} was removed or replaced during the run",
                    "leave the lock file where it is, then run again",
                )

    def _acquire(self, offset: int, shown: str, wait: float) -> None:
        give_up = time.monotonic() + wait
        pause = SHORTEST_PAUSE
        while not self._try(offset, shown):
            if time.monotonic() >= give_up:
                raise LedgerError.held(shown, self._holder(offset), wait)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _try(self, offset: int, shown: str) -> bool:
        with self._gate:
            if self._holders.get(offset) == threading.get_ident():
                raise LedgerError(f"{shown!r} is held by this run already", "name it once")
            if offset in self._holders:
                return False
            if self._file is None:
                self._file = self._opened()
            if not _lock(self._file, offset):
                self._close_if_unused()
                return False
            if not _is_at(self._file, self._path):  # replaced between open and lock
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, offset)
                self._close_if_unused()
                return False
            self._holders[offset] = threading.get_ident()
            return True

    def _release(self, offset: int) -> None:
        with self._gate:
            if self._holders.pop(offset, None) and self._file is not None:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, offset)
                self._close_if_unused()

    def _close_if_unused(self) -> None:
        if self._file is not None and not self._holders:
            os.close(self._file)
            self._file = None

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LedgerError.from_os(f"the ledger's lock file {self._path} cannot be opened", error) from None

    def _holder(self, offset: int) -> str:
        if sys.platform != "linux":  # struct flock is another one on every system
            return "another process"
        with self._gate:
            if offset in self._holders:
                return f"another thread of process {os.getpid()}"
            self._file = self._opened() if self._file is None else self._file
            asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, offset, 1, 0)
            holder = struct.unpack(FLOCK, fcntl.fcntl(self._file, fcntl.F_GETLK, asked))[-1]
            self._close_if_unused()
            return f"process {holder}"


def lock_file(path: Path) -> LockFile:
    """Return this process's lock file at the path: one for all threads and ledgers, however often it is asked for."""
    with _gate:
        return _lock_files.setdefault(path, LockFile(path))


_gate = threading.Lock()
_lock_files: dict[Path, LockFile] = {}


def _forget() -> None:
    """In a forked child: locks are not inherited, and the gates may have been forked while somebody held them."""
    global _gate
    _gate = threading.Lock()
    _lock_files.clear()


os.register_at_fork(after_in_child=_forget)


def _lock(file: int, offset: int) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
    except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, as the system likes (fcntl(2))
        return False
    return True


def _is_at(file: int, path: Path) -> bool:
    """Whether the open file is the one that the path leads to now."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _offset(key: str) -> int:
    # Two keys on one byte would merely wait for each other. Offsets are signed 64-bit numbers.
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 2

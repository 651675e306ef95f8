# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks by name between the forks and processes of one machine."""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError

FLOCK = "hhqqi"  # struct flock: l_type, l_whence, l_start, l_len, l_pid
SHORTEST_PAUSE, LONGEST_PAUSE = 0.002, 0.05  # seconds


@contextmanager
def locked(path: Path, key: str, *, shown: str, wait: float) -> Iterator[None]:
    """Hold the lock of one key; raise LedgerError, with the key as `shown`, where it is not free within `wait` seconds.

    Each key is one byte of the lock file, locked by POSIX record locks: the kernel takes them back from a dead process, a
    forked child does not inherit them, and no file per key is left behind. A process must hold one at a time: closing
    the file gives up all locks that this process has on it (fcntl(2)).
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LedgerError.from_os(f"the ledger's lock file {path} cannot be opened", error) from None
    try:
        if not _acquire(file, _offset(key), wait):
            raise LedgerError.held(shown, _holder(file, _offset(key)), wait)
        yield
    finally:
        os.close(file)


def _acquire(file: int, offset: int, wait: float) -> bool:
    give_up = time.monotonic() + wait
    pause = SHORTEST_PAUSE
    while True:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
        except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, as the system likes (fcntl(2))
            if time.monotonic() >= give_up:
                return False
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            return True


def _holder(file: int, offset: int) -> str:
    if sys.platform != "linux":  # struct flock is another one on every system
        return "another process"
    asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, offset, 1, 0)
    return f"process {struct.unpack(FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))[-1]}"


def _offset(key: str) -> int:
    # Two keys on one byte would merely wait for each other. Offsets are signed 64-bit numbers.
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 2

# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks by name between the forks and processes of one machine."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError

WAIT_LIMIT = 300.0  # seconds; a holder is done after a few round trips, each bounded by `timeout`
SHORTEST_PAUSE, LONGEST_PAUSE = 0.002, 0.05  # seconds


@contextmanager
def locked(path: Path, name: str, wait: float = WAIT_LIMIT) -> Iterator[None]:
    """Hold the lock of one name; raise LedgerError where it is not free within `wait` seconds.

    Each name is one byte of the lock file, locked by POSIX record locks: the kernel takes them back from a dead process, a
    forked child does not inherit them, and no file per name is left behind. A process must hold one at a time: closing
    the file gives up all locks that this process has on it (fcntl(2)).
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LedgerError.from_os(f"the ledger's lock file {path} cannot be opened", error) from None
    try:
        _acquire(file, name, wait)
        yield
    finally:
        os.close(file)


def _acquire(file: int, name: str, wait: float) -> None:
    offset = _offset(name)
    give_up = time.monotonic() + wait
    pause = SHORTEST_PAUSE
    while True:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
        except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, as the system likes (fcntl(2))
            if time.monotonic() >= give_up:
                raise LedgerError(
                    f"another run has held {name!r} for {wait:.0f} seconds", "see what it waits for"
                ) from None
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            return


def _offset(name: str) -> int:
    # Two names on one byte would merely wait for each other. Offsets are signed 64-bit numbers.
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 2

"""What an operation costs where so many secrets are stored."""

from __future__ import annotations

import os
import sqlite3
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from onetime_server.database import DATABASE_FILE
from tests.support.load.caller import Caller
from tests.support.load.served import AUTH

TURNS = 300
_AT_ONCE = 10_000


def fill(data: Path, secrets: int) -> None:
    """Add rows as the server would; nobody can open them."""
    later = time.time() + 1_000_000
    with closing(sqlite3.connect(data / DATABASE_FILE)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for start in range(0, secrets, _AT_ONCE):
            keys = [os.urandom(32) for _ in range(min(_AT_ONCE, secrets - start))]
            with connection:
                connection.executemany(
                    "INSERT INTO secret (key_hash, sealed, expires) VALUES (?, ?, ?)",
                    ((key, os.urandom(80), later) for key in keys),
                )
                connection.executemany(
                    "INSERT INTO receipt (key_hash, secret_key_hash, sealed, state, ttl, created, updated, secret_expires, "
                    "expires, recipient, share_domain, has_passphrase, value_shown_until) "
                    "VALUES (?, ?, ?, 'new', 3600, ?, ?, ?, ?, '', '', 0, 0)",
                    ((os.urandom(32), key, os.urandom(170), later, later, later, later) for key in keys),
                )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def costs(few: str, many: str) -> dict[str, tuple[float, float]]:
    """Milliseconds of each operation (median) on two servers, in turns."""
    callers = [Caller(url, AUTH) for url in (few, many)]
    times: dict[str, tuple[list[float], list[float]]] = {}

    def timed(place: int, operation: str, act: Callable[..., Any], *arguments: str) -> Any:
        began = time.perf_counter()
        result = act(*arguments)
        times.setdefault(operation, ([], []))[place].append(time.perf_counter() - began)
        return result

    for turn in range(TURNS):
        for place in (0, 1) if turn % 2 else (1, 0):
            caller = callers[place]
            created = timed(place, "share", caller.share, "a value")
            timed(place, "metadata", caller.metadata, created["metadata_key"])
            timed(place, "reveal", caller.reveal, created["secret_key"])
    for caller in callers:
        caller.close()
    return {
        operation: (statistics.median(few_times) * 1000, statistics.median(many_times) * 1000)
        for operation, (few_times, many_times) in times.items()
    }

"""Limits per caller in windows of 20 minutes that begin at :00, :20 and :40 UTC (contract §0.7, §9)."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from .store import Clock

_WINDOW = 20 * 60
_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    name TEXT, caller TEXT, window INTEGER, count INTEGER, PRIMARY KEY (name, caller)
) WITHOUT ROWID
"""


class Throttle:
    """Counts in memory, or in a file that the processes of one server share: a restart forgives."""

    def __init__(self, clock: Clock, file: Path | None = None) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._window = 0
        self._counts = sqlite3.connect(file or ":memory:", timeout=30, isolation_level=None, check_same_thread=False)
        for statement in ("PRAGMA journal_mode=MEMORY", "PRAGMA synchronous=OFF", _SCHEMA):
            self._counts.execute(statement)

    def close(self) -> None:
        """Give the memory, or the file, back."""
        with self._lock:
            self._counts.close()

    def admits(self, event: str, caller: str, most: int | None) -> bool:
        """Count one `event` of `caller`; False if that makes more than `most` in this window. None is no limit."""
        if most is None:
            return True
        with self._lock:
            self._turn()
            count: int = self._counts.execute(
                "INSERT INTO event VALUES (?, ?, ?, 1) ON CONFLICT (name, caller) DO UPDATE SET "
                "count = CASE window WHEN excluded.window THEN count + 1 ELSE 1 END, window = excluded.window "
                "RETURNING count",
                (event, caller, self._window),
            ).fetchone()[0]
        return count <= most

    def left(self, event: str, caller: str, most: int | None) -> int | None:
        """How many events of `caller` are still admitted in this window; None is no limit."""
        if most is None:
            return None
        with self._lock:
            self._turn()
            row = self._counts.execute(
                "SELECT count FROM event WHERE name = ? AND caller = ? AND window = ?", (event, caller, self._window)
            ).fetchone()
        return max(0, most - (row[0] if row else 0))

    def _turn(self) -> None:
        """Begin anew where a window is over."""
        window = int(self._clock() // _WINDOW)
        if window != self._window:
            self._window = window
            self._counts.execute("DELETE FROM event WHERE window != ?", (window,))
